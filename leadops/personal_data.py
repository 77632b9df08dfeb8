"""Which fields are personal data that pages show masked, and how; and what of it stands in its column in clear."""

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
    "date_of_birth": masking.day,
    **dict.fromkeys(("address_line", "house_no", "street", "apartment_no"), masking.hidden),
}
"""By the name of the field; whatever else is encrypted shows its last four. Names stay readable: see decision 45."""


def mask_of(field: Field[Any, Any]) -> Mask | None:
    """How `field` is shown; None where it is shown as it is."""
    return MASKS.get(field.name, masking.dotted if isinstance(field, EncryptedTextField) else None)


IN_CLEAR: dict[str, set[str]] = {
    "leadops.lead": {"loan_purpose", "remarks", "extra"},
    "leadops.applicant": {
        *("name", "first_name", "middle_name", "last_name", "father_name", "date_of_birth", "place_of_birth"),
        *("employer_name", "primary_email", "identity_issued_by", "identity_issuer_code"),
    },
    "leadops.address": {
        *("address_line", "house_no", "street", "apartment_no", "locality", "pincode", "fias_id"),
    },
    "leadops.bank": {"account_holder_name"},
    "leadops.document": {"file_name"},
    "leadops.documentevent": {"document"},
    "leadops.importbatch": {"file_name"},
    "leadops.bankverification": {"name_at_bank", "reason"},
    "leadops.reveal": {"words"},
    "leadops.pendingchange": {"diff"},
}
"""By the model: what is searched for or sorted by, or typed freely, and so is not sealed. No log may copy it."""
