"""What stands in for a connector whose file is gone, while its connections and their deliveries are still there.

Whatever it is asked for is wrong with our set-up: its connection pauses, and what is on its way waits as it is until
the file is back or a person decides.
"""

from __future__ import annotations

from crm_integrations import errors
from crm_integrations.connector import Auth, Connector, Kind, Outcome, Request, Response
from crm_integrations.records import Record


class Removed(Connector):
    """A vendor of which nothing is known but its slug: it takes no new record."""

    docs_url = ""
    # What may be there is not for a person to guess at, and what is there is not forgotten: both are asked for again
    # once the connector is back.
    can_find = True
    can_follow = True

    @property
    def auth(self) -> Auth:
        raise self._gone()

    def build(self, kind: Kind, record: Record) -> Request:
        raise self._gone()

    def find(self, record: Record) -> Request:
        raise self._gone()

    def ask_status(self, reference: str) -> Request:
        raise self._gone()

    def parse(self, response: Response) -> Outcome:
        raise errors.OutcomeUnknown(self._gone().message)

    def _gone(self) -> errors.Misconfigured:
        return errors.Misconfigured(f"connectors/ holds no {self.slug} any more.")


def removed(slug: str) -> type[Connector]:
    """The connector that stands in for the one called `slug`."""
    return type(Removed.__name__, (Removed,), {"slug": slug, "label": slug})
