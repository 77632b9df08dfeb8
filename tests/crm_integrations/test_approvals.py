"""What two people do about vendors: addresses, secrets, new connections, and many deliveries sent again."""

from __future__ import annotations

import html
import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.urls import reverse

from crm_integrations import roles, subscriptions
from crm_integrations.models import Connection, Delivery, EventType, Replay, State, Subscription
from crm_integrations.outbox import replays
from leadops.models import Lead, Officer, PendingChange
from leadops.services import leads
from tests import people
from tests.approving import approved, asked, press, refused, second_person, signed_in
from tests.crm_integrations.holding import connect
from tests.leadops.admin.page_forms import fields

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]
SECRET = "s3cret-of-the-vendor"
ELSEWHERE = "http://127.0.0.1:10"


@pytest.fixture
def vendor(db) -> Connection:
    return connect("isp")


@pytest.fixture
def save(desk, vendor):
    """Saves the connection's page with some fields changed."""

    def saved(**changes: str):
        url = reverse("admin:crm_integrations_connection_change", args=[vendor.pk])
        return desk.post(url, fields(desk.get(url).content.decode(), "connection_form") | changes)

    return saved


def stored() -> Connection:
    return Connection.objects.get()


class TestConnections:
    def test_address_and_secret_are_taken_over_once_approved(self, save, desk, vendor):
        change = asked(save(base_url=ELSEWHERE, secret_token=SECRET, parallel="3"))
        assert (stored().base_url, stored().secrets, stored().parallel) == (
            vendor.base_url,
            {"token": "t"},
            3,
        )
        assert change.what == "Change the address and secrets of isp"
        approved(desk, change)
        assert (stored().base_url, stored().secrets) == (ELSEWHERE, {"token": SECRET})

    def test_a_refused_change_leaves_both(self, save, desk, vendor):
        refused(desk, asked(save(base_url=ELSEWHERE, secret_token=SECRET)))
        assert (stored().base_url, stored().secrets) == (vendor.base_url, {"token": "t"})

    def test_the_secret_stands_nowhere_in_clear(self, save, desk, caplog):
        caplog.set_level(logging.DEBUG)
        change = asked(save(secret_token=SECRET))
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT row_to_json(c)::text || encode(sealed_data, 'escape') FROM leadops_pendingchange c"
            )
            [(row,)] = cursor.fetchall()
        page = desk.get(reverse("admin:leadops_pendingchange_change", args=[change.pk])).content.decode()
        press(desk, "explain", change)
        said = press(second_person(), "approve", change)
        told = "".join(LogEntry.objects.values_list("change_message", flat=True))
        assert "Change the secrets of isp" in told
        for text in (row, page, said, told, caplog.text):
            assert SECRET not in text
        assert stored().secrets == {"token": SECRET}

    def test_the_history_tells_no_change_that_was_not_made(self, save, vendor):
        asked(save(secret_token=SECRET, base_url=ELSEWHERE, parallel="3"))
        said = LogEntry.objects.filter(object_id=str(vendor.pk)).latest("pk").get_change_message()
        assert "Parallel" in said
        assert "ase URL" not in said

    def test_a_connection_changed_meanwhile_puts_it_out_of_date(self, save, desk):
        change = asked(save(secret_token=SECRET))
        save(parallel="5")
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)
        change.refresh_from_db()
        assert (change.state, stored().secrets) == ("stale", {"token": "t"})

    def test_pace_and_name_ask_nobody(self, save):
        save(parallel="5", name="isp-two")
        assert (stored().parallel, stored().name) == (5, "isp-two")
        assert not PendingChange.objects.exists()

    def test_a_second_change_is_led_to_the_one_that_waits(self, save, desk):
        change = asked(save(secret_token=SECRET))
        answer = save(secret_token="another", parallel="7")
        assert answer["Location"] == reverse("admin:leadops_pendingchange_change", args=[change.pk])
        assert stored().parallel != 7
        assert PendingChange.objects.count() == 1

    def test_a_second_change_takes_the_place_of_one_that_is_out_of_date(self, save):
        old = asked(save(secret_token=SECRET))
        save(parallel="5")
        answer = save(secret_token="another", parallel="7")
        old.refresh_from_db()
        new = PendingChange.objects.waiting().get()
        assert answer["Location"] == reverse("admin:leadops_pendingchange_change", args=[new.pk])
        assert (old.state, stored().parallel) == ("stale", 7)

    def test_another_address_still_wants_its_secrets_typed(self, save):
        assert save(base_url=ELSEWHERE).status_code == 200
        assert not PendingChange.objects.exists()

    def test_a_new_one_is_made_once_approved(self, desk, vendor):
        form = {"vendor": "ispcrm", "name": "isp-north", "base_url": ELSEWHERE, "parallel": "8"}
        url = reverse("admin:crm_integrations_connection_add")
        change = asked(desk.post(url, fields(desk.get(url).content.decode(), "connection_form") | form))
        assert not Connection.objects.filter(name="isp-north").exists()
        approved(desk, change)
        assert Connection.objects.get(name="isp-north").base_url == ELSEWHERE


