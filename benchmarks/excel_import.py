"""How fast a workbook becomes leads, against django-import-export's defaults importing the Lead alone.

Ours: read in a process under limits, checked, sealed, written to four tables and the import's rows, announced. Theirs:
tablib's reading of the same number of rows and a `ModelResource` with default settings, one table, none of the checks.
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
from django.core.files.base import ContentFile
from import_export import resources

from crm_integrations.models import Connection, Delivery, Route
from leadops import synthetic
from leadops.excel.writer import Cell, write
from leadops.ids import uuid7
from leadops.models import Address, Applicant, Bank, ImportBatch, ImportRow, Lead, Partner, Program
from leadops.services import import_batches

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
RUNS = 3
BAR = 5.0
LOAN_FIELDS = ("partner_ref_id", "primary_mobile", "source", "loan_amount", "loan_tenure", "loan_tenure_unit")

OUR_HEADER = """
    Partner reference, Mobile, Source, Loan amount, Loan tenure, Tenure unit, Name, First name, Last name, Gender,
    Date of birth, PAN, E-mail, Address, City, Pincode, Account number, Account holder, IFSC
"""


def our_row(lead: Any) -> list[Cell]:
    [person] = lead.applicants
    home, bank = person.addresses[0], person.banks[0]
    return [
        *(getattr(lead, name) for name in LOAN_FIELDS),
        *(
            person.name,
            person.first_name,
            person.last_name,
            person.gender,
            person.date_of_birth,
            person.pan_no,
        ),
        *(person.primary_email, home.address_line, home.city, home.pincode),
        *(bank.account_no, bank.account_holder_name, bank.ifsc),
    ]


def workbook(header: list[str], rows: list[list[Cell]]) -> bytes:
    stream = io.BytesIO()
    write(stream, [header, *rows])
    return stream.getvalue()


DRAFTS = synthetic.drafts(ROWS)
OUR_FILE = workbook([name.strip() for name in OUR_HEADER.split(",")], [our_row(lead) for lead in DRAFTS])
THEIR_FILE = workbook(
    ["id", *LOAN_FIELDS], [[str(uuid7()), *(getattr(lead, name) for name in LOAN_FIELDS)] for lead in DRAFTS]
)


# What the benchmark itself holds must not make either side's garbage collections longer.
del DRAFTS
gc.collect()
gc.freeze()


def clean() -> tuple[Partner, Program]:
    for model in (ImportRow, ImportBatch, Delivery, Bank, Address, Applicant, Lead):
        model._base_manager.all()._raw_delete("default")
    partner, _ = Partner.objects.get_or_create(code="bench", defaults={"name": "Bench"})
    program, _ = Program.objects.get_or_create(
        code="bench", defaults={"name": "Bench", "product_type": "scf"}
    )
    return partner, program


def ours() -> float:
    partner, program = clean()
    began = time.perf_counter()
    batch = import_batches.receive(ContentFile(OUR_FILE), "bench.xlsx", partner=partner, program=program)
    import_batches.run(batch.pk)
    took = time.perf_counter() - began
    batch.refresh_from_db()
    assert (batch.created, batch.failed) == (ROWS, 0), batch.problem
    assert Bank.objects.count() == ROWS
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
    assert Lead.objects.count() == ROWS
    return ROWS / took


def main() -> None:
    Connection.objects.all().delete()
    rates = scratch.interleaved(RUNS, theirs=theirs, ours=ours)
    scratch.report("django-import-export, the Lead alone", rates["theirs"], "rows/s")
    scratch.report("leadops, four tables, checked and sealed", rates["ours"], "rows/s")
    scratch.report("ratio", rates["ours"] / rates["theirs"], "x", f"bar: {BAR:g}")
    connection = Connection.objects.create(vendor="ispcrm", name="bench", base_url="http://127.0.0.1:9")
    Route.objects.create(connection=connection)
    scratch.report("leadops, with a delivery queued for each lead", ours(), "rows/s")


if __name__ == "__main__":
    main()
