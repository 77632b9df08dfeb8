"""A preview counts what the import then does, whatever rows repeat of each other and of leads that are here."""

from __future__ import annotations

import random
from itertools import product

import pytest

from leadops.models import DuplicatePolicy, ImportMode, Lead
from leadops.services import (
    column_mappings,
    import_batches,
    import_chunks,
    import_previews,
    import_steering,
    leads,
)
from leadops.validation import check_lead
from tests.leadops.borrowers import IFSC, applicant, bank, lead
from tests.leadops.excel.workbooks import good_rows

HEADER = ["Partner reference", "Mobile", "Name", "PAN", "Loan amount", "E-mail", "Account number", "IFSC"]
COMBINATIONS = list(product(ImportMode, DuplicatePolicy, range(4)))
CHUNK = 3


def _some_row(chance: random.Random) -> list[str]:
    """A row of a few people, references and accounts, so that much is repeated; at times nothing, or nonsense."""
    account = chance.choice(["", "", "123456789012", "123456789013"])
    return [
        chance.choice(["", "", "A", "B", "C", "D"]),
        chance.choice(["9800000001", "9800000002", "98000 00003", "9800000001", "", "98"]),
        chance.choice(["Asha Verma", "Asha Verma", "Ravi Rao", ""]),
        chance.choice(["", "ABCPV0001L", "ABCPV0002L", "abcpv0001l"]),
        chance.choice(["", "", "1000", "2000"]),
        chance.choice(["", "", "", "asha@example.com"]),
        account,
        IFSC if account else "",
    ]


@pytest.fixture
def some_known(partner, other_partner, program):
    """Leads that are here: of this partner and of another, open and decided."""

    def made(chance: random.Random) -> None:
        for at in range(chance.randrange(5)):
            person = applicant(pan_no=chance.choice(["", "ABCPV0001L", "ABCPV0002L"]), is_primary=True)
            if chance.random() < 0.3:
                person.banks.append(bank(chance.choice(["123456789012", "123456789014"])))
            owner = chance.choice([partner, partner, partner, other_partner])
            draft = lead(
                f"980000000{chance.randrange(1, 4)}",
                person,
                partner_ref_id=chance.choice(["", "ABC"[at % 3]]),
            )
            check_lead(draft)
            if Lead.objects.filter(partner=owner, partner_ref_id=draft.partner_ref_id or "-").exists():
                continue
            [known] = leads.create([draft], partner=owner, program=program, intake="api")
            if chance.random() < 0.2:
                Lead.objects.filter(pk=known.pk).update(status=chance.choice(["approved", "dropped"]))

    return made


@pytest.mark.parametrize(("mode", "policy", "seed"), COMBINATIONS)
def test_the_preview_counts_what_the_import_then_does(
    finished, rule, some_known, monkeypatch, mode, policy, seed
):
    monkeypatch.setattr(import_chunks, "CHUNK", CHUNK)
    rule(policy)
    chance = random.Random(f"{mode} {policy} {seed}")
    some_known(chance)
    rows = [_some_row(chance) for _ in range(chance.randrange(4, 13))]
    layout = chance.choice(["flat", "flat", "grouped"])
    batch = finished(rows, header=HEADER, mode=mode, layout=layout, review=True)
    if batch.state == "mapping":
        column_mappings.confirm(batch, HEADER, layout, mode=mode, officer=None)
        import_batches.run(batch.pk)
        batch.refresh_from_db()
    told = import_previews.shown(batch)
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "done"
    outcomes = dict(batch.import_rows.values_list("number", "outcome"))
    assert {each["number"]: each["outcome"] for each in told["rows"]} == {
        number: outcomes[number] for number in sorted(outcomes)[: import_previews.FIRST_ROWS]
    }
    assert (told["new"], told["update"], told["duplicate"] + told["left_out"], told["refused"]) == (
        batch.created, batch.updated, batch.skipped, batch.failed,
    )  # fmt: skip


def test_a_borrower_who_comes_again_many_rows_below_is_foreseen(finished, rule, monkeypatch):
    monkeypatch.setattr(import_chunks, "CHUNK", CHUNK)
    rule(DuplicatePolicy.REFUSE)
    rows = good_rows(10)
    rows[9][3] = rows[0][3]
    told = import_previews.shown(finished(rows, review=True))
    assert (told["new"], told["duplicate"]) == (9, 1)
    [kind] = told["problems"]
    assert (kind["cell"], kind["code"]) == ("D11", "duplicate_lead")
    assert kind["message"].startswith("Lead of row 2 of Sunrise Finserv came first")


@pytest.mark.django_db(transaction=True)
def test_a_preview_of_leads_that_would_be_filled_needs_no_transaction(finished, rule):
    rule(DuplicatePolicy.MERGE)
    finished(good_rows(1), name="first.xlsx")
    again = [["OTHER", *good_rows(1)[0][1:]]]
    told = import_previews.shown(finished(again, review=True))
    assert (told["new"], told["duplicate"]) == (0, 1)
