"""The rule for duplicates over the rows of an import: what becomes of each, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from leadops.drafts import LeadDraft
from leadops.excel.header import Header
from leadops.models import DuplicatePolicy, ImportBatch, ImportRow, Lead, RowProblem
from leadops.services import duplicates, leads
from leadops.services.duplicates import Becomes, Foreseen, Gain, Keys, Match, Pair, Verdict, words
from leadops.services.lead_rows import Ready
from leadops.services.lead_updates import Change
from leadops.validation import Finding, Severity

Outcome = ImportRow.Outcome
MERGED = "merged_duplicate"
"""Filled into a lead that was here before its chunk, which is a new version of that lead."""
MERGED_ROW = "merged_row"
"""Filled into a row of its own chunk before that became a lead."""


class Judged(Protocol):
    """A row whose result is being worked out; a draft is what is to become a lead."""

    draft: LeadDraft | None
    outcome: str
    problems: list[RowProblem]
    lead_id: UUID | None
    change: Change | None
    ready: Ready | None
    known_by: Keys | None

    @property
    def row_id(self) -> UUID: ...

    @property
    def number(self) -> int: ...

    def refuse(self, problems: list[RowProblem]) -> None: ...


def hold_changes(
    header: Header, batch: ImportBatch, rows: Sequence[Judged], foreseen: Foreseen | None = None
) -> None:
    """Hold rows that change leads against the program's rule: refused where it refuses, marked where not."""
    changing = [(row, row.change) for row in rows if row.change is not None and row.change.gained]
    gains = [Gain(change.lead, change.before, change.after) for _, change in changing]
    found = duplicates.look_ahead(gains, batch.program, foreseen)
    for (row, _), matches in zip(changing, found, strict=True):
        same_borrower = [each for each in matches if not each.only_mobile]
        if same_borrower and batch.program.duplicate_policy == DuplicatePolicy.REFUSE:
            row.refuse(header.problems(_refusals(batch, same_borrower), row.number))
            row.lead_id = None
        elif told := _told(batch, matches):
            warning = words.warning(told[0], _of_change(batch, told[0]))
            row.problems = [*row.problems, *header.problems(warning, row.number)]


def _refusals(batch: ImportBatch, matches: Sequence[Match]) -> list[Finding]:
    told = _told(batch, matches)
    return words.refusals(told[0], _of_change(batch, told[0])) if told else words.refused_silently()


def _of_change(batch: ImportBatch, match: Match) -> str:
    return words.of_change(match, batch.program.duplicate_policy, to_officer=_is_officers(batch))


def _is_officers(batch: ImportBatch) -> bool:
    """A partner reads what came by API, and learns nothing of others; all else is read by officers."""
    return batch.road != ImportBatch.Road.API


def _told(batch: ImportBatch, matches: Sequence[Match]) -> list[Match]:
    """Those that the reader of this import may learn of."""
    return [each for each in matches if _may_learn(batch, each)]


def _may_learn(batch: ImportBatch, match: Match) -> bool:
    """A partner of its own leads, officers of those of the partner's branch; of the head office's of all."""
    if match.known is None or not _is_officers(batch):
        return match.is_of(batch.partner_id)
    return batch.partner.branch_id in (None, match.known.branch_id)


