"""What tests of approvals share: two people, and what each of them presses."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from leadops.models import Officer, PendingChange
from tests import people


def signed_in(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def second_person() -> Client:
    """Another superuser than the officer who asks."""
    return signed_in(people.officer("chandra"))


def page_of(change: PendingChange) -> str:
    return reverse("admin:leadops_pendingchange_change", args=[change.pk])


def press(client: Client, button: str, change: PendingChange, words: str = "It is right so.") -> str:
    """Press a button of the change's page; the page that follows."""
    url = reverse(f"admin:leadops_pendingchange_{button}", args=[change.pk])
    return client.post(url, {"words": words}, follow=True).content.decode()


def asked(response: Any) -> PendingChange:
    """The change that the answer to a form leads to; it waits, and nobody has decided."""
    change = PendingChange.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("admin:leadops_pendingchange_change", args=[change.pk])
    assert change.waits
    return change


def approved(maker: Client, change: PendingChange) -> PendingChange:
    """The change once its maker has said why and a second person has approved it."""
    press(maker, "explain", change, "They asked for it.")
    said = press(second_person(), "approve", change)
    change.refresh_from_db()
    assert change.state == "approved", said
    return change


def refused(maker: Client, change: PendingChange) -> PendingChange:
    press(maker, "explain", change, "They asked for it.")
    press(second_person(), "refuse", change, "Not so.")
    change.refresh_from_db()
    assert (change.state, change.words) == ("refused", "Not so.")
    return change
