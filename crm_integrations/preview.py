"""What would be sent, before anything is: a record's request to one connection as it would go, and what changed.

The connector that sends makes it, of the record as it is now, but with `$TOKEN` and the like in the place of every
credential. What is shown is redacted as what is kept of calls, so that both can be compared.
"""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from crm_integrations import outbox, redaction, snapshots, transport
from crm_integrations.answers import fields_of_body
from crm_integrations.configuration import with_defaults
from crm_integrations.connector import Config, Connector, Kind, Missing, Request
from crm_integrations.errors import DeliveryError
from crm_integrations.models import REPEATABLE, Connection, Delivery, Exchange, State
from crm_integrations.records import Record
from crm_integrations.shown_calls import as_text, compact
from leadops.faults import place_of
from leadops.models import Lead, LoanAccount

logger = logging.getLogger(__name__)
HANDED_OUT = "$TOKEN"
PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not as it was last sent; None where it was not, or is no longer, part of it."""

    path: str
    was: Any
    now: Any

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        if self.was is None:
            return "added"
        return "removed" if self.now is None else "changed"


@dataclass(frozen=True, slots=True)
class Preview:
    """`request` and `curl` are empty when nothing can be made of the record yet: `problem` says why.

    `held` is the delivery by which the vendor has it, or may have it: nothing would be sent then.
    `changes` is None where there is nothing to compare with. `derived` are placeholders that are made of others.
    """

    connection: Connection
    missing: tuple[Missing, ...]
    not_carried: tuple[str, ...]
    request: str = ""
    curl: str = ""
    derived: tuple[str, ...] = ()
    problem: str = ""
    held: Delivery | None = None
    last: Exchange | None = None
    changes: tuple[Change, ...] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A request with placeholders for credentials, and where it would go."""

    request: Request
    url: str
    derived: tuple[str, ...] = field(default=())


def of(connection: Connection, record: Lead | LoanAccount) -> Preview:
    """What `connection` would be sent of `record` now, and how that differs from what it was sent last."""
    lead = record.lead if isinstance(record, LoanAccount) else record
    if lead.erased_at is not None:
        return Preview(connection, (), (), problem=outbox.ended_leads.ERASED)
    delivery = _delivery(connection, record)
    try:
        said = snapshots.of_deliveries([delivery])[delivery.pk]
    except snapshots.WrongSpace as wrong:
        return Preview(connection, (), (), problem=str(wrong.__doc__))
    connector, kind = _with_placeholders(connection), Kind(delivery.kind)
    missing = tuple(connector.missing(kind, said))
    known = (connection, missing, tuple(connector.not_carried))
    try:
        made = make(connector, kind, said)
    except DeliveryError as error:
        return Preview(*known, problem=error.message)
    except Exception as error:
        # A connector need not be able to build what it calls not ready.
        logger.info("No preview can be made of %s: %s.", delivery.record_id, place_of(error))
        problem = "" if missing else f"A fault in leadops: {type(error).__name__}."
        return Preview(*known, problem=problem or "Nothing can be made of it until it is complete.")
    return _shown(Preview(*known), made, delivery)


def make(connector: Connector, kind: Kind, record: Record) -> Made:
    """The request of a connector whose credentials are placeholders, also for a record that is not ready.

    Raises a DeliveryError where it can't be made or sent there.
    """
    plain: Request = getattr(connector, f"build_{kind}")(record)
    signed = connector.auth.apply(plain, HANDED_OUT)
    headers, derived = dict(signed.headers), []
    for name in headers.keys() - plain.headers.keys():
        if not PLACEHOLDER.search(headers[name]):  # a signature, made of a placeholder: it would be wrong
            headers[name] = "$" + re.sub(r"\W", "_", name).upper()
            derived.append(headers[name])
    url = transport.url_of(connector.config.base_url, signed)
    return Made(replace(signed, headers={**transport.HEADERS, **headers}), url, tuple(derived))


def _delivery(connection: Connection, record: Lead | LoanAccount) -> Delivery:
    """The newest delivery of `record` there, else the one that would take its place; nothing is stored."""
    account = record if isinstance(record, LoanAccount) else None
    kind = Kind.LOAN_ACCOUNT if account else Kind.LEAD
    earlier = Delivery.objects.filter(connection=connection, kind=kind, record_id=record.pk)
    related = earlier.select_related("connection", "loan_account__program").order_by("-version")
    newest = related.first()
    if newest is not None and not _makes_way(newest, record):
        return newest
    return Delivery(
        connection=connection,
        kind=kind,
        lead_id=account.lead_id if account else record.pk,
        loan_account=account,
        record_id=record.pk,
        version=record.version,
        ref=outbox.reference_at(connection, record),
        depends_on=connection.connector_class.depends_on if account else "",
    )


def _makes_way(newest: Delivery, record: Lead | LoanAccount) -> bool:
    """Whether sending `record` makes a delivery of its own; what may be there keeps the reference it is found by."""
    return newest.state in REPEATABLE and newest.version < record.version and not newest.may_be_there


def _with_placeholders(connection: Connection) -> Connector:
    kind = connection.connector_class
    secrets = {secret.name: f"${secret.name.upper()}" for secret in kind.secrets}
    return kind(Config(connection.base_url.rstrip("/"), with_defaults(kind, connection.settings), secrets))


# Showing --------------------------------------------------------------------------------------------------------------


def _shown(preview: Preview, made: Made, delivery: Delivery) -> Preview:
    secrets = preview.connection.credentials
    request = made.request
    body = redaction.body(request.body, request.headers.get("Content-Type", ""), secrets)
    url = redaction.mask_inside(made.url, secrets)
    masked = replace(request, body=compact(body).encode())
    last = _last_sent(delivery)
    changes = differences(last.request_body, body) if last else None
    return replace(
        preview,
        held=delivery if delivery.state == State.DELIVERED or delivery.may_be_there else None,
        request=as_text(f"{request.method} {url}", request.headers, body),
        curl=curl(url, masked),
        derived=made.derived,
        last=last,
        changes=changes,
    )


def curl(url: str, request: Request) -> str:
    """`request` as a command for a POSIX shell in which the placeholders are variables."""
    lines = [f"curl -X {request.method} {shlex.quote(url)}"]
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in request.headers.items()]
    if request.body:
        lines.append(f"--data-raw {shlex.quote(request.body.decode())}")
    return " \\\n  ".join(lines)


def _quoted(header: str) -> str:
    """In double quotes where the shell has to put a variable in."""
    if not PLACEHOLDER.search(header):
        return shlex.quote(header)
    return '"' + re.sub(r'([\\"`])', r"\\\1", header) + '"'


def _last_sent(delivery: Delivery) -> Exchange | None:
    sent = Exchange.objects.filter(
        purpose=Exchange.Purpose.CREATE,
        delivery__connection=delivery.connection_id,
        delivery__kind=delivery.kind,
        delivery__record_id=delivery.record_id,
    )
    return sent.left_us().order_by("-id").first()


def differences(was: str, now: str) -> tuple[Change, ...] | None:
    """What changed between two bodies, field by field; None where one of them is empty, cut or no data."""
    before, after = _fields(was), _fields(now)
    if before is None or after is None:
        return None
    paths = [*after, *(path for path in before if path not in after)]
    return tuple(
        Change(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    )


def _fields(body: str) -> Mapping[str, Any] | None:
    """Every value of a body by its path; what is null is told from what is not there."""
    found = fields_of_body(body)
    return found and {path: "null" if value is None else value for path, value in found.items()}
