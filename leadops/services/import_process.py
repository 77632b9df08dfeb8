"""The program that does what is to be done with one import; `import_processes` starts it.

It is told the import and the name of the database, and gives way to everything else on its machine.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from uuid import UUID

import django

logger = logging.getLogger("leadops.services.import_process")
GIVES_WAY = 15
"""Its niceness: pages and deliveries go first, and it has what they leave."""


def main(batch_id: str, database: str) -> None:
    """Run the import; what it starts in its turn gives way, too."""
    os.nice(GIVES_WAY)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    django.setup()
    from django.db import connection

    from leadops import collector
    from leadops.faults import place_of
    from leadops.services import import_batches

    collector.look_rarely()
    connection.settings_dict["NAME"] = database
    try:
        import_batches.run(UUID(batch_id))
    except Exception as error:  # its text may tell of a borrower
        logger.error("Import %s was broken off: %s.", batch_id, place_of(error))
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
