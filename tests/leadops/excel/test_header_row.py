"""Where a table begins: found by its names, and doubted where a lead could be lost."""

from __future__ import annotations

import pytest

from leadops.excel.header_row import NO_HEADER, SHOWN, header_place, table_of
from leadops.excel.reader import Row

HEADER = ["Name", "Mobile", "PAN"]


def lead(number: int) -> list[str]:
    return ["Asha Verma", str(9_800_000_000 + number), f"ABCPV{number:04d}L"]


def rows(*cells: list[str]) -> list[Row]:
    return [Row("Leads", number, each) for number, each in enumerate(cells, start=1)]


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ([["Leads of March"], ["Mobile", "Name"], ["98", "A"]], 1),
        ([["Title"], ["Kontakt", "City", "State", "PAN"], ["98", "Pune"]], 1),
        ([["Kontakt", "x"], ["98", "A"]], 0),
        ([["City"], ["Pune"]], 0),
        ([["Contact", "9800011111"], ["Date", "12/03/2026"], HEADER, lead(1)], 2),
        ([["Contact", "Ravi"], ["Date", "12/03/2026"], HEADER, lead(1)], 2),
        ([HEADER, lead(1), HEADER, lead(2)], 0),
    ],
)
def test_the_header_is_found_below_titles(cells, place):
    assert header_place(cells) == place


def test_titles_above_a_header_are_no_leads():
    top = rows(
        ["Sunrise Agency"], ["Contact", "9800011111"], ["Sent on", "12/03/2026"], HEADER, lead(1), lead(2)
    )
    table = table_of(top)
    assert (table.number, table.names, table.doubt, table.above) == (4, HEADER, "", [])
    assert [row.number for row in table.below] == [5, 6]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "Row 2 names the columns, but row 1 above it looks like a lead."),
        (3, "Row 4 names the columns, but rows 1, 2 and 3 above it look like leads."),
    ],
)
def test_leads_above_the_header_are_doubted_and_named(count, said):
    table = table_of(rows(*map(lead, range(count)), HEADER, lead(7), lead(8)))
    assert table.doubt == said
    assert [(row.number, [note.code for note in row.notes]) for row in table.above] == [
        (number, ["above_header"]) for number in range(1, count + 1)
    ]


def test_leads_above_a_header_with_nothing_below_it_are_doubted_too():
    assert table_of(rows(lead(1), HEADER)).doubt.startswith("Row 2 names the columns, but row 1")


def test_a_lead_with_a_mobile_alone_is_one_when_it_is_as_full_as_the_others():
    two = [["Name", "Mobile"], ["Asha", "9800000001"], ["Ravi", "9800000002"]]
    assert table_of(rows(["Meera", "9800000003"], *two)).doubt
    assert not table_of(rows(["9800000003"], *two)).doubt


WIDE = ["Mobile", "Name", "City", "State", "Source", "Remarks"]
BELOW = ["9800000001", "Asha Verma", "Pune", "", "", ""]


@pytest.mark.parametrize("above", [["9800000009", "Zed"], ["9800000009", "Zed", "", "", "walk-in"]])
def test_a_lead_that_fills_few_columns_is_one_when_its_name_stands_where_names_are(above):
    for top in ([above, WIDE, BELOW], [above, WIDE]):
        table = table_of(rows(*top))
        assert table.doubt == "Row 2 names the columns, but row 1 above it looks like a lead."
        assert [row.number for row in table.above] == [1]


@pytest.mark.parametrize(
    "above",
    [
        ["Zed", "9800000009"],
        ["", "ABCPV0009L", "Zed"],
        ["9800000009", "", "Pune"],
        ["Helpline", "", "9800000000"],
    ],
)
def test_a_row_above_the_header_that_may_be_a_lead_is_left_out_with_a_word(above):
    table = table_of(rows(["Leads of March"], above, WIDE, BELOW))
    assert (table.number, table.doubt) == (3, "")
    assert [(row.number, [note.code for note in row.notes]) for row in table.above] == [(2, ["above_header"])]


@pytest.mark.parametrize(
    "title",
    [
        ["Branch: 9800000000 call us"],
        ["Branch:", "9800000000", "call us"],
        ["Contact", "9800011111"],
        ["Sunrise Agency", "", "Mobile No.", "9800011111"],
        ["Sent on", "12/03/2026"],
        ["Total leads", "12"],
        ["Sunrise Agency", "leads@example.com"],
        ["PAN -", "ABCPV0009L"],
        ["Bank", "HDFC0000001"],
        ["9800011111"],
    ],
)
def test_a_title_is_passed_over_whatever_numbers_it_has(title):
    table = table_of(rows(title, WIDE, BELOW))
    assert (table.number, table.doubt, table.above) == (2, "", [])


def test_a_file_without_a_header_says_so():
    table = table_of(rows(lead(1), lead(2)))
    assert (table.number, table.names) == (NO_HEADER, [])
    assert table.doubt == "No row names the columns, and row 1 looks like a lead."
    assert [row.number for row in table.below] == [1, 2]


def test_a_header_with_a_cell_of_a_lead_is_doubted():
    table = table_of(rows(["Name", "Mobile", "ABCPV0001L"], lead(1)))
    assert table.doubt == (
        "Row 1 is taken for the names of the columns, but its cell C1 looks like a lead's."
    )


def test_an_officers_word_is_not_doubted():
    top = rows(lead(1), HEADER, lead(2))
    assert (table_of(top, 2).doubt, len(table_of(top, 2).above)) == ("", 1)
    assert (table_of(top, NO_HEADER).doubt, len(table_of(top, NO_HEADER).below)) == ("", 3)
    assert table_of(top, 1).names == ["Column A", "Column B", "Column C"]


def test_the_rows_to_choose_from_are_few_and_masked():
    shown = table_of(rows(HEADER, *map(lead, range(100)))).shown
    assert len(shown) == SHOWN
    assert shown[0] == (1, "Name · Mobile · PAN")
    assert shown[1] == (2, "Asha Verma · ••••0000 · ABXXXXX00L")


def test_an_empty_sheet_has_none():
    assert table_of([]).below == []
