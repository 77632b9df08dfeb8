"""Setting another officer's password: who knows it can sign in as them, with all that they may do."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from leadops.models import Officer, PendingChange
from leadops.models.pending_change import Line
from leadops.services.approvals.grants import OfOfficer
from leadops.services.approvals.kind import Data, line, version_of


class NewPassword(OfOfficer):
    """Its data holds the hash; what was typed is kept nowhere."""

    name = "password"
    label = _("Password of an officer")

    def what(self, officer: Officer, data: Data) -> str:
        return f"Set another password for {officer}"

    def describe(self, officer: Officer, data: Data) -> list[Line]:
        return [line(_("Password"), _("set"), _("another one"))]

    def base(self, officer: Officer, data: Data) -> str:
        return version_of([officer.password, officer.is_active])

    def apply(self, officer: Officer, data: Data, change: PendingChange) -> Model | None:
        officer.password = data["password"]
        officer.save(update_fields=["password"])
        return None
