"""The page of one lead: taking one in, changing it, and what it refuses."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from leadops.models import Address, Applicant, Bank, Lead
from tests.leadops.admin.page_forms import fields

ADD = reverse("admin:leadops_lead_add")


def url(lead: Lead) -> str:
    return reverse("admin:leadops_lead_change", args=[lead.pk])


def form_of(desk, lead: Lead) -> dict[str, str]:
    return fields(desk.get(url(lead), {"edit": 1}).content.decode())


def errors_of(response) -> str:
    assert response.status_code == 200, "the form was accepted"
    return response.content.decode()


@pytest.fixture
def typed(desk, partner, program) -> dict[str, str]:
    """What an officer types for a new lead with one applicant, an address and a bank account."""
    blank = fields(desk.get(ADD).content.decode())
    blank |= {"partner": str(partner.pk), "program": str(program.pk), "primary_mobile": "98000 00001"}
    blank |= {"loan_amount": "250000", "loan_tenure": "12", "loan_tenure_unit": "MONTHS"}
    blank |= {"applicants-0-name": "Asha Verma", "applicants-0-pan_no": "abcpk1234l"}
    one = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
    for part in ("addresses", "banks"):
        blank |= {f"applicants-0-{part}-{name}": value for name, value in one.items()}
    blank |= {
        "applicants-0-addresses-0-address_line": "1 MG Road",
        "applicants-0-addresses-0-pincode": "560001",
    }
    blank |= {"applicants-0-addresses-0-country": "IN"}
    return blank | {
        "applicants-0-banks-0-account_no": "123456789012",
        "applicants-0-banks-0-ifsc": "HDFC0000001",
    }


def test_new_lead_is_stored_as_a_draft_with_all_its_parties(desk, officer, typed):
    answer = desk.post(ADD, typed)
    lead = Lead.objects.get()
    assert answer["Location"] == url(lead)
    assert (lead.status, lead.intake, lead.created_by) == ("draft", "admin", officer)
    assert lead.primary_mobile == "+919800000001"
    applicant = lead.applicants.get()
    assert (applicant.name, applicant.pan_no, applicant.is_primary) == ("Asha Verma", "ABCPK1234L", True)
    assert applicant.addresses.get().district
    assert applicant.banks.get().account_no == "123456789012"


def test_save_and_submit_submits_the_new_lead(desk, typed):
    desk.post(ADD, typed | {"_submit": "1"})
    assert Lead.objects.get().status == "submitted"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("primary_mobile", "12345", "This is not a mobile number"),
        ("primary_mobile", "", "Primary mobile is missing"),
        ("applicants-0-pan_no", "ABCPK12345", "A PAN is five letters"),
        ("applicants-0-addresses-0-pincode", "999999", "no such pincode"),
        ("applicants-0-banks-0-ifsc", "HDFC1000240", "fifth character"),
        ("remarks", "card 4111 1111 1111 1111", "Card data must never"),
    ],
)
def test_wrong_value_is_refused_at_its_field_and_nothing_is_stored(desk, typed, field, value, message):
    page = errors_of(desk.post(ADD, typed | {field: value}))
    assert message in page
    assert not Lead.objects.exists()


def test_a_negative_amount_is_told_at_its_field_and_not_by_the_databases_name_for_it(desk, typed):
    answer = desk.post(ADD, typed | {"loan_amount": "-5"})
    assert "An amount cannot be negative" in errors_of(answer)
    assert "Constraint" not in answer.content.decode()


@pytest.mark.parametrize("address", ["asha", "asha@", "asha@bank", "asha@-bank.example"])
def test_what_is_no_email_address_is_refused_in_the_words_of_the_other_doors(desk, typed, address):
    answer = desk.post(ADD, typed | {"applicants-0-primary_email": address})
    [applicants, *_] = answer.context["inline_admin_formsets"]
    said = "This is not an e-mail address; it should look like name@example.com."
    assert applicants.formset.forms[0].errors == {"primary_email": [said]}
    assert "E-mail" in applicants.formset.forms[0]["primary_email"].label_tag()


def test_address_without_its_applicant_is_refused(desk, typed):
    page = errors_of(desk.post(ADD, typed | {"applicants-0-name": "", "applicants-0-pan_no": ""}))
    assert "Name the applicant" in page


def test_reference_of_another_lead_of_the_partner_is_refused(desk, lead, typed):
    page = errors_of(desk.post(ADD, typed | {"partner_ref_id": lead.partner_ref_id}))
    assert "already sent a lead with this reference" in page


def test_page_and_form_show_personal_data_masked(desk, lead):
    page = desk.get(url(lead)).content.decode()
    applicant = lead.applicants.get()
    assert f"{applicant.pan_no[:2]}XXXXX{applicant.pan_no[-3:]}" in page
    secrets = [lead.primary_mobile, applicant.pan_no, applicant.identity_number]
    secrets += [bank.account_no for bank in applicant.banks.all()]
    assert not [secret for secret in secrets if secret and secret in page]


def test_masks_sent_back_keep_what_is_stored(desk, lead):
    before = (lead.primary_mobile, lead.applicants.get().pan_no)
    desk.post(url(lead), form_of(desk, lead) | {"remarks": "Call after six"})
    stored = Lead.objects.get()
    assert (stored.primary_mobile, stored.applicants.get().pan_no) == before
    assert stored.remarks == "Call after six"


def test_new_value_over_a_mask_is_stored_and_a_hyphen_clears(desk, lead):
    changed = {"primary_mobile": "9800000077", "applicants-0-pan_no": "-"}
    desk.post(url(lead), form_of(desk, lead) | changed)
    assert Lead.objects.get().primary_mobile == "+919800000077"
    assert Applicant.objects.get().pan_no == ""


def test_half_changed_mask_is_refused(desk, lead):
    page = errors_of(desk.post(url(lead), form_of(desk, lead) | {"primary_mobile": "••••9999"}))
    assert "Type the whole new value" in page


def test_change_counts_a_version_and_no_change_counts_none(desk, lead):
    desk.post(url(lead), form_of(desk, lead))
    assert Lead.objects.get().version == 1
    desk.post(url(lead), form_of(desk, lead) | {"applicants-0-addresses-0-house_no": "7A"})
    assert Lead.objects.get().version == 2
    assert Address.objects.filter(house_no="7A").count() == 1


def test_saving_over_a_newer_version_is_refused(desk, lead):
    mine = form_of(desk, lead)
    desk.post(url(lead), form_of(desk, lead) | {"remarks": "theirs"})
    answer = desk.post(url(lead), mine | {"remarks": "mine"})
    assert answer.status_code == 409
    assert "Somebody changed this lead" in answer.content.decode()
    assert Lead.objects.get().remarks == "theirs"


def test_primary_applicant_can_change_hands_in_one_go(desk, lead):
    other = Applicant.objects.create(lead=lead, name="Second Person", position=1)
    form = form_of(desk, lead)
    form.pop("applicants-0-is_primary")
    desk.post(url(lead), form | {"applicants-1-is_primary": "on"})
    assert Applicant.objects.get(is_primary=True) == other


def test_two_primary_applicants_are_refused(desk, lead):
    Applicant.objects.create(lead=lead, name="Second Person", position=1)
    page = errors_of(desk.post(url(lead), form_of(desk, lead) | {"applicants-1-is_primary": "on"}))
    assert "primary" in page
    assert Applicant.objects.filter(is_primary=True).count() == 1


def test_deleting_the_primary_applicant_makes_the_next_one_primary(desk, lead):
    other = Applicant.objects.create(lead=lead, name="Second Person", position=1)
    desk.post(url(lead), form_of(desk, lead) | {"applicants-0-DELETE": "on"})
    assert Applicant.objects.get(is_primary=True) == other
    assert not Bank.objects.exists()


def test_draft_does_not_become_approved_without_being_submitted(desk, lead):
    errors_of(desk.post(url(lead), form_of(desk, lead) | {"status": "approved"}))
    assert Lead.objects.get().status == "draft"


def test_page_costs_at_most_20_queries_whatever_the_applicants(desk, lead, django_assert_max_num_queries):
    for at in range(5):
        applicant = Applicant.objects.create(lead=lead, name=f"Guarantor {at}", position=at + 1)
        Address.objects.create(applicant=applicant, city="Pune")
        Bank.objects.create(applicant=applicant, account_no="123456789012")
    desk.get(url(lead))
    with django_assert_max_num_queries(20):
        assert desk.get(url(lead)).status_code == 200


def test_markup_in_a_lead_is_shown_as_text(desk, lead):
    Applicant.objects.update(name="<script>alert(1)</script>")
    for page in (desk.get(url(lead)), desk.get(reverse("admin:leadops_lead_changelist"))):
        assert "<script>alert(1)" not in page.content.decode()


def test_lead_that_is_not_there_is_said_so(desk):
    for text in ("01939a40-0000-7000-8000-000000000009", "nonsense"):
        response = desk.get(reverse("admin:leadops_lead_change", args=[text]), follow=True)
        assert "doesn’t exist" in response.content.decode()


def test_all_errors_of_the_page_are_told_at_once(desk, typed):
    wrong = {
        "program": "",
        "primary_mobile": "12",
        "applicants-0-pan_no": "X",
        "applicants-0-banks-0-ifsc": "Y",
    }
    page = errors_of(desk.post(ADD, typed | wrong))
    for message in (
        "This field is required",
        "not a mobile number",
        "A PAN is five letters",
        "eleven characters",
    ):
        assert message in page


def test_error_that_a_field_finds_by_itself_hides_no_other(desk, typed):
    wrong = {
        "applicants-0-primary_email": "nobody",
        "applicants-0-date_of_birth": "soon",
        "applicants-0-pan_no": "X",
        "applicants-0-banks-0-account_no": "1.2E+11",
    }
    page = errors_of(desk.post(ADD, typed | wrong))
    for message in (
        "not an e-mail address",
        "valid date",
        "A PAN is five letters",
        "This account number can&#x27;t be read",
    ):
        assert page.count(message) == 1, message
    assert "9.8E+09" not in page


def test_first_applicant_of_a_new_lead_is_offered_as_the_primary_one(desk, typed):
    blank = fields(desk.get(ADD).content.decode())
    assert blank["applicants-0-is_primary"] == "on"
    one_left_empty = {name: value for name, value in blank.items() if name.startswith("applicants-")}
    lead = {"partner": typed["partner"], "program": typed["program"], "primary_mobile": "9800000001"}
    desk.post(ADD, blank | one_left_empty | lead)
    assert Lead.objects.get().applicants.count() == 0


def test_mobile_is_marked_as_needed_and_cannot_be_cleared(desk, lead):
    for address in (ADD, f"{url(lead)}?edit=1"):
        label = re.search(
            r'<label[^>]*for="id_primary_mobile"(.*?)</label>', desk.get(address).content.decode(), re.S
        )
        assert label is not None
        assert "*" in label[1]
    page = errors_of(desk.post(url(lead), form_of(desk, lead) | {"primary_mobile": "-"}))
    assert "Primary mobile is missing" in page


@pytest.mark.django_db(transaction=True)
def test_history_answers_a_post_that_has_no_business_there(desk, lead):
    assert desk.post(reverse("admin:leadops_lead_history", args=[lead.pk])).status_code == 200


def test_consent_is_kept_and_checked_like_the_rest(desk, lead):
    one = {
        "consents-TOTAL_FORMS": "1",
        "consents-0-purpose": "Credit check",
        "consents-0-connections": "ispcrm, crego",
    }
    one |= {"consents-0-granted_at_0": "2026-11-01", "consents-0-granted_at_1": "10:00"}
    page = errors_of(
        desk.post(url(lead), form_of(desk, lead) | one | {"consents-0-purpose": "4111 1111 1111 1111"})
    )
    assert "Card data must never" in page
    desk.post(url(lead), form_of(desk, lead) | one)
    assert lead.consents.get().connections == ["ispcrm", "crego"]
