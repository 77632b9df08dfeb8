"""Where a record stands at every connection, with the calls it took: what the panel and the page of a lead show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from django.db.models import Case, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm_integrations import readiness, why
from crm_integrations.admin.chips import connection_chip, misses, named_chip, state_chip, why_of
from crm_integrations.admin.parts_of_leads import documents_of, part_of
from crm_integrations.connector import Kind, Missing
from crm_integrations.models import (
    REPEATABLE,
    UNSENT,
    Connection,
    Delivery,
    Exchange,
    StatusChange,
)
from crm_integrations.readiness import Readiness
from crm_integrations.shown_calls import BEGINNING, ShownCall
from leadops.admin.field_names import spoken
from leadops.admin.markup import chip
from leadops.kept_queries import Kept, attach, read, read_together
from leadops.languages.said import said
from leadops.models import Lead, LoanAccount

MOST_EXCHANGES = 20
"""What was said in full; the timeline and the list of HTTP calls have all of them."""
OF_DOCUMENTS = Case(When(delivery__kind=Kind.DOCUMENT, then=1), default=0)


@dataclass
class Sent:
    """A delivery on the panel, with its HTTP calls as the timeline tells them."""

    delivery: Delivery
    calls: list[ShownCall]

    @property
    def chip(self) -> SafeString:
        return state_chip(self.delivery)

    @property
    def why(self) -> str:
        return why_of(self.delivery)

    @property
    def version(self) -> int | None:
        """The version of the record that was sent last: a retry takes the newest, not the one it was made for."""
        return max((each.call.version or 0 for each in self.calls), default=0) or None


@dataclass
class Row:
    """One record at one connection: its newest delivery, the earlier ones, or why there is none yet."""

    connection: Connection
    lead_id: UUID | None
    account: LoanAccount | None = None
    part: str = ""
    """What of the lead it is about, where that is neither the lead nor an account of it."""
    sent: Sent | None = None
    earlier: list[Sent] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    not_carried: list[str] = field(default_factory=list)
    asked: bool = False
    """Whether the connector was asked what is missing."""

    def ask(self, found: Readiness) -> None:
        """Take over what the connector says, unless the vendor has the record or may have it."""
        if self.sent is None:
            self.not_carried = list(map(spoken, found.not_carried))
        if self.sent is None or self.sent.delivery.state in (*REPEATABLE, *UNSENT):
            self.missing, self.asked = in_words(found.missing), True

    @property
    def name(self) -> str:
        """The connection's, with what of the lead it is about."""
        return f"{self.connection.name}, {self.part}" if self.part else self.connection.name

    @property
    def deliveries(self) -> list[Sent]:
        """The newest, and those before it."""
        return [self.sent, *self.earlier] if self.sent is not None else []

    @property
    def is_of_lead(self) -> bool:
        """Whether the lead itself is what was sent, or would be."""
        return self.account is None and not self.part

    @property
    def readiness_chip(self) -> SafeString:
        """Whether it could be sent as it is now."""
        return chip("warn", misses(len(self.missing))) if self.missing else chip("good", _("Ready"))

    @property
    def preview_url(self) -> str:
        """Where it is shown as it would be sent: a lead or an account; of all others there is nothing to see."""
        if self.lead_id is None or self.part:
            return ""
        name, record = ("loanaccount", self.account.pk) if self.account else ("lead", self.lead_id)
        return reverse(f"admin:leadops_{name}_preview", args=[record, self.connection.pk])


@dataclass
class Standing:
    """Where a lead stands at every connection: the panel's rows, and what it misses where it was not sent yet."""

    rows: list[Row]
    unready: dict[str, list[str]]
    without_account: list[Connection]

    @property
    def sent(self) -> list[Delivery]:
        return [row.sent.delivery for row in self.rows if row.sent]

    @property
    def chips(self) -> list[SafeString]:
        """A label per connection: the newest delivery's state, else whether the lead is ready for it."""
        ordered = sorted(self.rows, key=lambda row: row.connection.name)
        return [_chip(row) for row in ordered if row.is_of_lead]


def _chip(row: Row) -> SafeString:
    if row.sent is not None:
        return connection_chip(row.sent.delivery)
    if row.missing:
        return named_chip("warn", row.connection.name, misses(len(row.missing)), ", ".join(row.missing))
    return named_chip(
        "calm", row.connection.name, _("Ready"), _("Nothing is missing, and it was not sent yet.")
    )


