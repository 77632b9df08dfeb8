"""Duplicates at the desk: the program's rule, the form, the list, the page of a lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from leadops.ids import first_id_at
from leadops.models import Duplicate, DuplicatePolicy, Lead, Merge, Officer, Program
from leadops.services import leads
from tests import people
from tests.approving import signed_in
from tests.leadops.admin.page_forms import fields
from tests.leadops.borrowers import MOBILE, PAN, applicant, lead

ADD = reverse("admin:leadops_lead_add")
LIST = reverse("admin:leadops_lead_changelist")
OUT_OF_SIGHT = "A lead out of your sight has something of this in common"


def page_of(desk, found: Lead) -> str:
    return desk.get(reverse("admin:leadops_lead_change", args=[found.pk])).content.decode()


@pytest.fixture
def take(partner, program):
    def taken(draft, of=None):
        received = leads.receive(draft, partner=of or partner, program=program, intake="api")
        return received.lead

    return taken


@pytest.fixture
def typed(desk, partner, program):
    """What an officer types for Asha."""
    blank = fields(desk.get(ADD).content.decode())
    return blank | {
        "partner": str(partner.pk),
        "program": str(program.pk),
        "primary_mobile": "98000 00001",
        "applicants-0-name": "Asha Verma",
        "applicants-0-pan_no": PAN,
        "applicants-0-addresses-TOTAL_FORMS": "0",
        "applicants-0-banks-TOTAL_FORMS": "0",
    }


class TestTheForm:
    def test_of_a_refusing_program_links_the_first_lead_and_names_the_fields(
        self, desk, typed, take, rule, other_partner
    ):
        rule(DuplicatePolicy.REFUSE)
        first = take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="MOON-1"), of=other_partner)
        answer = desk.post(ADD, typed)
        page = answer.content.decode()
        url = reverse("admin:leadops_lead_change", args=[first.pk])
        assert "Lead MOON-1 of Moonlight Credit came first, by API on " in page
        assert f'<a class="lo-link" href="{url}">Open lead MOON-1</a>' in page
        [applicants, *_] = answer.context["inline_admin_formsets"]
        assert list(applicants.formset.forms[0].errors) == ["pan_no"]
        assert Lead.objects.count() == 1

    def test_of_a_merging_program_sends_to_the_open_lead(self, desk, typed, take, rule):
        rule(DuplicatePolicy.MERGE)
        take(lead(MOBILE, applicant(pan_no=PAN)))
        page = desk.post(ADD, typed).content.decode()
        assert "That lead is still open: add there what is new." in page
        assert Lead.objects.get().version == 1

    def test_of_a_marking_program_keeps_the_lead_and_tells(self, desk, typed, take):
        first = take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="SUN-1"))
        page = desk.post(ADD, typed, follow=True).content.decode()
        assert "Lead SUN-1 of Sunrise Finserv came first" in page
        pair = Duplicate.objects.get()
        assert (pair.earlier, pair.lead.intake) == (first, Lead.Intake.ADMIN)

    def test_of_wrong_input_speaks_of_that_alone(self, desk, typed, take, rule):
        rule(DuplicatePolicy.REFUSE)
        take(lead(MOBILE))
        page = desk.post(ADD, typed | {"applicants-0-pan_no": "12"}).content.decode()
        assert "came first" not in page

    def test_a_change_looks_again_and_tells_once(self, desk, take):
        take(lead(MOBILE, partner_ref_id="SUN-1"))
        second = take(lead("9800000002", applicant()))
        url = reverse("admin:leadops_lead_change", args=[second.pk])
        changed = fields(desk.get(url, {"edit": 1}).content.decode()) | {"primary_mobile": MOBILE}
        assert (
            "Lead SUN-1 of Sunrise Finserv came first"
            in desk.post(url, changed, follow=True).content.decode()
        )
        assert Duplicate.objects.get().lead == second
        again = fields(desk.get(url, {"edit": 1}).content.decode()) | {"remarks": "Call after six"}
        assert (
            "SUN-1 of Sunrise Finserv came first," not in desk.post(url, again, follow=True).content.decode()
        )


class TestTheList:
    @pytest.fixture
    def three(self, take) -> list[Lead]:
        """The first, its repeat, and another person with the same telephone."""
        return [
            take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="FIRST")),
            take(lead("9800000002", applicant(pan_no=PAN), partner_ref_id="REPEAT")),
            take(lead(MOBILE, applicant(name="Ravi", pan_no="ABCPV9999L"), partner_ref_id="FAMILY")),
        ]

    def test_labels_repeats_and_shared_telephones(self, desk, three):
        page = desk.get(LIST).content.decode()
        assert page.count("<b>Duplicate</b>") == 1
        assert page.count("<b>Shared mobile</b>") == 1

    @pytest.mark.parametrize(
        ("chosen", "found"),
        [("repeats", ["REPEAT"]), ("mobile", ["FAMILY"]), ("repeated", ["FIRST"]), ("nonsense", 3)],
    )
    def test_is_narrowed_by_the_filter(self, desk, three, chosen, found):
        shown = [each.reference for each in desk.get(LIST, {"duplicates": chosen}).context["cl"].result_list]
        assert shown == found if isinstance(found, list) else len(shown) == found

    def test_labels_cost_no_query_of_their_own(self, desk, three, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            desk.get(LIST, {"duplicates": "repeats"})


class TestThePage:
    def test_explains_who_was_first(self, desk, take, other_partner):
        first = take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="MOON-1"), of=other_partner)
        second = take(lead("9800000002", applicant(pan_no=PAN), partner_ref_id="SUN-1"))
        then = second.created_at - timedelta(days=3)
        Lead.objects.filter(pk=first.pk).update(created_at=then)
        page = page_of(desk, second)
        assert "Lead MOON-1 of Moonlight Credit was first: it came by API, 3" in page
        assert "PAN ABXXXXX34L" in page
        assert PAN not in page
        assert "This lead was first." in page_of(desk, first)
        assert first_id_at(then) < second.pk

    def test_of_a_shared_telephone_says_that_it_may_be_a_family(self, desk, take):
        take(lead(MOBILE, applicant(pan_no=PAN)))
        page = page_of(desk, take(lead(MOBILE, applicant(pan_no="ABCPV9999L"))))
        assert "perhaps another person of the same household" in page
        assert "was first" not in page

    def test_tells_what_repeats_filled_in(self, desk, take, rule):
        rule(DuplicatePolicy.MERGE)
        first = take(lead(MOBILE))
        take(lead(MOBILE, loan_amount="250000", partner_ref_id="SUN-2"))
        assert Merge.objects.count() == 1
        page = page_of(desk, first)
        assert "Filled in from repeats" in page
        assert "as SUN-2: loan amount" in page

    def test_of_a_lead_like_no_other_has_no_such_part(self, desk, take):
        assert 'id="duplicates"' not in page_of(desk, take(lead(MOBILE)))

    def test_is_seen_by_those_who_may_only_read(self, reading_desk, take):
        take(lead(MOBILE, partner_ref_id="SUN-1"))
        assert "Lead SUN-1 of Sunrise Finserv was first" in page_of(reading_desk, take(lead(MOBILE)))

    @pytest.mark.parametrize("reach", ["branches", "own"])
    def test_of_a_lead_out_of_sight_tells_that_there_is_one(self, take, reach):
        """And of one in sight, beside it, all there is to tell."""
        pune, kavya = people.branch("pune"), people.officer("kavya", superuser=False)
        people.give(kavya, "view_lead")
        kavya.branches.set([pune])
        Officer.objects.filter(pk=kavya.pk).update(reach=reach)
        hers = take(lead(MOBILE, partner_ref_id="SUN-1"))
        Lead.objects.filter(pk=hers.pk).update(branch=pune, owner=kavya)
        desk = signed_in(Officer.objects.get(pk=kavya.pk))
        assert 'id="duplicates"' not in page_of(desk, hers)
        theirs = take(lead(MOBILE, partner_ref_id="MOON-2"))
        page = page_of(desk, hers)
        assert OUT_OF_SIGHT in page
        assert "MOON-2" not in page
        Lead.objects.filter(pk=theirs.pk).update(branch=pune, owner=kavya)
        page = page_of(desk, hers)
        assert OUT_OF_SIGHT not in page
        assert "MOON-2" in page


class TestTheProgram:
    def test_has_its_rule_on_its_page(self, desk, program):
        url = reverse("admin:leadops_program_change", args=[program.pk])
        form = fields(desk.get(url).content.decode(), "program_form")
        form |= {"duplicate_policy": "refuse", "duplicate_days": "30", "duplicate_keys": ["pan", "account"]}
        assert desk.post(url, form).status_code == 302
        stored = Program.objects.get()
        assert (stored.duplicate_policy, stored.duplicate_days) == ("refuse", 30)
        assert stored.duplicate_keys == ["pan", "account"]

    def test_looks_back_ten_years_at_most(self, desk, program):
        url = reverse("admin:leadops_program_change", args=[program.pk])
        form = fields(desk.get(url).content.decode(), "program_form") | {"duplicate_days": "4000"}
        assert "less than or equal to 3650" in desk.post(url, form).content.decode()
