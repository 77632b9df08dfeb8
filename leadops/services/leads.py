"""Leads: taking them in, submitting them, keeping their summary."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.dispatch import Signal

from leadops import signals
from leadops.drafts import LeadDraft
from leadops.errors import DuplicateLead, DuplicateReference, Invalid, LeadopsError, LeadStopped
from leadops.models import Lead, Officer, Partner, Program
from leadops.prepared import Along
from leadops.services import duplicates, new_leads, status_steps
from leadops.services.duplicates import Becomes, Match, Verdict, words
from leadops.services.insertion import Parts, write, write_or_nothing
from leadops.services.lead_rows import LEADS, PARTS, Parties, Ready, of_lead
from leadops.validation import Finding, check_lead, errors_in


class Origin(NamedTuple):
    """Where new leads come from, and the status they begin with."""

    partner: Partner
    program: Program
    intake: str
    created_by: Officer | None
    status: str
    sync_status: str = Lead.SyncStatus.NOT_SENT


class Received(NamedTuple):
    """What became of a draft: the lead it was made, or that it was filled into, its parties loaded.

    `repeats` are the leads that came before it. `filled` are the paths that were filled in, None where it was made
    a lead of its own.
    """

    lead: Lead
    warnings: list[Finding]
    repeats: list[Match]
    filled: list[str] | None


def receive(
    draft: LeadDraft, *, partner: Partner, program: Program, intake: str, created_by: Officer | None = None
) -> Received:
    """Check a lead, ask the program's rule for duplicates, store and submit it.

    Raises Invalid with every error of the draft, DuplicateReference when the partner's reference is taken,
    DuplicateLead when the program refuses a borrower whom it knows.
    """
    findings = check_lead(draft, country=program.country)
    if errors := errors_in(findings):
        raise Invalid(errors)
    origin = Origin(partner, program, intake, created_by, *_TO_SUBMIT)
    with transaction.atomic(savepoint=False):
        received = _taken_in(draft, origin, findings)
    if isinstance(
        received, LeadopsError
    ):  # raised within, it would undo what else the caller's transaction did
        raise received
    return received


def _taken_in(
    draft: LeadDraft, origin: Origin, findings: list[Finding]
) -> Received | DuplicateLead | DuplicateReference:
    """What became of a checked draft, or why nothing did: then nothing was written."""
    along = _along(signals.leads_expected, program_id=origin.program.pk)
    try:
        [verdict] = duplicates.judge([draft], partner=origin.partner, program=origin.program, along=along)
        if verdict.becomes is not Becomes.LEAD:
            return _repeated(draft, origin, verdict, findings)
        ready = _ready(draft, origin)
        try:
            lead = _store_one(ready, origin, along)
        except IntegrityError:
            _refuse_taken(origin.partner, draft.partner_ref_id)
            raise
    except (DuplicateLead, DuplicateReference) as refusal:
        return refusal
    duplicates.keep(duplicates.pairs_of(lead.pk, verdict.matches))
    submit([lead], along=along)
    ready.parties.belong_to(lead)
    return Received(lead, findings, verdict.matches, None)


def _refuse_taken(partner: Partner, reference: str) -> None:
    taken = Lead.with_deleted.filter(partner=partner, partner_ref_id=reference).exclude(partner_ref_id="")
    if (existing := taken.values_list("id", "deleted_at").first()) is not None:
        raise DuplicateReference(str(existing[0]), was_deleted=existing[1] is not None) from None


def _repeated(draft: LeadDraft, origin: Origin, verdict: Verdict, findings: list[Finding]) -> Received:
    """Refuse a draft, or fill it into the first lead; one that was sent before is known by its reference first."""
    _refuse_taken(origin.partner, draft.partner_ref_id)
    if verdict.becomes is Becomes.REFUSED:
        raise _refusal(verdict.known_to(origin.partner.pk))
    lead = merge(verdict, origin.intake, draft.partner_ref_id)
    return Received(Lead.objects.with_parties().get(pk=lead.pk), findings, [], verdict.paths)


def _refusal(match: Match | None) -> DuplicateLead:
    if match is None or match.known is None:
        return DuplicateLead(words.KNOWN_ALREADY, words.refused_silently(), None)
    said = words.for_partner(match)
    return DuplicateLead(said, words.refusals(match, said), str(match.known.lead_id))


def merge(verdict: Verdict, intake: str, partner_ref_id: str) -> Lead:
    """Store what `verdict` filled into a lead that is here, and announce its new version if it was told anything.

    A lead that is out already is submitted again: connections that still lacked something may take it now.
    """
    assert verdict.into is not None
    lead = verdict.into.lead
    with transaction.atomic(savepoint=False):
        duplicates.keep_filled(lead.pk, verdict, intake, partner_ref_id)
        if verdict.paths:
            revise(lead)
            if lead.status != Lead.Status.DRAFT:
                submit([lead])
    return lead


def ready_to_submit(
    draft: LeadDraft, *, partner: Partner, program: Program, intake: str, created_by: Officer | None = None
) -> Ready:
    """What `create` makes of a checked draft before it asks the database; to be submitted at once."""
    return _ready(draft, Origin(partner, program, intake, created_by, *_TO_SUBMIT))


def make_lines(ready: Sequence[Ready]) -> None:
    """Have these as COPY takes them before they are stored."""
    for table, rows in _rows_of(ready):
        # A fault comes again where they are stored, and costs no more than its own row there.
        with suppress(Exception):
            table.make_lines(rows)


def create(
    drafts: Sequence[LeadDraft | Ready],
    *,
    partner: Partner,
    program: Program,
    intake: str,
    created_by: Officer | None = None,
    to_submit: bool = False,
) -> list[Lead]:
    """Store checked drafts as leads, in their order, in one go and in the caller's transaction.

    `to_submit`: `submit` follows at once, and is spared writing every lead again.
    """
    words = _TO_SUBMIT if to_submit else (Lead.Status.DRAFT,)
    origin = Origin(partner, program, intake, created_by, *words)
    return _store([each if isinstance(each, Ready) else _ready(each, origin) for each in drafts], origin)


def _ready(draft: LeadDraft, origin: Origin) -> Ready:
    partner, program, intake, created_by, *words = origin
    ids = (partner.pk, program.pk, partner.branch_id, intake, created_by.pk if created_by else None, *words)
    row = LEADS.row((*ids, *of_lead(draft)))
    return Ready(row, Parties(LEADS.pk(row), draft))


def _along(signal: Signal, **told: Any) -> list[Along]:
    """What listeners have asked or done in the next round trip for one lead, for which somebody waits."""
    answers: Any = signal.send(Lead, **told)
    return [each for _, given in answers for each in given]


def _store_one(ready: Ready, origin: Origin, along: list[Along]) -> Lead:
    """Store one lead for which somebody waits; what listeners have done with it joins `along`."""
    [lead] = leads = _as_leads([ready], origin)
    along += _along(signals.leads_coming, leads=leads, along=along)
    waiting = (each for each in along if not each.done)
    write_or_nothing(_rows_of([ready]), new_leads.MARK, *waiting, **new_leads.told([lead.pk]))
    signals.leads_created.send(Lead, leads=leads)
    return lead


def _store(ready: Sequence[Ready], origin: Origin) -> list[Lead]:
    leads = _as_leads(ready, origin)
    write(_rows_of(ready))
    new_leads.mark([lead.pk for lead in leads])
    signals.leads_created.send(Lead, leads=leads)
    return leads


def _rows_of(ready: Sequence[Ready]) -> Parts:
    parties = [each.parties.rows() for each in ready]
    parts = [(table, [row for each in parties for row in each[at]]) for at, table in enumerate(PARTS)]
    return [(LEADS, [each.row for each in ready]), *parts]


def _as_leads(ready: Sequence[Ready], origin: Origin) -> list[Lead]:
    leads = [LEADS.instance(each.row) for each in ready]
    known = {"partner": origin.partner, "program": origin.program, "created_by": origin.created_by}
    for lead in leads:
        lead._state.fields_cache.update(known)  # what assigning them does, at a tenth of its time
    return leads


_TO_SUBMIT = (Lead.Status.SUBMITTED, Lead.SyncStatus.IN_PROGRESS)


def submit(
    leads: Sequence[Lead],
    connections: Sequence[UUID] | None = None,
    *,
    later: bool = False,
    by: Officer | None = None,
    along: Sequence[Along] = (),
) -> int:
    """Announce `leads` to whoever delivers them; drafts become submitted. Returns how many deliveries that made.

    `connections`: only to these, on an officer's word; None means wherever the routes send them automatically.
    `later`: they are many, and it is enough that the deliveries are made after the commit.
    `along`: what listeners had asked and done until they were stored.
    Raises LeadStopped when one of them is dropped, declined or erased.
    """
    if stopped := [lead for lead in leads if lead.is_stopped]:
        word = "erased" if stopped[0].erased_at else stopped[0].get_status_display().lower()
        raise LeadStopped(f"{stopped[0]} is {word}, so it is not sent. Change its status first.")
    with transaction.atomic(savepoint=False):
        drafts = [lead for lead in leads if lead.status == Lead.Status.DRAFT]
        moved = status_steps.take(drafts, Lead.Status.SUBMITTED, by=by)
        for lead in drafts:
            lead.status = Lead.Status.SUBMITTED  # of those too that were submitted meanwhile
        if by is not None and moved:  # by other ways a lead is submitted as it is made
            signals.leads_changed.send(Lead, leads=moved)
        told = {"connections": connections, "later": later, "along": along, "by": by}
        made = signals.leads_ready.send(Lead, leads=leads, **told)
    return sum(int(count or 0) for _, count in made)


def announce(lead: Lead, repeats: Sequence[Match] = ()) -> None:
    """Tell of `lead`, which an officer made and did not submit yet, and keep which leads it repeats."""
    duplicates.keep(duplicates.pairs_of(lead.pk, repeats))
    new_leads.mark([lead.pk])
    signals.leads_changed.send(Lead, leads=[lead], new=True)


def revise(lead: Lead) -> None:
    """Count a change of `lead` or of what belongs to it; what is sent from now on is the new version.

    A vendor that holds an earlier version is not sent it: none of them documents how to change a lead. Of a lead that
    is dropped or declined now, nothing that still waits is sent.
    """
    revise_all([lead])


def revise_all(leads: Sequence[Lead]) -> None:
    """Count a change of each of `leads`, as `revise` does of one."""
    changed = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    changed.update(version=F("version") + 1, updated_at=Now())
    versions = dict(changed.values_list("pk", "version"))
    for lead in leads:
        lead.version = versions[lead.pk]
    signals.leads_changed.send(Lead, leads=leads)
    if stopped := [lead for lead in leads if lead.is_stopped]:
        signals.leads_stopped.send(Lead, leads=stopped)


RECORD_SYNC = """
UPDATE leadops_lead l SET sync_status = said.word, updated_at = greatest(now(), l.updated_at)
FROM ({words}) said(id, word)
WHERE l.id = said.id AND l.sync_status <> said.word
"""
"""Keeps the summary of leads' deliveries: `words` is a query of lead ids and words; the caller holds the leads' row
locks. A statement and not a function, because it follows every answer of every vendor in one round trip with others."""
