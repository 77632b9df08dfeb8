"""One recorded call: an exchange is opened before its first byte, and what came back is kept with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from crm_integrations import errors, outbox, redaction, tokens, transport
from crm_integrations.connector import Connector, Request, Response, Token
from crm_integrations.models import Delivery, Exchange


@dataclass(slots=True)
class Caller:
    """Makes the calls of one delivery. Every call is recorded; the last one is completed by who settles."""

    claim: outbox.Claim
    delivery: Delivery
    connector: Connector

    def send(self, request: Request, purpose: Exchange.Purpose) -> tuple[Response, Exchange]:
        """Send `request` with the connection's credentials; on 401 a handed-out token is renewed once.

        The exchange that comes back holds the answer but is not written yet. Raises as `transport.send`, with the
        exchange completed.
        """
        auth = self.connector.auth
        if auth.token_request() is None:
            return self._call(auth.apply(request), purpose)
        token = self._token()
        response, exchange = self._call(auth.apply(request, token), purpose)
        if response.status != 401:
            return response, exchange
        outbox.complete_exchange(exchange)
        tokens.forget(self.delivery.connection, token)
        return self._call(auth.apply(request, self._token()), purpose)

    def _token(self) -> str:
        return tokens.get(self.delivery.connection, self._fetch_token)

    def _fetch_token(self) -> Token:
        request = self.connector.auth.token_request()
        assert request is not None
        try:
            response, exchange = self._call(request, Exchange.Purpose.TOKEN)
        except errors.OutcomeUnknown as error:  # no lead was in it, so it may simply be tried again
            raise errors.Transient(f"Signing in: {error}") from error
        outbox.complete_exchange(exchange)
        if response.status >= 500 or response.status in (408, 425, 429):
            raise errors.Transient(f"Signing in: HTTP {response.status}", response.retry_after)
        return self.connector.auth.read_token(response)

    def _call(self, request: Request, purpose: Exchange.Purpose) -> tuple[Response, Exchange]:
        outbox.ensure_time(self.claim, self.delivery)
        exchange = _opened(self.delivery, request, purpose)
        outbox.open_exchange(self.claim, self.delivery, exchange)
        began = time.monotonic()
        try:
            response = transport.send(
                self.delivery.connection.base_url, request, _deadline(self.connector), self._before_first_byte
            )
        except (errors.DeliveryError, outbox.LostLease) as error:
            exchange.error = redaction.mask_inside(str(error))[:500] or "Not sent: the lease had ended."
            exchange.duration_ms = _milliseconds_since(began)
            outbox.complete_exchange(exchange)
            raise
        exchange.duration_ms = _milliseconds_since(began)
        _answered(exchange, response)
        return response, exchange

    @property
    def _before_first_byte(self) -> Callable[[], None]:
        return lambda: outbox.still_ours(self.claim)


def _deadline(connector: Connector) -> float:
    return min(connector.timeout, float(settings.DELIVERY_DEADLINE_SECONDS))


def _opened(delivery: Delivery, request: Request, purpose: Exchange.Purpose) -> Exchange:
    return Exchange(
        delivery=delivery,
        purpose=purpose,
        operation=request.operation,
        method=request.method,
        url=redaction.mask_inside(transport.url_of(delivery.connection.base_url, request))[:500],
        request_headers=redaction.headers(request.headers),
        request_body=redaction.body(request.body, request.headers.get("Content-Type", "")),
    )


def _answered(exchange: Exchange, response: Response) -> None:
    exchange.status = response.status
    exchange.response_headers = redaction.headers(response.headers)
    exchange.response_body = redaction.body(response.body, response.headers.get("content-type", ""))


def _milliseconds_since(began: float) -> int:
    return int(1000 * (time.monotonic() - began))
