"""Which documents a program wants."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from leadops.models.applicant import Applicant
from leadops.models.document import Document
from leadops.models.program import Program
from leadops.models.record import Record


class DocumentType(Record):
    """One kind of document that a program knows: of its leads, of their applicants or of bank accounts.

    A program that lists any for an owner takes no others there; each is a line of every lead's checklist.
    """

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="document_types")
    code = models.CharField(
        max_length=50,
        validators=[RegexValidator(r"^[A-Z0-9_]+$", "Capital letters, digits and underscores, as PAN_CARD.")],
        help_text="What partners send as document_type: PAN_CARD.",
    )
    name = models.CharField(max_length=100, help_text="What officers read: PAN card.")
    about = models.CharField(
        max_length=9, choices=Document.RelatedModel, default=Document.RelatedModel.APPLICANT
    )
    applicant_type = models.CharField(
        "of applicants that are",
        max_length=8,
        choices=Applicant.Type,
        blank=True,
        help_text="Empty for all of them.",
    )
    required = models.BooleanField(default=True)

    class Meta:
        ordering = ["program_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "about", "applicant_type", "code"],
                name="document_type_once_per_program",
                violation_error_message="This program lists this document already.",
            ),
            models.CheckConstraint(
                condition=Q(applicant_type="") | Q(about="applicant"), name="applicant_type_of_applicants"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.applicant_type and self.about != Document.RelatedModel.APPLICANT:
            raise ValidationError(
                {"applicant_type": _("Only a document about an applicant has this; leave it empty.")}
            )
