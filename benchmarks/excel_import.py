"""How fast a workbook becomes leads, against django-import-export's defaults importing the Lead alone, and bare COPY.

Ours: read in a process under limits, checked, sealed, written to four tables and the import's rows, announced. Theirs:
tablib's reading and a `ModelResource` with default settings, one table, none of the checks; a tenth of the rows, as it
has one rate for few and many. The bare one: calamine's cells, as they are, into the same four tables by one COPY each.
"""

from __future__ import annotations

import gc
import io
import sys
import time
from pathlib import Path
from typing import Any

import scratch

scratch.setup()

import tablib
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import JSONField, Model
from django.utils import timezone
from import_export import resources
from python_calamine import CalamineWorkbook

from crm_integrations.models import Connection, Route
from leadops import synthetic
from leadops.excel.writer import Cell, write
from leadops.fields import BlindIndexField, EncryptedTextField
from leadops.ids import uuid7
from leadops.models import Address, Applicant, Bank, ImportBatch, ImportRow, Lead, Partner, Program
from leadops.services import import_batches

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
RUNS = 3
BAR, BARE_BAR = 10.0, 40.0
LOAN_FIELDS = ("partner_ref_id", "primary_mobile", "source", "loan_amount", "loan_tenure", "loan_tenure_unit")
PERSON_FIELDS = (
    *("name", "first_name", "last_name", "gender", "date_of_birth"),
    *("monthly_income", "pan_no", "primary_email"),
)
HOME_FIELDS = ("address_line", "city", "pincode")
BANK_FIELDS = ("account_no", "account_holder_name", "ifsc")

OUR_HEADER = """
    Partner reference, Mobile, Source, Loan amount, Loan tenure, Tenure unit, Name, First name, Last name, Gender,
    Date of birth, Monthly income, PAN, E-mail, Address, City, Pincode, Account number, Account holder, IFSC
"""


def our_row(lead: Any) -> list[Cell]:
    [person] = lead.applicants
    parts = (
        (lead, LOAN_FIELDS),
        (person, PERSON_FIELDS),
        (person.addresses[0], HOME_FIELDS),
        (person.banks[0], BANK_FIELDS),
    )
    return [getattr(part, name) for part, names in parts for name in names]


def workbook(header: list[str], rows: list[list[Cell]]) -> bytes:
    stream = io.BytesIO()
    write(stream, [header, *rows])
    return stream.getvalue()


