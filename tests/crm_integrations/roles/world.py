"""Branches, and desks in one, with a record of every kind each, whose every text holds a word of the place's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from crm_integrations.models import (
    Connection,
    Delivery,
    Difference,
    Exchange,
    Inbound,
    Notice,
    Reconciliation,
    Replay,
    State,
    StatusChange,
    Subscription,
)
from crm_integrations.partner_webhook import PartnerWebhook
from leadops.models import (
    Absence,
    ApiKey,
    Applicant,
    AssignmentRule,
    BorrowerToken,
    Branch,
    BulkAction,
    CallCount,
    Consent,
    Document,
    DocumentEvent,
    DropReason,
    Erasure,
    Export,
    Holder,
    Holiday,
    ImportBatch,
    ImportRow,
    Lead,
    LeadMerge,
    LegalHold,
    LoanAccount,
    Note,
    Officer,
    Partner,
    Program,
    ReportSubscription,
    Reveal,
    SavedView,
    SlaRule,
    Task,
)
from leadops.services import approvals, leads
from leadops.services.approvals import pushes
from tests import people

OF_NO_BRANCH = ("auth.group", "leadops.program", "crm_integrations.connection", "crm_integrations.notice")
OF_NO_BRANCH += ("leadops.slarule", "leadops.holiday", "leadops.dropreason", "leadops.auditevent")
"""Records that every branch shares: there is no other branch's of them."""
BEFORE = '{"values": [], "status": "draft"}'
NOT_A_ROLES = ("own_leads_only",)
OF_THE_BRANCH = (
    "leadops.branch",
    "leadops.partner",
    "leadops.apikey",
    "leadops.callcount",
    "leadops.savedview",
)
OF_THE_BRANCH += ("leadops.officer", "leadops.assignmentrule", "leadops.absence")
OF_THE_BRANCH += ("crm_integrations.subscription",)
"""Records that everybody in the branch shares, those too who see their own leads alone."""


@dataclass
class Place:
    """A branch with a record of each kind, by model label.

    `word` stands in all that is told of its leads, `branch_word` in all that everybody in the branch shares.
    """

    word: str
    branch: Branch
    officer: Officer
    takes_accounts: Connection
    records: dict[str, Any] = field(default_factory=dict)
    other_lead: Lead = field(init=False)
    """To merge with the first."""

    def keep(self, *records: Model) -> None:
        for each in records:
            self.records[each._meta.label_lower] = each

    @property
    def lead(self) -> Lead:
        found: Lead = self.records["leadops.lead"]
        return found

    @property
    def branch_word(self) -> str:
        return other_word(self.word)

    @property
    def of_leads(self) -> dict[str, Any]:
        """The records that are about its leads, or somebody's own."""
        shared = (*OF_NO_BRANCH, *OF_THE_BRANCH)
        return {label: each for label, each in self.records.items() if label not in shared}

    @property
    def of_its_own(self) -> dict[str, Any]:
        """Those too that its branch shares."""
        return {label: each for label, each in self.records.items() if label not in OF_NO_BRANCH}


def other_word(word: str) -> str:
    return word[0] + word[:0:-1]


def ids_of(records: dict[str, Any]) -> set[str]:
    """The ids that nobody could guess."""
    return {str(each.pk) for each in records.values() if len(str(each.pk)) == 36}


def officer_with_all_rights(
    username: str, branch: Branch, reach: Officer.Reach = Officer.Reach.BRANCHES
) -> Officer:
    """No superuser: nothing but the reach bounds this one."""
    officer = people.officer(username, superuser=False)
    officer.reach = reach
    officer.save()
    officer.branches.set([branch])
    officer.user_permissions.set(Permission.objects.exclude(codename__in=NOT_A_ROLES))
    return Officer.objects.get(pk=officer.pk)


def connected() -> Connection:
    """A vendor that both branches send leads to, beside one that takes accounts; nobody answers there."""
    Connection.objects.create(vendor="crego_los", name="los", base_url="http://127.0.0.1:9")
    made = Connection.objects.create(vendor="ispcrm", name="isp", base_url="http://127.0.0.1:9", parallel=1)
    Notice.objects.create(connection=made, kind=Notice.Kind.BREAKER, text="It does not answer.")
    return made


