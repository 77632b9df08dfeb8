"""Deleting a lead over REST: out of sight everywhere, kept where vendors' answers are kept."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from leadops import search
from leadops.errors import Gone
from leadops.excel.writer import Workbook
from leadops.models import ApiKey, Applicant, Duplicate, DuplicatePolicy, Export, Lead, LoanAccount, Scope
from leadops.services import export_rows, lead_deletion, loan_accounts
from tests.leadops import papers
from tests.leadops.api import bodies
from tests.leadops.api.callers import Caller

PATH = "/v1/crm/leads/"
REPEAT = {"applicants": [bodies.applicant(name="Verma Traders", pan_no="ABCCV1234L")]}


@pytest.fixture
def deleted(api, lead) -> dict[str, Any]:
    answer = api.delete(f"{PATH}{lead['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    return lead


def _status(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


def test_a_deleted_lead_is_kept_and_dropped(deleted):
    kept = Lead.with_deleted.get(pk=deleted["id"])
    assert (kept.status, kept.version) == (Lead.Status.DROPPED, 2)
    assert kept.deleted_at is not None
    assert kept.applicants.count() == 2


def test_its_documents_are_gone_with_it(api, lead, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    document_id = papers.send(api, lead["id"]).json()["id"]
    api.delete(f"{PATH}{lead['id']}/")
    about = {"related_model": "applicant", "related_model_id": lead["applicants"][0]["id"]}
    paths = [f"/v1/crm/documents/{document_id}/", f"/v1/crm/documents/{document_id}/download/"]
    assert [api.get(path).status_code for path in paths] == [404, 404]
    assert api.get("/v1/crm/documents/", **about).status_code in (400, 404)
    assert papers.send(api, lead["id"]).status_code in (400, 404)


def test_what_the_lender_declined_stays_declined(api, lead):
    Lead.objects.filter(pk=lead["id"]).update(status=Lead.Status.DECLINED)
    assert api.delete(f"{PATH}{lead['id']}/").status_code == 204
    assert Lead.with_deleted.get(pk=lead["id"]).status == Lead.Status.DECLINED


def test_it_is_gone_by_every_address(api, deleted):
    [applicant, _], at = deleted["applicants"], f"{PATH}{deleted['id']}/"
    paths = [at, f"{at}programs/", f"{at}deliveries/", f"{at}readiness/"]
    paths.append(f"/v1/crm/applicants/{applicant['id']}/")
    paths.append(f"/v1/crm/applicants/{applicant['id']}/banks/")
    paths.append(f"/v1/crm/banks/{applicant['banks'][0]['id']}/")
    paths.append(f"/v1/crm/addresses/{applicant['addresses'][0]['id']}/")
    assert [api.get(path).status_code for path in paths] == [404] * len(paths)
    assert api.delete(at).status_code == 404
    new = {"lead_id": deleted["id"], **bodies.applicant(is_primary=False)}
    assert api.post("/v1/crm/applicants/", new).status_code == 400
    assert api.patch(f"/v1/crm/applicants/{applicant['id']}/", {"name": "Someone"}).status_code == 404
    assert Applicant.objects.get(pk=applicant["id"]).name == "Verma Traders"


@pytest.mark.parametrize(
    "query", [{}, {"partner_ref_id": "P-1"}, {"search": "Verma"}, {"search": "ABCCV1234L"}]
)
def test_it_is_in_no_list(api, lead, query):
    assert api.get(PATH, **query).json()["count"] == 1
    api.delete(f"{PATH}{lead['id']}/")
    assert api.get(PATH, **query).json()["count"] == 0
    assert api.get(PATH, cursor="", **query).json()["results"] == []


def test_it_is_in_no_list_of_the_back_office(desk, partner, deleted):
    listed = desk.get(reverse("admin:leadops_lead_changelist"))
    assert "P-1" not in listed.content.decode()
    page = desk.get(reverse("admin:leadops_lead_change", args=[deleted["id"]]))
    assert page.status_code == 302
    assert list(partner.leads.all()) == []
    assert Lead.objects.filter(pk__in=search.lead_ids("P-1")).count() == 0


def test_an_export_leaves_it_out_though_it_was_chosen_before(api, lead):
    chosen = UUID(lead["id"]).bytes
    assert _rows_in_export(chosen) == 2  # of the sheet of applicants
    api.delete(f"{PATH}{lead['id']}/")
    assert _rows_in_export(chosen) == 0


def _rows_in_export(ids: bytes) -> int:
    file = io.BytesIO()
    with Workbook(file) as book:
        list(export_rows.fill(book, [ids], Export.Shown.MASKED))
    file.seek(0)
    [_, *rows] = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Applicants").to_python()
    return len(rows)


@pytest.mark.parametrize("policy", list(DuplicatePolicy))
def test_it_makes_no_lead_a_duplicate(api, program, deleted, rule, policy):
    rule(policy)
    answer = api.post(PATH, bodies.lead(program, **REPEAT))
    assert answer.status_code == 200, answer.content
    assert answer.json()["id"] != deleted["id"]
    assert not {"duplicate_of", "duplicates", "filled"} & set(answer.json())
    assert Duplicate.objects.count() == 0


def test_pairs_with_it_are_forgotten(api, program, lead):
    assert api.post(PATH, bodies.lead(program, **REPEAT)).status_code == 200
    assert Duplicate.objects.count() == 1
    api.delete(f"{PATH}{lead['id']}/")
    assert Duplicate.objects.count() == 0


def test_its_reference_stays_used_and_its_id_is_not_told(api, program, deleted):
    again = api.post(PATH, bodies.lead(program, partner_ref_id="P-1"))
    assert _status(again) == (409, "conflict")
    assert "deleted" in again.json()["detail"]
    assert "existing_id" not in again.json()


def test_a_lead_with_a_loan_account_stays(api, lead, program):
    body = {"crm_lead_id": lead["id"], "ref_id": "A1", "program_id": str(program.pk)}
    assert api.post("/v1/los/accounts/", body).status_code == 201
    assert _status(api.delete(f"{PATH}{lead['id']}/")) == (409, "not-now")
    assert api.get(f"{PATH}{lead['id']}/").json()["status"] == "submitted"


def test_no_account_is_opened_on_a_lead_that_was_deleted_meanwhile(api, lead, program):
    before = Lead.objects.get(pk=lead["id"])
    lead_deletion.delete(before.pk)
    with pytest.raises(Gone):
        loan_accounts.open_account(before, "A1", program)
    assert LoanAccount.objects.count() == 0
    with pytest.raises(Gone):
        lead_deletion.delete(before.pk)


def test_a_key_that_may_only_read_deletes_nothing(partner, lead):
    _, reader = ApiKey.issue(partner, scopes=[Scope.LEAD_READ])
    assert _status(Caller(reader).delete(f"{PATH}{lead['id']}/")) == (403, "forbidden")
    assert Lead.objects.filter(pk=lead["id"]).exists()


def test_anothers_lead_is_an_unknown_one(other_api, lead):
    assert _status(other_api.delete(f"{PATH}{lead['id']}/")) == (404, "not-found")
    assert Lead.objects.filter(pk=lead["id"]).exists()