class TestRoles:
    """A role is rights, a reach and signing in, chosen as one thing: they wait as these do by themselves."""

    @pytest.fixture
    def tara(self, db) -> Officer:
        return Officer.objects.create_user("tara", "tara@lender.example", people.PASSWORD, reach="own")

    @staticmethod
    def held(officer: Officer) -> tuple[list[str], str, bool]:
        now = Officer.objects.get(pk=officer.pk)
        return list(now.groups.values_list("name", flat=True)), now.reach, now.is_staff

    @staticmethod
    def save(desk, officer: Officer, **changes: str):
        url = reverse("admin:leadops_officer_change", args=[officer.pk])
        form = fields(desk.get(url).content.decode(), "officer_form")
        return desk.post(url, {name: value for name, value in form.items() if value} | changes)

    def test_it_is_given_once_approved(self, desk, tara):
        change = asked(self.save(desk, tara, role="Branch managers", first_name="Tara"))
        assert self.held(tara) == ([], "own", False)
        assert Officer.objects.get(pk=tara.pk).first_name == "Tara"
        said = LogEntry.objects.filter(object_id=str(tara.pk)).latest("pk").get_change_message()
        assert ("First name" in said, "Role" in said) == (True, False)
        approved(desk, change)
        assert self.held(tara) == (["Branch managers"], "branches", True)

    def test_a_reach_chosen_with_it_waits_too(self, desk, tara):
        change = asked(self.save(desk, tara, role="Loan officers", reach="all"))
        assert self.held(tara) == ([], "own", False)
        approved(desk, change)
        assert self.held(tara) == (["Loan officers"], "all", True)

    def test_a_refused_one_is_not_given_and_the_one_before_is_gone_at_once(self, desk, tara):
        roles.give(tara, "Operations")
        refused(desk, asked(self.save(desk, tara, role="Branch managers")))
        assert self.held(tara) == ([], "branches", True)

    def test_a_security_admin_asks_for_it_and_another_one_approves(self, tara):
        for name in ("isha", "kiran"):
            roles.give(people.officer(name, superuser=False), "Security admins")
        isha, kiran = (signed_in(Officer.objects.get(username=name)) for name in ("isha", "kiran"))
        change = asked(self.save(isha, tara, role="Loan officers", is_superuser="on"))
        assert self.held(tara) == ([], "own", False)
        press(isha, "explain", change)
        assert "somebody else has to decide" in press(isha, "approve", change)
        press(kiran, "approve", change)
        assert self.held(tara) == (["Loan officers"], "branches", True)
        assert not Officer.objects.get(pk=tara.pk).is_superuser

    def test_a_security_admin_changes_no_superuser_and_has_nothing_approved_by_themselves(self, tara):
        people.officer("asha")
        for name in ("isha", "kiran"):
            roles.give(people.officer(name, superuser=False), "Security admins")
        isha = signed_in(Officer.objects.get(username="isha"))
        above = reverse("admin:leadops_officer_change", args=[Officer.objects.get(username="asha").pk])
        assert isha.post(above, {"role": ""}).status_code == 403
        change = asked(
            self.save(
                isha, Officer.objects.get(username="kiran"), reach="all", is_staff="on", role="Operations"
            )
        )
        press(isha, "explain", change)
        press(signed_in(Officer.objects.get(username="kiran")), "approve", change)
        change.refresh_from_db()
        assert change.waits

    def test_it_is_taken_away_at_once(self, desk, tara):
        roles.give(tara, "Operations")
        self.save(desk, tara, role="")
        assert self.held(tara) == ([], "all", True)
        assert not PendingChange.objects.exists()


