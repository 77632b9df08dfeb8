"""What officers type that the append-only log keeps for good: no number and no address of a person gets in by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations.models import Connection, Delivery, Replay, State
from leadops.models import Consent, Erasure, Holder, Lead, LegalHold, Officer, PendingChange
from leadops.services import approvals, consents, leads, legal_holds
from tests import people, vendors
from tests.approving import signed_in
from tests.crm_integrations.test_canary import OF_PEOPLE, SEALED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]
PLAIN = "They asked for it on the telephone"
PLANTED = [*(SEALED[each] for each in ("PAN", "mobile", "account")), OF_PEOPLE["e-mail"]]
NEW = {"name": "Hilltop", "code": "hilltop", "branch": "", "active": True, "calls_per_minute": None}


class Form(NamedTuple):
    """A form that keeps words of an officer: what is sent besides them, and whether it was taken."""

    client: Client
    url: str
    name: str
    besides: dict[str, Any]
    taken: Callable[[], bool]


class Makers:
    """Each makes what a form is about, and says how it is sent."""

    def __init__(self, client: Client, officer: Officer, lead: Lead) -> None:
        self.client, self.officer, self.lead = client, officer, lead

    def _of_lead(self, name: str, taken: Callable[[], bool], word: str = "reason", **besides: Any) -> Form:
        url = reverse(f"admin:leadops_lead_{name}", args=[self.lead.pk])
        return Form(self.client, url, word, besides, taken)

    def _consent(self) -> Consent:
        return Consent.objects.create(lead=self.lead, purpose="loan", granted_at=timezone.now())

    def withdraw(self) -> Form:
        consent = self._consent()
        taken = Consent.objects.exclude(withdrawn_at=None).exists
        return self._of_lead("withdraw", taken, consents=[str(consent.pk)])

    def erase(self) -> Form:
        return self._of_lead("erase", Erasure.objects.exists)

    def hold(self) -> Form:
        return self._of_lead("hold", LegalHold.objects.exists)

    def lift(self) -> Form:
        legal_holds.place(self.lead.pk, PLAIN, self.officer)
        return self._of_lead("lift_hold", LegalHold.objects.exclude(lifted_at=None).exists)

    def tell(self) -> Form:
        consents.withdraw(self.lead.pk, [self._consent().pk], PLAIN, self.officer)
        told = Holder.objects.exclude(told_at=None).exists
        return self._of_lead("holders", told, "note", holder=Holder.objects.first().pk)

    def _of_change(self, button: str, reason: str = PLAIN, client: Client | None = None) -> Form:
        change = approvals.ask("partner", self.officer, NEW, reason=reason)
        url = reverse(f"admin:leadops_pendingchange_{button}", args=[change.pk])
        said = PendingChange.objects.filter(reason=PLAIN, words="" if button == "explain" else PLAIN)
        return Form(client or self.client, url, "words", {}, said.exists)

    def explain(self) -> Form:
        return self._of_change("explain", reason="")

    def withdraw_change(self) -> Form:
        return self._of_change("withdraw")

    def approve(self) -> Form:
        return self._of_change("approve", client=signed_in(people.officer("chandra")))

    def refuse(self) -> Form:
        return self._of_change("refuse", client=signed_in(people.officer("chandra")))

    def _delivery(self, state: State) -> Delivery:
        vendors.connect("http://localhost:1", "ispcrm")
        leads.submit([self.lead])
        Delivery.objects.update(state=state)
        return Delivery.objects.get()

    def replay(self) -> Form:
        besides = {"delivery": str(self._delivery(State.REJECTED).pk)}
        url = reverse("admin:crm_integrations_replay_start")
        return Form(self.client, url, "reason", besides, Replay.objects.exists)

    def _decide(self, **besides: str) -> Form:
        url = reverse("admin:crm_integrations_delivery_decide", args=[self._delivery(State.REVIEW).pk])
        decided = Delivery.objects.exclude(state=State.REVIEW).exists
        return Form(self.client, url, "reason", besides, decided)

    def found(self) -> Form:
        return self._decide(decision="found", reference="B-77")

    def again(self) -> Form:
        return self._decide(decision="again")


@pytest.fixture(params=[name for name in vars(Makers) if not name.startswith("_")])
def form(request, desk, officer, partner, program) -> Form:
    [lead] = people.leads_of(partner, program)
    return getattr(Makers(desk, officer, lead), request.param)()


def in_the_log(text: str) -> bool:
    """Whether an act or an event of the audit, or a line of a history, holds `text`."""
    with database.cursor() as cursor:
        tables = ("leadops_auditact", "leadops_auditevent", "django_admin_log")
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table} t WHERE strpos(t::text, %s) > 0)", [text])
            if cursor.fetchone()[0]:
                return True
    return False


def test_words_with_a_number_or_an_address_are_refused_and_logged_nowhere(form):
    for planted in PLANTED:
        said = {form.name: f"Says {planted} is theirs"}
        page = form.client.post(form.url, form.besides | said, follow=True).content.decode()
        assert "Say it without any number or address" in page
        assert not form.taken()
        assert not in_the_log(planted)


def test_the_same_form_is_taken_with_other_words_which_are_logged(form):
    form.client.post(form.url, form.besides | {form.name: PLAIN}, follow=True)
    assert form.taken()
    assert in_the_log(PLAIN)


def test_the_reason_of_a_pause_is_masked_so_that_nothing_holds_the_pause_up(desk):
    connection = vendors.connect("http://localhost:1", "ispcrm")["ispcrm"]
    url = reverse("admin:crm_integrations_connection_pause", args=[connection.pk])
    for planted in PLANTED:
        desk.post(url, {"reason": f"Says {planted} is theirs"})
        assert Connection.objects.get().pause_reason.startswith("Says ")
        assert not in_the_log(planted)
        assert planted not in Connection.objects.get().pause_reason