def place(
    word: str, number: int, connection: Connection, program: Program, branch: Branch | None = None
) -> Place:
    """The branch named by `word`, or another desk in `branch`; `number` is that of the borrower of its lead."""
    shared, los = other_word(word), Connection.objects.get(name="los")
    branch = branch or Branch.objects.create(name=f"Branch {shared}", code=shared)
    found = Place(word, branch, officer_with_all_rights(f"{shared}-manager", branch), los)
    found.keep(branch, found.officer, program, connection, Notice.objects.get(kind=Notice.Kind.BREAKER))
    found.keep(Group.objects.get_or_create(name="Somebody's own")[0])
    _partner(found)
    _lead(found, number, program)
    _work(found, program)
    _private(found)
    _other_lead(found, number, program)
    _import(found, program)
    _sent(found, connection)
    _watched(found, connection)
    return found


def _partner(at: Place) -> None:
    partner = Partner.objects.create(
        name=f"Partner {at.branch_word}", code=f"{at.branch_word}-partner", branch=at.branch
    )
    key = ApiKey.issue(partner, label=f"{at.branch_word} key")[0]
    count = CallCount.objects.create(
        api_key=key, day=timezone.localdate(), status=422, problem=f"{at.branch_word}-problem", calls=3
    )
    hook = Connection.objects.create(
        vendor=PartnerWebhook.slug,
        name=f"{at.branch_word} webhook",
        base_url=f"https://{at.branch_word}.example",
        settings={"path": "/hook"},
    )
    told = Subscription.objects.create(partner=partner, connection=hook, events=["lead.created"])
    at.keep(partner, key, count, told)


def _lead(at: Place, number: int, program: Program) -> None:
    draft = people.drafts(number + 1)[number]
    [lead] = leads.create(
        [draft], partner=at.records["leadops.partner"], program=program, intake=Lead.Intake.API
    )
    Lead.objects.filter(pk=lead.pk).update(partner_ref_id=f"{at.word}-ref", remarks=f"{at.word} remark")
    applicant = Applicant.objects.filter(lead=lead).first()
    assert applicant is not None
    Applicant.objects.filter(pk=applicant.pk).update(name=f"{at.word.title()} Borrower")
    lead.refresh_from_db()
    document = Document(
        lead=lead,
        related_model_id=lead.pk,
        document_type="PAN_CARD",
        file_name=f"{at.word}-pan.pdf",
        content_type="application/pdf",
        size=4,
        sha256=at.word,
    )
    document.file.save(f"{at.word}.pdf", ContentFile(b"%PDF"), save=True)
    token = BorrowerToken.objects.create(
        lead=lead, api_key=at.records["leadops.apikey"], expires_at=timezone.now() + timedelta(hours=1)
    )
    at.keep(
        lead,
        applicant,
        document,
        token,
        DocumentEvent.objects.create(
            lead=lead, document_id=document.pk, document=f"{at.word} file", deed="added"
        ),
        Consent.objects.create(lead=lead, purpose=f"{at.word} purpose", granted_at=timezone.now()),
        LoanAccount.objects.create(lead=lead, program=program, ref_id=f"{at.word}-account"),
        Export.objects.create(
            road=Export.Road.ADMIN,
            officer=at.officer,
            what=f"{at.word} export",
            state=Export.State.DONE,
            leads=1,
        ),
    )


def _work(at: Place, program: Program) -> None:
    """What is set for all branches there is one of."""
    rule = AssignmentRule.objects.get_or_create(branch=at.branch)[0]
    rule.officers.add(at.officer)
    now, today = timezone.now(), timezone.localdate()
    note = Note.objects.create(lead=at.lead, by=at.officer, text=f"{at.word} note")
    pushed = approvals.ask("push", at.officer, pushes.push_of([at.lead]), reason=f"{at.word} reason")
    type(pushed).objects.filter(pk=pushed.pk).update(what=f"{at.word} push")
    pushed.refresh_from_db()
    at.keep(
        rule,
        note,
        pushed,
        Absence.objects.create(officer=at.officer, away_from=today, away_until=today),
        SlaRule.objects.get_or_create(program=program, status="in_review", defaults={"hours": 4})[0],
        Holiday.objects.get_or_create(day=date(2026, 12, 25), defaults={"name": "Somebody's feast"})[0],
        DropReason.objects.get_or_create(name="Somebody's reason")[0],
        Task.objects.create(lead=at.lead, owner=at.officer, title=f"{at.word} task", due_at=now, note=note),
        BulkAction.objects.create(
            officer=at.officer,
            deed=BulkAction.Deed.TAG,
            what=f"{at.word} leads",
            detail=f"{at.word}-tag",
            state=BulkAction.State.RUNNING,
            total=2,
        ),
        SavedView.objects.create(
            owner=at.officer, name=f"{at.branch_word} view", query=f"q={at.branch_word}", shared=True
        ),
        ReportSubscription.objects.create(officer=at.officer, report="turnaround", due_at=now),
    )


