"""Which documents a program wants of a lead: what is there, what is missing, and what else is not taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from leadops.kept_queries import Kept, read_together
from leadops.models import Applicant, Bank, Document, DocumentType, Lead
from leadops.validation import Finding, findings_at, problem

Owner = Lead | Applicant | Bank
"""What a document may be about."""
MOST_NAMED = 20
DOCUMENTS = Kept(
    lambda lead: Document.objects.filter(lead=lead).select_related("uploaded_by").order_by("id"), UUID
)
TYPES = Kept(lambda program: DocumentType.objects.filter(program=program), UUID)


class Item(NamedTuple):
    """One line of a checklist: a document that is wanted of one owner, and the files that are it."""

    type: DocumentType
    owner: Owner
    documents: list[Document]

    @property
    def called(self) -> str:
        """What officers call what it is about."""
        return called(self.owner)

    @property
    def is_there(self) -> bool:
        return bool(self.documents)

    @property
    def is_missing(self) -> bool:
        """Whether the lead waits for it."""
        return self.type.required and not self.documents


class Checklist(NamedTuple):
    """What the lead's program wants, and the documents besides."""

    items: list[Item]
    others: list[Document]

    @property
    def missing(self) -> int:
        return sum(item.is_missing for item in self.items)


def called(owner: Owner) -> str:
    """What officers call what a document is about."""
    return _("The lead") if isinstance(owner, Lead) else str(owner)


def kind_of(owner: Owner) -> str:
    """`owner` as documents name it."""
    kinds = {
        Lead: Document.RelatedModel.LEAD,
        Applicant: Document.RelatedModel.APPLICANT,
        Bank: Document.RelatedModel.BANK,
    }
    return kinds[type(owner)].value


def owners_of(lead: Lead) -> list[Owner]:
    """The lead, its applicants and their bank accounts: all that a document of it may be about."""
    return [lead, *lead.applicants.all(), *Bank.objects.filter(applicant__lead=lead)]


def checklist(lead: Lead) -> Checklist:
    """The lines for `lead`, in the program's order, and the documents that no line asks for."""
    kept: defaultdict[tuple[str, UUID, str], list[Document]] = defaultdict(list)
    documents, types = read_together(DOCUMENTS(lead.pk), TYPES(lead.program_id))
    for document in documents:
        kept[document.related_model, document.related_model_id, _folded(document.document_type)].append(
            document
        )
    owners = owners_of(lead) if types else []
    items = [
        Item(wanted, owner, kept.pop((kind_of(owner), owner.pk, _folded(wanted.code)), []))
        for wanted in types
        for owner in owners
        if _is_about(wanted, owner)
    ]
    return Checklist(items, [document for documents in kept.values() for document in documents])


def types_for(owner: Owner, lead: Lead) -> list[DocumentType]:
    """What the lead's program wants of this owner."""
    found = DocumentType.objects.filter(program_id=lead.program_id, about=kind_of(owner))
    return [wanted for wanted in found if _is_about(wanted, owner)]


def types_of(owners: list[Owner]) -> list[tuple[Owner, list[DocumentType]]]:
    """What the program of a lead wants of each of its `owners_of`."""
    leads = [each for each in owners if isinstance(each, Lead)]
    types = list(DocumentType.objects.filter(program_id__in=[lead.program_id for lead in leads]))
    return [(owner, [wanted for wanted in types if _is_about(wanted, owner)]) for owner in owners]


def type_findings(lead: Lead, owner: Owner, text: str) -> tuple[str, list[Finding]]:
    """The type as the program spells it; a finding where the program has a list for this owner and it is not there."""
    if not (text := text.strip()):
        return text, findings_at("document_type", [problem("required", what="The document type")])
    codes = [wanted.code for wanted in types_for(owner, lead)]
    for code in codes:
        if _folded(code) == _folded(text):
            return code, []
    known = f"it takes {_listed(codes)}"
    return text, findings_at(
        "document_type", [problem("unknown_document_type", known=known)]
    ) if codes else []


def _is_about(wanted: DocumentType, owner: Owner) -> bool:
    if wanted.about != kind_of(owner):
        return False
    return not isinstance(owner, Applicant) or wanted.applicant_type in ("", owner.applicant_type)


def _folded(code: str) -> str:
    """What spellings of one code have in common: “PAN card”, “pan_card”."""
    return code.strip().replace(" ", "_").replace("-", "_").upper()


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(list(codes)[:MOST_NAMED])
