"""The end of a day: what the vendor lost, was given by others and changed is found, and nothing is sent twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from crm_integrations import outbox
from crm_integrations.models import Delivery, Difference, Notice, State
from leadops.services import leads
from tests import people, vendors
from tests.patience import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
Kind = Difference.Kind
VENDORS = ("crego_crm", "brainysoft")
NAME = {"crego_crm": "applicants[0].name", "brainysoft": "firstName"}


def rewrite(sandbox: vendors.Sandbox, vendor: str, name: str) -> tuple[str, str, str]:
    """Behind our back the vendor loses one record, is given one and changes one; their ids."""
    sandbox.stop()
    lines = [json.loads(line) for line in sandbox.ledger_file.read_text().splitlines()]
    held = [line for line in lines if line["vendor"] == vendor and line["accepted"]]
    lost, changed, copied = held[:3]
    changed["body"] = changed_name(vendor, changed["body"], name)
    added = {**copied, "n": lines[-1]["n"] + 1, "id": 990_001 if vendor == "brainysoft" else "added-there"}
    added["reference"] = "somebody-elses"
    added["body"] = {
        **copied["body"],
        "orderCode" if vendor == "brainysoft" else "partner_ref_id": "somebody-elses",
    }
    kept = [line for line in lines if line is not lost]
    sandbox.ledger_file.write_text("".join(json.dumps(line) + "\n" for line in [*kept, added]))
    sandbox.start()
    return str(lost["id"]), str(changed["id"]), str(added["id"])


def changed_name(vendor: str, body: dict[str, Any], name: str) -> dict[str, Any]:
    if vendor == "brainysoft":
        return {**body, "firstName": name}
    first, *others = body["applicants"]
    return {**body, "applicants": [{**first, "name": name}, *others]}


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_changed_behind_our_back_is_found_and_what_is_lost_is_not_sent_again(
    product, sandbox, partner, program, vendor
):
    product.clocks["DELIVERY_LOOKUPS"] = "1,1"
    vendors.connect(sandbox.url, vendor)
    leads.submit(people.leads_of(partner, program, 40))
    assert product.command("deliver_due", "--until-idle")["delivered"] == 40
    lost, changed, added = rewrite(sandbox, vendor, "Somebody")
    answer = product.command("reconcile", vendor, "--day", timezone.localdate().isoformat())
    counts = {kind: answer[kind] for kind in ("ours", "theirs", "matched", *Kind.values)}
    assert counts == {
        "ours": 40,
        "theirs": 40,
        "matched": 38,
        "missing_there": 1,
        "missing_here": 1,
        "differs": 1,
    }
    there, here, differs = (Difference.objects.get(kind=kind) for kind in Kind)
    assert (there.reference, here.reference, differs.reference) == (lost, added, changed)
    assert (differs.field, differs.theirs) == (NAME[vendor], "Somebody")
    assert "1 missing at the vendor, 1 missing here, 1 with other values" in Notice.objects.get().text

    assert there.delivery is not None
    outbox.doubt([there.delivery.pk], "The vendor does not list it.")
    product.start_worker()
    wait_until(lambda: state_of(there) == State.REVIEW, "an officer is asked")
    assert len(sandbox.held(vendor)) == 40


def state_of(difference: Difference) -> str:
    return Delivery.objects.get(pk=difference.delivery_id).state
