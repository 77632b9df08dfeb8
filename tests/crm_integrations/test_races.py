"""Two officers, an import and a worker write one lead at the same moment: nothing that was said to be kept is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import outbox, summary
from crm_integrations.models import Connection, Delivery, State
from leadops.drafts import LeadDraft
from leadops.ids import uuid7
from leadops.models import ImportBatch, Lead
from leadops.services import lead_updates
from tests import people
from tests.crm_integrations import holding
from tests.leadops.admin.page_forms import fields

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 1250 if os.environ.get("CHAOS_FULL") else 6
"""Of four who write at once: 5,000 in full."""


@pytest.fixture
def lead(queue: Callable[[int], list[Lead]]) -> Lead:
    return queue(1)[0]


def officer_saves(username: str, lead: Lead, remarks: str) -> Callable[[], int]:
    """An officer who has the form open, and presses *Save* when told."""
    desk, url = Client(), reverse("admin:leadops_lead_change", args=[lead.pk])
    desk.force_login(people.officer(username))
    form = fields(desk.get(url, {"edit": 1}).content.decode()) | {"remarks": remarks}
    return lambda: desk.post(url, form).status_code


def import_writes(lead: Lead, batch: ImportBatch, amount: int) -> Callable[[], int]:
    """A row of an import that gives the lead another amount."""

    def write() -> int:
        with transaction.atomic():
            found = lead_updates.to_change([lead.pk], lock=True)[lead.pk]
            change = lead_updates.change_of(found, LeadDraft(loan_amount=Decimal(amount)), batch)
            lead_updates.save([change])
        return 0

    return write


def worker_delivers() -> int:
    return engine.drain()


def test_what_was_said_to_be_kept_is_kept(lead, partner, program):
    batch = ImportBatch.objects.create(
        partner=partner, program=program, file_name="june.xlsx", sha256="0" * 64
    )
    with holding.vendor() as vendor:
        isp = holding.connect("isp", vendor.url)
        for number in range(ROUNDS):
            before = Lead.objects.get(pk=lead.pk)
            Delivery.objects.all().delete()
            outbox.enqueue([_again(before, isp)])
            told: dict[str, Any] = {}
            works = {
                f"asha {number}": officer_saves("asha", lead, f"asha {number}"),
                f"ravi {number}": officer_saves("ravi", lead, f"ravi {number}"),
                "import": import_writes(lead, batch, 1_000 + number),
                "worker": worker_delivers,
            }
            waiting = iter(works.items())

            def act(waiting: Any = waiting, told: dict[str, Any] = told) -> None:
                name, work = next(waiting)
                told[name] = work()

            holding.at_once(len(works), act)
            engine.drain()
            _judge(lead, before, told, 1_000 + number)


def _again(lead: Lead, to: Connection) -> outbox.New:
    return outbox.New(uuid7(), to.pk, "lead", lead.pk, None, lead.pk, lead.version, lead.pk.hex)


def _judge(lead: Lead, before: Lead, told: dict[str, Any], amount: int) -> None:
    now = Lead.objects.get(pk=lead.pk)
    saved = [name for name, status in told.items() if status == 302]
    refused = [name for name, status in told.items() if status == 409]
    assert len(saved) <= 1, told  # both had opened the same version
    assert len(saved) + len(refused) == 2, told
    assert now.remarks == (saved[0] if saved else before.remarks)
    assert now.loan_amount == amount
    assert now.version == before.version + 1 + len(saved)
    assert Delivery.objects.get().state == State.DELIVERED
    with transaction.atomic():
        assert summary.derive(summary.lock([lead.pk])) == {lead.pk: now.sync_status}
