"""One rule for duplicates: what counts, what becomes of a repeat, who was first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leadops import synthetic
from leadops.drafts import AddressDraft, ApplicantDraft, ConsentDraft
from leadops.errors import DuplicateLead, DuplicateReference
from leadops.ids import made_at
from leadops.models import Applicant, Bank, Duplicate, DuplicatePolicy, Lead, Merge
from leadops.prepared import BY_ONE_PLAN, run
from leadops.services import duplicates, leads, loan_accounts
from leadops.services.duplicates import finding
from leadops.signals import leads_changed, leads_ready
from leadops.validation import check_lead
from tests import people
from tests.leadops.borrowers import ACCOUNT, IFSC, MOBILE, PAN, applicant, bank, lead
from tests.threads import together

OTHER_MOBILE, THIRD_MOBILE = "9800000002", "9800000003"
OTHER_PAN = "ABCPV9999L"


@pytest.fixture
def take(partner, program):
    def taken(draft, of=None, into=None):
        return leads.receive(draft, partner=of or partner, program=into or program, intake=Lead.Intake.API)

    return taken


@pytest.fixture
def long_ago(partner, program):
    """A lead of so many days ago."""

    def made(draft, days):
        check_lead(draft)
        then = timezone.now() - timedelta(days=days)
        with made_at(then):
            [old] = leads.create([draft], partner=partner, program=program, intake=Lead.Intake.API)
        Lead.objects.filter(pk=old.pk).update(created_at=then)
        return Lead.objects.get(pk=old.pk)

    return made


def pairs() -> set[tuple[object, object]]:
    return {(each.lead_id, each.earlier_id) for each in Duplicate.objects.all()}


class TestWhatCounts:
    SAME = {
        "PAN": (lead(OTHER_MOBILE, applicant(pan_no=PAN)), "pan"),
        "PAN in small letters": (lead(OTHER_MOBILE, applicant(pan_no=PAN.lower())), "pan"),
        "mobile": (lead(MOBILE), "mobile"),
        "mobile in another spelling": (lead("+91 98000-00001"), "mobile"),
        "mobile of an applicant": (lead(OTHER_MOBILE, applicant(primary_mobile=MOBILE)), "mobile"),
        "account": (lead(OTHER_MOBILE, applicant(banks=[bank()])), "account"),
        "PAN of a co-applicant": (
            lead(OTHER_MOBILE, applicant(), applicant(name="Ravi Verma", pan_no=PAN)),
            "pan",
        ),
    }

    @pytest.mark.parametrize("how", SAME)
    def test_makes_a_later_lead_a_repeat_of_the_first(self, take, how):
        draft, key = self.SAME[how]
        first = take(lead(MOBILE, applicant(pan_no=PAN, banks=[bank()]))).lead
        second = take(draft).lead
        [pair] = Duplicate.objects.all()
        assert (pair.lead, pair.earlier, pair.only_mobile) == (second, first, False)
        assert [each["key"] for each in pair.common] == [key]

    def test_a_co_applicant_who_is_the_primary_one_elsewhere_counts(self, take):
        take(lead(MOBILE, applicant(), applicant(name="Ravi Verma", pan_no=OTHER_PAN, banks=[bank()])))
        take(lead(OTHER_MOBILE, applicant(name="Ravi Verma", pan_no=OTHER_PAN, banks=[bank()])))
        [pair] = Duplicate.objects.all()
        assert [(each["key"], each["field"]) for each in pair.common] == [
            ("pan", "applicants[0].pan_no"),
            ("account", "applicants[0].banks[0].account_no"),
        ]

    OTHERS = {
        "another borrower": lead(OTHER_MOBILE, applicant(pan_no=OTHER_PAN, banks=[bank("999999999999")])),
        "the same number at another bank": lead(OTHER_MOBILE, applicant(banks=[bank(ifsc="SBIN0000300")])),
        "the same number at no bank": lead(OTHER_MOBILE, applicant(banks=[bank(ifsc="")])),
        "no PAN, as the first": lead(OTHER_MOBILE, applicant()),
    }

    @pytest.mark.parametrize("how", OTHERS)
    def test_nothing_else_does(self, take, how):
        take(lead(MOBILE, applicant(pan_no=PAN, banks=[bank()]), applicant(name="Ravi Verma")))
        take(self.OTHERS[how])
        assert pairs() == set()

    def test_what_is_kept_is_masked(self, take):
        for mobile in (MOBILE, MOBILE):
            take(lead(mobile, applicant(pan_no=PAN, banks=[bank()])))
        shown = {each["key"]: each["shown"] for each in Duplicate.objects.get().common}
        assert shown == {"pan": "ABXXXXX34L", "mobile": "••••0001", "account": f"••••9012 at {IFSC}"}
        assert not {PAN, MOBILE, ACCOUNT} & set(shown.values())

    def test_one_mobile_of_two_people_is_told_but_refuses_nobody(self, take, rule):
        rule(DuplicatePolicy.REFUSE)
        take(lead(MOBILE, applicant(pan_no=PAN)))
        take(lead(MOBILE, applicant(name="Ravi Verma", pan_no=OTHER_PAN)))
        assert Duplicate.objects.get().only_mobile
        with pytest.raises(DuplicateLead):
            take(lead(MOBILE))  # whose PAN nobody knows

    def test_dropped_and_declined_leads_count_and_it_is_said(self, take, rule):
        first = take(lead(MOBILE, applicant(pan_no=PAN))).lead
        Lead.objects.filter(pk=first.pk).update(status=Lead.Status.DECLINED)
        rule(DuplicatePolicy.REFUSE)
        with pytest.raises(DuplicateLead, match="; it was declined since"):
            take(lead(MOBILE))

    def test_another_product_is_no_repeat(self, take):
        other = people.program("tw", "Two-wheeler loans")
        take(lead(MOBILE))
        take(lead(MOBILE), into=other)
        assert pairs() == set()

    def test_only_the_keys_of_the_program_count(self, take, rule):
        rule(DuplicatePolicy.FLAG, duplicate_keys=["pan"])
        take(lead(MOBILE, applicant(pan_no=PAN)))
        take(lead(MOBILE))
        assert pairs() == set()
        take(lead(OTHER_MOBILE, applicant(pan_no=PAN)))
        assert Duplicate.objects.count() == 1

    @pytest.mark.parametrize("off", [{"duplicate_days": 0}, {"duplicate_keys": []}])
    def test_switched_off_it_asks_and_finds_nothing(
        self, take, rule, off, partner, program, django_assert_num_queries
    ):
        rule(DuplicatePolicy.REFUSE, **off)
        take(lead(MOBILE))
        take(lead(MOBILE))
        with django_assert_num_queries(0):
            [verdict] = duplicates.judge([lead(MOBILE)], partner=partner, program=program)
        assert verdict.matches == []
        assert pairs() == set()


class TestTheWindow:
    @pytest.mark.parametrize(("days", "repeats"), [(89, 1), (91, 0)])
    def test_is_ninety_days(self, take, long_ago, days, repeats):
        long_ago(lead(MOBILE, applicant(pan_no=PAN, banks=[bank()])), days)
        take(lead(MOBILE, applicant(pan_no=PAN, banks=[bank()])))
        assert Duplicate.objects.count() == repeats

    def test_is_the_programs(self, take, long_ago, rule):
        rule(DuplicatePolicy.FLAG, duplicate_days=365)
        long_ago(lead(MOBILE), 300)
        take(lead(MOBILE))
        assert Duplicate.objects.count() == 1

    def test_does_not_hold_for_references(self, long_ago, partner, program):
        old = long_ago(lead(MOBILE, partner_ref_id="A"), 3000)
        with pytest.raises(DuplicateReference) as refused:
            leads.receive(
                lead(OTHER_MOBILE, partner_ref_id="A"), partner=partner, program=program, intake="api"
            )
        assert refused.value.existing_id == str(old.pk)


class TestRefuse:
    @pytest.fixture(autouse=True)
    def _refuse(self, rule):
        rule(DuplicatePolicy.REFUSE)

    def test_makes_no_lead_and_says_which_was_first(self, take):
        first = take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="SUN-1")).lead
        with pytest.raises(DuplicateLead) as refused:
            take(lead(OTHER_MOBILE, applicant(pan_no=PAN)))
        assert refused.value.existing_id == str(first.pk)
        assert refused.value.message.startswith("Your lead SUN-1 of ")
        assert "has the same PAN ABXXXXX34L" in refused.value.message
        assert [(each.field, each.code) for each in refused.value.findings] == [
            ("applicants[0].pan_no", "duplicate_lead")
        ]
        assert Lead.objects.count() == 1

    def test_tells_nothing_of_another_partners_lead(self, take, other_partner):
        take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="MOON-1"), of=other_partner)
        said = set()
        for draft in (lead(MOBILE), lead(OTHER_MOBILE, applicant(pan_no=PAN))):
            with pytest.raises(DuplicateLead) as refused:
                take(draft)
            said.add((refused.value.message, refused.value.existing_id, *map(str, refused.value.findings)))
        assert len(said) == 1, "the answer depends on what the other lead has"
        assert "MOON" not in str(said)

    def test_a_repeated_call_is_known_by_its_reference_first(self, take):
        first = take(lead(MOBILE, partner_ref_id="SUN-1")).lead
        with pytest.raises(DuplicateReference) as refused:
            take(lead(MOBILE, partner_ref_id="SUN-1"))
        assert refused.value.existing_id == str(first.pk)

    def test_drafts_of_one_request_repeat_each_other(self, partner, program):
        drafts = [lead(MOBILE), lead(OTHER_MOBILE), lead(MOBILE), lead(THIRD_MOBILE)]
        for each in drafts:
            check_lead(each)
        verdicts = duplicates.judge(drafts, partner=partner, program=program)
        assert [each.becomes.value for each in verdicts] == ["lead", "lead", "refused", "lead"]
        assert verdicts[2].because.place == 0
        assert not Lead.objects.exists()

    def test_what_is_refused_makes_nobody_else_a_repeat(self, partner, program):
        first, second = lead(MOBILE), lead(MOBILE, applicant(pan_no=PAN))
        third = lead(OTHER_MOBILE, applicant(pan_no=PAN))
        for each in (first, second, third):
            check_lead(each)
        verdicts = duplicates.judge([first, second, third], partner=partner, program=program)
        assert [each.becomes.value for each in verdicts] == ["lead", "refused", "lead"]


class TestFlag:
    def test_every_earlier_lead_is_kept_the_first_one_first(self, take, other_partner):
        first = take(lead(MOBILE), of=other_partner).lead
        second = take(lead(MOBILE)).lead
        third = take(lead(MOBILE))
        assert [match.known.lead_id for match in third.repeats] == [first.pk, second.pk]
        assert pairs() == {(second.pk, first.pk), (third.lead.pk, first.pk), (third.lead.pk, second.pk)}

    def test_of_a_mobile_on_many_leads_the_first_few_are_told(self, take):
        made = [take(lead(MOBILE)).lead.pk for _ in range(finding.MOST + 3)]
        last = Duplicate.objects.filter(lead=made[-1]).order_by("earlier_id")
        assert [each.earlier_id for each in last] == made[: finding.MOST]

    def test_beyond_those_the_one_without_a_pan_is_told_which_may_be_the_borrower(self, take):
        for number in range(1, finding.MOST + 2):
            take(lead(MOBILE, applicant(pan_no=f"ABCPV{number:04d}L")))
        without = take(lead(MOBILE)).lead
        take(lead(MOBILE, applicant(pan_no=OTHER_PAN)))
        last = take(lead(MOBILE, applicant(pan_no=PAN)))
        deciding = [each.known.lead_id for each in last.repeats if not each.only_mobile]
        assert deciding == [without.pk]

    def test_so_is_one_of_the_same_request(self, partner, program):
        others = [f"ABCPV{number:04d}L" for number in range(1, finding.MOST + 2)]
        drafts = [lead(MOBILE, applicant(pan_no=pan)) for pan in (*others, "", OTHER_PAN, PAN)]
        last = duplicates.judge(drafts, partner=partner, program=program)[-1]
        assert [each.place for each in last.matches if not each.only_mobile] == [len(others)]

    def test_the_officer_reads_who_came_by_which_route(self, take, other_partner):
        take(lead(MOBILE, partner_ref_id="MOON-1"), of=other_partner)
        [match] = take(lead(MOBILE)).repeats
        said = duplicates.words.for_officer(match)
        assert said.startswith("Lead MOON-1 of Moonlight Credit came first, by API on ")
        assert said.endswith("with the same mobile ••••0001.")


class TestMerge:
    @pytest.fixture(autouse=True)
    def _merge(self, rule):
        rule(DuplicatePolicy.MERGE)

    def test_the_partners_open_lead_is_filled_though_many_others_came_before(self, take, other_partner):
        for _ in range(finding.MOST + 1):
            take(lead(MOBILE), of=other_partner)
            Lead.objects.update(status=Lead.Status.DECLINED)
        own = take(lead(MOBILE, partner_ref_id="SUN-1")).lead
        assert take(lead(MOBILE, source="referral")).lead == own

    def test_fills_what_is_empty_and_nothing_else(self, take):
        first = take(lead(MOBILE, applicant(pan_no=PAN), partner_ref_id="SUN-1", source="referral")).lead
        told = applicant(pan_no=PAN, primary_email="asha@example.com", name="ASHA  VERMA", banks=[bank()])
        told.addresses.append(AddressDraft(tags=["current"], address_line="1 MG Road", pincode="560001"))
        received = take(lead(MOBILE, told, partner_ref_id="SUN-2", loan_amount="250000"))
        assert received.lead == first
        assert received.filled == [
            "loan_amount",
            "applicants[0].primary_email",
            "applicants[0].addresses[0]",
            "applicants[0].banks[0]",
        ]
        stored = Lead.objects.with_parties().get()
        [person] = stored.applicants.all()
        assert (stored.partner_ref_id, stored.source, stored.version) == ("SUN-1", "referral", 2)
        assert (str(stored.loan_amount), person.name, person.primary_email) == (
            "250000.00",
            "Asha Verma",
            "asha@example.com",
        )
        assert person.addresses.get().district
        assert person.banks.get().account_no == ACCOUNT
        merge = Merge.objects.get()
        assert (merge.lead, merge.partner_ref_id, merge.filled) == (first, "SUN-2", received.filled)

    def test_is_found_by_what_was_filled_in(self, take):
        first = take(lead(MOBILE, applicant())).lead
        take(lead(MOBILE, applicant(pan_no=PAN, banks=[bank()])))
        assert take(lead(OTHER_MOBILE, applicant(name="Ravi Verma", banks=[bank()]))).filled is None
        assert Duplicate.objects.get().earlier == first
        assert Bank.objects.filter(account_no_index__isnull=False).count() == 2

    def test_is_announced_as_a_new_version(self, take):
        told = []
        changed = lambda leads, **_: told.append(("changed", [each.version for each in leads]))  # noqa: E731
        ready = lambda leads, **_: told.append(("ready", [each.version for each in leads]))  # noqa: E731
        take(lead(MOBILE))
        leads_changed.connect(changed)
        leads_ready.connect(ready)
        try:
            take(lead(MOBILE, loan_amount="250000"))
        finally:
            leads_changed.disconnect(changed)
            leads_ready.disconnect(ready)
        assert told == [("changed", [2]), ("ready", [2])]

    def test_of_nothing_new_makes_no_version(self, take):
        draft = synthetic.drafts(1)[0]
        first = take(draft).lead
        again = synthetic.drafts(1)[0]
        again.partner_ref_id = "AGAIN"
        received = take(again)
        assert (received.lead, received.filled) == (first, [])
        assert Lead.objects.get().version == 1

    CONTRADICTIONS = {
        "amount": lead(MOBILE, applicant(pan_no=PAN), loan_amount="9"),
        "mobile": lead(OTHER_MOBILE, applicant(pan_no=PAN)),
        "name": lead(MOBILE, applicant(name="Asha Rao", pan_no=PAN)),
        "PAN": lead(MOBILE, applicant(pan_no=OTHER_PAN, banks=[bank()])),
        "IFSC": lead(MOBILE, applicant(pan_no=PAN, banks=[bank(ifsc="SBIN0000300")])),
        "address": lead(
            MOBILE,
            applicant(pan_no=PAN, addresses=[AddressDraft(tags=["current"], pincode="411001")]),
        ),
        "primary applicant": lead(MOBILE, applicant(name="Ravi Verma", is_primary=True)),
        "a vendor's field": lead(MOBILE, extra={"brainysoft": {"subdivisionId": 8}}),
    }

    @pytest.mark.parametrize("what", CONTRADICTIONS)
    def test_of_a_contradiction_makes_a_marked_lead(self, take, what):
        whole = applicant(pan_no=PAN, banks=[bank()], is_primary=True)
        whole.addresses.append(AddressDraft(tags=["current"], pincode="560001"))
        extra = {"brainysoft": {"subdivisionId": 7}}
        first = take(lead(MOBILE, whole, loan_amount="250000", extra=extra)).lead
        before = Lead.objects.get().updated_at
        received = take(self.CONTRADICTIONS[what])
        assert received.filled is None
        assert pairs() == {(received.lead.pk, first.pk)}
        assert Lead.objects.get(pk=first.pk).updated_at == before

    def test_adds_a_co_applicant_and_a_consent(self, take):
        take(lead(MOBILE, applicant(pan_no=PAN)))
        ravi = ApplicantDraft(name="Ravi Verma", pan_no=OTHER_PAN)
        consent = ConsentDraft(purpose="loan", granted_at=timezone.now())
        take(lead(MOBILE, applicant(pan_no=PAN), ravi, consents=[consent]))
        stored = Lead.objects.with_parties().get()
        assert [(each.name, each.is_primary) for each in stored.applicants.all()] == [
            ("Asha Verma", True),
            ("Ravi Verma", False),
        ]
        assert stored.consents.get().purpose == "loan"

    def test_adds_fields_of_single_vendors_and_names_those_that_are_new(self, take):
        take(lead(MOBILE, extra={"brainysoft": {"subdivisionId": 7}}))
        told = {"brainysoft": {"subdivisionId": 7, "managerId": 2}}
        assert take(lead(MOBILE, extra=told)).filled == ["extra.brainysoft.managerId"]
        assert Lead.objects.get().extra == told

    @pytest.mark.parametrize("status", [Lead.Status.APPROVED, Lead.Status.DECLINED, Lead.Status.DROPPED])
    def test_leaves_a_decided_lead_alone(self, take, status):
        first = take(lead(MOBILE)).lead
        Lead.objects.filter(pk=first.pk).update(status=status)
        assert take(lead(MOBILE, loan_amount="250000")).filled is None
        assert Lead.objects.get(pk=first.pk).loan_amount is None

    def test_leaves_a_lead_with_an_account_alone(self, take, program):
        first = take(lead(MOBILE)).lead
        loan_accounts.open_account(first, "CL1", program)
        assert take(lead(MOBILE, loan_amount="250000")).filled is None

    def test_leaves_another_partners_lead_alone(self, take, other_partner):
        first = take(lead(MOBILE), of=other_partner).lead
        received = take(lead(MOBILE, loan_amount="250000"))
        assert received.filled is None
        assert pairs() == {(received.lead.pk, first.pk)}

    def test_a_draft_stays_a_draft(self, long_ago, take):
        draft = long_ago(lead(MOBILE), 1)
        assert take(lead(MOBILE, loan_amount="250000")).lead == draft
        assert Lead.objects.get().status == Lead.Status.DRAFT


class TestAnEdit:
    def test_does_not_match_itself(self, take):
        made = take(lead(MOBILE, applicant(pan_no=PAN))).lead
        assert duplicates.look_again(made) == []
        assert pairs() == set()

    def test_finds_a_new_likeness_in_the_right_order(self, take):
        first, second = take(lead(MOBILE)).lead, take(lead(OTHER_MOBILE)).lead
        first.primary_mobile = "+91" + OTHER_MOBILE
        first.save()
        [match] = duplicates.look_again(first)
        assert match.known.lead_id == second.pk
        assert pairs() == {(second.pk, first.pk)}
        assert duplicates.look_again(first) == [], "it is told once"

    def test_takes_back_what_is_gone_and_keeps_the_rest(self, take):
        first = take(lead(MOBILE, applicant(pan_no=PAN))).lead
        second = take(lead(MOBILE, applicant(pan_no=PAN))).lead
        second.primary_mobile = "+91" + OTHER_MOBILE
        second.save()
        duplicates.look_again(second)
        assert [each["key"] for each in Duplicate.objects.get().common] == ["pan"]
        person = Applicant.objects.get(lead=first)
        person.pan_no = OTHER_PAN
        person.save()
        duplicates.look_again(Lead.objects.get(pk=first.pk))
        assert pairs() == set()

    def test_far_from_each_other_in_time_is_no_likeness(self, take, long_ago):
        old = long_ago(lead(OTHER_MOBILE), 200)
        take(lead(MOBILE))
        old.primary_mobile = "+91" + MOBILE
        old.save()
        assert duplicates.look_again(Lead.objects.get(pk=old.pk)) == []


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_twenty_with_one_pan_make_one_lead(self, take, rule):
        rule(DuplicatePolicy.REFUSE)
        drafts = [lead(f"98000001{n:02d}", applicant(pan_no=PAN)) for n in range(20)]
        failures = together(*[lambda draft=draft: take(draft) for draft in drafts])
        assert Lead.objects.count() == 1
        assert [type(each) for each in failures] == [DuplicateLead] * 19

    def test_twenty_marked_ones_know_each_other(self, take):
        drafts = [lead(f"98000001{n:02d}", applicant(pan_no=PAN)) for n in range(6)]
        assert together(*[lambda draft=draft: take(draft) for draft in drafts]) == []
        assert Duplicate.objects.count() == 6 * 5 / 2

    def test_many_in_other_orders_wait_for_each_other_and_not_in_a_circle(self, partner, program, rule):
        rule(DuplicatePolicy.REFUSE)
        drafts = people.drafts(150)
        for each in drafts:
            each.partner_ref_id = ""

        def make(own):
            with transaction.atomic():
                verdicts = duplicates.judge(own, partner=partner, program=program)
                new = [draft for draft, said in zip(own, verdicts, strict=True) if not said.repeats]
                leads.create(new, partner=partner, program=program, intake="api")

        orders = [drafts, drafts[::-1], drafts[75:] + drafts[:75], drafts[::2] + drafts[1::2]]
        assert together(*[lambda own=own: make(own) for own in orders]) == []
        assert Lead.objects.count() == 150

    def test_more_keys_than_the_server_can_lock_have_the_rule_to_themselves(self, take, rule, monkeypatch):
        rule(DuplicatePolicy.REFUSE)
        monkeypatch.setattr(finding, "TOO_MANY_KEYS", 1)
        drafts = [lead(f"98000001{n:02d}", applicant(pan_no=PAN)) for n in range(10)]
        failures = together(*[lambda draft=draft: take(draft) for draft in drafts])
        assert (Lead.objects.count(), len(failures)) == (1, 9)
        assert {type(each) for each in failures} == {DuplicateLead}

    def test_a_lead_that_somebody_has_in_hand_is_not_waited_for(self, take, rule):
        rule(DuplicatePolicy.MERGE)
        first = take(lead(MOBILE)).lead
        other = connection.copy()
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM leadops_lead WHERE id = %s FOR NO KEY UPDATE", [first.pk])
            received = take(lead(MOBILE, loan_amount="250000"))
        finally:
            other.rollback()
            other.close()
        assert received.filled is None
        assert pairs() == {(received.lead.pk, first.pk)}


class TestCost:
    @pytest.mark.parametrize("count", [1, 500])
    def test_is_one_round_trip_however_many_drafts(self, partner, program, django_assert_num_queries, count):
        drafts = people.drafts(count)
        duplicates.judge(drafts, partner=partner, program=program)  # the session knows the statement
        with django_assert_num_queries(1):
            duplicates.judge(drafts, partner=partner, program=program)

    def test_is_one_more_where_somebody_is_known(self, partner, program, django_assert_num_queries):
        people.leads_of(partner, program, 50)
        drafts = people.drafts(100)
        duplicates.judge(drafts, partner=partner, program=program)
        with django_assert_num_queries(2):
            verdicts = duplicates.judge(drafts, partner=partner, program=program)
        assert [each.repeats for each in verdicts] == [True] * 50 + [False] * 50

    @pytest.mark.parametrize("count", [0, 1500])
    def test_every_value_meets_an_index_also_where_it_was_planned_for_none(self, partner, program, count):
        people.leads_of(partner, program, count)
        arrays = {f"{kind}s": '{"\\\\x00"}' for kind in ("pan", "mobile", "account")} | {"ifscs": ["x"]}
        ids = dict.fromkeys(("since", "program", "but"), finding.NOBODY) | {"in_test_space": False}
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            run(cursor, arrays | ids, BY_ONE_PLAN, finding.KNOWN_AT_ALL, finding.FIND)
            for statement in (finding.KNOWN_AT_ALL, finding.FIND):
                cursor.execute(f"EXPLAIN {statement.executed(arrays | ids, connection.connection)}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "Seq Scan" not in plan
                for index in ("applicant_by_pan", "applicant_by_mobile", "lead_by_mobile", "bank_by_account"):
                    assert f"using {index} on" in plan
                assert plan.count("ROW(") == 8, "a value and a moment in each, as one range of the index"

    def test_the_settings_are_as_before_afterwards(self, partner, program):
        duplicates.judge(people.drafts(1), partner=partner, program=program)
        with connection.cursor() as cursor:
            for name, value in (("enable_seqscan", "on"), ("plan_cache_mode", "auto")):
                cursor.execute(f"SHOW {name}")
                assert cursor.fetchone() == (value,)
