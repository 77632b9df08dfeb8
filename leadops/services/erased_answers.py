"""Letting go of the kept answers that speak of leads whose personal data was erased."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from leadops.ids import first_id_at
from leadops.models import KeptAnswer, Lead
from leadops.services.kept_answers import KEPT

AT_ONCE = 2000
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def forget(lead_ids: Collection[UUID]) -> int:
    """Delete what is kept of them; answers are sealed and know no lead, so those of the last days are opened, each."""
    if not lead_ids:
        return 0
    told = _ids_of(lead_ids)
    recent = KeptAnswer.objects.filter(pk__gte=first_id_at(timezone.now() - KEPT)).only("pk", "body")
    about = [
        answer.pk
        for answer in recent.iterator(chunk_size=AT_ONCE)
        if not told.isdisjoint(AN_ID.findall(answer.body))
    ]
    return KeptAnswer.objects.filter(pk__in=about).delete()[0]


def _ids_of(lead_ids: Collection[UUID]) -> set[str]:
    """Theirs and their parties': an answer about an address need not name its lead."""
    found = {str(each) for each in lead_ids}
    for name in ("applicants", "applicants__addresses", "applicants__banks"):
        ids = Lead.with_deleted.filter(pk__in=lead_ids).values_list(f"{name}__pk", flat=True)
        found |= {str(each) for each in ids if each}
    return found
