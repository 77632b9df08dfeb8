"""What leads miss, kept for searching: found after the fact, and never missed."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.db import transaction

from crm_integrations import gaps, snapshots
from crm_integrations.models import Connection, Gap, GapWalk, Recheck
from crm_integrations.readiness import of_lead
from leadops.models import Lead
from leadops.services import leads
from tests import people

EMAIL = "applicants.primary_email"


@pytest.fixture
def isp(db) -> Connection:
    """A connection that takes no lead without an e-mail address."""
    return _connected("ispcrm", "isp")


def _connected(vendor: str, name: str) -> Connection:
    made = Connection(vendor=vendor, name=name, base_url=f"https://{name}.example")
    made.secrets = {"token": "synthetic"}
    made.save()
    return made


@pytest.fixture
def without_email(isp, partner, program) -> list[Lead]:
    """Three leads; the first has an e-mail address, the others have none."""
    made = people.leads_of(partner, program, 3)
    for lead in made[1:]:
        lead.applicants.update(primary_email="")
    return made


def missing(connection: Connection) -> set[tuple[str, str]]:
    found = Gap.objects.filter(connection=connection).select_related("lead")
    return {(gap.lead.reference, gap.field) for gap in found}


def test_gaps_are_what_the_connector_that_sends_misses(isp, without_email):
    gaps.refresh()
    for lead in without_email:
        asked = {(gaps.POSITION.sub("", each.field), each.message) for each in of_lead(lead)[0].missing}
        assert set(lead.gaps.values_list("field", "message")) == asked
    assert missing(isp) == {(lead.reference, EMAIL) for lead in without_email[1:]}


def test_taking_leads_in_only_marks_them(isp, without_email, django_capture_on_commit_callbacks):
    gaps.refresh()
    with django_capture_on_commit_callbacks() as rung:
        leads.submit(without_email)
    assert Recheck.objects.get().leads == [lead.pk for lead in without_email]
    assert len(rung) == 1


def test_a_single_lead_rings_nobody(isp, without_email, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as rung:
        gaps.mark([without_email[0].pk])
    assert rung == []
    assert Recheck.objects.count() == 1


def test_a_roll_back_takes_its_mark_along(isp, without_email):
    with transaction.atomic():
        gaps.mark([without_email[0].pk])
        transaction.set_rollback(True)
    assert not Recheck.objects.exists()


def test_many_leads_are_marked_in_chunks(isp, without_email, monkeypatch):
    monkeypatch.setattr(gaps, "CHUNK", 2)
    gaps.mark([lead.pk for lead in without_email])
    assert sorted(len(row.leads) for row in Recheck.objects.all()) == [1, 2]
    assert gaps.refresh() >= 3
    assert not Recheck.objects.exists()
    assert len(missing(isp)) == 2


def test_a_change_closes_and_opens_gaps(isp, without_email):
    gaps.refresh()
    first, second, _ = without_email
    first.applicants.update(primary_email="")
    second.applicants.update(primary_email="asha@example.com")
    leads.revise(first)
    leads.revise(second)
    gaps.refresh()
    assert {reference for reference, _ in missing(isp)} == {
        first.reference,
        without_email[2].reference,
    }


def test_a_dropped_lead_misses_nothing(isp, without_email):
    gaps.refresh()
    Lead.objects.filter(pk=without_email[1].pk).update(status=Lead.Status.DROPPED)
    leads.revise(without_email[1])
    gaps.refresh()
    assert missing(isp) == {(without_email[2].reference, EMAIL)}


def test_unchanged_gaps_are_not_written_again(isp, without_email):
    gaps.refresh()
    before = set(Gap.objects.values_list("pk", flat=True))
    gaps.mark([lead.pk for lead in without_email])
    gaps.refresh()
    assert set(Gap.objects.values_list("pk", flat=True)) == before


def test_a_dead_worker_leaves_the_marks_to_the_next(isp, without_email, monkeypatch):
    gaps.refresh()
    without_email[0].applicants.update(primary_email="")
    leads.revise(without_email[0])

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(isp.connector_class, "missing", killed)
        with pytest.raises(SystemExit):
            gaps.refresh()
    assert Recheck.objects.count() == 1
    gaps.refresh()
    assert len(missing(isp)) == 3


def test_a_new_connection_is_walked_through_for_all_leads(isp, without_email):
    gaps.refresh()
    other = _connected("ispcrm", "other")
    gaps.refresh()
    assert missing(other) == missing(isp)
    assert GapWalk.objects.filter(done=True).count() == 2


def test_changed_settings_are_walked_through_again(isp, without_email):
    gaps.refresh()
    found = missing(isp)
    Gap.objects.all().delete()
    gaps.refresh()
    assert missing(isp) == set()
    Connection.objects.filter(pk=isp.pk).update(settings={"something": "else"})
    gaps.refresh()
    assert missing(isp) == found


def test_a_walk_that_was_stopped_goes_on_where_it_was(isp, without_email, monkeypatch):
    monkeypatch.setattr(gaps, "CHUNK", 1)
    turns = iter([False, True])
    gaps.refresh(lambda: next(turns))
    walk = GapWalk.objects.get()
    assert (walk.below, walk.done) == (max(lead.pk for lead in without_email), False)
    gaps.refresh()
    assert GapWalk.objects.get().done
    assert len(missing(isp)) == 2


def test_nothing_to_do_costs_few_queries(isp, without_email, django_assert_max_num_queries):
    gaps.refresh()
    with django_assert_max_num_queries(7):
        assert gaps.refresh() == 0


def test_queries_do_not_grow_with_the_leads(isp, partner, program, django_assert_max_num_queries):
    gaps.refresh()
    gaps.mark([lead.pk for lead in people.leads_of(partner, program, 40)])
    with django_assert_max_num_queries(25):
        gaps.refresh()


def test_a_lead_that_cannot_be_read_spoils_no_other(isp, without_email, monkeypatch):
    read = snapshots.of_leads

    def some(chosen, vendors):
        if without_email[1] in chosen:
            raise ValueError
        return read(chosen, vendors)

    monkeypatch.setattr(snapshots, "of_leads", some)
    gaps.refresh()
    assert missing(isp) == {(without_email[2].reference, EMAIL)}


def test_a_connection_is_walked_through_again_once_it_is_enabled(isp, without_email):
    gaps.refresh()
    Connection.objects.update(enabled=False)
    without_email[1].applicants.update(primary_email="asha@example.com")
    leads.revise(without_email[1])
    gaps.refresh()
    Connection.objects.update(enabled=True)
    gaps.refresh()
    assert missing(isp) == {(without_email[2].reference, EMAIL)}


def test_another_process_at_it_leaves_it_to_that(isp, without_email, transactional_db):
    other = database.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [gaps.LOCK])
        assert gaps.refresh() == 0
    finally:
        other.rollback()
        other.close()
    assert gaps.refresh() > 0


def test_options_are_the_pairs_there_are_with_capped_counts(isp, without_email, monkeypatch):
    gaps.refresh()
    assert gaps.options() == [(isp.pk, "isp", EMAIL, 2)]
    monkeypatch.setattr(gaps, "MOST_COUNTED", 0)
    assert [option.leads for option in gaps.options()] == [1]
    Connection.objects.update(enabled=False)
    assert gaps.options() == []


def test_options_of_several_connections_and_fields_are_all_found(isp, partner, program):
    lead = people.leads_of(partner, program)[0]
    other = _connected("broctagon", "another")
    for connection, field in ((isp, "b"), (isp, "a"), (other, "c"), (isp, "a.d")):
        Gap.objects.create(lead=lead, connection=connection, field=field, message="Missing.")
    listed = [(option.connection, option.field) for option in gaps.options()]
    assert listed == [("another", "c"), ("isp", "a"), ("isp", "a.d"), ("isp", "b")]
