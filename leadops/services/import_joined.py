"""Leads whose parts stand on several sheets: known by their leadops id, and changed where a cell says something new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError

from leadops import masking, statements
from leadops.excel.columns import LEAD_ID, VERSION
from leadops.excel.header import Header
from leadops.excel.joined_sheets import JoinedHeader
from leadops.excel.notes import LEAVES_OUT
from leadops.excel.sheet_header import MASKED_IN_EXPORTS
from leadops.excel.weighing import Weighing, with_findings
from leadops.ids import uuid_in
from leadops.models import Applicant, ImportBatch, ImportMode, ImportRow, Lead, RowProblem
from leadops.services import import_updates, lead_updates
from leadops.services.export_rows import Texts, texts_of
from leadops.services.import_assembly import Assembly, Known, RowOf
from leadops.services.import_foresight import Foresight
from leadops.services.import_judging import REQUIRED, Headers, Result, SheetRow, headers_of, our_fault
from leadops.services.import_updates import UNCHANGED, ById
from leadops.validation import Finding, Severity, check_lead, errors_in

Outcome = ImportRow.Outcome
_ALONE = "No row of the first sheet has this lead: put one there, or delete this row."
_NO_SUCH = (
    "No lead of this partner has this id. Import the rows of each partner for that partner; only a row that is no lead"
    " yet has this cell empty."
)
_AGAIN = Finding(
    LEAD_ID.path,
    "repeats_a_row",
    "A row above has changed this lead; put both into one row, or export it again.",
    Severity.ERROR,
)
_HALF_MASKED = Finding(
    "",
    "masked_text",
    "Parts of this text are masked: write it whole, or leave it as it was exported.",
    Severity.ERROR,
)
_HERE = Finding(
    "", "already_here", "This lead is here already; this import only makes new ones.", Severity.WARNING
)
_LATER = (
    "This lead was changed after this workbook was written; nothing was changed. Export it again and make the change"
    " there."
)
_OWN = "SELECT id FROM leadops_lead WHERE partner_id = %s AND id = ANY(%s) AND deleted_at IS NULL"


class _Group(NamedTuple):
    """The rows of one lead, its own first, and what the notes of each came to."""

    result: Result
    rows: list[SheetRow]
    noted: list[list[RowProblem]]


def decide(
    header: Header,
    batch: ImportBatch,
    results: Sequence[Result],
    *,
    lock: bool,
    foreseen: Foresight | None = None,
) -> None:
    """Tell what is to become of these rows, held against the leads there are; nothing is written."""
    deciding = _Deciding(headers_of(batch, header), batch, foreseen)
    groups = [deciding.group(result) for result in results]
    fresh, by_id = deciding.sorted_out(groups)
    for group in fresh:
        deciding.guard(group, deciding.judge)
    if batch.mode != ImportMode.CREATE:
        told = {
            group.result.row_id: ById(lead_id, partial(deciding.change_guarded, group))
            for lead_id, group in by_id.items()
        }
        import_updates.match(header, batch, results, lock=lock, by_id=told, foreseen=foreseen)


class _Deciding:
    """The rule over the rows of a chunk."""

    def __init__(self, headers: Headers, batch: ImportBatch, foreseen: Foresight | None) -> None:
        self._headers, self._batch, self._foreseen = headers, batch, foreseen
        self._weighing = {
            name: Weighing(header.cells, header.columns)
            for name, header in [("", headers.leads), *headers.joined.items()]
        }

    def group(self, result: Result) -> _Group:
        """The rows of one lead, copied: what is weighed and compared of them is not what is kept."""
        rows = [row._replace(cells=list(row.cells)) for row, _ in [(result.row, []), *result.below]]
        noted = [self._weighing[self._name(row)].weigh(row.noted, row.cells, row.number) for row in rows]
        return _Group(result, rows, noted)

    def _name(self, row: SheetRow) -> str:
        return row.sheet if row.sheet in self._headers.joined else ""

    def guard(self, group: _Group, decide: Callable[[_Group], None]) -> None:
        """A fault of ours costs this lead and no other."""
        try:
            decide(group)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            group.result.refuse(our_fault(self._headers.leads, group.result, error))

    def change_guarded(self, group: _Group, lead: Lead | None) -> None:
        self.guard(group, partial(self.change, lead=lead))

    # Which lead ----------------------------------------------------------------------------------------------

    def sorted_out(self, groups: Sequence[_Group]) -> tuple[list[_Group], dict[UUID, _Group]]:
        """Those of new leads, and those that say something new of leads that are here; all others have their result."""
        fresh: list[_Group] = []
        told: list[tuple[UUID | None, _Group]] = []
        for group in groups:
            if left_out := [each for each in group.noted[0] if each["code"] in LEAVES_OUT]:
                group.result.outcome, group.result.problems = Outcome.SKIPPED.value, left_out
            elif self._name(group.rows[0]):
                self._refuse(group, Finding("", "no_row_of_its_own", _ALONE, Severity.ERROR))
            elif text := self._headers.leads.text_at(LEAD_ID.path, group.rows[0].cells):
                told.append((uuid_in(text), group))
            else:
                fresh.append(group)
        return fresh, self._of_leads_here(told)

    def _of_leads_here(self, told: Sequence[tuple[UUID | None, _Group]]) -> dict[UUID, _Group]:
        ids = [lead_id for lead_id, _ in told if lead_id is not None]
        known = {key for (key,) in statements.rows(_OWN, [self._batch.partner_id, ids])} if ids else set()
        texts = texts_of(list(known)) if known and self._batch.mode != ImportMode.CREATE else {}
        changed = self._changed(known)
        changing: dict[UUID, _Group] = {}
        for lead_id, group in told:
            if lead_id is None or lead_id not in known:
                self._refuse(group, Finding(LEAD_ID.path, "no_such_lead", _NO_SUCH, Severity.ERROR))
            elif self._batch.mode == ImportMode.CREATE:
                self._leave(group, lead_id, _HERE)
            elif lead_id in changed:
                self._refuse(group, _AGAIN)
            elif lead_id in changing:
                # What the row before changes must be seen by this one: it goes on waiting for the next chunk.
                group.result.outcome, group.result.lead_id = Outcome.WAITING.value, lead_id
            elif self._says_nothing_new(group, texts[lead_id]):
                self._leave(group, lead_id, UNCHANGED)
            else:
                changing[lead_id] = group
        return changing

    def _changed(self, lead_ids: Collection[UUID]) -> set[UUID]:
        """Those that rows above have changed: what this workbook was written of, they are no more."""
        if self._foreseen is not None:
            return {each for each in lead_ids if self._foreseen.is_changed(each)}
        rows = self._batch.import_rows.filter(lead_id__in=lead_ids, outcome=Outcome.UPDATED)
        return {each for each in rows.values_list("lead_id", flat=True) if each}

    def _says_nothing_new(self, group: _Group, texts: Texts) -> bool:
        """Empty the cells that say what the lead says already, or hide it; whether none is left."""
        says_new = False
        for row, noted in zip(group.rows, group.noted, strict=True):
            header = self._headers.of(row.sheet)
            own = header.own_key(row.cells) if isinstance(header, JoinedHeader) else ()
            known = texts.get(self._name(row), {}).get(own, {})
            for at, column in enumerate(header.columns[: len(row.cells)]):
                text = row.cells[at]
                if column is None or column.is_key or not text:
                    continue
                hidden = column.attribute in MASKED_IN_EXPORTS and bool(known) and masking.is_masked(text)
                if hidden or text.strip() in _as_exported(now := known.get(column.path, "")):
                    row.cells[at] = ""
                    continue
                says_new = True
                if masking.is_masked(text) and masking.text(now) != now:
                    noted += header.problems([replace(_HALF_MASKED, field=column.path)], row.number)
            says_new = says_new or not known
        return not says_new

    # What becomes of it --------------------------------------------------------------------------------------

    def judge(self, group: _Group) -> None:
        """What the rows of a lead that is not known by its id make."""
        assembly = self._assembled(group, ())
        findings = check_lead(assembly.lead, country=self._batch.program.country, today=date.today())
        if self._batch.mode != ImportMode.CREATE:
            group.result.held = [each for each in findings if each.code == REQUIRED]
            findings = [each for each in findings if each.code != REQUIRED]
        if self._tell(group, assembly, findings):
            group.result.draft = assembly.lead

    def change(self, group: _Group, lead: Lead | None) -> None:
        """What the rows of a lead that is here change of it."""
        result = group.result
        if lead is None:  # deleted in this moment
            return self._refuse(group, Finding(LEAD_ID.path, "no_such_lead", _NO_SUCH, Severity.ERROR))
        reason = lead_updates.why_not(lead, self._batch.program)
        if reason is not None and reason.is_error:
            return self._refuse(group, reason)
        version = self._headers.leads.text_at(VERSION.path, group.rows[0].cells)
        if reason is None and version and version != str(lead.version):
            return self._refuse(group, Finding(VERSION.path, "changed_since", _LATER, Severity.ERROR))
        assembly = self._assembled(group, [_known(each) for each in lead.applicants.all()])
        change = lead_updates.change_of(lead, assembly.lead, self._batch, placed=True)
        if not self._tell(group, assembly, errors_in(change.findings)):
            return None
        if reason is not None:
            return self._leave(group, lead.pk, reason)
        if change.is_empty:
            return self._leave(group, lead.pk, UNCHANGED)
        result.draft, result.change = change.draft, change
        result.lead_id, result.outcome = lead.pk, Outcome.UPDATED.value
        return None

    def _assembled(self, group: _Group, known: Sequence[Known]) -> Assembly:
        joined = self._headers.joined
        below = [RowOf(joined[row.sheet], row.number, row.cells) for row in group.rows[1:]]
        return Assembly(self._headers.leads, group.rows[0].cells, below, known)

    def _tell(self, group: _Group, assembly: Assembly, found: Sequence[Finding]) -> bool:
        """Put all findings to their rows; whether none of them is an error."""
        assembly.place(found)
        said = [
            with_findings(noted, self._headers.of(row.sheet).problems(mine, row.number))
            for row, noted, mine in zip(group.rows, group.noted, assembly.findings, strict=True)
        ]
        group.result.problems = said[0]
        group.result.below = [
            (row, mine) for (row, _), mine in zip(group.result.below, said[1:], strict=True)
        ]
        good = all(each["severity"] != Severity.ERROR for problems in said for each in problems)
        if not good:
            group.result.outcome = Outcome.FAILED.value
        return good

    def _refuse(self, group: _Group, finding: Finding) -> None:
        row = group.rows[0]
        group.result.refuse(self._headers.of(row.sheet).problems([finding], row.number))

    def _leave(self, group: _Group, lead_id: UUID, reason: Finding) -> None:
        note = self._headers.leads.problems([reason], group.result.number)
        group.result.outcome, group.result.lead_id, group.result.problems = (
            Outcome.SKIPPED.value,
            lead_id,
            note,
        )
        group.result.below = [(row, []) for row, _ in group.result.below]


def _as_exported(text: str) -> tuple[str, ...]:
    """What the cell of a text may say in an export, whole and masked."""
    return text, masking.text(text).strip(), masking.hidden(text)


def _known(applicant: Applicant) -> Known:
    return Known(len(applicant.addresses.all()), len(applicant.banks.all()), applicant.is_primary)
