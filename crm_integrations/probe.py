"""Whether a connection can be used: its address, its credentials, its clock, and where there is one a harmless call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm_integrations import errors, redaction, registry, transport
from crm_integrations.configuration import check_secrets, check_settings
from crm_integrations.connector import Connector, Request, Response
from crm_integrations.egress import check_base_url
from crm_integrations.models import Connection

NOTHING = Request.get("nothing", "/")
CLOCK_SECONDS = 30
"""So far apart, clocks still agree: an answer takes a while, and tells whole seconds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`detail` is one sentence for the operator, without secrets; not `proved`: nothing tried the credentials."""

    ok: bool
    detail: str
    proved: bool = True


def probe(connection: Connection) -> Verdict:
    """Try `connection` without sending it any record."""
    if connection.vendor not in registry.vendors():
        return Verdict(False, f"There is no connector for {connection.vendor!r}.")
    kind = connection.connector_class
    problems = check_settings(kind, connection.settings) + check_secrets(kind, connection.secrets)
    if problems := problems + check_base_url(connection.base_url):
        return Verdict(False, " ".join(problems))
    connector = connection.connector
    told = set(connection.credentials)
    try:
        return _called(connector, told)
    except errors.DeliveryError as error:
        return Verdict(False, redaction.mask_inside(error.message, told))


def _called(connector: Connector, told: set[str]) -> Verdict:
    """Sign in where the vendor wants that, and make the harmless call, or else only connect.

    Raises as a delivery would. `told` gathers the credentials that the vendor is shown.
    """
    auth, check = connector.auth, connector.check()
    sign_in = auth.token_request()
    signed_in = _send(connector, sign_in) if sign_in else None
    token = auth.read_token(signed_in).value if signed_in is not None else ""
    request = auth.apply(check or NOTHING, token)  # raises when a credential is missing
    told |= redaction.credentials_in(request.headers)
    if check is not None:
        answer = _send(connector, request)
        connector.raise_for_status(answer)
        return Verdict(True, f"{connector.label} answered.{_clock(answer)}")
    if signed_in is not None:
        return Verdict(True, f"{connector.label} accepted the credentials.{_clock(signed_in)}")
    transport.reach(connector.config.base_url, transport.deadline(connector))
    said = f"Address answers; credentials are complete, not proved: {connector.label} has no harmless call."
    return Verdict(True, said, proved=False)


def _clock(answer: Response) -> str:
    """A sentence on the vendor's clock, where its answer shows it; signatures and tokens end by it."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return ""
    if theirs.tzinfo is None:  # it names no zone, which HTTP demands
        return ""
    apart = round((theirs - datetime.now(UTC)).total_seconds())
    if abs(apart) <= CLOCK_SECONDS:
        return " Its clock agrees with ours."
    return f" Its clock is {abs(apart)} seconds {'ahead of' if apart > 0 else 'behind'} ours."


def _send(connector: Connector, request: Request) -> Response:
    return transport.send(connector.config.base_url, request, transport.deadline(connector))
