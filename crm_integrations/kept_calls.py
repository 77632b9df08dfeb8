"""Calls that no claim stands behind, such as listing and asking for a status: each kept in an exchange of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from crm_integrations import errors, outbox, redaction, tokens, transport
from crm_integrations.connector import Connector, Request, Response, Token
from crm_integrations.models import Connection, Delivery, Exchange


def kept_call(
    connection: Connection, request: Request, purpose: Exchange.Purpose, delivery: Delivery | None = None
) -> Response:
    """Send `request` with the connection's credentials and keep the call; on 401 a handed-out token is renewed once.

    For harmless calls only: nothing fences it against a second one. No transaction may be open. Raises as
    `transport.send` does.
    """
    told = set(connection.credentials)
    return _Caller(connection, connection.connector, delivery, told).send(request, purpose)


@dataclass
class _Caller:
    """`told`: the credentials that the vendor is shown, which no stored text may hold."""

    connection: Connection
    connector: Connector
    delivery: Delivery | None
    told: set[str] = field(default_factory=set)

    def send(self, request: Request, purpose: Exchange.Purpose) -> Response:
        auth = self.connector.auth
        if auth.token_request() is None:
            return self._call(auth.apply(request), purpose)
        token = tokens.get(self.connection, self._fetch_token)
        response = self._call(auth.apply(request, token), purpose)
        if response.status != 401:
            return response
        tokens.forget(self.connection, token)
        return self._call(auth.apply(request, tokens.get(self.connection, self._fetch_token)), purpose)

    def _fetch_token(self) -> Token:
        request = self.connector.auth.token_request()
        assert request is not None
        # What is handed out may stand anywhere in the answer, so that nothing of it is kept.
        return self.connector.auth.read_token(self._call(request, Exchange.Purpose.TOKEN, keep_body=False))

    def _call(self, request: Request, purpose: Exchange.Purpose, *, keep_body: bool = True) -> Response:
        self.told |= redaction.credentials_in(request.headers)
        exchange = self._opened(request, purpose)
        began = time.monotonic()
        try:
            response = transport.send(self.connection.base_url, request, transport.deadline(self.connector))
            self._answered(exchange, response, keep_body)
            return response
        except errors.DeliveryError as error:
            exchange.error, exchange.fault = redaction.mask_inside(str(error), self.told), error
            raise
        finally:
            exchange.duration_ms = int(1000 * (time.monotonic() - began))
            outbox.complete_exchange(exchange)

    def _opened(self, request: Request, purpose: Exchange.Purpose) -> Exchange:
        url = transport.url_of(self.connection.base_url, request)
        return Exchange.objects.create(
            connection=self.connection,
            delivery=self.delivery,
            purpose=purpose,
            operation=request.operation,
            method=request.method,
            url=redaction.mask_inside(url, self.told),
            request_headers=redaction.headers(request.headers, self.told),
            request_body=redaction.body(request.body, request.headers.get("Content-Type", ""), self.told),
        )

    def _answered(self, exchange: Exchange, response: Response, keep_body: bool) -> None:
        exchange.status = response.status
        exchange.response_headers = redaction.headers(response.headers, self.told)
        if keep_body:
            content_type = response.headers.get("content-type", "")
            exchange.response_body = redaction.body(response.body, content_type, self.told)
