"""Imports as they are asked for and told of over REST."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from leadops.api.parsers import unknown_parts
from leadops.api.problems import FieldError, invalid
from leadops.api.programs import active_program
from leadops.api.shapes import error
from leadops.ids import uuid_in
from leadops.models import ImportBatch, ImportMode, ImportRow, ImportState, Layout, Program
from leadops.services import (
    import_batches,
    import_corrections,
    import_mending,
    import_previews,
    import_undoing,
)

FOR_PARTNERS = {
    import_undoing.STAYED_CODE: "Its lead stayed when the import was undone.",
    import_mending.MENDED_CODE: "Mended by the lender.",
    import_corrections.MENDED_CODE: "Mended by another workbook.",
    import_corrections.GIVEN_BACK_CODE: "The workbook that mended it was undone: it is refused again.",
    import_undoing.UNDONE_CODE: "Its lead was deleted when an import was undone.",
}
"""In place of words that officers left in a row, which name people and vendors of the lender."""
TOLD = ("column", "cell", "code", "message", "severity")
FIELDS = {"file", "program_id", "mode", "layout", "preview"}
YES_OR_NO = {"true": True, "1": True, "false": False, "0": False, "": False}


class ImportForm(serializers.Serializer[Any]):
    """A workbook and what is to be done with it."""

    file = serializers.FileField(help_text="The workbook, with a header row.")
    program_id = serializers.UUIDField()
    mode = serializers.ChoiceField(ImportMode.choices, default=ImportMode.CREATE)
    layout = serializers.ChoiceField(Layout.to_choose(), default=Layout.FLAT)
    preview = serializers.BooleanField(default=False, help_text="Make no lead before `start`.")


class RowProblemAnswer(serializers.Serializer[Any]):
    column = serializers.CharField(help_text="Its header; empty where no column is to blame.")
    cell = serializers.CharField(help_text="Its address, as B6; of several B5:D5, F5.")
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField([("error", "error"), ("warning", "warning")])


class CountedProblemAnswer(RowProblemAnswer):
    count = serializers.IntegerField()


# Not as a class, in which a field named `update` would hide a method.
PREVIEW: dict[str, serializers.Field[Any, Any, Any, Any]] = {
    "made_at": serializers.FloatField(help_text="What came after that moment is not counted."),
    **{name: serializers.IntegerField() for name in import_previews.COUNTS},
    import_previews.MARKED: serializers.IntegerField(
        help_text="Rows that go in though they look like leads of yours."
    ),
    "problems": CountedProblemAnswer(many=True),
    "more_problems": serializers.IntegerField(help_text="Kinds of problems beyond the first hundred."),
}


class ImportAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    created_at = serializers.FloatField()
    program_id = serializers.UUIDField()
    file_name = serializers.CharField()
    state = serializers.ChoiceField(ImportState.choices)
    problem = serializers.CharField(help_text="Why the file as a whole can't be imported.")
    mode = serializers.ChoiceField(ImportMode.choices)
    layout = serializers.ChoiceField(Layout.choices)
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Sheets that were not read.")
    earlier_import_id = serializers.UUIDField(allow_null=True, help_text="The same file, sent by you before.")
    rows = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    percent = serializers.IntegerField(help_text="How far its state is.")
    seconds_left = serializers.IntegerField(allow_null=True)
    preview = inline_serializer("PreviewAnswer", PREVIEW, allow_null=True)


class ImportRowAnswer(serializers.Serializer[Any]):
    sheet = serializers.CharField()
    row = serializers.IntegerField(help_text="Its number, as Excel shows it.")
    outcome = serializers.ChoiceField(ImportRow.Outcome.choices)
    lead_id = serializers.UUIDField(allow_null=True)
    problems = RowProblemAnswer(many=True)


def import_answer(batch: ImportBatch) -> dict[str, Any]:
    """An import as its partner sees it."""
    said = import_batches.progress(batch)
    return {
        "id": str(batch.pk),
        "created_at": batch.created_at.timestamp(),
        "program_id": str(batch.program_id),
        "file_name": batch.file_name,
        "state": batch.state,
        "problem": batch.problem,
        "mode": batch.mode,
        "layout": batch.layout,
        "left_out": batch.left_out,
        "earlier_import_id": _earlier(batch),
        **{name: said[name] for name in ("rows", "created", "updated", "skipped", "failed")},
        "percent": said["percent"],
        "seconds_left": said["seconds_left"],
        "preview": _preview(batch),
    }


def _earlier(batch: ImportBatch) -> str | None:
    """The import of the same file before, where the partner sent that one too."""
    earlier = batch.earlier
    return str(earlier.pk) if earlier is not None and earlier.road == ImportBatch.Road.API else None


def _preview(batch: ImportBatch) -> dict[str, Any] | None:
    told = import_previews.shown(batch)
    if not told or batch.stage_began_at is None:
        return None
    problems = [{**_told(each), "count": each["count"]} for each in told["problems"]]
    numbers = {
        name: told.get(name, 0) for name in (*import_previews.COUNTS, import_previews.MARKED, "more_problems")
    }
    return {"made_at": batch.stage_began_at.timestamp(), **numbers, "problems": problems}


def row_answer(row: ImportRow, own_leads: Collection[UUID]) -> dict[str, Any]:
    """A row as its partner sees it; `own_leads` are the partner's among those that rows of this page name."""
    return {
        "sheet": row.sheet,
        "row": row.number,
        "outcome": row.outcome,
        "lead_id": str(row.lead_id) if row.lead_id in own_leads else None,
        "problems": [_told(each) for each in row.problems],
    }


def _told(problem: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: problem[name] for name in TOLD}
    return told | {"message": FOR_PARTNERS.get(problem["code"], problem["message"])}


class ReadForm(NamedTuple):
    """What a form asks for."""

    file: UploadedFile[bytes]
    program: Program
    mode: str
    layout: str
    preview: bool


def read_form(sent: Mapping[str, Any]) -> ReadForm:
    """The form that was sent; Problem with everything that is wrong with it."""
    errors = unknown_parts(sent, FIELDS)
    file, program_id = sent.get("file"), uuid_in(str(sent.get("program_id", "")))
    program = active_program(program_id)
    if not isinstance(file, UploadedFile):
        errors.append(error("file", "no_file"))
    if program is None:
        errors.append(_about_program(sent, program_id is not None))
    mode = _choice(sent, "mode", ImportMode.values, errors)
    layout = _choice(sent, "layout", list(dict(Layout.to_choose())), errors)
    preview = YES_OR_NO.get(str(sent.get("preview", "")).lower())
    if preview is None:
        errors.append(error("preview", "not_yes_or_no"))
    if errors or program is None or not isinstance(file, UploadedFile):
        raise invalid(errors)
    return ReadForm(file, program, mode, layout, bool(preview))


def _about_program(sent: Mapping[str, Any], is_id: bool) -> FieldError:
    if "program_id" not in sent:
        return error("program_id", "required")
    return error("program_id", "unknown_program" if is_id else "invalid_id")


def _choice(sent: Mapping[str, Any], name: str, known: Iterable[str], errors: list[FieldError]) -> str:
    """What was chosen; the first of `known` where nothing was."""
    known = list(known)
    chosen = str(sent.get(name) or known[0])
    if chosen not in known:
        errors.append(error(name, "unknown_choice", known=", ".join(known)))
    return chosen
