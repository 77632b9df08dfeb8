"""What a second person approves about partners' webhooks: borrowers' data goes there, signed with their secret."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from crm_integrations import subscriptions
from crm_integrations.models import EventType, Subscription
from leadops.models import Partner, PendingChange
from leadops.models.pending_change import Line
from leadops.services.approvals import Data, Kind, Reach, line, version_of


class NewSubscription(Kind):
    """Who asks for it is shown the secret at once; nothing is sent before it is approved."""

    name = "new_subscription"
    label = _("New event subscription")
    model = Partner
    rights = ("crm_integrations.add_subscription",)
    seen_with = "crm_integrations.view_subscription"

    def what(self, partner: Partner, data: Data) -> str:
        return f"Tell {partner} of events"

    def describe(self, partner: Partner, data: Data) -> list[Line]:
        return [line(_("Address"), "", data["url"]), line(_("Events"), "", ", ".join(data["events"]))]

    def apply(self, partner: Partner, data: Data, change: PendingChange) -> Model:
        wanted = [EventType(each) for each in data["events"]]
        return subscriptions.create(partner, data["url"], wanted, data["secret"])[0]

    def reach(self, partner: Partner, data: Data) -> Reach:
        return Reach.of({partner.branch_id})


class SubscriptionChange(Kind):
    """Another address, or another secret, which who asks for it has been shown."""

    name = "subscription"
    label = _("Webhook's address or secret")
    model = Subscription
    rights = ("crm_integrations.change_subscription",)
    seen_with = "crm_integrations.view_subscription"

    def what(self, subscription: Subscription, data: Data) -> str:
        return f"Change the {'address' if 'url' in data else 'secret'} of a webhook of {subscription.partner}"

    def describe(self, subscription: Subscription, data: Data) -> list[Line]:
        if "url" in data:
            return [line(_("Address"), subscription.url, data["url"])]
        return [
            line(_("Address"), subscription.url, subscription.url),
            line(_("Secret"), _("set"), _("another one")),
        ]

    def base(self, subscription: Subscription, data: Data) -> str:
        return version_of([subscription.url, subscription.connection.secrets, str(subscription.deleted_at)])

    def apply(self, subscription: Subscription, data: Data, change: PendingChange) -> Model | None:
        if "url" in data:
            subscriptions.change(subscription, data["url"])
        else:
            subscriptions.rotate_secret(subscription, data["secret"])
        return None

    def reach(self, subscription: Subscription, data: Data) -> Reach:
        return Reach.of({subscription.partner.branch_id})
