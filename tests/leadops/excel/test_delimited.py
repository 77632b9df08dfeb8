"""A text file is parted into the cells that its writer meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadops.excel import reader
from leadops.excel.columns import BY_KEY
from leadops.excel.reading import delimited


@pytest.fixture
def cells_of(tmp_path):
    """The cells of each record of a text file that holds this."""

    def _cells_of(text: str) -> list[list[str]]:
        path: Path = tmp_path / "a.csv"
        path.write_text(text)
        return [record.cells for record in delimited.records(str(path), BY_KEY)]

    return _cells_of


def test_a_quotation_mark_opens_a_cell_behind_a_space(cells_of):
    rows = cells_of('Ref, Mobile, Name, City\nR1, 9800000001, "Verma, Asha", "Pune"\n')
    assert rows == [["Ref", "Mobile", "Name", "City"], ["R1", "9800000001", "Verma, Asha", "Pune"]]


def test_a_space_may_be_the_separator_that_a_file_names(cells_of):
    assert cells_of('sep= \nMobile Name\n9800000001 "Asha Verma"\n')[1] == ["9800000001", "Asha Verma"]


@pytest.mark.parametrize("separator", list("^~:#"))
def test_a_rare_separator_is_known_by_the_names_that_it_parts(tmp_path, separator):
    rows = [["Leads of March"], ["Sr No", "Mobile", "Name", "पता"], ["1", "9800000001", "Asha Verma", "Pune"]]
    (tmp_path / "a.csv").write_text("".join(separator.join(row) + "\n" for row in rows))
    assert [row.cells for row in reader.rows(tmp_path / "a.csv")] == rows


@pytest.mark.parametrize(
    "text",
    [
        "Mobile,Name,Remarks\n9800000001,Asha Verma,10:30:00\n9800000002,Ravi Rao,http://example.com/#top\n",
        "Name: Mobile: City,Remarks\nName,Mobile,City\n",
        "Name\nAsha:9800000001:Pune\n",
        "Contact: 9800000001\nMobile #: Name it\n",
    ],
)
def test_a_rare_separator_never_parts_what_stands_in_a_table(cells_of, text):
    assert cells_of(text) == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("control", ["\x07", "\x1a", "\x1c", "\x7f"])
def test_a_stray_control_character_costs_its_cell_that_character_alone(tmp_path, control):
    path = tmp_path / "a.csv"
    path.write_text(f"Mobile,Name\n9800000001,As{control}ha Verma\n9800000002,Bina Rao\n")
    _, asha, bina = reader.rows(path)
    assert (asha.cells, bina.cells) == (["9800000001", "Asha Verma"], ["9800000002", "Bina Rao"])
    assert [note.code for note in asha.notes] == ["control_characters"]
