"""Calls that no delivery's claim stands behind: kept like a delivery's, and with nothing in them that must not be."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from crm_integrations import errors, tokens, transport
from crm_integrations.calls import kept_call
from crm_integrations.connector import Request, Response
from crm_integrations.models import Exchange

Purpose = Exchange.Purpose
LIST = Request.get("list_leads", "/v1/crm/leads/", page="1")


def as_it_is(response: Response) -> Response:
    return response


def whoami(connection):
    request = connection.connector.check()
    assert request is not None
    return kept_call(connection, request, Purpose.HEALTH, as_it_is)


def test_call_is_kept_with_its_answer_and_without_its_credential(connections):
    crego = connections["crego_crm"]
    response = kept_call(crego, LIST, Purpose.LIST, as_it_is)
    kept = Exchange.objects.get()
    assert (response.status, kept.status, kept.purpose) == (200, 200, Purpose.LIST)
    assert (kept.connection, kept.delivery, kept.operation) == (crego, None, "list_leads")
    assert kept.finished_at is not None
    assert '"results": []' in kept.response_body
    assert crego.secrets["token"] not in repr(kept.__dict__)


def test_of_a_list_only_its_fields_are_kept_and_its_page_says_so(connections, monkeypatch, desk):
    rows = [
        {"id": n, "applicants": [{"name": "Asha Verma", "age": 30}] * n, "9876543210": True} for n in (1, 2)
    ]
    said = json.dumps({"count": 2, "results": [*rows, {"id": 3}]}).encode()
    monkeypatch.setattr(transport, "send", lambda *given: Response(200, said))
    kept_call(connections["crego_crm"], LIST, Purpose.LIST, as_it_is)
    kept = Exchange.objects.get()
    row = {"id": None, "applicants": [{"name": None, "age": None}], "XXXXXX3210": None}
    assert json.loads(kept.response_body) == {"count": None, "results": [row, {"id": None}]}
    page = desk.get(reverse("admin:crm_integrations_exchange_change", args=[kept.pk])).content.decode()
    assert "A list names many people: which fields it has is kept, what stands in them is not." in page


@pytest.mark.parametrize("body", [b"<html>Asha Verma</html>", b"[" * 100_000])
def test_of_a_list_that_can_t_be_read_nothing_is_kept(connections, monkeypatch, body):
    monkeypatch.setattr(transport, "send", lambda *given: Response(200, body))
    kept_call(connections["crego_crm"], LIST, Purpose.LIST, as_it_is)
    assert Exchange.objects.get().response_body == ""


def test_a_list_that_is_refused_keeps_the_vendors_words(connections, monkeypatch):
    monkeypatch.setattr(transport, "send", lambda *given: Response(400, b'{"detail": "Too many days."}'))
    kept_call(connections["crego_crm"], LIST, Purpose.LIST, as_it_is)
    assert "Too many days." in Exchange.objects.get().response_body


def test_call_that_fails_is_kept_with_its_error(connections, vendor_sandbox):
    vendor_sandbox.fault("crego_crm", "cut_after", kinds=["find"])
    with pytest.raises(errors.OutcomeUnknown):
        kept_call(connections["crego_crm"], LIST, Purpose.LIST, as_it_is)
    kept = Exchange.objects.get()
    assert kept.status is None
    assert kept.error.startswith("Sent, but no whole answer came")
    assert kept.finished_at is not None


def test_token_is_fetched_once_and_kept_nowhere(connections):
    brainysoft = connections["brainysoft"]
    assert [whoami(brainysoft).status, whoami(brainysoft).status] == [200, 200]
    calls = list(Exchange.objects.order_by("id"))
    assert [call.purpose for call in calls] == [Purpose.TOKEN, Purpose.HEALTH, Purpose.HEALTH]
    token = tokens.get(brainysoft, lambda: pytest.fail("the token was not kept"))
    assert not [call for call in calls if token in repr(call.__dict__)]
    assert '"access_token"' in calls[0].response_body


def test_refused_token_is_renewed_once(connections, monkeypatch):
    brainysoft = connections["brainysoft"]
    key = tokens._key(brainysoft)
    monkeypatch.setitem(tokens._tokens, key, ("an-old-token", float("inf")))
    assert whoami(brainysoft).status == 200
    told = [(call.purpose, call.status) for call in Exchange.objects.order_by("id")]
    assert told == [(Purpose.HEALTH, 401), (Purpose.TOKEN, 200), (Purpose.HEALTH, 200)]


def test_lost_answer_to_a_sign_in_may_be_asked_for_again(connections, vendor_sandbox):
    vendor_sandbox.fault("brainysoft", "cut_after", times=1, kinds=["token"])
    with pytest.raises(errors.Transient, match="Signing in: Sent, but no whole answer came"):
        whoami(connections["brainysoft"])
    kept = Exchange.objects.get()
    assert (kept.purpose, kept.status) == (Purpose.TOKEN, None)
    assert kept.finished_at is not None


def test_what_a_vendor_says_of_the_token_it_handed_out_is_raised_without_it(connections, monkeypatch):
    brainysoft = connections["brainysoft"]
    monkeypatch.setitem(tokens._tokens, tokens._key(brainysoft), ("sess4f5e6d7c8b9a", float("inf")))
    refused = (
        b'{"status": "error", "data": {"code": "X", "message": "The search of sess4f5e6d7c8b9a failed"}}'
    )
    monkeypatch.setattr(transport, "send", lambda *given: Response(400, refused))
    with pytest.raises(errors.Rejected) as refusal:
        kept_call(brainysoft, LIST, Purpose.LIST, brainysoft.connector.raise_for_status)
    assert refusal.value.message == "HTTP 400: X: The search of [removed] failed"