class Repeats:
    """The program's rule over the drafts of a chunk: takes away those that become no lead, and tells of them later."""

    def __init__(
        self,
        header: Header,
        batch: ImportBatch,
        results: Sequence[Judged],
        foreseen: Foreseen | None = None,
    ) -> None:
        """Whoever else comes with one of these borrowers waits until the transaction ends, unless it is foreseen."""
        self.header, self.batch = header, batch
        drafted = [(each, each.draft) for each in results if each.draft is not None]
        self.rows = [row for row, _ in drafted]
        self.drafts = [draft for _, draft in drafted]
        known_by = [row.known_by for row in self.rows if row.known_by is not None]
        held = known_by if len(known_by) == len(self.rows) else ()
        self.verdicts = duplicates.judge(
            self.drafts, partner=batch.partner, program=batch.program, held=held, foreseen=foreseen
        )
        for row, verdict in zip(self.rows, self.verdicts, strict=True):
            if verdict.becomes is not Becomes.LEAD:
                row.draft = None
            if verdict.becomes is Becomes.FILLED and verdict.into is None and verdict.because:
                self.rows[verdict.because.place].ready = None  # its draft says more now

    def settle(self, fault: Callable[[Judged, Exception], list[RowProblem]]) -> None:
        """Give the rows that repeat an earlier lead their results, once the leads of the chunk are made."""
        pairs: list[Pair] = []
        for row, draft, verdict in zip(self.rows, self.drafts, self.verdicts, strict=True):
            if verdict.becomes is not Becomes.LEAD:
                self._leave_out(row, draft, verdict, fault)
            elif verdict.matches and row.lead_id is not None and row.outcome == Outcome.CREATED:
                pairs += self._marked(row, row.lead_id, verdict.matches)
        if pairs:
            duplicates.keep(pairs)

    def foretell(self) -> None:
        """Say of rows that repeat an earlier lead what would become of them."""
        for row, verdict in zip(self.rows, self.verdicts, strict=True):
            told = self._known_to_reader(verdict)
            if verdict.becomes is not Becomes.LEAD:
                row.lead_id = self._lead_of(told) if told else None
                is_new = verdict.becomes is Becomes.FILLED and verdict.paths
                row.outcome = Outcome.UPDATED.value if is_new else Outcome.SKIPPED.value
                row.problems = self._reasons(row, told, verdict)
            elif matches := self._told(verdict.matches):
                self._warn(row, matches[0])

    def _known_to_reader(self, verdict: Verdict) -> Match | None:
        """What decided, as far as the reader may know."""
        if not self._is_officers:
            return verdict.known_to(self.batch.partner_id)
        return verdict.because if verdict.because and _may_learn(self.batch, verdict.because) else None

    def _told(self, matches: Sequence[Match]) -> list[Match]:
        return _told(self.batch, matches)

    def _warn(self, row: Judged, match: Match) -> None:
        findings = words.warning(match, self._in_words(match))
        row.problems = [*row.problems, *self.header.problems(findings, row.number)]

    def _marked(self, row: Judged, lead_id: UUID, matches: Sequence[Match]) -> list[Pair]:
        pairs = [Pair(lead_id, earlier, each) for each in matches if (earlier := self._lead_of(each))]
        if told := self._told([each.match for each in pairs]):
            self._warn(row, told[0])
        return pairs

    def _leave_out(
        self,
        row: Judged,
        draft: LeadDraft,
        verdict: Verdict,
        fault: Callable[[Judged, Exception], list[RowProblem]],
    ) -> None:
        assert verdict.because is not None
        if (earlier := self._lead_of(verdict.because)) is None:
            row.outcome = Outcome.WAITING.value  # the row it repeats has failed: the next chunk looks anew
            return
        try:
            if verdict.becomes is Becomes.FILLED:
                with transaction.atomic():
                    self._fill(row, draft, verdict, earlier)
            else:
                row.outcome = Outcome.SKIPPED.value
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            row.refuse(fault(row, error))
            return
        match = self._known_to_reader(verdict)
        row.lead_id = self._lead_of(match) if match else None
        row.problems = self._reasons(row, match, verdict)

    def _fill(self, row: Judged, draft: LeadDraft, verdict: Verdict, earlier: UUID) -> None:
        if verdict.into is not None:
            leads.merge(verdict, Lead.Intake.EXCEL, draft.partner_ref_id)
        else:
            duplicates.keep_filled(earlier, verdict, Lead.Intake.EXCEL, draft.partner_ref_id)
        row.outcome = Outcome.UPDATED.value if verdict.paths else Outcome.SKIPPED.value

    def _reasons(self, row: Judged, match: Match | None, verdict: Verdict) -> list[RowProblem]:
        """Why it became no lead, and of one that fills a lead what else was said of it.

        Not to who may not know of that lead: it would show that the row was of use there.
        """
        why = self.header.problems(self._findings(match, verdict), row.number)
        is_filled = verdict.becomes is Becomes.FILLED and match is not None
        return [*why, *row.problems] if is_filled else why

    def _findings(self, match: Match | None, verdict: Verdict) -> list[Finding]:
        if match is None:
            found = words.refused_silently()
        elif verdict.becomes is Becomes.FILLED:
            said = f"{self._in_words(match)} {words.filled(verdict.paths)}"
            code = MERGED_ROW if match.known is None else MERGED
            return [Finding("", code, said, Severity.WARNING)]
        else:
            found = words.refusals(match, self._in_words(match))
        return [replace(each, severity=Severity.WARNING) for each in found]

    def _lead_of(self, match: Match) -> UUID | None:
        """The lead that came before; None where the row before became none."""
        return match.known.lead_id if match.known else self.rows[match.place].lead_id

    @property
    def _is_officers(self) -> bool:
        return _is_officers(self.batch)

    def _in_words(self, match: Match) -> str:
        if match.known is None:
            return words.of_row(match, self.rows[match.place].number)
        return words.for_officer(match) if self._is_officers else words.for_partner(match)
