"""Whether a session that was kept from an earlier request still works is seen without asking the server."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """As Django's own, which asks the server before every request; here only who has something to hear asks.

        A server says something when it ends a session, or its kernel does for it. One that vanished without a word
        leaves both waiting alike.
        """
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred or _has_something_to_hear(self.connection.fileno()):
            return bool(super().is_usable())
        return True


def _has_something_to_hear(socket: int) -> bool:
    looking = select.poll()
    looking.register(socket, select.POLLIN)
    return bool(looking.poll(0))
