"""What a second person approves about vendors: where calls and secrets go, and sending many deliveries again."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Reconciliation, Replay, Subscription
from leadops.models import Officer, PendingChange
from leadops.models.pending_change import Line
from leadops.services.approvals import Data, Kind, Reach, line, version_of

NEW_FIELDS = ("vendor", "name", "base_url", "jurisdiction", "test_space", "enabled")


class ConnectionChange(Kind):
    """Another address, or other secrets: from then on the borrowers' data goes there."""

    name = "connection"
    label = _("Connection's address or secrets")
    model = Connection
    rights = ("crm_integrations.change_connection",)
    seen_with = "crm_integrations.view_connection"

    def what(self, connection: Connection, data: Data) -> str:
        parts = {"base_url": "address", "settings": "addresses in the settings", "secrets": "secrets"}
        return f"Change the {' and '.join(word for name, word in parts.items() if data.get(name))} of {connection}"

    def describe(self, connection: Connection, data: Data) -> list[Line]:
        lines = []
        if "base_url" in data:
            lines.append(line(_("Base URL"), connection.base_url, data["base_url"]))
        if "settings" in data:
            old, new = connection.settings, data["settings"]
            names = sorted(each for each in {*old, *new} if old.get(each) != new.get(each))
            lines += [line(each, old.get(each), new.get(each)) for each in names]
        kept = connection.secrets
        for each in connection.connector_class.secrets:
            if each.name in data.get("secrets", {}):
                before = _("set") if kept.get(each.name) else _("not set")
                lines.append(line(each.label, before, _("another one") if kept.get(each.name) else _("set")))
        return lines

    def base(self, connection: Connection, data: Data) -> str:
        return version_of(connection.version)

    def apply(self, connection: Connection, data: Data, change: PendingChange) -> Model | None:
        columns = {"updated_at"}
        for name in ("base_url", "settings"):
            if name in data:
                setattr(connection, name, data[name])
                columns.add(name)
        if data.get("secrets"):
            connection.secrets = connection.secrets | data["secrets"]
            columns.add("sealed_secrets")
        connection.full_clean()
        connection.save(update_fields=columns)
        return None

    def reach(self, connection: Connection, data: Data) -> Reach | None:
        """Of a partner's webhook its branch; one to a vendor is everybody's."""
        found = Subscription.objects.filter(connection=connection).values_list(
            "partner__branch_id", flat=True
        )
        return Reach.of(branches) if (branches := set(found)) else None


def connection_of(connection: Connection) -> Data:
    """What carries out making `connection`, which is not stored yet; it has no secrets then."""
    return {name: getattr(connection, name) for name in NEW_FIELDS}


class NewConnection(Kind):
    name = "new_connection"
    label = _("New connection")
    rights = ("crm_integrations.add_connection",)
    seen_with = "crm_integrations.view_connection"

    def what(self, subject: None, data: Data) -> str:
        return f"Make the connection {data['name']}"

    def describe(self, subject: None, data: Data) -> list[Line]:
        labels = {name: Connection._meta.get_field(name) for name in NEW_FIELDS}
        return [line(_capital(field), "", data[name]) for name, field in labels.items()]

    def apply(self, subject: None, data: Data, change: PendingChange) -> Model:
        connection = Connection(**data)
        connection.full_clean()
        connection.save()
        return connection


class ReplayStart(Kind):
    """It was collected when it was asked for; what went through meanwhile is left out when its turn comes."""

    name = "replay"
    label = _("Large replay")
    model = Replay
    rights = ("crm_integrations.add_replay",)
    seen_with = "crm_integrations.view_replay"

    def what(self, replay: Replay, data: Data) -> str:
        return f"Send {replay.total} deliveries again: {replay.what}"

    def describe(self, replay: Replay, data: Data) -> list[Line]:
        rows = replay.items.values_list("connection__name", flat=True).order_by("connection__name")
        names = ", ".join(rows.distinct())
        return [
            line(_("State"), replay.get_state_display(), Replay.State.RUNNING.label),
            line(_("Deliveries sent again"), "", replay.total),
            line(_("Chosen by"), "", replay.what),
            line(_("Connections"), "", names),
        ]

    def base(self, replay: Replay, data: Data) -> str:
        return version_of([replay.state, replay.total])

    def apply(self, replay: Replay, data: Data, change: PendingChange) -> Model | None:
        outbox.replays.go_ahead(replay)
        return None

    def dropped(self, replay: Replay) -> None:
        outbox.replays.cancel(replay)

    def reach(self, replay: Replay, data: Data) -> Reach | None:
        found = Delivery.objects.filter(replay_items__replay=replay, lead__isnull=False)
        branches = set(found.order_by().values_list("lead__branch_id", flat=True).distinct())
        return Reach.of(branches) if branches else None

    def may_check(self, officer: Officer, replay: Replay, data: Data) -> bool:
        """Also who does not see the replay itself, which is its maker's own."""
        return officer.has_perms(self.rights)


class Doubt(Kind):
    """Much of what a vendor did not list is taken for perhaps not there: each leaves what is settled."""

    name = "doubt"
    label = _("Doubting many deliveries")
    model = Reconciliation
    rights = ("crm_integrations.add_reconciliation",)
    seen_with = "crm_integrations.view_reconciliation"

    def what(self, asked: Reconciliation, data: Data) -> str:
        return f"Look up {outbox.missing_there(asked, data['chosen']).count()} deliveries: {asked}"

    def describe(self, asked: Reconciliation, data: Data) -> list[Line]:
        return [
            line(_("Deliveries that are doubted"), "", outbox.missing_there(asked, data["chosen"]).count()),
            line(_("Connection"), "", asked.connection),
            line(_("Delivered by us"), "", asked.ours),
            line(_("Listed there"), "", asked.theirs),
        ]

    def base(self, asked: Reconciliation, data: Data) -> str:
        return version_of(outbox.missing_there(asked, data["chosen"]).count())

    def apply(self, asked: Reconciliation, data: Data, change: PendingChange) -> Model | None:
        outbox.doubt_missing(asked, data["chosen"], change.reason, change.made_by)
        return None


def _capital(field: Any) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]
