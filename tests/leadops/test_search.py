"""Finding leads by what an officer types."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadops import search
from leadops.models import Applicant, Bank, Lead
from tests import people


@pytest.fixture
def found_leads(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 5)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda n: n,
        lambda n: n[3:],
        lambda n: f"0{n[3:]}",
        lambda n: f"{n[3:8]} {n[8:]}",
        lambda n: f"91-{n[3:]}",
    ],
)
def test_a_mobile_is_found_in_any_spelling(found_leads, spelling):
    lead = found_leads[2]
    assert search.lead_ids(spelling(lead.primary_mobile)) == [lead.pk]


def test_a_lead_is_found_by_everything_that_names_it(found_leads):
    lead = found_leads[3]
    applicant = Applicant.objects.get(lead=lead)
    account = Bank.objects.get(applicant=applicant).account_no
    reference = lead.partner_ref_id
    for text in (
        str(lead.pk),
        reference,
        reference.lower(),
        applicant.pan_no,
        applicant.pan_no.lower(),
        f"{applicant.pan_no[:5].lower()} {applicant.pan_no[5:9]} {applicant.pan_no[9:].lower()}",
        account,
        f"{account[:4]} {account[4:8]}-{account[8:]}",
    ):
        assert search.lead_ids(f" {text} ") == [lead.pk], text


@pytest.mark.parametrize("spelling", [str, str.upper, lambda shown: shown.removeprefix("#")])
def test_a_lead_without_a_reference_is_found_by_the_short_id_it_is_shown_by(
    found_leads, partner, program, spelling
):
    Lead.objects.update(partner_ref_id="")
    # An id of letters and digits, so that each spelling is another one.
    own_id = UUID("01939a40-0000-7000-8000-0000facb25fb")
    lead = Lead.objects.create(pk=own_id, partner=partner, program=program, primary_mobile="+919000000001")
    assert lead.reference == "#facb25fb"
    assert search.lead_ids(spelling(lead.reference)) == [own_id]
    assert search.lead_ids(lead.reference[:-1]) == []


def test_a_name_is_found_by_the_beginnings_of_its_words(found_leads):
    applicant = Applicant.objects.get(lead=found_leads[0])
    first, *_, last = applicant.name.split()
    assert found_leads[0].pk in search.lead_ids(f"{last[:3]} {first[:3].lower()}")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("A.K.Sharmazz", "sharmazz"),
        ("A.K.Sharmazz", "a.k. sharma"),
        ("M/s.Guptazz Traders", "guptazz"),
        ("S/o Rameshzz & Co Pvt.Ltd", "s/o rameshzz & co pvt.ltd"),
        ("O'Brienzz-Rao", "rao brienzz"),
        ("Żaneta Łukaszzz", "łukaszzz"),
        ("सुनीता देवी", "देवी सुनी"),
        ("முத்து குமார்", "முத்து"),
        ("রহিম উদ্দিন", "উদ্দিন"),
        ("Пётр Ильин", "пётр"),
    ],
)
def test_a_name_is_found_however_it_is_written(found_leads, name, typed):
    Applicant.objects.filter(lead=found_leads[1]).update(name=name)
    assert search.lead_ids(name) == [found_leads[1].pk]
    assert search.lead_ids(typed) == [found_leads[1].pk]


def test_a_key_finds_its_own_lead_and_nobody_whose_name_begins_like_it(found_leads):
    first, second = (Applicant.objects.get(lead=lead) for lead in found_leads[:2])
    Applicant.objects.filter(pk=first.pk).update(name="Sunita Sahu")
    Lead.objects.filter(pk=second.lead_id).update(partner_ref_id="SUN")
    assert search.lead_ids("sun") == [second.lead_id]
    assert search.lead_ids("sunit") == [first.lead_id]


@pytest.mark.parametrize("text", ["SUN-0001", "sunita 98", "0001"])
def test_digits_are_a_word_of_their_own_in_a_name(found_leads, text):
    Applicant.objects.filter(lead=found_leads[0]).update(name="Sunita Sahu")
    assert search.lead_ids(text) == []
    Applicant.objects.filter(lead=found_leads[0]).update(name="Sector 7 Traders")
    assert search.lead_ids("sec 7") == [found_leads[0].pk]


@pytest.mark.parametrize("text", ["", "  ", "'", "a & !b | (c", "\\", ":*", "%", "zzzz", "0000000000", "é"])
def test_any_text_is_a_text(found_leads, text):
    assert search.lead_ids(text) == []


def test_a_search_is_a_handful_of_queries(found_leads, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        search.lead_ids("9800000001")


@pytest.mark.parametrize(
    "text", ["01939a40-0000-7000-8000-000000000009", "98000 00001", "abcpk 1234 l", "#facb25fb", "sun sah"]
)
def test_every_condition_of_a_search_meets_an_index(found_leads, text):
    with connection.cursor() as cursor:
        # Five rows would be read through, or along another index's order; bitmaps are left to show what fits.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        # So few rows may as well be read through in an index of all of them.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; DROP INDEX one_lead_per_partner_reference")
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'seen\\_lead\\_%'")
        cursor.execute(f"DROP INDEX {', '.join(name for (name,) in cursor.fetchall())}")
    searches = [*search._by_key(text, "IN", None), search._by_name(text, None)]
    plans = [found[: search.MOST].explain() for found in searches]
    assert not [plan for plan in plans if "Seq Scan" in plan]
    assert "lead_by_reference" in plans[0]
    assert "applicant_by_name" in plans[-1]
    assert ("lead_by_short_id" in "".join(plans)) == text.startswith("#")


@pytest.fixture
def many_names(found_leads) -> None:
    """Two thousand more names, all of them with one first name."""
    with connection.cursor() as cursor:
        cursor.execute("""INSERT INTO leadops_applicant SELECT r.* FROM generate_series(1, 2000) n
            CROSS JOIN LATERAL (SELECT a FROM leadops_applicant a LIMIT 1) known
            CROSS JOIN LATERAL jsonb_populate_record(known.a, jsonb_build_object(
                'id', gen_random_uuid(), 'is_primary', false, 'position', 10 + n, 'name', 'Gita Rao' || n)) r""")
        cursor.execute("ANALYZE leadops_applicant")


def test_a_word_that_most_names_have_is_read_in_those_that_the_other_word_finds(many_names):
    assert search._by_index(["git", "rao1999"]) == (["rao1999"], ["git"])
    assert search._by_index(["git", "rao"]) == (["git", "rao"], [])
    assert search._by_index(["git"]) == (["git"], [])


def test_words_that_are_read_are_words_of_the_name_as_well(many_names):
    [lead_id] = set(Applicant.objects.filter(name="Gita Rao1999").values_list("lead_id", flat=True))
    assert search.lead_ids("gi rao1999") == search.lead_ids("rao1999 gita") == [lead_id]
    assert search.lead_ids("ita rao1999") == search.lead_ids("gita rao19990") == []


class TestANameOfMany:
    @pytest.fixture
    def gitas(self, partner, program, monkeypatch) -> list[UUID]:
        """Thirty leads of one first name, newest first, and ten newer ones of another; one is many here."""
        monkeypatch.setattr(search, "MOST_READ", 0)
        monkeypatch.setattr(search, "MOST_BY_NAME", 5)
        leads = sorted((lead.pk for lead in people.leads_of(partner, program, 40)), reverse=True)
        Applicant.objects.filter(lead__in=leads[10:]).update(name="Gita Rao")
        return leads[10:]

    @pytest.mark.parametrize("late", [0, 9, 13, 14, 39, 40, 1000])
    def test_is_found_by_its_newest_leads_wherever_they_stand(self, gitas, monkeypatch, late):
        monkeypatch.setattr(search, "LATE", late)
        assert search.lead_ids("gita") == gitas[:5]

    @pytest.mark.parametrize(("late", "searches"), [(13, [True, False]), (14, [True])])
    def test_is_looked_for_among_all_leads_where_the_newest_have_too_few(
        self, gitas, monkeypatch, django_assert_num_queries, late, searches
    ):
        monkeypatch.setattr(search, "LATE", late)
        named = search._by_name("gita", None)
        with django_assert_num_queries(
            2 + len(searches)
        ) as asked:  # the estimate and where the late ones begin
            search._newest(named)
        assert [">= " in query["sql"] for query in asked.captured_queries[2:]] == searches

    @pytest.mark.parametrize("everywhere", [0, 1000])
    def test_deleted_leads_take_no_places(self, gitas, monkeypatch, everywhere):
        monkeypatch.setattr(search, "EVERYWHERE", everywhere)
        Lead.objects.filter(pk__in=gitas[:5]).update(deleted_at=timezone.now())
        assert search.lead_ids("gita") == gitas[5:10]

    def test_of_few_is_looked_for_once(self, gitas, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(search, "MOST_READ", 1000)
        with django_assert_num_queries(2):
            assert search._newest(search._by_name("gita", None)) == gitas[:5]

    def test_of_everybody_is_read_in_the_order_of_the_leads(self, gitas, monkeypatch):
        monkeypatch.setattr(search, "EVERYWHERE", 0)
        with CaptureQueriesContext(connection) as asked:
            assert search._newest(search._by_name("gita", None)) == gitas[:5]
        assert "ORDER BY 1 DESC LIMIT 5" in asked.captured_queries[1]["sql"]
