"""Notices and the page of a connection, as officers see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize

from crm_integrations import notices, outbox, watching
from crm_integrations.admin import connection_page
from crm_integrations.models import AnswerShape, Connection, Health, Lease, Notice, Tally
from leadops.admin.navigation import sidebar
from tests import people
from tests.crm_integrations import holding
from tests.crm_integrations.test_drift import hour_of

Kind = Notice.Kind
LIST = reverse("admin:crm_integrations_notice_changelist")


@pytest.fixture
def isp(db) -> Connection:
    return holding.connect("isp")


@pytest.fixture
def other(db) -> Connection:
    return holding.connect("other")


def page_of(record: Connection | Notice) -> str:
    return reverse(f"admin:crm_integrations_{record._meta.model_name}_change", args=[record.pk])


def own_view(connection: Connection, name: str) -> str:
    return reverse(f"admin:crm_integrations_connection_{name}", args=[connection.pk])


def raised(connection: Connection, kind: Kind = Kind.NEW_STATUS, subject: str = "Parked") -> Notice:
    notices.raise_notice(connection, kind, "A word came that we don't know.", subject)
    return Notice.objects.get(connection=connection, kind=kind, subject=subject, closed_at=None)


def shown(client: Client, query: str = "") -> set[tuple[str, str]]:
    found = client.get(LIST + query).context["cl"].result_list
    return {(each.connection.name, each.kind) for each in found}


# Notices -------------------------------------------------------------------------------------------------------------


def test_list_shows_the_open_ones_and_filters_them(desk, isp, other):
    raised(isp)
    raised(other, Kind.BREAKER, "")
    notices.close(other, Kind.BREAKER)
    raised(other, Kind.SLOWER, "")
    assert shown(desk) == {("isp", "new_status"), ("other", "slower")}
    assert shown(desk, f"?connection__id__exact={isp.pk}") == {("isp", "new_status")}
    assert shown(desk, "?kind__exact=slower") == {("other", "slower")}
    assert shown(desk, "?state=closed") == {("other", "breaker")}
    assert len(shown(desk, "?state=all")) == 3


def test_a_notice_is_put_away_with_who_and_when(desk, isp, officer):
    notice = raised(isp)
    page = desk.get(page_of(notice)).content.decode()
    assert "Put away" in page
    assert "Parked" in page
    away = reverse("admin:crm_integrations_notice_put_away", args=[notice.pk])
    assert desk.post(away, follow=True).status_code == 200
    notice.refresh_from_db()
    assert notice.closed_by == officer
    assert AnswerShape.has_word(isp, "Parked")
    closed = desk.get(LIST + "?state=closed").content.decode()
    assert "put away by asha" in closed
    assert "Put away</button>" not in desk.get(page_of(notice)).content.decode()
    assert "was closed already" in desk.post(away, follow=True).content.decode()


def test_moments_of_a_notice_are_in_words_and_local(desk, isp):
    notice = raised(isp)
    since = datetime(2026, 11, 21, 20, 12, 11, 956841, tzinfo=UTC)
    Notice.objects.update(created_at=since)
    page = desk.get(page_of(notice)).content.decode()
    assert localize(timezone.localtime(since)) in page
    assert "956841" not in page


def test_several_are_put_away_at_once(desk, isp, other):
    chosen = [raised(isp), raised(other)]
    desk.post(LIST, {"action": "put_away_selected", "_selected_action": [each.pk for each in chosen]})
    assert not Notice.objects.filter(closed_at=None).exists()


def test_who_may_only_look_puts_nothing_away(isp):
    notice, client = raised(isp), people.clerk("view_notice")
    assert "Put away" not in client.get(page_of(notice)).content.decode()
    away = reverse("admin:crm_integrations_notice_put_away", args=[notice.pk])
    assert client.post(away).status_code == 403
    client.post(LIST, {"action": "put_away_selected", "_selected_action": [notice.pk]})
    assert Notice.objects.filter(closed_at=None).count() == 1
    assert people.clerk("change_notice").post(away).status_code == 302
    assert people.clerk("view_lead").get(LIST).status_code == 403


def test_a_link_that_was_guessed_puts_nothing_away(desk, isp):
    notice = raised(isp)
    away = reverse("admin:crm_integrations_notice_put_away", args=[notice.pk])
    assert desk.get(away).status_code == 405
    assert desk.post(reverse("admin:crm_integrations_notice_put_away", args=[uuid4()])).status_code == 404
    assert Notice.objects.filter(closed_at=None).count() == 1


def test_poison_leads_to_its_delivery(desk, isp):
    key = str(uuid4())
    page = desk.get(page_of(raised(isp, Kind.POISON, key))).content.decode()
    assert reverse("admin:crm_integrations_delivery_change", args=[key]) in page


def test_vendors_words_are_shown_as_text(desk, isp):
    notice = raised(isp, subject="<script>alert(1)</script>")
    for url in (LIST, page_of(notice), page_of(isp)):
        page = desk.get(url).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


def test_menu_counts_the_open_ones(desk, isp, other):
    raised(isp)
    raised(other)
    notices.close(other, Kind.NEW_STATUS, "Parked")

    def badge() -> object:
        request = desk.get(LIST).wsgi_request
        entries = {item["title"]: item for group in sidebar(request) for item in group["items"]}
        return entries["Notices"].get("badge")

    assert badge() == 1
    Notice.objects.update(closed_at=timezone.now())
    assert badge() is None


def test_first_page_counts_the_open_ones_and_leads_to_them(desk, isp):
    def tiles(client: Client) -> dict[str, str]:
        context = client.get(reverse("admin:index")).context
        return {number.label: number.url for number in context["needs_person"]}

    assert "Open notice" not in tiles(desk)
    raised(isp)
    assert tiles(desk)["Open notice"] == LIST
    assert "Open notice" not in tiles(people.clerk("view_lead", "view_delivery"))


def test_list_of_notices_stays_within_12_queries(desk, isp, django_assert_max_num_queries):
    for number in range(30):
        raised(isp, subject=f"word {number}")
    desk.get(LIST)
    with django_assert_max_num_queries(12):
        assert desk.get(LIST).status_code == 200


# The page of a connection --------------------------------------------------------------------------------------------


def tally(connection: Connection, ago: int, **columns: object) -> Tally:
    hour = hour_of(timezone.now() - timedelta(hours=ago))
    return Tally.objects.create(connection=connection, hour=hour, **columns)


def standing(desk: Client, connection: Connection) -> str:
    page = desk.get(page_of(connection)).content.decode()
    return page.partition('aria-label="State of the connection"')[2].partition("</section>")[0]


def test_page_says_that_all_is_well(desk, isp):
    said = standing(desk, isp)
    assert "Deliveries go out as they come" in said
    assert "100 %" in said
    assert "0 of 8" in said
    assert "As many calls as the vendor takes" in said
    assert "Close the breaker" not in said


def test_page_says_who_paused_it_and_since_when(desk, isp):
    desk.post(own_view(isp, "pause"), {"reason": "They are moving"})
    said = standing(desk, isp)
    assert "by asha: They are moving" in said
    assert (
        "By asha: They are moving"
        in desk.get(reverse("admin:crm_integrations_connection_changelist")).content.decode()
    )
    assert f"since {timezone.localtime():%-d}" in said
    assert "Resume" in said


def test_page_says_until_when_it_holds_and_why(desk, isp):
    until = timezone.now() + timedelta(minutes=5)
    Connection.objects.update(rate=8, parallel=6)
    Health.objects.create(
        connection=isp, hold_until=until, hold_reason="The vendor asked us to wait.", pace=0.5
    )
    said = standing(desk, isp)
    assert f"{timezone.localtime(until):%H:%M:%S}" in said
    assert "The vendor asked us to wait." in said
    assert "50 %" in said
    assert "4 calls a second" in said
    assert "0 of 3" in said


def test_an_officer_closes_the_breaker(desk, isp):
    until = timezone.now() + timedelta(minutes=5)
    why = "5 calls in a row failed at the vendor."
    Health.objects.create(
        connection=isp, failures=5, opened_at=timezone.now(), hold_until=until, hold_reason=why
    )
    said = standing(desk, isp)
    assert "Breaker open" in said
    assert why in said
    assert "0 of 1" in said
    answer = desk.post(own_view(isp, "close"), follow=True).content.decode()
    assert "calls go on" in answer
    assert "Breaker open" not in standing(desk, isp)
    assert Health.objects.get().hold_until is None


def test_page_counts_the_calls_under_way(desk, isp):
    for minutes in (1, 2, -1):
        Lease.objects.create(id=uuid4(), connection=isp, until=timezone.now() + timedelta(minutes=minutes))
    assert "2 of 8" in standing(desk, isp)


def test_the_check_says_what_it_found(desk, isp):
    with holding.vendor() as vendor:
        Connection.objects.update(base_url=vendor.url)
        told = desk.post(own_view(isp, "check"), follow=True).content.decode()
    assert "Address answers; credentials are complete, not proved: ISPCRM has no harmless call." in told
    assert "isp works." not in told
    told = desk.post(own_view(isp, "check"), follow=True).content.decode()  # by now nothing listens there
    assert "isp can&#x27;t be used. No connection: " in told
    broken = holding.connect("broken", "ftp://nowhere")
    assert "broken can&#x27;t be used." in desk.post(own_view(broken, "check"), follow=True).content.decode()


@pytest.mark.parametrize("view", ["check", "close", "pause", "resume"])
def test_who_may_only_look_steers_nothing(isp, view):
    client = people.clerk("view_connection")
    page = client.get(page_of(isp)).content.decode()
    assert "State of the connection" in page
    assert "Check connection" not in page
    assert client.post(own_view(isp, view)).status_code == 403
    assert client.get(own_view(isp, view)).status_code == 405


def test_page_leads_to_what_belongs_to_it(desk, connections):
    for vendor, labels in (
        ("crego_los", ["What is followed"]),
        ("broctagon", ["Webhooks"]),
        ("crego_crm", ["Reconciliations"]),
    ):
        context = desk.get(page_of(connections[vendor])).context
        links = dict(context["its_pages"])
        assert {"Deliveries", "HTTP calls", "All notices", *labels} <= set(links)
        for url in links.values():
            assert str(connections[vendor].pk) in url
            assert desk.get(url).status_code == 200
    assert "Webhooks" not in dict(desk.get(page_of(connections["ispcrm"])).context["its_pages"])


def test_chart_has_a_bar_an_hour_with_its_failures(desk, isp):
    tally(isp, 0, calls=40, failures=10, sent=40, p50_ms=100, p95_ms=400, durations={"140": 40})
    tally(isp, 1, calls=80)
    tally(isp, 167, calls=1, failures=1)
    tally(isp, 168, calls=999)
    chart = desk.get(page_of(isp)).context["chart"]
    first, before, last = chart["bars"]
    assert (chart["most"], chart["slowest"]) == (80, 400)
    assert (first["x"], before["x"], last["x"]) == (0, 166 * 5, 167 * 5)
    assert (last["failed"], last["height"]) == (13.8, 41.2)
    assert (before["failed"], before["height"], before["y"]) == (0, 110, 0)
    assert first["failed"] == 1.5  # few, and seen all the same
    assert sum(day["calls"] for day in chart["days"]) == 121
    today = chart["days"][-1]
    assert 420 <= today["p95"] <= 440


def test_lines_begin_anew_where_nothing_was_sent(isp):
    for ago in (0, 1, 5):
        tally(isp, ago, calls=5, sent=5, p50_ms=100, p95_ms=200, durations={"106": 5})
    chart = connection_page.chart(list(Tally.objects.all()), timezone.now())
    line = dict(chart["lines"])["p95"]
    assert (line.count("M"), line.count("L")) == (2, 1)


def test_causes_of_today_stand_beside_those_of_the_week(desk, isp):
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ((today, 100, 31), (today - timedelta(days=1), 600, 2), (today - timedelta(days=2), 400, 2))
    for hour, sent, count in rows:
        Tally.objects.create(
            connection=isp, hour=hour, calls=sent, sent=sent, causes={"HTTP 400: <b>": count}
        )
    Tally.objects.create(connection=isp, hour=today - timedelta(days=9), sent=100, causes={"old": 100})
    answer = desk.get(page_of(isp))
    [row] = answer.context["causes"]["rows"]
    assert (row["cause"], row["today"], row["before"]) == ("HTTP 400: <b>", (31, 100), (4, 1000))
    page = answer.content.decode()
    assert "HTTP 400: &lt;b&gt;" in page
    assert '31 % <span class="lo-quiet">(31)</span>' in page
    assert '&lt;1 % <span class="lo-quiet">(4)</span>' in page


def test_most_frequent_causes_are_shown_and_the_others_counted(isp):
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = {f"cause {'abcdefghijk'[at]}": at + 1 for at in range(11)}
    tallies = [Tally(connection=isp, hour=today, sent=100, causes=counts)]
    found = connection_page.causes(tallies, today)
    assert [row["today"].percent for row in found["rows"]] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert len(found["more"]) == 3


def test_page_shows_the_open_notices(desk, isp, other):
    raised(isp)
    raised(other, subject="Elsewhere")
    said = standing(desk, isp)
    assert "Parked" in said
    assert "Elsewhere" not in said
    watching.put_away(Notice.objects.get(connection=isp), people.officer("asha"))
    assert "Parked" not in standing(desk, isp)


def test_page_stays_within_20_queries_however_much_was_called(desk, isp, django_assert_max_num_queries):
    now = timezone.now()
    Tally.objects.bulk_create(
        Tally(connection=isp, hour=hour_of(now - timedelta(hours=ago)), calls=100, sent=50, failures=3,
              causes={"a": 2}, durations={"100": 50}, p50_ms=76, p95_ms=76)
        for ago in range(190)
    )  # fmt: skip
    for number in range(30):
        raised(isp, subject=f"word {number}")
    desk.get(page_of(isp))
    with django_assert_max_num_queries(20):
        assert desk.get(page_of(isp)).status_code == 200


def opened(desk, connection) -> dict[str, object]:
    """The connection's form as the page has it."""
    form = desk.get(page_of(connection)).context["adminform"].form
    said = {name: form[name].value() or "" for name in form.fields}
    return said | {"routes-TOTAL_FORMS": "0", "routes-INITIAL_FORMS": "0", "enabled": "on"}


def test_rate_is_set_in_the_form(desk, isp):
    said = opened(desk, isp)
    assert desk.post(page_of(isp), said | {"rate": "2.5"}).status_code == 302
    isp.refresh_from_db()
    assert isp.rate == 2.5
    outbox.pause(isp, "x")
    assert desk.post(page_of(isp), opened(desk, isp) | {"rate": "0"}).status_code == 200
