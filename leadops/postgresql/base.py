"""Whether a session that was kept from an earlier request still works is seen without asking the server."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """As Django's own, which asks the server before every request; here only who has something to hear asks.

        A server says something when it ends a session, or its kernel does for it. One that vanished without a word
        leaves both waiting alike. In the midst of a transaction, which may be broken, the server is always asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        rests = self.connection.pgconn.transaction_status == TransactionStatus.IDLE
        if rests and not self.errors_occurred and not _has_something_to_hear(self.connection.fileno()):
            return True
        return bool(super().is_usable())


def _has_something_to_hear(socket: int) -> bool:
    looking = select.poll()
    looking.register(socket, select.POLLIN)
    return bool(looking.poll(0))
