"""Recorded calls: an exchange is opened before the first byte, and what came back is kept with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.functional import cached_property

from crm_integrations import errors, outbox, redaction, tokens, transport
from crm_integrations.connector import Connector, Request, Response, Token
from crm_integrations.models import Connection, Delivery, Exchange
from crm_integrations.models.exchange import TOO_LATE
from leadops.instances import Instances

T = TypeVar("T")
_EXCHANGES = Instances(Exchange)


@dataclass
class Caller:
    """Makes calls to one vendor, one after the other, each in an exchange of its own.

    `exchange` is the last one. It holds the answer or the error, but is not completed before `close`. `about`: the
    delivery that the calls are about, where they are about one.
    """

    connection: Connection
    about: Delivery | None = None
    exchange: Exchange | None = field(default=None, init=False)

    @cached_property
    def connector(self) -> Connector:
        return self.connection.connector

    @cached_property
    def secrets(self) -> set[str]:
        """What no stored text may hold: the connection's credentials, and what was made of them for a call."""
        return set(self.connection.credentials)

    def said(self, words: str) -> str:
        """`words`, which may be the vendor's, as they may be stored."""
        return redaction.mask_inside(words, self.secrets)

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
        self.close()  # 401 says surely that it was not taken
        tokens.forget(self.connection, token)
        return self._call(auth.apply(request, self._token()), purpose, again=True)

    def _token(self) -> str:
        return tokens.get(self.connection, self._fetch_token)

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
            self.close()
        return token

    def close(self) -> None:
        """Complete the last exchange, as far as that was not done yet."""
        if self.exchange is not None:
            outbox.complete_exchange(self.exchange)
            self.exchange = None

    def _call(self, request: Request, purpose: Exchange.Purpose, *, again: bool = False) -> Response:
        self.secrets.update(redaction.credentials_in(request.headers))
        exchange = self._described(request, purpose)
        exchange.again = again
        self._open(exchange)
        self.exchange = exchange
        base_url, deadline = self.connection.base_url, transport.deadline(self.connector)
        began = time.monotonic()
        try:
            response = transport.send(base_url, request, deadline, self._before_first_byte)
        except (errors.DeliveryError, outbox.TooLate) as error:
            exchange.error = self.said(str(error)) or TOO_LATE
            exchange.fault = error if isinstance(error, errors.DeliveryError) else None
            raise
        finally:
            exchange.duration_ms = int(1000 * (time.monotonic() - began))
        self._keep(response)
        return response

    def _open(self, exchange: Exchange) -> None:
        """Store `exchange` before its call is made."""
        exchange.save(force_insert=True)

    def _before_first_byte(self) -> None:
        """The last moment to raise what stops a call."""

    def _described(self, request: Request, purpose: Exchange.Purpose) -> Exchange:
        content_type = request.headers.get("Content-Type", "")
        return _EXCHANGES.new(
            related={"connection": self.connection, "delivery": self.about},
            purpose=purpose,
            operation=request.operation,
            method=request.method,
            url=redaction.url(transport.url_of(self.connection.base_url, request), frozenset(self.secrets)),
            request_headers=redaction.headers(request.headers, self.secrets),
            request_body=redaction.body(request.kept or request.body, content_type, self.secrets),
        )

    def _keep(self, response: Response) -> None:
        assert self.exchange is not None
        content_type = response.headers.get("content-type", "")
        self.exchange.status = response.status
        self.exchange.response_headers = redaction.headers(response.headers, self.secrets)
        if self.exchange.is_list:  # of many people, of whom none could be erased from it
            self.exchange.response_body = redaction.fields_alone(response.body, self.secrets)
        else:
            self.exchange.response_body = redaction.body(response.body, content_type, self.secrets)


class ClaimCaller(Caller):
    """Makes the calls of one delivery that a worker has claimed: no call without its lease.

    Whoever settles the delivery completes the last exchange in the same transaction. An exchange that stays open is
    how the reaper knows that a dead worker may have sent something, so it must not be closed before what it told is
    written.
    """

    def __init__(self, claim: outbox.Claim, delivery: Delivery) -> None:
        super().__init__(delivery.connection, delivery)
        self.claim, self.delivery = claim, delivery

    @cached_property
    def connector(self) -> Connector:
        """One for all deliveries of the claim."""
        return self.claim.connector

    def _token(self) -> str:
        """Waiting for one may take as long as a call, and what is known already must not wait for it."""
        if not tokens.known(self.connection):
            outbox.write_unwritten(self.claim)
        return super()._token()

    @property
    def may_have_sent(self) -> bool:
        """A create call was begun, and what became of it is not written yet."""
        return self.exchange is not None and self.exchange.purpose == Exchange.Purpose.CREATE

    def _open(self, exchange: Exchange) -> None:
        outbox.ensure_time(self.claim, self.delivery)
        if exchange.purpose == Exchange.Purpose.CREATE:
            exchange.version = self.delivery.read_version
        outbox.open_exchange(self.claim, self.delivery, exchange)

    def _before_first_byte(self) -> None:
        outbox.still_ours(self.claim)


def kept_call(
    connection: Connection,
    request: Request,
    purpose: Exchange.Purpose,
    read: Callable[[Response], T],
    delivery: Delivery | None = None,
) -> T:
    """What `read` makes of the answer to a call that no claim stands behind, such as listing or asking for a status.

    For harmless calls only: nothing fences it against a second one. No transaction may be open. Raises as `Caller.send`
    and `read` do, in words that may be stored.
    """
    caller = Caller(connection, delivery)
    try:
        return read(caller.send(request, purpose))
    except errors.DeliveryError as error:
        error.message = caller.said(error.message)  # only here it is known which token was shown
        raise
    finally:
        caller.close()
