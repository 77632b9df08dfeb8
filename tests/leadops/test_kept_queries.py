"""Querysets whose SQL is made once give what they would give anew, whatever the values."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db.models import F, Model, Q, QuerySet

from leadops.kept_queries import Kept, attach, read, read_together
from leadops.models import Address, Applicant, Lead, Officer
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 3)


LEADS = Kept(lambda ids: Lead.objects.filter(pk__in=ids).select_related("partner").order_by("-pk"), [UUID])
APPLICANTS = Kept(lambda lead: Applicant.objects.filter(lead=lead), UUID)
ADDRESSES = Kept(lambda lead: Address.objects.filter(applicant__lead=lead), UUID)


@pytest.mark.parametrize("many", [0, 1, 3])
def test_lists_are_of_any_length(three, many, django_assert_num_queries):
    ids = [each.pk for each in three[:many]]
    with django_assert_num_queries(1):
        found = read(LEADS(ids))
        partners = [each.partner.name for each in found]
    assert [each.pk for each in found] == sorted(ids, reverse=True)
    assert len(partners) == many


def test_each_value_goes_where_it_belongs(officer):
    manager = people.officer("manager")
    named = Kept(
        lambda name, pk: Officer.objects.filter(Q(username=name) | Q(pk=pk), is_active=True), str, int
    )
    assert {each.pk for each in read(named(officer.username, manager.pk))} == {officer.pk, manager.pk}
    assert [each.pk for each in read(named("nobody", manager.pk))] == [manager.pk]
    assert read(named(officer.username, 0)) == [officer]


def test_a_percent_sign_stays_one(officer):
    like = Kept(lambda pk: Officer.objects.filter(pk=pk).extra(where=["username LIKE '%%'"]), int)
    assert read(like(officer.pk)) == [officer]


def test_what_is_sealed_is_opened(three):
    lead = three[1]
    [shown] = read(LEADS([lead.pk]))
    assert shown.primary_mobile == Lead.objects.get(pk=lead.pk).primary_mobile != ""


SOME = ("partner_ref_id", "primary_mobile", "program__code", "owner__username")
SOME_LEADS = Kept(lambda ids: _some(ids), [UUID])


def _some(ids: list[UUID]) -> QuerySet[Lead]:
    """With less than all of their columns, and a record that is not there for each."""
    named = Lead.objects.filter(pk__in=ids).annotate(doubled=F("version") * 2).order_by("pk")
    return named.select_related("program", "owner").only(*SOME)


def test_objects_hold_what_the_queryset_s_own_do(three, officer):
    Lead.objects.filter(pk=three[0].pk).update(owner=officer)
    ids = sorted(each.pk for each in three)
    for ours, own in zip(read(SOME_LEADS(ids)), _some(ids), strict=True):
        assert ours == own
        assert told_by(ours) == told_by(own)
        assert told_by(ours.program) == told_by(own.program)
        assert (ours.owner and told_by(ours.owner)) == (own.owner and told_by(own.owner))
        ours.save(update_fields=["partner_ref_id"])  # it is known to be there


def told_by(record: Model) -> tuple[dict[str, object], set[str], str | None, bool]:
    """What an object holds, what it would ask for, and what it knows of where it stands."""
    held = {name: value for name, value in vars(record).items() if name != "_state"}
    return held, record.get_deferred_fields(), record._state.db, record._state.adding


def test_what_is_attached_is_not_asked_for_again(three, django_assert_num_queries):
    lead = three[1]
    [shown] = read(LEADS([lead.pk]))
    with django_assert_num_queries(1):
        applicants, addresses = read_together(APPLICANTS(lead.pk), ADDRESSES(lead.pk))
        attach([shown], "applicants", applicants)
        attach(applicants, "addresses", addresses)
        told = [(each.lead, list(each.addresses.all())) for each in shown.applicants.all()]
    known = Lead.objects.with_parties().get(pk=lead.pk).applicants.all()
    assert told == [(shown, list(each.addresses.all())) for each in known]
    assert list(shown.applicants.filter(pk=uuid4())) == []


def test_a_value_that_is_nowhere_is_a_mistake():
    with pytest.raises(AssertionError, match="not asked for"):
        read(Kept(lambda lead: Lead.objects.all(), UUID)(uuid4()))


def test_a_list_stands_in_in_alone():
    with pytest.raises(AssertionError, match="alone"):
        read(Kept(lambda ids: Lead.objects.filter(pk=ids[0]), [UUID])([uuid4()]))
