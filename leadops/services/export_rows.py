"""The rows of an export, sheet by sheet: read some hundred leads at a time, opened, masked where they have to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Model
from django.utils.timezone import localtime

from leadops import masking, statements
from leadops.excel import sheets
from leadops.excel.columns import LEAD_ID, Column
from leadops.excel.joined_sheets import own_keys
from leadops.excel.sheet_header import HIDDEN_IN_EXPORTS
from leadops.excel.writer import Cell, Sheet, Style, Styled, Workbook
from leadops.fields import EncryptedTextField, place
from leadops.models import Address, Applicant, Bank, Export, Lead
from leadops.sealing import open_sealed
from leadops.services.chosen_leads import ids_in

LEADS_A_READ = 500
_LONGEST_WIDTH = 40

_NUMBERS: dict[str, Callable[[Any], str]] = {
    "pan_no": masking.pan,
    "gstin": masking.gstin,
    # Dots and not X, everywhere: a workbook may come back, and dots are never taken for a part of the number.
    **dict.fromkeys(
        ("tax_id", "insurance_no", "identity_series", "identity_number", "account_no"), masking.dotted
    ),
}
_PERSONS: dict[str, Callable[[Any], str]] = {
    "primary_mobile": masking.dotted,
    "primary_email": masking.email,
    "date_of_birth": masking.day,
    **dict.fromkeys(HIDDEN_IN_EXPORTS, masking.hidden),
}
TEXTS: dict[str, Callable[[Any], str]] = dict.fromkeys(
    (
        *("source", "channel", "loan_purpose", "remarks", "name", "first_name", "middle_name", "last_name"),
        *("father_name", "employer_name", "place_of_birth", "business_type", "identity_issued_by"),
        *("address_line", "house_no", "street", "apartment_no", "locality", "city", "district", "state"),
        *("account_holder_name", "drop_reason"),
    ),
    masking.text,
)
"""What people type freely may hold any of these numbers."""
_REFERENCE: dict[str, Callable[[Any], str]] = {"partner_ref_id": masking.text}
MASKS: Mapping[str, Mapping[str, Callable[[Any], str]]] = {
    Export.Shown.MASKED: _NUMBERS | TEXTS | _PERSONS | _REFERENCE,
    Export.Shown.NUMBERS_MASKED: _NUMBERS | TEXTS,
    Export.Shown.WHOLE: {},
}

Row = list[Any]


class _Table:
    """How the rows of one table are read that belong to some records of another."""

    def __init__(self, model: type[Model], key: str, columns: Sequence[Column], shown: str) -> None:
        names = ["id", key, *map(_attribute, columns)]
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        fields = [by_name[name] for name in names]
        listed = ", ".join(f'"{field.column}"' for field in fields)
        order = f'"{key}", position, id' if key != "id" else "id DESC"
        self._sql = f'SELECT {listed} FROM "{model._meta.db_table}" WHERE "{key}" = ANY(%s) ORDER BY {order}'  # noqa: S608
        self._sealed = [
            (at, place(model, field.name, ""))
            for at, field in enumerate(fields)
            if isinstance(field, EncryptedTextField)
        ]
        masks = MASKS[shown]
        self._masked = [(at, masks[name]) for at, name in enumerate(names) if name in masks]
        self._lists = [at for at, field in enumerate(fields) if isinstance(field, ArrayField)]
        self._yes_no = [at for at, field in enumerate(fields) if isinstance(field, BooleanField)]

    def rows(self, ids: list[UUID]) -> Iterator[Row]:
        """Their id, what they belong to, and the values of the columns as cells hold them."""
        for found in statements.rows(self._sql, [ids]):
            row: Row = ["" if value is None else value for value in found]
            pk = str(row[0])
            for at, binding in self._sealed:
                row[at] = open_sealed(row[at], binding + pk) if row[at] else ""
            for at, mask in self._masked:
                if row[at]:
                    row[at] = mask(row[at])
            for at in self._lists:
                listed = ", ".join(row[at])
                row[at] = masking.text(listed) if self._masked else listed
            for at in self._yes_no:
                row[at] = "yes" if row[at] else "no"
            yield row

    def by_owner(self, ids: list[UUID]) -> dict[UUID, list[Row]]:
        """The rows in their order, by what they belong to."""
        found: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.rows(ids):
            found[row[1]].append(row)
        return found


def _attribute(column: Column) -> str:
    """The model's name for a column's field."""
    return f"identity_{column.attribute}" if "identity_document." in column.path else column.attribute


_OF_OURS = """
SELECT lead.id, lead.version, partner.name, program.name, lead.status, lead.sync_status, lead.created_at
FROM leadops_lead lead JOIN leadops_partner partner ON partner.id = lead.partner_id
JOIN leadops_program program ON program.id = lead.program_id WHERE lead.id = ANY(%s) AND lead.deleted_at IS NULL
"""
_ACCOUNTS = """
SELECT account.lead_id, account.ref_id, program.name, account.product_type, account.status,
    coalesce(account.drop_reason, ''), account.created_at
FROM leadops_loanaccount account JOIN leadops_program program ON program.id = account.program_id
WHERE account.lead_id = ANY(%s) ORDER BY account.id
"""
_BEFORE_PERSON = sheets.APPLICANTS.own.index(sheets.own(sheets.OF_APPLICANT)[0])
"""Columns that an applicant's row has and the flat sheet has not."""
_NOTHING: Row = []


