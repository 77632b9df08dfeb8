"""From a workbook to the vendors: the ledger of the sandbox is the judge."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

import pytest
from django.db.models.functions import Now

from crm_integrations.models import NEEDS_PERSON, UNFINISHED, Delivery, Exchange, Health, State
from crm_integrations.models.exchange import UNANSWERED
from leadops.models import Lead, LoanAccount, Program
from leadops.services import loan_accounts
from tests import samples, vendors
from tests.patience import wait_until
from tests.samples import BAD, GOOD, SHORT_GOOD

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

ALL_VENDORS = (*vendors.LEAD_VENDORS, "crego_los")
FINDABLE = ("crego_crm", "crego_los", "brainysoft")


def names_at(vendor: str, held: list[dict[str, Any]]) -> Counter[str]:
    """How often the vendor holds each lead, by what identifies it there."""
    keys = {
        "crego_crm": lambda body: body["partner_ref_id"],
        "brainysoft": lambda body: body["orderCode"],
        "broctagon": lambda body: f"{body.get('email')}{body.get('phone')}",
        "ispcrm": lambda body: f"{body['email']}{body['phone']}",
        "crego_los": lambda body: body["ref_id"],
    }
    return Counter(keys[vendor](each["body"]) for each in held)


def open_missing_accounts(program: Program) -> None:
    """A loan account on each lead that has none yet."""
    for lead in Lead.objects.filter(loan_accounts=None):
        loan_accounts.open_account(lead, f"CL-{lead.partner_ref_id}", program)


def every_account_is_on_its_own_lead(sandbox: vendors.Sandbox) -> None:
    """The LOS holds each account once, under the id that Crego gave to that very lead."""
    crego_ids = {each["body"]["partner_ref_id"]: each["id"] for each in sandbox.held("crego_crm")}
    told = [(each["body"]["ref_id"], each["body"]["crm_lead_id"]) for each in sandbox.held("crego_los")]
    accounts = LoanAccount.objects.values_list("ref_id", "lead__partner_ref_id")
    assert sorted(told) == sorted((ref_id, crego_ids[partner_ref]) for ref_id, partner_ref in accounts)


def nothing_unfinished() -> bool:
    return not Delivery.objects.filter(state__in=UNFINISHED).exists()


def unfinished() -> list[Any]:
    """What is not at its end, and what holds it."""
    facts = ("connection__vendor", "state", "attempts", "due_at", "leased_until", "ask_at", "leases_lost")
    held = Health.objects.values_list("connection__vendor", "opened_at", "hold_until", "failures")
    return [*Delivery.objects.filter(state__in=UNFINISHED).values_list(*facts)[:20], *held]


def wait_until_all_ended() -> None:
    wait_until(nothing_unfinished, "all deliveries end", unfinished)


def wait_until_at_work() -> None:
    """Until the worker begins calls, or none is left to begin.

    What a worker died over is done by then: the third death over one record, on a slow machine, would take it out.
    """
    before = Exchange.objects.count()

    def at_work() -> bool:
        if Delivery.objects.filter(leases_lost__gt=0, state__in=UNFINISHED).exists():
            return False
        return Exchange.objects.count() > before or (Lead.objects.count() == GOOD and nothing_unfinished())

    wait_until(at_work, "the worker gets to work")


def queue(product, partner, program, workbook, *options: str) -> dict[str, Any]:
    words = ["import_leads", str(workbook), "--partner", partner.name, "--program", program.code, *options]
    return product.command(*words)


def bring_in(product, partner, program, workbook, good: int) -> None:
    counts = queue(product, partner, program, workbook, "--wait")
    made = {name: counts[name] for name in ("rows", "created", "updated", "skipped", "failed")}
    assert made == {"rows": good + BAD, "created": good, "updated": 0, "skipped": 0, "failed": BAD}


def test_every_good_row_reaches_every_vendor_once(product, sandbox, partner, program):
    vendors.connect(sandbox.url, *ALL_VENDORS)
    product.start_worker()
    bring_in(product, partner, program, samples.LEADS, GOOD)
    open_missing_accounts(program)
    wait_until_all_ended()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    for vendor in vendors.LEAD_VENDORS:
        found = names_at(vendor, sandbox.held(vendor))
        assert (len(found), max(found.values())) == (GOOD, 1), vendor
    every_account_is_on_its_own_lead(sandbox)
    assert LoanAccount.objects.exclude(status="activation").count() == 0


def test_five_kills_and_an_emptied_broker_lose_and_double_nothing(product, sandbox, partner, program):
    chance = random.Random(20261120)
    vendors.connect(sandbox.url, *ALL_VENDORS)
    sandbox.fault("*", "slow", times=1, value=30)  # longer than is waited: the first kill hits it
    sandbox.fault("*", "slow", value=0.03)
    worker = product.start_worker()
    queue(product, partner, program, samples.LEADS)
    wait_until(Exchange.objects.filter(purpose=Exchange.Purpose.CREATE).exists, "a lead is on its way")
    for kill in range(5):
        wait_until_at_work()
        time.sleep(chance.uniform(0.0, 1.2))
        product.kill(worker)
        if kill == 2:
            product.empty_broker()
        worker = product.start_worker()
        open_missing_accounts(program)
    wait_until(Exchange.objects.filter(error=UNANSWERED).exists, "the call that was hit is found")
    wait_until(lambda: Lead.objects.count() == GOOD, "all good rows become leads")
    open_missing_accounts(program)
    wait_until_all_ended()
    assert Delivery.objects.count() == GOOD * len(ALL_VENDORS)
    ended = Counter(Delivery.objects.values_list("connection__vendor", "state"))
    for vendor in ALL_VENDORS:
        found = names_at(vendor, sandbox.held(vendor))
        assert max(found.values()) == 1, f"{vendor} holds a lead twice"
        assert ended[vendor, State.DELIVERED] + ended[vendor, State.REVIEW] == GOOD
        if vendor in FINDABLE:
            assert (ended[vendor, State.DELIVERED], len(found)) == (GOOD, GOOD)
        else:
            assert len(found) >= ended[vendor, State.DELIVERED]
    every_account_is_on_its_own_lead(sandbox)


@pytest.mark.parametrize("fault", ["500_after", "cut_after"])
def test_an_answer_lost_after_storing_makes_no_second_copy_anywhere(
    product, sandbox, partner, program, short_sample, fault
):
    vendors.connect(sandbox.url, *ALL_VENDORS)
    for seed, vendor in enumerate(ALL_VENDORS):
        sandbox.fault(vendor, fault, probability=0.15, seed=seed)  # too few to open the breaker
    bring_in(product, partner, program, short_sample, SHORT_GOOD)
    open_missing_accounts(program)
    product.start_worker()
    wait_until_all_ended()
    for vendor in ALL_VENDORS:
        held, ends = sandbox.held(vendor), Delivery.objects.filter(connection__vendor=vendor)
        assert (len(held), len(names_at(vendor, held))) == (SHORT_GOOD, SHORT_GOOD), vendor
        lost = sum(each["fault"] == fault for each in held)
        assert lost > SHORT_GOOD / 20
        in_doubt = 0 if vendor in FINDABLE else lost
        assert Counter(ends.values_list("state", flat=True)) == Counter(
            {State.DELIVERED: SHORT_GOOD - in_doubt, **({State.REVIEW: in_doubt} if in_doubt else {})}
        )
    every_account_is_on_its_own_lead(sandbox)


def test_leads_of_a_vendor_that_is_down_arrive_later(product, sandbox, partner, program, short_sample):
    vendors.connect(sandbox.url, *vendors.LEAD_VENDORS)
    product.clocks["DELIVERY_RETRIES"] = "60,60,60"
    sandbox.stop()
    bring_in(product, partner, program, short_sample, SHORT_GOOD)
    waiting = product.command("deliver_due")
    assert (waiting["retrying"] + waiting["queued"], waiting["delivered"]) == (SHORT_GOOD * 4, 0)
    assert waiting["retrying"] < 50, "the breaker spares the others a call in vain"
    sandbox.start()
    Delivery.objects.update(due_at=Now())  # the minute is over
    Health.objects.update(hold_until=Now())
    assert product.command("deliver_due", "--until-idle")["delivered"] == SHORT_GOOD * 4
    for vendor in vendors.LEAD_VENDORS:
        found = names_at(vendor, sandbox.held(vendor))
        assert (len(found), max(found.values())) == (SHORT_GOOD, 1), vendor
    assert not Delivery.objects.filter(state__in=NEEDS_PERSON).exists()
