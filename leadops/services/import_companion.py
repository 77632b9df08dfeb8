"""The companion of an import: a process of its own that makes every second chunk ready, and writes it when told to.

It is told by lines of JSON: which import, `{"ready": after}`, then `{"until": lease, "anew": false}`; `import_turns`
starts it and tells it. It ends when nobody is there any more to tell it.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from typing import Any

import django

logger = logging.getLogger("leadops.services.import_companion")


def main() -> None:
    """Begin, and answer each line with one, to the end of the input."""
    django.setup()
    from leadops import collector
    from leadops.faults import place_of

    collector.look_rarely()
    _say({})
    try:
        _take_turns(json.loads(sys.stdin.readline()))
    except Exception as error:  # its text may tell of a borrower; the other process goes on alone
        logger.warning("The companion of an import ends: %s.", place_of(error))
        sys.exit(1)


def _take_turns(told: dict[str, Any]) -> None:
    from django.db import connection

    from leadops.models import ImportBatch
    from leadops.services import import_chunks, import_rows
    from leadops.services.import_leases import Lease

    connection.settings_dict["NAME"] = told["database"]
    count = told["count"]
    batch = ImportBatch.objects.select_related("partner", "program", "uploaded_by").get(pk=told["batch"])
    chunk = import_chunks.Chunk([], -1)
    for line in sys.stdin:
        told = json.loads(line)
        if "ready" in told:
            rows = import_rows.waiting(batch, count, told["ready"])
            _say({"last": rows[-1].lead_row if rows else None})
            chunk = import_chunks.ready(batch, rows)
            continue
        if told["anew"]:
            chunk = import_chunks.next_chunk(batch, count)
        lease = Lease(batch.pk, datetime.fromisoformat(told["until"]))
        lease, left = import_chunks.write(batch, lease, chunk)
        _say({"until": lease.until.isoformat(), "left": left, "last": chunk.last})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
