"""Where sessions are kept: with whom, since when and on what kind of device, and never longer than a working day.

Django's own store ends a session that nobody uses for SESSION_COOKIE_AGE. This one also ends it SESSION_HOURS after the
sign-in, however busy it is, and lets sessions be listed and ended by person. No network address is kept.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from .sign_in import SIGNED_IN


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from .models import Session  # when Django is loading apps there are no models yet

        return Session

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        if said := data.get(SIGNED_IN):
            row.sign_in_id = UUID(said["id"])
            row.signed_in_at = datetime.fromtimestamp(said["at"], UTC)
            row.device = said["device"]
        return row

    def cycle_key(self):
        """The same visit under another key, as after a new password. One visit has one row, so the one that was goes first:
        with it there, Django would take every new key for one that somebody has, and try for ever."""
        self._get_session()
        if self.session_key:
            self.delete(self.session_key)
        super().cycle_key()

    def _get_session_from_db(self):
        """None where it has lasted long enough: for every door, it is then as if nobody were signed in."""
        row = super()._get_session_from_db()
        if row is None or row.user_id is None:
            return row
        longest = settings.SESSION_HOURS * 3600
        if row.signed_in_at is None or time.time() - row.signed_in_at.timestamp() >= longest:
            row.delete()
            self._session_key = None
            return None
        return row
