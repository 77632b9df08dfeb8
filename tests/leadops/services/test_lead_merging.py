"""Two leads of one borrower made one, and two again."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from leadops.models import (
    Address,
    Applicant,
    Bank,
    Consent,
    Document,
    Duplicate,
    Erasure,
    Holder,
    Lead,
    LeadMerge,
    LoanAccount,
    Officer,
)
from leadops.services import (
    consents,
    erasure,
    lead_comparison,
    lead_merging,
    lead_tasks,
    lead_unmerging,
    leads,
    legal_holds,
    notes,
)
from tests import people


@pytest.fixture
def pair(partner, program):
    """Two leads of one person; the second knows another amount and another account."""
    first, second = people.drafts(2)
    person = first.applicants[0]
    second.applicants[0].pan_no, second.applicants[0].name = person.pan_no, person.name
    second.applicants[0].employer_name = "Konkan Mills"
    second.loan_amount = Decimal(750_000)
    return leads.create([first, second], partner=partner, program=program, intake=Lead.Intake.API)


@pytest.fixture
def kept(pair):
    return Lead.objects.with_parties().get(pk=pair[0].pk)


@pytest.fixture
def other(pair):
    return Lead.objects.with_parties().get(pk=pair[1].pk)


def state() -> list[object]:
    """All that a merge may alter, but for versions and moments."""
    return [
        list(
            Lead.with_deleted.order_by("pk").values_list("pk", "loan_amount", "tags", "deleted_at", "status")
        ),
        list(
            Applicant.objects.order_by("pk").values_list(
                "pk", "lead", "is_primary", "position", "employer_name"
            )
        ),
        list(Address.objects.order_by("pk").values_list("pk", "applicant", "position")),
        list(Bank.objects.order_by("pk").values_list("pk", "applicant", "position")),
        list(Document.objects.order_by("pk").values_list("pk", "lead", "related_model_id")),
        sorted(map(str, Duplicate.objects.values_list("lead", "earlier"))),
    ]


def paths(kept, other, *names) -> list[str]:
    found = lead_comparison.couples(kept, other)
    return [each.path for couple in found for each in couple.differing() if each.name in names]


def test_differing_fields_are_told_person_by_person(kept, other):
    lead, person = lead_comparison.couples(kept, other)
    amount = next(each for each in lead.differing() if each.name == "loan_amount")
    assert (amount.kept, amount.other, amount.other_by_default) == (kept.loan_amount, Decimal(750_000), False)
    assert "pan_no" not in {each.name for each in person.differing()}
    Applicant.objects.filter(lead=other).update(pan_no_index=None)
    stranger = Applicant(name=kept.applicants.all()[0].name, pan_no="AAAPA0000A")
    assert not lead_comparison._is_same_person(kept.applicants.all()[0], stranger)


def test_a_verified_account_that_moves_to_another_record_of_the_person_is_verified_anew(kept, other, officer):
    account = other.applicants.all()[0].banks.all()[0]
    Bank.objects.update(is_verified=True)
    merged = lead_merging.merge(kept.pk, other.pk, [], officer)
    moved = Bank.objects.get(pk=account.pk)
    assert (moved.applicant.lead_id, moved.is_verified) == (kept.pk, False)
    assert Bank.objects.get(applicant__lead=kept, is_verified=True) != moved
    lead_unmerging.undo(merged.pk, officer)
    assert not Bank.objects.get(pk=account.pk).is_verified


def test_picked_values_parts_documents_notes_and_tasks_come_along(kept, other, officer):
    mine, theirs = kept.applicants.all()[0], other.applicants.all()[0]
    account = theirs.banks.all()[0]
    spouse = Applicant.objects.create(lead=other, name="Sunita Pawar", position=1)
    about = {"lead": other, "document_type": "PHOTO", "size": 1, "file_name": "a.png"}
    for owner in (other, theirs, account):
        Document.objects.create(**about, related_model_id=owner.pk, file=ContentFile(b"x", "a"))
    notes.write(other, "Called.", officer)
    lead_tasks.add(other, "Call again", timezone.now(), officer, officer)
    Lead.objects.filter(pk=other.pk).update(tags=["vip"])
    lead_merging.merge(kept.pk, other.pk, paths(kept, other, "loan_amount", "employer_name"), officer)
    whole = Lead.objects.with_parties().get()
    assert (whole.pk, whole.loan_amount, whole.tags, whole.version) == (
        kept.pk,
        750_000,
        [*kept.tags, "vip"],
        2,
    )
    assert [each.pk for each in whole.applicants.all()] == [mine.pk, spouse.pk]
    assert whole.applicants.all()[0].employer_name == "Konkan Mills"
    assert whole.applicants.all()[0].pan_no == mine.pan_no
    assert account.pk in {bank.pk for bank in whole.applicants.all()[0].banks.all()}
    assert set(Document.objects.values_list("lead", "related_model_id")) == {
        (kept.pk, kept.pk),
        (kept.pk, mine.pk),
        (kept.pk, account.pk),
    }
    assert whole.notes.count() == whole.tasks.count() == 1
    gone = Lead.with_deleted.get(pk=other.pk)
    assert gone.deleted_at is not None
    assert gone.status == "dropped"


def test_undoing_puts_all_of_it_back(kept, other, officer):
    Applicant.objects.create(lead=other, name="Sunita Pawar", position=1)
    leads.submit([kept, other])
    before = state()
    merged = lead_merging.merge(
        kept.pk, other.pk, paths(kept, other, "loan_amount", "primary_mobile"), officer
    )
    assert state() != before
    assert b"Pawar" not in bytes(merged.before, "utf-8")
    assert lead_unmerging.undo(merged.pk, officer) == []
    assert state()[1:5] == before[1:5]
    assert [row[:4] for row in state()[0]] == [row[:4] for row in before[0]]
    assert Lead.objects.get(pk=other.pk).status == "submitted"
    assert Lead.objects.get(pk=kept.pk).primary_mobile == kept.primary_mobile
    again = LeadMerge.objects.get()
    assert (again.before, again.undone_by) == ("", officer)
    with pytest.raises(lead_unmerging.CantUndo):
        lead_unmerging.undo(merged.pk, officer)
    lead_merging.merge(kept.pk, other.pk, [], officer)  # and once more


def test_a_primary_applicant_who_moved_is_primary_again(kept, other, officer):
    person = other.applicants.all()[0]
    Applicant.objects.filter(pk=person.pk).update(name="Somebody Else", pan_no_index=None)
    stranger = Applicant.objects.get(pk=person.pk)
    stranger.pan_no = ""
    stranger.save()
    merged = lead_merging.merge(kept.pk, other.pk, [], officer)
    assert Applicant.objects.filter(lead=kept, is_primary=True).count() == 1
    assert Applicant.objects.filter(lead=kept).count() == 2
    lead_unmerging.undo(merged.pk, officer)
    stranger.refresh_from_db()
    assert (stranger.lead_id, stranger.is_primary) == (other.pk, True)


def test_what_was_changed_since_stays_at_undoing_and_is_named(kept, other, officer):
    merged = lead_merging.merge(kept.pk, other.pk, paths(kept, other, "loan_amount"), officer)
    Lead.objects.filter(pk=kept.pk).update(loan_amount=1)
    assert lead_unmerging.undo(merged.pk, officer) == ["loan_amount"]
    assert Lead.objects.get(pk=kept.pk).loan_amount == 1


def test_after_a_day_a_merge_stays(kept, other, officer):
    merged = lead_merging.merge(kept.pk, other.pk, [], officer)
    LeadMerge.objects.update(created_at=timezone.now() - timedelta(days=1))
    with pytest.raises(lead_unmerging.CantUndo):
        lead_unmerging.undo(merged.pk, officer)
    assert Lead.objects.count() == 1


def test_leads_that_can_not_be_one_are_refused_with_the_reason(kept, other, officer, program):
    def refused(first, second) -> str:
        with pytest.raises(lead_merging.CantMerge) as refusal:
            lead_merging.merge(first.pk, second.pk, [], officer)
        return refusal.value.message

    assert "itself" in refused(kept, kept)
    account = LoanAccount.objects.create(lead=other, program=program, ref_id="A1", created_by=officer)
    assert "has a loan account" in refused(kept, other)
    account.delete()
    Lead.objects.filter(pk=kept.pk).update(status="declined")
    assert "is declined: keep the other one" in refused(kept, other)
    Lead.objects.filter(pk=kept.pk).update(status="draft", program=people.program("gold", "Gold loans"))
    assert "different programs" in refused(kept, other)
    Lead.objects.filter(pk=kept.pk).update(program=program)
    erasure.erase(other.pk, Erasure.Cause.REQUEST)
    assert "was erased: there is nothing left" in refused(kept, other)
    assert "was erased: there is nothing left" in refused(other, kept)
    clerk = people.officer("clerk", superuser=False)
    Officer.objects.filter(pk=clerk.pk).update(reach=Officer.Reach.BRANCHES)
    with pytest.raises(lead_merging.CantMerge, match="is gone"):
        lead_merging.merge(kept.pk, other.pk, [], Officer.objects.get(pk=clerk.pk))
    assert not LeadMerge.objects.exists()


def test_what_is_held_stays_with_its_lead(kept, other, officer):
    """What moved would be erased with the kept lead, which no hold stands on; or moved back from under one."""
    legal_holds.place(other.pk, "A dispute", officer)
    with pytest.raises(lead_merging.CantMerge, match="legal hold stands"):
        lead_merging.merge(kept.pk, other.pk, [], officer)
    merged = lead_merging.merge(other.pk, kept.pk, [], officer)
    with pytest.raises(lead_unmerging.CantUndo, match="legal hold stands"):
        lead_unmerging.undo(merged.pk, officer)
    legal_holds.lift(other.pk, "It is settled", officer)
    lead_unmerging.undo(merged.pk, officer)


AT_ONCE = timezone.now()


def agreed(lead: Lead, *connections: str, at: datetime = AT_ONCE) -> Consent:
    return Consent.objects.create(lead=lead, purpose="loan", granted_at=at, connections=list(connections))


def standing() -> set[tuple[str, ...]]:
    """The consents by which the kept lead may be sent, each by its connections."""
    found = Consent.objects.filter(lead=Lead.objects.get(), withdrawn_at=None)
    return {tuple(each.connections) for each in found}


@pytest.mark.parametrize("back_in", ["kept", "other"])
@pytest.mark.parametrize(
    ("mine", "theirs"), [((), ()), (("ispcrm",), ("ispcrm",)), ((), ("ispcrm",)), (("ispcrm",), ())]
)
def test_what_was_taken_back_in_one_lead_is_taken_back_in_both(kept, other, officer, back_in, mine, theirs):
    given = {"kept": agreed(kept, *mine), "other": agreed(other, *theirs)}
    consents.withdraw({"kept": kept, "other": other}[back_in].pk, [given[back_in].pk], "They wrote", officer)
    Holder.objects.all().delete()
    merged = lead_merging.merge(kept.pk, other.pk, [], officer)
    assert standing() == set()
    assert set(Consent.objects.filter(lead=kept).values_list("withdrawal_reason")) == {("They wrote",)}
    if back_in == "other":
        assert set(Holder.objects.values_list("lead", "cause")) == {(kept.pk, "withdrawal")}
    lead_unmerging.undo(merged.pk, officer)
    still = Consent.objects.filter(withdrawn_at=None).get()
    assert still.lead_id == (other.pk if back_in == "kept" else kept.pk)


def test_consents_of_other_moments_and_for_other_vendors_stand_as_they_did(kept, other, officer):
    agreed(kept, "ispcrm")
    agreed(kept, at=AT_ONCE - timedelta(days=3))
    back = agreed(other, "broctagon")
    agreed(other, "crego_crm")
    consents.withdraw(other.pk, [back.pk], "They wrote", officer)
    lead_merging.merge(kept.pk, other.pk, [], officer)
    assert standing() == {("ispcrm",), (), ("crego_crm",)}
    assert Consent.objects.filter(lead=kept).count() == 4
