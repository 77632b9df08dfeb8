"""The preview of a request: exact, without secrets, sent by nobody; its curl is run against the sandbox."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from crm_integrations import delivery as engine
from crm_integrations import errors, outbox, preview, snapshots
from crm_integrations.models import Connection, Delivery, Exchange, State
from crm_integrations.models.exchange import TOO_LATE
from crm_integrations.sandbox.credentials import CREDENTIALS
from leadops.models import Lead
from leadops.services import leads, loan_accounts
from tests import patience, people
from tests.vendors import LEAD_VENDORS


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


def unmasked(connection: Connection, record: Any) -> preview.Made:
    """The request with nothing masked: only the connector itself has it."""
    said = preview._delivery(connection, record)
    snapshot = snapshots.of_deliveries([said])[said.pk]
    return preview.make(preview._with_placeholders(connection), said.kind, snapshot)


def run(connection: Connection, made: preview.Made) -> subprocess.CompletedProcess[str]:
    """The curl in a shell of its own, the real credentials in its variables."""
    variables = {name.upper(): value for name, value in CREDENTIALS[connection.vendor].items()}
    if "$SIGNATURE" in made.derived:
        variables["SIGNATURE"] = connection.connector.auth.sign(made.request.body)
    command = preview.curl(made.url, made.request) + " --silent --show-error --fail-with-body"
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=variables,
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=False,
    )


@pytest.mark.parametrize("vendor", LEAD_VENDORS)
def test_the_curl_creates_the_record_once_the_credentials_are_put_in(
    vendor, lead, connections, vendor_sandbox
):
    made = unmasked(connections[vendor], lead)
    answer = run(connections[vendor], made)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    [held] = vendor_sandbox.held(vendor)
    leads.submit([lead], [connections[vendor].pk])
    engine.drain()
    ours = [each for each in vendor_sandbox.calls(vendor) if each["path"] == held["path"]]
    assert [each["body"] for each in ours] == [held["body"]] * 2


def test_the_curl_of_a_loan_account_creates_it(lead, program, connections, vendor_sandbox):
    leads.submit([lead], [connections["crego_crm"].pk])
    engine.drain()
    account = loan_accounts.open_account(lead, "LA-1", program)
    answer = run(connections["crego_los"], unmasked(connections["crego_los"], account))
    assert answer.returncode == 0, answer.stderr + answer.stdout
    assert len(vendor_sandbox.held("crego_los")) == 1


def test_the_curl_without_credentials_is_refused(lead, connections, vendor_sandbox):
    made = unmasked(connections["ispcrm"], lead)
    answer = subprocess.run(
        ["/bin/sh", "-c", preview.curl(made.url, made.request) + " --silent --fail"],
        env={},
        capture_output=True,
        timeout=patience.SECONDS,
        check=False,
    )
    assert answer.returncode == 22
    assert vendor_sandbox.held("ispcrm") == []


@pytest.mark.parametrize("name", ["O'Brien", 'Asha "$HOME" `id` \\', "Zoë 𝒜", "-d @/etc/hostname"])
def test_no_name_leaves_the_quotes_of_the_curl(name, lead, connections, vendor_sandbox):
    lead.applicants.update(name=name, first_name="", last_name="", middle_name="")
    answer = run(connections["ispcrm"], unmasked(connections["ispcrm"], lead))
    assert answer.returncode == 0, answer.stderr + answer.stdout
    assert vendor_sandbox.held("ispcrm")[0]["body"]["name"] == name


@pytest.mark.parametrize("vendor", LEAD_VENDORS)
def test_a_preview_is_what_is_kept_of_the_call_that_follows(vendor, lead, connections):
    shown = preview.of(connections[vendor], lead)
    leads.submit([lead], [connections[vendor].pk])
    engine.drain()
    call = Exchange.objects.get(purpose="create")
    assert shown.request.startswith(f"{call.method} {call.url}\n")
    assert json.loads(shown.request.partition("\n\n")[2]) == json.loads(call.request_body)


@pytest.mark.parametrize("vendor", [*LEAD_VENDORS, "crego_los"])
def test_a_preview_sends_nothing_keeps_nothing_and_shows_no_secret_and_no_whole_number(
    vendor, lead, program, connections, vendor_sandbox
):
    applicant = lead.applicants.get()
    leads.submit([lead], [])
    record = loan_accounts.open_account(lead, "LA-1", program) if vendor == "crego_los" else lead
    before = Delivery.objects.count()
    shown = preview.of(connections[vendor], record)
    text = f"{shown.request} {shown.curl} {shown.changes} {shown.missing}"
    hidden = [value for each in Connection.objects.all() for value in each.secrets.values()]
    hidden += [lead.primary_mobile[-10:], applicant.pan_no, applicant.primary_email]
    hidden += [bank.account_no for bank in applicant.banks.all()]
    assert not [each for each in hidden if each in text]
    assert (Exchange.objects.count(), Delivery.objects.count()) == (0, before)
    assert vendor_sandbox.calls(vendor) == []


@pytest.mark.parametrize(
    ("vendor", "header"),
    [
        ("brainysoft", "bsauth: $TOKEN"),
        ("broctagon", "key: $API_KEY"),
        ("broctagon", "signature: $SIGNATURE"),
        ("crego_crm", "Authorization: Bearer $TOKEN"),
        ("ispcrm", "Authorization: Bearer $TOKEN"),
    ],
)
def test_credentials_are_placeholders(vendor, header, lead, connections):
    shown = preview.of(connections[vendor], lead)
    assert header in shown.request
    assert f'-H "{header}"' in shown.curl


def test_a_lead_that_is_not_ready_has_a_preview_that_says_what_is_missing(lead, connections):
    lead.applicants.update(primary_email="")
    shown = preview.of(connections["ispcrm"], lead)
    assert [each.field for each in shown.missing] == ["applicants[0].primary_email"]
    assert "/api/v1/subscriber/CreateLead" in shown.request


def test_a_lead_nothing_can_be_made_of_says_so(lead, connections):
    lead.applicants.all().delete()
    shown = preview.of(connections["ispcrm"], lead)
    assert shown.missing
    assert (shown.request, shown.curl) == ("", "")
    assert shown.problem == "Nothing can be made of it until it is complete."


def test_a_preview_stands_where_what_is_missing_cannot_be_told(lead, connections, monkeypatch):
    def unsayable(*_):
        raise errors.Unsupported("It is not said in two languages.")

    monkeypatch.setattr(connections["ispcrm"].connector_class, "missing_lead", unsayable)
    shown = preview.of(connections["ispcrm"], lead)
    assert [each.message for each in shown.missing] == ["It is not said in two languages."]
    assert "/api/v1/subscriber/CreateLead" in shown.request


def test_a_fault_of_ours_is_told_by_its_kind_alone(lead, connections, monkeypatch):
    def broken(*_):
        raise KeyError("98765 43210")

    monkeypatch.setattr(connections["ispcrm"].connector_class, "build_lead", broken)
    assert preview.of(connections["ispcrm"], lead).problem == "A fault in leadops: KeyError."


def test_the_reference_is_the_one_that_is_sent(lead, connections, partner, program):
    for vendor in LEAD_VENDORS:
        shown = preview._delivery(connections[vendor], lead).ref
        leads.submit([lead], [connections[vendor].pk])
        assert Delivery.objects.get(connection=connections[vendor]).ref == shown


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("edited", [True, False])
def test_a_refused_leads_reference_is_shown_as_it_will_be_sent(edited, lead, connections, vendor_sandbox):
    crego = connections["crego_crm"]
    leads.submit([lead], [crego.pk])
    Delivery.objects.update(state=State.REJECTED)
    Lead.objects.filter(pk=lead.pk).update(partner_ref_id="CORRECTED-7")
    lead.refresh_from_db()
    if edited:  # else the same delivery goes again, by the reference that it has
        leads.revise(lead)
    shown = json.loads(unmasked(crego, lead).request.body)
    leads.submit([lead], [crego.pk])
    outbox.retry(Delivery.objects.values_list("pk", flat=True))
    engine.drain()
    [sent] = [each["body"] for each in vendor_sandbox.calls("crego_crm") if each["body"]]
    assert sent["partner_ref_id"] == shown["partner_ref_id"]
    assert (sent["partner_ref_id"] == "CORRECTED-7") is edited


def test_a_reference_that_another_lead_has_there_is_not_given_twice(lead, connections):
    told = next(each for each in connections.values() if each.connector_class.partner_references)
    other = Lead.objects.exclude(pk=lead.pk).first() or lead
    Delivery.objects.create(
        connection=told,
        kind="lead",
        lead=other,
        record_id=Connection().pk,
        version=1,
        ref=lead.partner_ref_id,
    )
    assert preview._delivery(told, lead).ref == lead.pk.hex


# What changed ---------------------------------------------------------------------------------------------------------


def test_what_never_left_us_was_not_sent_last(lead, connections, partner, program):
    isp = connections["ispcrm"]
    leads.submit([lead], [isp.pk])
    said = {"connection": isp, "delivery": Delivery.objects.get(connection=isp), "purpose": "create"}
    sent = Exchange.objects.create(**said, error="No whole answer within 30 s.", request_body="{}")
    for error in (TOO_LATE, "No connection: ConnectionRefusedError Connection refused"):
        Exchange.objects.create(**said, error=error, request_body="{}")
    assert preview.of(isp, lead).last == sent


def test_the_difference_to_what_was_sent_last_is_told_field_by_field(lead, connections):
    isp = connections["ispcrm"]
    leads.submit([lead], [isp.pk])
    engine.drain()
    assert preview.of(isp, lead).changes == ()
    lead.applicants.update(name="Meera Iyer")
    Lead.objects.update(remarks="Calls back on Monday")
    shown = preview.of(isp, lead)
    assert shown.last == Exchange.objects.get(purpose="create")
    assert {change.path for change in shown.changes} == {"name", "remarks"}
    [name] = [change for change in shown.changes if change.path == "name"]
    assert (name.kind, name.now) == ("changed", "Meera Iyer")


def test_nothing_is_compared_before_anything_was_sent(lead, connections):
    shown = preview.of(connections["ispcrm"], lead)
    assert (shown.last, shown.changes) == (None, None)


def test_a_body_that_is_no_longer_kept_is_not_compared(lead, connections):
    isp = connections["ispcrm"]
    leads.submit([lead], [isp.pk])
    engine.drain()
    Exchange.objects.update(request_body="")
    shown = preview.of(isp, lead)
    assert shown.last is not None
    assert shown.changes is None


def test_the_newest_delivery_is_compared_not_an_earlier_version(lead, connections):
    isp = connections["ispcrm"]
    leads.submit([lead], [isp.pk])
    engine.drain()
    first = Exchange.objects.get()
    newest = Delivery.objects.get()
    newest.pk, newest.version, newest._state.adding = Connection().pk, 2, True
    newest.save()
    Exchange.objects.create(
        connection=isp, delivery=newest, purpose="create", operation="x", method="POST", url="u",
        request_body='{"name": "Newer"}',
    )  # fmt: skip
    shown = preview.of(isp, lead)
    assert shown.last != first
    assert [change.was for change in shown.changes if change.path == "name"] == ["Newer"]
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 2


@pytest.mark.parametrize(
    ("was", "now", "changes"),
    [
        ('{"a": 1}', '{"a": 1}', ()),
        ('{"a": 1}', '{"a": 1, "b": [2, {"c": 3}]}', (("b[0]", "added"), ("b[1].c", "added"))),
        ('{"a": {"x": 1, "y": 2}}', '{"a": {"x": 1}}', (("a.y", "removed"),)),
        ('{"a": null}', '{"a": 0}', (("a", "changed"),)),
        ('{"a": []}', '{"a": [1]}', (("a[0]", "added"), ("a", "removed"))),
        ('[1]', '[2]', (("[0]", "changed"),)),
        ("a=1&b=", "a=2&b=", (("a", "changed"),)),
        ("", '{"a": 1}', None),
        ('{"a": 1', '{"a": 1}', None),
    ],
)  # fmt: skip
def test_bodies_are_compared_value_by_value(was, now, changes):
    found = preview.differences(was, now)
    told = None if found is None else tuple((change.path, change.kind) for change in found)
    assert told == changes
