"""A text file is parted into the cells that its writer meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadops.excel.reading import delimited


@pytest.fixture
def cells_of(tmp_path):
    """The cells of each record of a text file that holds this."""

    def _cells_of(text: str) -> list[list[str]]:
        path: Path = tmp_path / "a.csv"
        path.write_text(text)
        return [record.cells for record in delimited.records(str(path))]

    return _cells_of


def test_a_quotation_mark_opens_a_cell_behind_a_space(cells_of):
    rows = cells_of('Ref, Mobile, Name, City\nR1, 9800000001, "Verma, Asha", "Pune"\n')
    assert rows == [["Ref", "Mobile", "Name", "City"], ["R1", "9800000001", "Verma, Asha", "Pune"]]


def test_a_space_may_be_the_separator_that_a_file_names(cells_of):
    assert cells_of('sep= \nMobile Name\n9800000001 "Asha Verma"\n')[1] == ["9800000001", "Asha Verma"]
