"""Documents and checklists as they are sent and told over REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from leadops.api.parsers import unknown_parts
from leadops.api.problems import FieldError, invalid
from leadops.api.shapes import Moment, error, once
from leadops.ids import uuid_in
from leadops.models import Document, Partner
from leadops.services import documents
from leadops.services.document_checklist import Checklist, Owner
from leadops.services.document_storing import Given

OWNER = {"related_model", "related_model_id"}
CHANGEABLE = {"document_type", "tags", "file", "password"}
MOST_TAGS = 20


class DocumentShape(serializers.Serializer[Any]):
    """A file and what it is about."""

    related_model = serializers.ChoiceField(Document.RelatedModel.choices)
    related_model_id = serializers.UUIDField(help_text="The id of that lead, applicant or bank account.")
    document_type = serializers.CharField(
        max_length=50, help_text="One of the checklist's, where there is one."
    )
    file = serializers.FileField(help_text="A PDF, JPEG or PNG.")
    password = serializers.CharField(required=False, help_text="Only for a PDF that opens with one alone.")
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, help_text="One part for each."
    )


class DocumentChangeShape(serializers.Serializer[Any]):
    """What is to be another; the rest stays. A file comes in a form."""

    document_type = serializers.CharField(max_length=50, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), required=False)


class DocumentFormShape(DocumentChangeShape):
    """The same as a form, with a file that takes the place of the one there is."""

    file = serializers.FileField(required=False)
    password = serializers.CharField(required=False)


class DocumentAnswer(serializers.Serializer[Any]):
    """A document; its content is at `file`."""

    id = serializers.UUIDField()
    created_at = Moment(help_text="Seconds since 1970.")
    updated_at = Moment()
    lead_id = serializers.UUIDField()
    related_model = serializers.ChoiceField(Document.RelatedModel.choices)
    related_model_id = serializers.UUIDField()
    document_type = serializers.CharField()
    file = serializers.CharField(help_text="Where it is downloaded from, with your key.")
    file_name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes, of the file as it is kept.")
    sha256 = serializers.CharField(help_text="Of the file as it is kept: pictures are written anew.")
    pages = serializers.IntegerField(allow_null=True, help_text="Of a PDF.")
    has_password = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())


class ChecklistItemAnswer(serializers.Serializer[Any]):
    document_type = serializers.CharField()
    name = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # hides what only an instance has
    related_model = serializers.ChoiceField(Document.RelatedModel.choices)
    related_model_id = serializers.UUIDField()
    is_there = serializers.BooleanField(help_text="Also where an officer has added it.")
    document_ids = serializers.ListField(child=serializers.UUIDField(), help_text="Those that you sent.")


class ChecklistAnswer(serializers.Serializer[Any]):
    """The documents that the lead's program wants."""

    lead_id = serializers.UUIDField()
    complete = serializers.BooleanField()
    missing = serializers.IntegerField(help_text="Required ones that are not there.")
    items = ChecklistItemAnswer(many=True)


def document_answer(document: Document, request: Request) -> dict[str, Any]:
    """A document as its partner sees it."""
    return {
        "id": str(document.pk),
        "created_at": document.created_at.timestamp(),
        "updated_at": document.updated_at.timestamp(),
        "lead_id": str(document.lead_id),
        "related_model": document.related_model,
        "related_model_id": str(document.related_model_id),
        "document_type": document.document_type,
        "file": request.build_absolute_uri(reverse("document-download", args=[document.pk])),
        "file_name": document.file_name,
        "content_type": document.content_type,
        "size": document.size,
        "sha256": document.sha256,
        "pages": document.pages,
        "has_password": document.is_locked,
        "tags": document.tags,
    }


def checklist_answer(lead_id: UUID, told: Checklist) -> dict[str, Any]:
    """What is there and what is missing; of officers' documents no more than that they are there."""
    items = [
        {
            "document_type": item.type.code,
            "name": item.type.name,
            "required": item.type.required,
            "related_model": item.type.about,
            "related_model_id": str(item.owner.pk),
            "is_there": item.is_there,
            "document_ids": [str(each.pk) for each in item.documents if each.road == Document.Road.API],
        }
        for item in told.items
    ]
    return {"lead_id": str(lead_id), "complete": not told.missing, "missing": told.missing, "items": items}