class TestReplays:
    @pytest.fixture
    def failed(self, vendor, partner, program):
        """So many deliveries that were refused."""

        def made(count: int) -> list[str]:
            leads.submit(people.leads_of(partner, program, count))
            Delivery.objects.update(state=State.REJECTED, cause="No", reason="No")
            return [str(key) for key in Delivery.objects.values_list("pk", flat=True)]

        return made

    def replay(self, desk, chosen: list[str]):
        return desk.post(
            reverse("admin:crm_integrations_replay_start"), {"delivery": chosen, "reason": "They mended it."}
        )

    def test_many_are_sent_again_once_approved(self, desk, failed):
        change = asked(self.replay(desk, failed(3)))
        assert change.reason == "They mended it."
        assert replays.feed() == 0
        assert Replay.objects.get().state == "proposed"
        said = press(second_person(), "approve", change)
        assert "Approved, and done." in said
        assert replays.feed() == 3
        assert Delivery.objects.filter(state=State.QUEUED).count() == 3

    def test_refused_or_withdrawn_ones_are_never_sent(self, desk, failed):
        chosen = failed(3)
        refused(desk, asked(self.replay(desk, chosen)))
        self.replay(desk, chosen)
        press(desk, "withdraw", PendingChange.objects.waiting().get())
        assert replays.feed() == 0
        assert set(Replay.objects.values_list("state", flat=True)) == {"cancelled"}
        assert set(Delivery.objects.values_list("state", flat=True)) == {"rejected"}

    def test_few_ask_nobody(self, desk, failed):
        self.replay(desk, failed(2))
        assert Replay.objects.get().state == "running"
        assert not PendingChange.objects.exists()

    def test_one_that_was_cancelled_meanwhile_is_out_of_date(self, desk, failed):
        change = asked(self.replay(desk, failed(3)))
        desk.post(reverse("admin:crm_integrations_replay_cancel", args=[Replay.objects.get().pk]))
        assert "has changed since" in press(second_person(), "approve", change)
        assert replays.feed() == 0

    @pytest.mark.parametrize("list_", ["crm_integrations_delivery", "leadops_lead"])
    def test_many_retries_go_the_same_way(self, desk, failed, list_):
        chosen = failed(3)
        if list_ == "leadops_lead":
            chosen = [str(key) for key in Lead.objects.values_list("pk", flat=True)]
        answer = desk.post(
            reverse(f"admin:{list_}_changelist"), {"action": "retry_selected", "_selected_action": chosen}
        )
        [name] = {each for each, _ in desk.get(answer["Location"]).context["choice"].fields}
        change = asked(desk.post(answer["Location"], {name: chosen, "reason": "They mended it."}))
        assert change.reason == "They mended it."
        assert set(Delivery.objects.values_list("state", flat=True)) == {"rejected"}
        assert "approved" in press(second_person(), "approve", change).lower()
        assert replays.feed() == 3

    def test_few_retries_ask_nobody_but_why(self, desk, failed):
        retry = reverse("admin:crm_integrations_replay_retry")
        desk.post(retry, {"delivery": failed(2), "reason": "They mended it."})
        assert not PendingChange.objects.exists()
        assert replays.feed() == 2

    def test_the_page_of_a_proposed_one_says_what_it_waits_for(self, desk, failed):
        self.replay(desk, failed(3))
        page = desk.get(reverse("admin:crm_integrations_replay_change", args=[Replay.objects.get().pk]))
        assert "Waits for approval, asked for by asha:" in page.content.decode()


