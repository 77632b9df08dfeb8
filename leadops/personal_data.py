"""Which fields are personal data that pages show masked, and how."""

from __future__ import annotations

from typing import Any

from django.db.models import Field

from leadops import masking
from leadops.fields import EncryptedTextField
from leadops.masking import Mask

MASKS: dict[str, Mask] = {
    "pan_no": masking.pan,
    "gstin": masking.gstin,
    "primary_email": masking.email,
}
"""By the name of the field; whatever else is encrypted shows its last four."""


def mask_of(field: Field[Any, Any]) -> Mask | None:
    """How `field` is shown; None where it is shown as it is."""
    return MASKS.get(field.name, masking.dotted if isinstance(field, EncryptedTextField) else None)