class _Reading:
    """All tables of an export."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._leads = _Table(Lead, "id", sheets.OF_LEAD, shown)
        self._applicants = _Table(Applicant, "lead_id", sheets.APPLICANTS.own, shown)
        self._addresses = _Table(Address, "applicant_id", sheets.ADDRESSES.own, shown)
        self._banks = _Table(Bank, "applicant_id", sheets.BANKS.own, shown)

    def rows(self, ids: list[UUID]) -> dict[str, list[Sequence[Cell]]]:
        """The rows of each sheet for these leads."""
        applicants = self._applicants.by_owner(ids)
        persons = [row[0] for rows in applicants.values() for row in rows]
        addresses, banks = self._addresses.by_owner(persons), self._banks.by_owner(persons)
        ours = {row[0]: _of_ours(row) for row in statements.rows(_OF_OURS, [ids])}
        accounts = _accounts(ids, self._shown)
        made: dict[str, list[Sequence[Cell]]] = {sheet.name: [] for sheet in sheets.SHEETS}
        for lead in self._leads.rows(ids):
            key, reference = lead[0], lead[2]
            if key not in ours:  # deleted since it was chosen
                continue
            join = [str(key), reference]
            found = applicants.get(key, _NOTHING)
            version, *of_ours = ours[key]
            made["Leads"].append([join[0], version, *_flat(lead, found, addresses, banks), *of_ours])
            for number, person in enumerate(found, start=1):
                made["Applicants"].append([*join, number, *person[2:]])
                made["Addresses"] += _numbered([*join, number], addresses.get(person[0], _NOTHING))
                made["Banks"] += _numbered([*join, number], banks.get(person[0], _NOTHING))
            made["LoanAccounts"] += [[*join, *account] for account in accounts.get(key, _NOTHING)]
        return made


def _flat(
    lead: Row, applicants: list[Row], addresses: dict[UUID, list[Row]], banks: dict[UUID, list[Row]]
) -> tuple[Cell, ...]:
    """The lead with its primary applicant, and that one's first address and bank account."""
    person = next((each for each in applicants if each[2] == "yes"), applicants[0] if applicants else None)
    home = addresses.get(person[0], _NOTHING) if person else _NOTHING
    bank = banks.get(person[0], _NOTHING) if person else _NOTHING
    return sheets.flat(
        [
            *lead[2:],
            *_first([person] if person else _NOTHING, 2 + _BEFORE_PERSON, len(sheets.OF_APPLICANT)),
            *_first(home, 2, len(sheets.OF_ADDRESS)),
            *_first(bank, 2, len(sheets.OF_BANK)),
        ]
    )


def _first(rows: Sequence[Row], start: int, count: int) -> Row:
    return rows[0][start : start + count] if rows else [""] * count


def _numbered(join: Row, rows: list[Row]) -> list[Sequence[Cell]]:
    return [[*join, number, *row[2:]] for number, row in enumerate(rows, start=1)]


_STATUSES = {
    status.value: str(status.label) for status in Lead.Status
}  # in English, as the importer reads them
_SYNC_STATUSES = {status.value: str(status.label) for status in Lead.SyncStatus}


def _of_ours(row: tuple[Any, ...]) -> list[Cell]:
    _, version, partner, program, status, sync_status, created_at = row
    return [
        version,
        partner,
        program,
        str(_STATUSES[status]),
        str(_SYNC_STATUSES[sync_status]),
        localtime(created_at).date(),
    ]


def _accounts(ids: list[UUID], shown: str) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    mask = MASKS[shown].get("drop_reason", masking.unmasked)
    for lead_id, *facts, reason, created_at in statements.rows(_ACCOUNTS, [ids]):
        found[lead_id].append([*facts, mask(reason), localtime(created_at).date()])
    return found


def fill(book: Workbook, ids: Iterable[bytes], shown: str) -> Iterator[int]:
    """Write the leads with these ids, many in one, into `book`; tells after every part how many it has come to.

    Raises SheetFull when one of its sheets takes no more rows.
    """
    opened = {sheet.name: _begun(book, sheet) for sheet in sheets.SHEETS}
    reading, done = _Reading(shown), 0
    for chosen in _parts(ids):
        for name, rows in reading.rows(chosen).items():
            opened[name].add(rows)
        done += len(chosen)
        yield done


Texts = dict[str, dict[tuple[str, ...], dict[str, str]]]
"""What a lead's rows would say in an export: by sheet, empty for its own, by the row's own key, by column."""


def texts_of(ids: list[UUID]) -> dict[UUID, Texts]:
    """What the rows of these leads say in an export whose values are all shown, as a reader gives them back."""
    found: dict[UUID, Texts] = {lead_id: defaultdict(dict) for lead_id in ids}
    rows = _Reading(Export.Shown.WHOLE).rows(ids)
    for sheet in sheets.SHEETS:
        joined = sheet in sheets.JOINED
        keys = set(own_keys(sheet.name)) if joined else set[str]()
        for row in rows[sheet.name]:
            texts = {column.path: _text(value) for column, value in zip(sheet.columns, row, strict=True)}
            own = tuple(text for path, text in texts.items() if path in keys)
            found[UUID(texts[LEAD_ID.path])][sheet.name if joined else ""][own] = texts
    return found


def _text(value: Cell) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return format(float(value), ".15g") if isinstance(value, int | float | Decimal) else str(value)


def _parts(ids: Iterable[bytes]) -> Iterator[list[UUID]]:
    for many in ids:
        each = ids_in(many)
        yield from (each[at : at + LEADS_A_READ] for at in range(0, len(each), LEADS_A_READ))


def _begun(book: Workbook, planned: sheets.ExportSheet) -> Sheet:
    widths = [
        38 if header == LEAD_ID.header else min(len(header) + 6, _LONGEST_WIDTH) for header in planned.headers
    ]
    sheet = book.sheet(planned.name, widths)
    sheet.add([[Styled(header, Style.HEADER) for header in planned.headers]])
    return sheet