class ReadDocument(NamedTuple):
    """A new document and what it is about."""

    about: Owner
    given: Given


def read_new(sent: Mapping[str, Any], partner: Partner, only_lead: UUID | None) -> ReadDocument:
    """The document that a form brings; Problem with everything that is wrong with it but the file's inside.

    It may be about any lead of `partner`, or about `only_lead`.
    """
    errors = unknown_parts(sent, CHANGEABLE | OWNER)
    errors += [error(name, "required") for name in ("document_type",) if not sent.get(name)]
    given = _given(sent, errors)
    if given.file is None and not any(each.field == "file" for each in errors):
        errors.append(error("file", "no_file"))
    about = _owner(sent, partner, only_lead, errors)
    if errors or about is None:
        raise _all_wrong(errors, given, about)
    return ReadDocument(about, given)


def read_change(sent: Any) -> Given:
    """What a form or an object says of a document that is there; Problem with everything that is wrong with it."""
    if not isinstance(sent, Mapping):
        raise invalid([error("", "not_an_object")])
    errors = unknown_parts(sent, CHANGEABLE)
    given = _given(sent, errors)
    if given.password and given.file is None:
        errors.append(error("file", "no_file"))
    if errors:
        raise _all_wrong(errors, given, None)
    return given


def _given(sent: Mapping[str, Any], errors: list[FieldError]) -> Given:
    tags = sent.getlist("tags") if isinstance(sent, QueryDict) and "tags" in sent else sent.get("tags")
    return Given(
        document_type=_text(sent, "document_type", errors),
        tags=_texts(tags, errors),
        file=_file(sent, errors),
        password=_text(sent, "password", errors) or "",
    )


def _text(sent: Mapping[str, Any], name: str, errors: list[FieldError]) -> str | None:
    text = sent.get(name)
    if text is None or isinstance(text, str):
        return text
    errors.append(error(name, "not_a_text"))
    return None


def _texts(tags: Any, errors: list[FieldError]) -> list[str] | None:
    if tags is None:
        return None
    if not isinstance(tags, list):
        errors.append(error("tags", "not_a_list"))
        return None
    if len(tags) > MOST_TAGS:
        errors.append(error("tags", "too_many", most=MOST_TAGS))
        return None
    errors += [error(f"tags[{at}]", "not_a_text") for at, tag in enumerate(tags) if not isinstance(tag, str)]
    return [tag for tag in tags if isinstance(tag, str)]


def _file(sent: Mapping[str, Any], errors: list[FieldError]) -> UploadedFile[bytes] | None:
    file = sent.get("file")
    if file is None or isinstance(file, UploadedFile):
        return file
    errors.append(error("file", "no_file"))
    return None


def _owner(
    sent: Mapping[str, Any], partner: Partner, only_lead: UUID | None, errors: list[FieldError]
) -> Owner | None:
    kind, owner_id = sent.get("related_model"), uuid_in(str(sent.get("related_model_id", "")))
    wrong = [error(name, "required") for name in sorted(OWNER) if not sent.get(name)]
    if kind and kind not in Document.RelatedModel.values:
        wrong.append(error("related_model", "unknown_choice", known=", ".join(Document.RelatedModel.values)))
    if owner_id is None and sent.get("related_model_id"):
        wrong.append(error("related_model_id", "invalid_id"))
    found = None
    if not wrong and owner_id is not None:
        found = documents.owner_of(partner, owner_id, str(kind))
        if found and only_lead not in (None, documents.lead_of(found).pk):
            found = None
        wrong += [] if found else [error("related_model_id", "unknown_owner")]
    errors += wrong
    return found


def _all_wrong(errors: list[FieldError], given: Given, about: Owner | None) -> Exception:
    """The problem of a form that is wrong already, with what can be told of its content besides."""
    _, findings = documents.checked(about, given)
    return invalid(once(errors, [*map(FieldError.of, findings)]))