def _private(at: Place) -> None:
    said: dict[str, Any] = {"lead": at.lead, "reason": f"{at.word} said"}
    at.keep(
        Holder.objects.create(
            lead=at.lead,
            cause=Holder.Cause.WITHDRAWAL,
            kind=Holder.Kind.PARTNER,
            holder_id=at.records["leadops.partner"].pk,
            name=f"{at.word} holder",
            since=timezone.now(),
        ),
        Erasure.objects.create(**said, cause=Erasure.Cause.REQUEST, officer=at.officer, what={"lead": 1}),
        LegalHold.objects.create(**said, placed_by=at.officer),
        Reveal.objects.create(
            officer=at.officer,
            lead=at.lead,
            record="lead",
            record_id=at.lead.pk,
            field="primary_mobile",
            reason=Reveal.Reason.CALL,
            words=f"{at.word} words",
        ),
    )


def _other_lead(at: Place, number: int, program: Program) -> None:
    """One to merge with the first, and one that went into it."""
    drafts = people.drafts(4 + 2 * number)[2 + 2 * number : 4 + 2 * number]
    made = leads.create(
        drafts, partner=at.records["leadops.partner"], program=program, intake=Lead.Intake.API
    )
    at.other_lead = made[0]
    Lead.with_deleted.filter(pk=made[1].pk).update(deleted_at=timezone.now())
    at.keep(LeadMerge.objects.create(kept=at.lead, merged=made[1], by=at.officer, before=BEFORE))


def _import(at: Place, program: Program) -> None:
    batch = ImportBatch.objects.create(
        partner=at.records["leadops.partner"],
        program=program,
        file_name=f"{at.word}.xlsx",
        sha256=sha256(at.word.encode()).hexdigest(),
        uploaded_by=at.officer,
        state=ImportBatch.State.DONE,
        columns=["Mobile", "Name"],
        rows=2,
        created=1,
        failed=1,
    )
    ImportRow.objects.create(
        batch=batch, number=2, lead_row=2, cells=f'["98", "{at.word}"]', outcome=ImportRow.Outcome.FAILED
    )
    made = ImportRow.objects.create(
        batch=batch,
        number=3,
        lead_row=3,
        cells=f'["98", "{at.word}"]',
        outcome=ImportRow.Outcome.CREATED,
        lead=at.lead,
    )
    at.keep(batch, made)


def _sent(at: Place, connection: Connection) -> None:
    def delivery(version: int, state: State, cause: str) -> Delivery:
        return Delivery.objects.create(
            connection=connection,
            kind="lead",
            lead=at.lead,
            record_id=at.lead.pk,
            version=version,
            ref=f"{at.word}-{version}",
            state=state,
            reference=f"{at.word}-{version}",
            reason=f"{at.word} reason",
            cause=cause,
        )

    refused = delivery(1, State.REJECTED, f"{at.word} cause")
    undecided = delivery(2, State.REVIEW, f"{at.word} doubt")
    call = Exchange.objects.create(
        connection=connection,
        delivery=undecided,
        purpose=Exchange.Purpose.CREATE,
        operation="create",
        method="POST",
        url=f"http://127.0.0.1:9/{at.word}",
        request_body=f"{at.word} sent",
        response_body=f"{at.word} came back",
        status=200,
        finished_at=timezone.now(),
    )
    LogEntry.objects.create(
        user=at.officer,
        content_type=ContentType.objects.get_for_model(Delivery),
        object_id=str(refused.pk),
        object_repr=f"{at.word} delivery",
        action_flag=CHANGE,
        change_message=f"{at.word} decision",
    )
    at.keep(
        refused,
        call,
        StatusChange.objects.create(delivery=refused, source="poll", after=f"{at.word} status"),
        Inbound.objects.create(
            connection=connection,
            digest=at.word,
            event=f"{at.word}.event",
            reference=refused.reference,
            body=f"{at.word} body",
        ),
    )


def _watched(at: Place, connection: Connection) -> None:
    refused: Delivery = at.records["crm_integrations.delivery"]
    compared = Reconciliation.objects.create(
        connection=connection,
        first_on=date(2026, 11, 1),
        last_on=date(2026, 11, 1),
        state=Reconciliation.State.DONE,
        reason=f"{at.word} compared",
    )
    at.keep(
        compared,
        Difference.objects.create(
            reconciliation=compared,
            kind=Difference.Kind.MISSING_THERE,
            delivery=refused,
            ref=f"{at.word}-difference",
        ),
        Replay.objects.create(officer=at.officer, reason=f"{at.word} reason", what=f"{at.word} replay"),
    )
    Notice.objects.create(
        connection=connection,
        kind=Notice.Kind.POISON,
        subject=str(refused.pk),
        text=f"{at.word} kills workers",
    )
