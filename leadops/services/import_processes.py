"""Where an import runs: a small one in the worker that was told of it, a large one in a process of its own.

Inside a worker it would slow every delivery beside it, as an interpreter runs one thread at a time, and at a worker's
priority every page that an officer opens on the same machine.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from uuid import UUID

from django.conf import settings
from django.db import connection

from leadops.faults import place_of
from leadops.models import ImportBatch
from leadops.services import import_batches

logger = logging.getLogger(__name__)
LARGE = 400_000
"""Bytes of a workbook of some 5,000 rows: with fewer, most is done before a process has begun."""
PROGRAM = "leadops.services.import_process"


def run(batch_id: UUID) -> None:
    """Do what is to be done with a batch, as `import_batches.run` has it."""
    if _size(batch_id) < LARGE:
        import_batches.run(batch_id)
        return
    command = [sys.executable, "-m", PROGRAM, str(batch_id), str(connection.settings_dict["NAME"])]
    status = subprocess.run(command, cwd=settings.BASE_DIR, check=False).returncode  # noqa: S603  our own program
    if status:
        logger.warning(
            "The process of import %s ended with status %s; it is resumed when its lease ends.",
            batch_id,
            status,
        )


def resume() -> None:
    """Run all that is to be resumed; one that breaks does not keep the others from it."""
    for batch_id in import_batches.to_resume():
        try:
            run(batch_id)
        # The database's trouble too: its lease ends by itself, and it is tried again.
        except Exception as error:
            logger.error("Import %s could not be resumed: %s.", batch_id, place_of(error))


def _size(batch_id: UUID) -> int:
    """Bytes of the batch's file; 0 where it is no longer there, of which the import tells."""
    try:
        return ImportBatch.objects.get(pk=batch_id).file.size
    except FileNotFoundError:
        return 0