def standing_of(lead: Lead) -> Standing:
    """Where `lead` stands, asked for once however many parts of its page show it."""
    if (known := lead.__dict__.get("_standing")) is None:
        known = lead.__dict__["_standing"] = _standing_of(lead)
    return cast(Standing, known)


def _standing_of(lead: Lead) -> Standing:
    sent, changes, enabled = read_together(OF_LEAD(lead.pk), CHANGES(lead.pk), ENABLED())
    attach(sent, "status_changes", changes)
    rows = rows_of(sent)
    reached = {row.connection.pk for row in rows}
    own = {row.connection.pk: row for row in rows if row.is_of_lead}
    unready: dict[str, list[str]] = {}
    for each in readiness.of_lead(lead, enabled):
        if (row := own.get(each.connection.pk)) is None:
            row = Row(each.connection, lead.pk)
            rows.append(row)
        row.ask(each)
        if each.missing and row.sent is None:
            unready[each.connection.name] = [spoken(gap.field) or said(gap.message) for gap in each.missing]
    taking = taking_accounts(enabled, in_test_space=lead.partner.is_test_space)
    return Standing(rows, unready, [each for each in taking if each.pk not in reached])


def why_of_lead(lead: Lead) -> str:
    """Why `lead` stands where it stands, in one sentence."""
    standing = standing_of(lead)
    return why.of_lead(lead, standing.sent, standing.unready, timezone.now())


def in_words(missing: Iterable[Missing]) -> list[str]:
    """What a vendor still needs, each with the field it is about."""
    return [
        f"{said(each.message)} ({spoken(each.field)})" if each.field else said(each.message)
        for each in missing
    ]


def _ordered(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """As the panel shows them, with what it says of their connections."""
    told = deliveries.select_related("connection__health", "loan_account")
    return told.order_by("connection__name", "record_id", "-version")


def told_of(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """These in that order, with each word their vendors said since."""
    return list(_ordered(deliveries).prefetch_related("status_changes"))


OF_LEAD = Kept(lambda lead: _ordered(Delivery.objects.filter(lead=lead)), UUID)
CHANGES = Kept(lambda lead: StatusChange.objects.filter(delivery__lead=lead), UUID)
ENABLED = Kept(lambda: Connection.objects.filter(enabled=True))


def rows_of(found: list[Delivery]) -> list[Row]:
    """The newest delivery of each record to each connection with its calls, and the earlier ones."""
    rows: dict[tuple[UUID, UUID], Row] = {}
    calls: dict[UUID | None, list[ShownCall]] = {}
    connections: dict[UUID | None, Connection] = {each.pk: each.connection for each in found}
    documents = documents_of({each.lead_id for each in found if each.kind == Kind.DOCUMENT})
    for call in read(CALLS([each.pk for each in found])) if found else []:
        shown = ShownCall.beginning(call, connections[call.delivery_id])
        calls.setdefault(call.delivery_id, []).insert(0, shown)
    for delivery in found:
        sent = Sent(delivery, calls.get(delivery.pk, []))
        part = part_of(delivery, documents)
        new = Row(delivery.connection, delivery.lead_id, delivery.loan_account, part, sent)
        row = rows.setdefault((delivery.connection_id, delivery.record_id), new)
        if row is not new:
            row.earlier.append(sent)
    return list(rows.values())


def _calls(deliveries: list[UUID]) -> QuerySet[Exchange]:
    """The newest calls, newest first, their bodies cut by the database; what they were asked since has its own list.

    Those of documents come last, so that many of them leave the lead's own their place.
    """
    calls = Exchange.objects.filter(delivery__in=deliveries).exclude(purpose=Exchange.Purpose.STATUS)
    return calls.with_cut_bodies(BEGINNING).order_by(OF_DOCUMENTS, "-id")[:MOST_EXCHANGES]


CALLS = Kept(_calls, [UUID])


def taking_accounts(enabled: Iterable[Connection], *, in_test_space: bool) -> list[Connection]:
    """Of the enabled connections those to vendors that keep loan accounts, of one space."""
    of_space = [each for each in enabled if each.test_space == in_test_space]
    return [each for each in of_space if Kind.LOAN_ACCOUNT in each.connector_class.kinds()]