DRAFTS = synthetic.drafts(ROWS)
OUR_FILE = workbook([name.strip() for name in OUR_HEADER.split(",")], [our_row(lead) for lead in DRAFTS])
THEIR_FILE = workbook(
    ["id", *LOAN_FIELDS],
    [[str(uuid7()), *(getattr(lead, name) for name in LOAN_FIELDS)] for lead in DRAFTS[: ROWS // 10]],
)


# What the benchmark itself holds must not make either side's garbage collections longer.
del DRAFTS
gc.collect()
gc.freeze()


def clean() -> tuple[Partner, Program]:
    # Truncated, or the next side works beside the clearing away of what the one before it left.
    tables = [each._meta.db_table for each in (ImportRow, ImportBatch, Lead)]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    partner, _ = Partner.objects.get_or_create(code="bench", defaults={"name": "Bench"})
    program, _ = Program.objects.get_or_create(
        code="bench", defaults={"name": "Bench", "product_type": "scf"}
    )
    return partner, program


def ours() -> float:
    return imported(*clean())


def imported(partner: Partner, program: Program) -> float:
    """Import our workbook beside what is there; rows per second."""
    before = Bank.objects.count()
    began = time.perf_counter()
    batch = import_batches.receive(ContentFile(OUR_FILE), "bench.xlsx", partner=partner, program=program)
    import_batches.run(batch.pk)
    took = time.perf_counter() - began
    batch.refresh_from_db()
    assert (batch.created, batch.failed) == (ROWS, 0), batch.problem
    assert Bank.objects.count() == before + ROWS
    Path(batch.file.path).unlink()
    return ROWS / took


def theirs() -> float:
    partner, program = clean()

    class LeadResource(resources.ModelResource):
        class Meta:
            model = Lead
            fields = ("id", *LOAN_FIELDS)

        def before_save_instance(self, instance: Lead, row: Any, **kwargs: Any) -> None:
            # Without the two look-ups a row that its own foreign key columns would make.
            instance.partner, instance.program = partner, program

    began = time.perf_counter()
    dataset = tablib.Dataset().load(io.BytesIO(THEIR_FILE), format="xlsx")
    LeadResource().import_data(dataset, raise_errors=True)
    took = time.perf_counter() - began
    assert Lead.objects.count() == ROWS // 10
    return ROWS // 10 / took


class Bare:
    """A table's rows: some given values, for all others what is the same in every row."""

    def __init__(self, model: type[Model], names: tuple[str, ...], **same: Any) -> None:
        fields = model._meta.concrete_fields
        at = {field.attname: place for place, field in enumerate(fields)}
        now = timezone.now()
        same |= {"created_at": now, "updated_at": now}
        self.blank = [_sent(field, same.get(field.attname, field.get_default())) for field in fields]
        self.places = [at[name] for name in names]
        self.sealed = [at[each.attname] for each in fields if isinstance(each, EncryptedTextField)]
        self.indexes = [
            (at[each.attname], at[each.source]) for each in fields if isinstance(each, BlindIndexField)
        ]
        self.table = f"{model._meta.db_table} ({', '.join(field.column for field in fields)})"
        self.rows: list[list[Any]] = []

    def add(self, *values: Any) -> None:
        row = self.blank.copy()
        for place, value in zip(self.places, values, strict=True):
            row[place] = value
        for place in self.sealed:
            row[place] = (row[place] or "").encode()
        for place, source in self.indexes:
            row[place] = row[source] or None
        self.rows.append(row)

    def write(self) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY {self.table} FROM STDIN") as copy:
            for row in self.rows:
                copy.write_row(row)


def _sent(field: Any, value: Any) -> Any:
    return "{}" if isinstance(field, (JSONField, ArrayField)) else value


def bare() -> float:
    partner, program = clean()
    began = time.perf_counter()
    leads = Bare(Lead, ("id", *LOAN_FIELDS), partner_id=partner.pk, program_id=program.pk, intake="excel")
    people = Bare(Applicant, ("id", "lead_id", *PERSON_FIELDS), is_primary=True, position=0)
    homes = Bare(Address, ("id", "applicant_id", *HOME_FIELDS), position=0)
    banks = Bare(Bank, ("id", "applicant_id", *BANK_FIELDS), position=0)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(OUR_FILE)).get_sheet_by_index(0)
    rows = sheet.iter_rows()
    next(rows)
    for cells in rows:
        cells[4] = int(cells[4])  # calamine has it as a float
        lead_id, person_id = uuid7(), uuid7()
        leads.add(lead_id, *cells[:6])
        people.add(person_id, lead_id, *cells[6:14])
        homes.add(uuid7(), person_id, *cells[14:17])
        banks.add(uuid7(), person_id, *cells[17:])
    with transaction.atomic():
        for each in (leads, people, homes, banks):
            each.write()
    took = time.perf_counter() - began
    assert Bank.objects.count() == ROWS
    return ROWS / took


def main() -> None:
    Connection.objects.all().delete()
    rates = scratch.interleaved(RUNS, theirs=theirs, bare=bare, ours=ours)
    scratch.report("what a second processor adds here", scratch.second_processor(), "%")
    scratch.report("django-import-export, the Lead alone", rates["theirs"], "rows/s")
    scratch.report("leadops, four tables, checked and sealed", rates["ours"], "rows/s")
    scratch.report("calamine and COPY, four tables, nothing checked", rates["bare"], "rows/s")
    scratch.report("leadops to django-import-export", rates["ours"] / rates["theirs"], "x", f"bar: {BAR:g}")
    scratch.report("leadops to bare COPY", 100 * rates["ours"] / rates["bare"], "%", f"bar: {BARE_BAR:g}")
    connection = Connection.objects.create(vendor="ispcrm", name="bench", base_url="http://127.0.0.1:9")
    Route.objects.create(connection=connection)
    scratch.report("leadops, with a delivery queued for each lead", ours(), "rows/s")


if __name__ == "__main__":
    main()
