"""What the columns of a workbook are taken for, and why: for an officer to correct, or to be sure without one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from leadops.excel import content
from leadops.excel.columns import BY_KEY, IGNORED, REASON_HEADER, ROW_HEADER, Column, key
from leadops.excel.header import BY_HEADER, LEFT_OUT, Header, Mapping, missing_columns
from leadops.excel.sheet_header import letters, one_line, refuse_card_columns
from leadops.models import ImportMode, Layout

HEADER_WITHIN = 10
"""A header may stand below so many rows of title."""
_OURS = (ROW_HEADER, REASON_HEADER)


@dataclass(slots=True)
class Choice:
    """One column: its header, a few masked samples, what it becomes and why; not `sure` where somebody should look."""

    letter: str
    header: str
    samples: list[str]
    column: str | None
    why: str
    sure: bool = True


@dataclass(slots=True)
class Proposal:
    """All columns of a sheet, and how leads stand in it."""

    choices: list[Choice] = field(default_factory=list)
    layout: str = Layout.FLAT
    layout_sure: bool = True

    @property
    def mapping(self) -> list[str | None]:
        return [choice.column for choice in self.choices]

    @property
    def is_sure(self) -> bool:
        """Whether nobody has to be asked."""
        return self.layout_sure and all(choice.sure for choice in self.choices)

    def as_json(self) -> str:
        """For `of`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, kept: str, mapping: Mapping | None = None) -> Proposal:
        """A proposal that was kept as JSON, with what was decided since in place of what was proposed."""
        read = json.loads(kept)
        choices = [Choice(**each) for each in read["choices"]]
        for choice, name in zip(choices, mapping or (), strict=False):
            choice.column = choice.column if name is None else name
        return cls(choices, read["layout"], read["layout_sure"])


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows names the columns: the first with a mobile, else the one with most known names."""
    first = rows[: HEADER_WITHIN + 1]
    for at, cells in enumerate(first):
        if Header.is_one(cells):
            return at
    known = [sum(key(cell) in BY_KEY for cell in cells) for cells in first]
    return known.index(max(known)) if any(count > 1 for count in known) else 0


def fingerprint(headers: Sequence[str]) -> str:
    """What workbooks with the same headers have in common; the columns that we add to refused rows don't count."""
    return hashlib.sha256("\n".join(key(cell) for cell in _own(headers)).encode()).hexdigest()


def _own(headers: Sequence[str]) -> list[str]:
    return [cell for cell in one_line(headers) if cell not in _OURS]


def without_ours(headers: Sequence[str], mapping: Mapping) -> list[str | None]:
    """The part of `mapping` that is remembered: that of the partner's own columns."""
    return [name for cell, name in zip(one_line(headers), mapping, strict=True) if cell not in _OURS]


def propose(
    headers: Sequence[str], rows: Sequence[Sequence[str]], remembered: Mapping | None = None
) -> Proposal:
    """What each column is: as `remembered`, else by its name, else by the cells of `rows`.

    Raises UnreadableFile when a column asks for card data.
    """
    width = max([len(headers), *map(len, rows)])
    cells = [*one_line(headers), *[""] * (width - len(headers))]
    refuse_card_columns(cells)
    below = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    if remembered is not None and len(remembered) == len(_own(cells)):
        names = iter(remembered)
        choices = [
            _taken(at, cell, below[at], LEFT_OUT if cell in _OURS else next(names), "as the last time")
            for at, cell in enumerate(cells)
        ]
        return Proposal(choices)
    choices = [_by_name(at, cell, below[at]) for at, cell in enumerate(cells)]
    _settle_repeats(choices)
    _by_content(choices, below)
    proposal = Proposal(choices)
    if _shares_references(proposal, rows):
        proposal.layout, proposal.layout_sure = Layout.GROUPED, False
    return proposal


def _taken(at: int, cell: str, below: Sequence[str], name: str | None, why: str, sure: bool = True) -> Choice:
    column = BY_HEADER.get(name or LEFT_OUT)
    return Choice(letters(at), cell, content.samples(below, column), name, why, sure)


def _by_name(at: int, cell: str, below: Sequence[str]) -> Choice:
    filled = any(text.strip() for text in below)
    if cell and key(cell) in IGNORED:
        return _taken(at, cell, below, LEFT_OUT, "a counter, or what another column tells")
    if column := BY_KEY.get(key(cell)):
        return _taken(at, cell, below, column.header, "by its name")
    if not filled:
        return _taken(at, cell, below, None, "it looks empty")
    return _taken(at, cell, below, LEFT_OUT, "its name is not known", sure=False)


def _settle_repeats(choices: Sequence[Choice]) -> None:
    """Of columns with one meaning the first is taken and the others are asked about."""
    first: dict[str, Choice] = {}
    for choice in choices:
        if choice.column and first.setdefault(choice.column, choice) is not choice:
            choice.why = f"column {first[choice.column].letter} is the {choice.column} already"
            choice.column, choice.sure = LEFT_OUT, False


def _by_content(choices: Sequence[Choice], below: Sequence[Sequence[str]]) -> None:
    taken = {choice.column for choice in choices}
    for at, choice in enumerate(choices):
        found = None if choice.column or choice.sure else content.guess(below[at])
        if found and found.kind.header not in taken:
            taken.add(found.kind.header)
            choice.column, choice.why = found.kind.header, f"by its content: {found.in_words()}"
            choice.samples = content.samples(below[at], BY_HEADER[choice.column])


def _shares_references(proposal: Proposal, rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows that follow each other have the same reference."""
    names = proposal.mapping
    if "Partner reference" not in names:
        return False
    at = names.index("Partner reference")
    references = [row[at].strip() if at < len(row) else "" for row in rows]
    return any(one and one == other for one, other in pairwise(references))


def troubles(mapping: Mapping, mode: str = ImportMode.CREATE) -> list[str]:
    """Why this mapping can't be taken, a sentence each."""
    repeated = {name for name in mapping if name and list(mapping).count(name) > 1}
    said = [
        f"Columns {' and '.join(letters(at) for at, each in enumerate(mapping) if each == name)}"
        f" both hold the {name}: keep one and leave the other out."
        for name in sorted(repeated)
    ]
    columns: list[Column] = [BY_HEADER[name] for name in mapping if name]
    return said + [f"No column holds the {name} yet." for name in missing_columns(columns, mode)]
