"""What stands in one list and not in the other, found page by page.

Which records were listed is noted in a table of the database session: nothing but ids, and gone with it. What differs
is written at once, masked, and shown when the whole comparison is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db.models import Min, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from crm_integrations.connector import ListedRow
from crm_integrations.models import Delivery, Difference, Exchange, Reconciliation, State
from crm_integrations.reconciling.values import Values
from crm_integrations.records import MAIN_KINDS
from crm_integrations.records import Kind as RecordKind
from crm_integrations.redaction import storable
from leadops import statements
from leadops.ids import first_id_at, midnight
from leadops.models import LoanAccount, Program

T = TypeVar("T")
Known = Mapping[tuple[str, str], Sequence[Delivery]]
"""Deliveries by what they are known by at the vendor: `reference` or `ref`, and its value."""

STATUS = "status"
REFERENCE = "vendor's id"
STATE = "state"
LONGEST_WAY = timedelta(days=31)
"""How long before it was delivered a record may have been sent first, and still be looked for in the list."""
MOVING = (State.SENDING, State.UNKNOWN)
"""What the engine has in hand: the vendor may have it before we write that it does."""
Kind = Difference.Kind
ROWS_AT_ONCE = 500
FRESH = """
INSERT INTO pg_temp.listed_there (key) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING RETURNING key
"""


@dataclass
class Comparison:
    """One comparison under way: `since` is the first moment of its days, `until` the first after them.

    Of a day that is not over, `until` is when the list is first asked for: what is delivered while it is read may
    stand on a page that was read before.
    """

    reconciliation: Reconciliation
    since: datetime
    until: datetime
    first_listed_on: date
    read: int = 0

    @classmethod
    def begun(cls, reconciliation: Reconciliation) -> Comparison:
        """A comparison that has seen nothing yet."""
        since = midnight(reconciliation.first_on)
        ((until,),) = statements.rows(
            "SELECT least(statement_timestamp(), %s)", [midnight(reconciliation.last_on + timedelta(days=1))]
        )
        made = cls(reconciliation, since, until, reconciliation.first_on)
        made.first_listed_on = made._first_sent_on()
        statements.run("DROP TABLE IF EXISTS pg_temp.listed_there")
        statements.run(
            "CREATE TEMPORARY TABLE listed_there"
            " (key text PRIMARY KEY, delivery uuid, counts boolean NOT NULL DEFAULT false)"
        )
        return made

    def in_scope(self) -> QuerySet[Delivery]:
        """What was delivered there in these days."""
        ours = self._ours().filter(state=State.DELIVERED)
        return ours.filter(delivered_at__gte=self.since, delivered_at__lt=self.until)

    def _ours(self) -> QuerySet[Delivery]:
        """All of what a vendor's list may name."""
        return Delivery.objects.filter(connection=self.reconciliation.connection, kind__in=MAIN_KINDS)

    def missing_there(self) -> QuerySet[Delivery]:
        """What was delivered there in these days and stood on no page."""
        listed = RawSQL("SELECT delivery FROM pg_temp.listed_there WHERE delivery IS NOT NULL", [])
        return self.in_scope().exclude(pk__in=listed)

    def theirs(self) -> int:
        """How many of the listed records belong to these days."""
        ((count,),) = statements.rows("SELECT count(*) FROM pg_temp.listed_there WHERE counts")
        return int(count)

    def take(self, rows: Sequence[ListedRow]) -> None:
        """Compare one page. A record that another page had already is not compared again."""
        fresh = self._fresh(rows)
        if not fresh:  # as nearly always when the list is read a second time
            return
        self.read += len(fresh)
        known = self._known(fresh)
        pairs = [(row, _match(row, known)) for row in fresh]
        values = Values.of([mine for _, mine in pairs if mine and self._is_in_scope(mine)])
        found: list[Difference] = []
        notes: list[tuple[str, UUID | None, bool]] = []
        for row, mine in pairs:
            differences = list(self._differences(row, mine, values))
            found += differences
            counts = bool(mine and self._is_in_scope(mine)) or any(
                each.field != STATUS for each in differences
            )
            notes.append((_key(row), mine.pk if mine and not _is_another(row, mine) else None, counts))
        Difference.objects.bulk_create(found)
        self._note(notes)
        Reconciliation.objects.filter(pk=self.reconciliation.pk).update(theirs=self.read)

    def close(self) -> None:
        """Write what is missing, after the last page."""
        absent = self.reconciliation.differences.filter(kind=Kind.MISSING_HERE)
        for batch in _batches(absent.iterator(ROWS_AT_ONCE)):
            # Delivered while the list was read: it was not ours yet when its page came.
            rows = {each.pk: ListedRow(each.reference, each.ref) for each in batch}
            known = self._known(list(rows.values()))
            absent.filter(pk__in=[pk for pk, row in rows.items() if _match(row, known)]).delete()
        for lost in _batches(self.missing_there().iterator(ROWS_AT_ONCE)):
            Difference.objects.bulk_create(
                self._difference(Kind.MISSING_THERE, each.reference, each.ref, each) for each in lost
            )

    def _first_sent_on(self) -> date:
        """The first day on which the vendor may have made one of these records; delivered it may be days later."""
        earliest = self.since - LONGEST_WAY
        calls = Exchange.objects.filter(pk__gte=first_id_at(earliest), purpose=Exchange.Purpose.CREATE)
        sent = calls.filter(delivery__in=self.in_scope()).aggregate(first=Min("created_at"))["first"]
        return timezone.localdate(sent) if sent and sent < self.since else self.reconciliation.first_on

    def _fresh(self, rows: Sequence[ListedRow]) -> list[ListedRow]:
        """Those of `rows` that no page had yet, which are noted by this."""
        by_key = {_key(row): row for row in rows}
        return [by_key[key] for (key,) in statements.rows(FRESH, [list(by_key)])]

    def _note(self, notes: Iterable[tuple[str, UUID | None, bool]]) -> None:
        columns = [list(column) for column in zip(*notes, strict=True)] or [[], [], []]
        statements.run(
            "UPDATE pg_temp.listed_there l SET delivery = n.delivery, counts = n.counts"
            " FROM unnest(%s::text[], %s::uuid[], %s::bool[]) AS n(key, delivery, counts) WHERE l.key = n.key",
            columns,
        )

    def _known(self, rows: Sequence[ListedRow]) -> Known:
        """Our deliveries of any day that one of `rows` may be, each by an index."""
        mine = self._ours()
        mine = mine.select_related("connection", "loan_account__program")
        found: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for name in ("reference", "ref"):
            values = {value for row in rows if (value := getattr(row, name))}
            for each in mine.filter(**{f"{name}__in": values}) if values else ():
                found[name, getattr(each, name)].append(each)
        if RecordKind.LOAN_ACCOUNT in self.reconciliation.connection.connector_class.kinds():
            # An account's own reference is what an LOS is told, in the place of ours.
            for each in mine.filter(loan_account__in=_accounts({row.ref for row in rows})):
                found["ref", str(each.loan_account)].append(each)
        return found

    def _is_in_scope(self, mine: Delivery) -> bool:
        delivered = mine.delivered_at
        return (
            mine.state == State.DELIVERED and delivered is not None and self.since <= delivered < self.until
        )

    def _differences(self, row: ListedRow, mine: Delivery | None, values: Values) -> Iterator[Difference]:
        if mine is None:
            if self._may_be_of_these_days(row):
                yield self._difference(Kind.MISSING_HERE, row.reference, row.ref, theirs=row.status)
        elif mine.state != State.DELIVERED:
            if mine.state not in MOVING and self._may_be_of_these_days(row):
                yield self._differs(row, mine, STATE, mine.get_state_display(), row.status or "There")
        elif _is_another(row, mine):  # its values are not compared with ours
            if self._is_in_scope(mine) or self._may_be_of_these_days(row):
                yield self._differs(row, mine, REFERENCE, mine.reference, row.reference)
        elif self._is_in_scope(mine):
            if row.status and mine.vendor_status and row.status != mine.vendor_status:
                yield self._differs(row, mine, STATUS, mine.vendor_status, row.status)
            for name, ours, theirs in values.differing(mine, row.fields):
                yield self._differs(row, mine, name, ours, theirs)

    def _may_be_of_these_days(self, row: ListedRow) -> bool:
        return row.created_at is None or self.since <= row.created_at < self.until

    def _differs(self, row: ListedRow, mine: Delivery, name: str, ours: str, theirs: str) -> Difference:
        return self._difference(Kind.DIFFERS, row.reference, mine.ref, mine, name, ours, theirs)

    def _difference(
        self,
        kind: Kind,
        reference: str,
        ref: str,
        delivery: Delivery | None = None,
        name: str = "",
        ours: str = "",
        theirs: str = "",
    ) -> Difference:
        return Difference(
            reconciliation=self.reconciliation,
            kind=kind,
            delivery=delivery,
            reference=storable(reference, 200),
            ref=storable(ref, 100),
            field=storable(name, 100),
            ours=storable(ours, 200),
            theirs=storable(theirs, 200),
        )


def _key(row: ListedRow) -> str:
    return f"id {row.reference}" if row.reference else f"ref {row.ref}"


def _is_another(row: ListedRow, mine: Delivery) -> bool:
    """Whether the vendor has our reference on another record than the one it told us of."""
    return bool(mine.reference and row.reference) and mine.reference != row.reference


def _match(row: ListedRow, known: Known) -> Delivery | None:
    """Which delivery of ours `row` is: by the vendor's id, else by our reference; a delivered one before others.

    Accounts of two programs may have one reference: the one that the vendor gave another id is not meant, where there
    is another.
    """
    found = known.get(("reference", row.reference)) or known.get(("ref", row.ref)) or ()
    others = {each.record_id for each in found if row.reference and each.reference not in ("", row.reference)}
    fitting = [each for each in found if each.record_id not in others] or found
    return max(fitting, key=lambda each: (each.state == State.DELIVERED, each.pk), default=None)


def _accounts(references: set[str]) -> list[UUID]:
    """The accounts of these references; each program has its own of each."""
    programs = list(Program.objects.values_list("pk", flat=True))
    found = LoanAccount.objects.filter(program__in=programs, ref_id__in=references - {""})
    return list(found.values_list("pk", flat=True))


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch
