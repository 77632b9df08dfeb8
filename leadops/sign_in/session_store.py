"""Where sessions are kept: Django's own table, read in SQL that is made once, because every page asks for its own."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from leadops.kept_queries import Kept, read

LIVE = Kept(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), str, datetime)


class SessionStore(db.SessionStore):
    """Django's by name too, which stands in the seals of the sessions that there are."""

    def _get_session_from_db(self) -> Session | None:
        found = read(LIVE(self.session_key, timezone.now()))
        if not found:
            self._session_key = None
            return None
        return found[0]
