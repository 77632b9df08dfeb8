"""A workbook that an officer has uploaded when the demo begins: the workers read it, and refuse three of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from django.core.files.base import ContentFile

from leadops import synthetic
from leadops.drafts import LeadDraft
from leadops.excel import writer
from leadops.models import ImportBatch, Officer, Partner, Program
from leadops.services import import_batches

FILE_NAME = "mela-pune.xlsx"
COUNT, SEED = 14, 78
HEADERS = ("Ref No", "Customer Name", "Mobile No.", "E-mail ID", "PAN No.", "City", "Pincode", "Loan Amt")
WRONG = {3: ("Mobile No.", "98765"), 7: ("PAN No.", "ABCD1234"), 11: ("Loan Amt", "5 lakh?")}
"""What stands in some rows, counted from 0, in place of what should."""


def load(officer: Officer, partner: Partner, program: Program) -> None:
    """Have `officer` upload the workbook; once. What becomes of it, the workers find out as of any other."""
    if ImportBatch.objects.exists():
        return
    content = BytesIO()
    writer.write(content, [HEADERS, *_rows()])
    file = ContentFile(content.getvalue())
    import_batches.receive(
        file, FILE_NAME, partner=partner, program=program, uploaded_by=officer, road=ImportBatch.Road.DESK
    )


def _rows() -> Iterator[list[writer.Cell]]:
    for number, draft in enumerate(synthetic.drafts(COUNT, seed=SEED)):
        row = dict(zip(HEADERS, _cells(draft), strict=True))
        name, text = WRONG.get(number, ("", ""))
        yield list((row | {name: text} if name else row).values())


def _cells(draft: LeadDraft) -> list[writer.Cell]:
    person = draft.applicants[0]
    home = person.addresses[0]
    reference = f"SF-{draft.partner_ref_id[-4:]}"
    name = person.name or f"{person.first_name} {person.last_name}"
    who = [reference, name, draft.primary_mobile, person.primary_email, person.pan_no]
    return [*who, home.city, home.pincode, str(draft.loan_amount)]
