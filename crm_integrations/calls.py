"""One recorded call: an exchange is opened before its first byte, and what came back is kept with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

from crm_integrations import errors, outbox, redaction, tokens, transport
from crm_integrations.connector import Connector, Request, Response, Token
from crm_integrations.models import Delivery, Exchange


@dataclass
class Caller:
    """Makes the calls of one delivery, one after the other, each in an exchange of its own.

    `exchange` is the last one. It holds the answer or the error, but is not completed yet: whoever settles the
    delivery completes it in the same transaction. An exchange that stays open is how the reaper knows that a dead
    worker may have sent something, so it must not be closed before what it told is written.
    """

    claim: outbox.Claim
    delivery: Delivery
    exchange: Exchange | None = None

    @property
    def connector(self) -> Connector:
        """The vendor's connector, one for all deliveries of a claim."""
        return self.claim.connector

    @cached_property
    def secrets(self) -> set[str]:
        """What no stored text may hold: the connection's credentials, and what was made of them for a call."""
        return set(self.delivery.connection.credentials)

    def said(self, words: str) -> str:
        """`words`, which may be the vendor's, as they may be stored."""
        return redaction.mask_inside(words, self.secrets)

    @property
    def may_have_sent(self) -> bool:
        """A create call was begun, and what became of it is not written yet."""
        return self.exchange is not None and self.exchange.purpose == Exchange.Purpose.CREATE

    def send(self, request: Request, purpose: Exchange.Purpose) -> Response:
        """Send `request` with the connection's credentials; on 401 a handed-out token is renewed once.

        Raises as `transport.send` does.
        """
        auth = self.connector.auth
        if auth.token_request() is None:
            return self._call(auth.apply(request), purpose)
        token = self._token()
        response = self._call(auth.apply(request, token), purpose)
        if response.status != 401:
            return response
        self._close()  # 401 says surely that it was not taken
        tokens.forget(self.delivery.connection, token)
        return self._call(auth.apply(request, self._token()), purpose)

    def _token(self) -> str:
        return tokens.get(self.delivery.connection, self._fetch_token)

    def _fetch_token(self) -> Token:
        request = self.connector.auth.token_request()
        assert request is not None
        try:
            response = self._call(request, Exchange.Purpose.TOKEN)
            token = self.connector.auth.read_token(response)
            self.secrets.add(token.value)
            self._keep(response)  # again: the token may stand anywhere in it
        except errors.OutcomeUnknown as error:  # no lead was in it, so it may simply be tried again
            raise errors.Transient(f"Signing in: {error}") from error
        finally:
            self._close()
        return token

    def _call(self, request: Request, purpose: Exchange.Purpose) -> Response:
        outbox.ensure_time(self.claim, self.delivery)
        self.secrets.update(redaction.credentials_in(request.headers))
        exchange = self._opened(request, purpose)
        outbox.open_exchange(self.claim, self.delivery, exchange)
        self.exchange = exchange
        base_url, deadline = self.delivery.connection.base_url, transport.deadline(self.connector)
        began = time.monotonic()
        try:
            response = transport.send(base_url, request, deadline, lambda: outbox.still_ours(self.claim))
        except (errors.DeliveryError, outbox.TooLate) as error:
            exchange.error = self.said(str(error)) or "Not sent: too little of the lease was left."
            exchange.fault = error if isinstance(error, errors.DeliveryError) else None
            raise
        finally:
            exchange.duration_ms = int(1000 * (time.monotonic() - began))
        self._keep(response)
        return response

    def _close(self) -> None:
        if self.exchange is not None:
            outbox.complete_exchange(self.exchange)
            self.exchange = None

    def _opened(self, request: Request, purpose: Exchange.Purpose) -> Exchange:
        content_type = request.headers.get("Content-Type", "")
        return Exchange(
            delivery=self.delivery,
            purpose=purpose,
            version=self.delivery.read_version if purpose == Exchange.Purpose.CREATE else None,
            operation=request.operation,
            method=request.method,
            url=self.said(transport.url_of(self.delivery.connection.base_url, request)),
            request_headers=redaction.headers(request.headers, self.secrets),
            request_body=redaction.body(request.body, content_type, self.secrets),
        )

    def _keep(self, response: Response) -> None:
        assert self.exchange is not None
        content_type = response.headers.get("content-type", "")
        self.exchange.status = response.status
        self.exchange.response_headers = redaction.headers(response.headers, self.secrets)
        self.exchange.response_body = redaction.body(response.body, content_type, self.secrets)
