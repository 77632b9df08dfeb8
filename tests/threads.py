"""Several things at the same moment, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def together(*jobs: Callable[[], object]) -> list[Exception]:
    """Begin all `jobs` at once and wait for them; what they raised."""
    gate, failures = threading.Barrier(len(jobs)), list[Exception]()

    def work(job: Callable[[], object]) -> None:
        try:
            gate.wait()
            job()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
