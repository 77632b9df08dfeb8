"""What the columns of a workbook are taken for, and why: for an officer to correct, or to be sure without one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from leadops.excel import content
from leadops.excel.columns import BY_KEY, IGNORED, REASON_HEADER, ROW_HEADER, Column
from leadops.excel.header import BY_HEADER, LEFT_OUT, OurColumns, missing_columns
from leadops.excel.header_row import NO_HEADER, Table
from leadops.excel.reading.heading_keys import key
from leadops.excel.sheet_header import letters, one_line, refuse_card_columns
from leadops.models import ImportMode, Layout
from leadops.validation import tidied

_LONGEST_SHOWN = 100
_OURS = (ROW_HEADER, REASON_HEADER)


@dataclass(slots=True)
class Choice:
    """One column: its header and a few samples, masked, what it becomes and why; not `sure` where one should look."""

    letter: str
    header: str
    samples: list[str]
    column: str | None
    why: str
    sure: bool = True


@dataclass(slots=True)
class Proposal:
    """All columns of a sheet, and how leads stand in it.

    `header_row` is the row that is taken for the header, `rows` those that may be, each with its number and masked.
    `beside` tells which other sheets may hold leads.
    """

    choices: list[Choice] = field(default_factory=list)
    layout: str = Layout.FLAT
    layout_sure: bool = True
    header_row: int = NO_HEADER
    doubt: str = ""
    beside: str = ""
    rows: list[tuple[int, str]] = field(default_factory=list)
    fingerprint: str = ""

    @property
    def mapping(self) -> list[str | None]:
        return [choice.column for choice in self.choices]

    @property
    def is_sure(self) -> bool:
        """Whether nobody has to be asked."""
        return self.layout_sure and not self.doubt and not self.beside and not self.has_guesses

    @property
    def has_guesses(self) -> bool:
        """Whether somebody should look at a column."""
        return not all(choice.sure for choice in self.choices)

    def begins(self, table: Table) -> None:
        """Keep where the table begins, and what may stand beside it."""
        self.header_row, self.doubt, self.rows = table.number, table.doubt, table.shown
        self.beside = table.beside

    def as_json(self) -> str:
        """For `of`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def to_the_end(cls, kept: str) -> str:
        """What of a proposal that was kept outlasts its columns: which other sheets may hold leads."""
        beside = cls.of(kept).beside
        return cls(beside=beside).as_json() if beside else ""

    @classmethod
    def of(cls, kept: str, mapping: OurColumns | None = None) -> Proposal:
        """A proposal that was kept as JSON, with what was decided since in place of what was proposed.

        Where none was kept it is empty.
        """
        if not kept:
            return cls()
        read = json.loads(kept)
        choices = [Choice(**each) for each in read.pop("choices")]
        rows = [(number, text) for number, text in read.pop("rows")]
        for choice, name in zip(choices, mapping or (), strict=False):
            choice.column = choice.column if name is None else name
        return cls(choices, rows=rows, **read)


def fingerprint(headers: Sequence[str]) -> str:
    """What workbooks with the same headers have in common; the columns that we add to refused rows don't count."""
    return hashlib.sha256("\n".join(key(cell) for cell in _own(headers)).encode()).hexdigest()


def _own(headers: Sequence[str]) -> list[str]:
    """The partner's own headers; columns beyond the last of them have none, however many a file fills."""
    own = [cell for cell in one_line(headers) if cell not in _OURS]
    while own and not own[-1]:
        own.pop()
    return own


def without_ours(headers: Sequence[str], mapping: OurColumns) -> list[str | None]:
    """The part of `mapping` that is remembered: that of the partner's own columns."""
    return [name for cell, name in zip(one_line(headers), mapping, strict=True) if cell not in _OURS]


def propose(
    headers: Sequence[str], rows: Sequence[Sequence[str]], remembered: OurColumns | None = None
) -> Proposal:
    """What each column is: as `remembered`, else by its name, else by the cells of `rows`.

    Raises UnreadableFile when a column asks for card data.
    """
    width = max([len(headers), *map(len, rows)])
    cells = padded(headers, width)
    refuse_card_columns(cells)
    below = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    proposal = Proposal(fingerprint=fingerprint(headers))
    if remembered is not None:
        proposal.choices = _as_remembered(cells, below, remembered)
        return proposal
    proposal.choices = [_by_name(at, cell, below[at]) for at, cell in enumerate(cells)]
    _settle_repeats(proposal.choices)
    _by_content(proposal.choices, below)
    if _shares_references(proposal, rows):
        proposal.layout, proposal.layout_sure = Layout.GROUPED, False
    return proposal


def padded(headers: Sequence[str], width: int) -> list[str]:
    """The headers of so many columns, those without one among them."""
    return [*one_line(headers), *[""] * (width - len(headers))]


def _as_remembered(
    cells: Sequence[str], below: Sequence[Sequence[str]], remembered: OurColumns
) -> list[Choice]:
    """As it was decided; columns that only this file fills are asked about."""
    names = iter(remembered)
    choices = []
    for at, cell in enumerate(cells):
        name = LEFT_OUT if cell in _OURS else next(names, None)
        if name is None:
            choices.append(_by_name(at, cell, below[at]))
        else:
            choices.append(_taken(at, cell, below[at], name, "as the last time"))
    return choices


def _taken(at: int, cell: str, below: Sequence[str], name: str | None, why: str, sure: bool = True) -> Choice:
    column = BY_HEADER.get(name or LEFT_OUT)
    # What is taken for a header may be a lead, until somebody has looked at it.
    return Choice(
        letters(at),
        content.masked(cell[:_LONGEST_SHOWN], None),
        content.samples(below, column),
        name,
        why,
        sure,
    )


def _by_name(at: int, cell: str, below: Sequence[str]) -> Choice:
    filled = any(text.strip() for text in below)
    if cell and key(cell) in IGNORED:
        return _taken(at, cell, below, LEFT_OUT, "a counter, or what another column tells")
    if column := BY_KEY.get(key(cell)):
        return _taken(at, cell, below, column.header, "by its name")
    if not filled:
        return _taken(at, cell, below, None, "it looks empty")
    why = "its name is not known" if cell else "it has no header"
    return _taken(at, cell, below, LEFT_OUT, why, sure=False)


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
    references = [tidied(row[at]) if at < len(row) else "" for row in rows]
    return any(one and one == other for one, other in pairwise(references))


def troubles(mapping: OurColumns, mode: str = ImportMode.CREATE) -> list[str]:
    """Why this mapping can't be taken, a sentence each."""
    repeated = {name for name in mapping if name and list(mapping).count(name) > 1}
    said = [
        f"Columns {' and '.join(letters(at) for at, each in enumerate(mapping) if each == name)}"
        f" both hold the {name}: keep one and leave the other out."
        for name in sorted(repeated)
    ]
    columns: list[Column] = [BY_HEADER[name] for name in mapping if name]
    return said + [f"No column holds the {name} yet." for name in missing_columns(columns, mode)]
