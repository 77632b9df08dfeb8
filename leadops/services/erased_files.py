"""Deleting the files of what was erased: after the commit, and by night again where a store did not answer."""

from __future__ import annotations

import logging
from uuid import UUID

from django.core.files.storage import storages

from leadops.faults import place_of
from leadops.models import Erasure, ImportBatch

logger = logging.getLogger(__name__)


def delete(erasure_id: UUID) -> bool:
    """Delete the files that an erasure has left; False when some could not be."""
    erasure = Erasure.objects.filter(pk=erasure_id).first()
    if erasure is None:
        return True
    left = [[store, name] for store, name in erasure.files if not _deleted(store, name)]
    ImportBatch.objects.filter(file__in=[n for s, n in erasure.files if s == "default"]).update(file="")
    Erasure.objects.filter(pk=erasure_id).update(files=left)
    return not left


def delete_left() -> int:
    """Try again to delete what could not be deleted; returns of how many erasures all is gone now."""
    with_files = Erasure.objects.exclude(files=[]).order_by("id")
    return sum(map(delete, list(with_files.values_list("pk", flat=True)[:1000])))


def _deleted(store: str, name: str) -> bool:
    try:
        storages[store].delete(name)
    except Exception as error:  # of a bucket it may be anything
        logger.error("A file of an erased lead can't be deleted yet: %s.", place_of(error))
        return False
    return True
