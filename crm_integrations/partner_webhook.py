"""The webhook of a partner: told of events by the engine that delivers leads to vendors.

Source: https://github.com/standard-webhooks/standard-webhooks, specification 1.0. It is a connector that stands beside
`connectors/`, which holds the vendors alone.
"""

from __future__ import annotations

from crm_integrations import errors
from crm_integrations.auth import StandardWebhook
from crm_integrations.connector import Auth, Connector, Outcome, Request, Response, Secret, Setting
from crm_integrations.records import EventRecord

GONE = 410


class PartnerWebhook(Connector):
    """Events for a partner's own address."""

    slug = "partner_webhook"
    label = "Partner's webhook"
    docs_url = "https://www.standardwebhooks.com"
    settings = (
        Setting("path", "Path", default="/"),
        Setting("former_until", "The secret before is used until, in seconds since 1970", int, 0),
    )
    secrets = (Secret("secret", "Secret"), Secret("former_secret", "The secret before"))
    knows_repeats = True
    is_partners = True
    timeout = 15.0

    @property
    def auth(self) -> Auth:
        told = self.config.secrets
        until = self.config.settings["former_until"]
        return StandardWebhook(told.get("secret", ""), told.get("former_secret", ""), until)

    def build_event(self, record: EventRecord) -> Request:
        payload = {"type": record.type, "timestamp": record.occurred_at, "data": dict(record.data)}
        request = Request.json("event", self.config.settings["path"], payload)
        return request.with_headers(webhook_id=record.id, webhook_timestamp=str(record.sent_at))

    def raise_for_status(self, response: Response) -> None:
        """Any answer but 2xx is tried again: what comes twice is known by its id. 410 says never again."""
        if 200 <= response.status < 300:
            return
        if response.status == GONE:
            raise errors.Rejected("HTTP 410: the partner's system wants no more events.")
        raise errors.Transient(f"HTTP {response.status}.", response.retry_after)

    def parse(self, response: Response) -> Outcome:
        return Outcome("")