class TestSendTo:
    def test_many_leads_go_to_the_chosen_connections_once_approved(self, desk, vendor, partner, program):
        other = connect("isp-two")
        chosen = [str(lead.pk) for lead in people.leads_of(partner, program, 3)]
        url = reverse("admin:leadops_lead_send", query={"lead": chosen})
        change = asked(desk.post(url, {"connections": [str(other.pk)]}))
        assert change.what == "Send 3 leads to isp-two"
        assert not Delivery.objects.exists()
        approved(desk, change)
        assert [each.connection for each in Delivery.objects.select_related("connection")] == [other] * 3

    def test_few_leads_go_at_once(self, desk, vendor, partner, program):
        chosen = [str(lead.pk) for lead in people.leads_of(partner, program, 2)]
        url = reverse("admin:leadops_lead_send", query={"lead": chosen})
        desk.post(url, {"connections": [str(vendor.pk)]})
        assert Delivery.objects.count() == 2


class TestWebhooks:
    """A partner's webhook is a connection: where events go, and what signs them."""

    URL = "http://127.0.0.1:10/hook"

    @pytest.fixture
    def hook(self, partner) -> Subscription:
        return subscriptions.create(partner, self.URL, [EventType.LEAD_CREATED])[0]

    @staticmethod
    def page(name: str, *args) -> str:
        return reverse(f"admin:crm_integrations_subscription_{name}", args=args)

    def test_another_address_waits_and_the_events_do_not(self, desk, hook):
        sent = {"url": f"{self.URL}/new", "events": ["lead.updated"]}
        change = asked(desk.post(self.page("change", hook.pk), sent))
        now = Subscription.objects.get()
        assert (now.url, now.events) == (self.URL, ["lead.updated"])
        assert "waits for approval" in desk.get(self.page("change", hook.pk)).content.decode().lower()
        approved(desk, change)
        assert Subscription.objects.get().url == f"{self.URL}/new"

    def test_an_address_that_is_none_is_refused_before_anybody_is_asked(self, desk, hook):
        sent = {"url": "ftp://x", "events": ["lead.created"]}
        assert "Give a URL like" in desk.post(self.page("change", hook.pk), sent).content.decode()
        assert not PendingChange.objects.exists()

    def test_another_secret_is_shown_at_once_and_signs_once_approved(self, desk, hook):
        before = hook.connection.secrets["secret"]
        shown = desk.post(self.page("rotate", hook.pk)).content.decode()
        secret = re.search(r"whsec_[\w+/=]+", html.unescape(shown))[0]
        assert Connection.objects.get().secrets == {"secret": before}
        change = PendingChange.objects.get()
        assert secret not in f"{change.what} {change.diff}"
        approved(desk, change)
        assert Connection.objects.get().secrets == {"secret": secret, "former_secret": before}

    def test_a_refused_secret_signs_nothing(self, desk, hook):
        desk.post(self.page("rotate", hook.pk))
        refused(desk, PendingChange.objects.get())
        assert Connection.objects.get().secrets == hook.connection.secrets

    def test_a_new_subscription_is_made_by_the_second_person(self, desk, partner):
        sent = {"partner": partner.pk, "url": self.URL, "events": ["lead.created"]}
        shown = desk.post(self.page("add"), sent).content.decode()
        assert not Subscription.objects.exists()
        approved(desk, PendingChange.objects.get())
        made = Subscription.objects.get()
        assert (made.partner, made.url, made.events) == (partner, self.URL, ["lead.created"])
        assert made.connection.secrets["secret"] in html.unescape(shown)
