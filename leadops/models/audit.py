"""What the audit keeps: who did something, what became of which record, and the seals that hold both together.

The tables are made by SQL of their own (migration 0003): events by month, all three append-only. Triggers write them.
"""

from __future__ import annotations

from django.db import models


class AuditAct(models.Model):
    """Somebody at work, within one transaction; its events name it."""

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField("when")
    xact = models.BigIntegerField(help_text="The transaction, as the server numbers them.")
    who = models.TextField(
        help_text="The officer, the partner's key, the task, the command, or the database's role."
    )
    officer_id = models.BigIntegerField(null=True)
    on_behalf_of = models.TextField()
    reason = models.TextField()
    request_id = models.TextField("request id")
    origin = models.TextField("by", help_text="The address that was called, without its query.")
    db_role = models.TextField("database role")

    class Meta:
        managed = False
        db_table = "leadops_auditact"
        default_permissions = ()

    def __str__(self) -> str:
        return self.who


class AuditEvent(models.Model):
    """One thing that was done to one record; `changes` has what was before and what came after."""

    class Action(models.TextChoices):
        INSERT = "insert", "Added"
        UPDATE = "update", "Changed"
        DELETE = "delete", "Deleted"
        TRUNCATE = "truncate", "Emptied table"
        REVEALED = "revealed", "Personal data shown"
        DOWNLOADED = "downloaded", "Downloaded"
        PASSWORD_SHOWN = "password shown", "Document's password shown"
        EXPORTED = "exported", "Export ordered"
        EXPORT_TAKEN = "export taken", "Export downloaded"
        REPLAYED = "replayed", "Replay started"
        DECIDED = "decided", "Delivery decided"
        SIGNED_IN = "signed in", "Signed in"
        SIGNED_OUT = "signed out", "Signed out"
        SIGN_IN_FAILED = "sign-in failed", "Sign-in refused"
        PRUNED = "pruned", "Old events dropped"

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField("when")
    act = models.ForeignKey(AuditAct, on_delete=models.DO_NOTHING, db_column="act", db_constraint=False)
    action = models.TextField("what", choices=Action)
    model = models.TextField(help_text="Its label: leadops.lead.")
    record = models.TextField(help_text="The primary key.")
    parent = models.TextField(null=True, help_text="The record that it belongs to.")
    changes = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "leadops_auditevent"
        default_permissions = ("view",)
        verbose_name = "audit event"

    def __str__(self) -> str:
        return f"{self.model} {self.record}: {self.action}"


class AuditSeal(models.Model):
    """Closes the acts whose transactions are from `since` to before `upto`, with all their events.

    `leaves` holds 16 bytes for each event, its id and the first eight of its digest, so that a break names the
    event. `hash` is over them and the seal before.
    """

    number = models.BigIntegerField(primary_key=True)
    floor = models.BigIntegerField(
        help_text="Acts with greater ids: a restored server counts transactions anew."
    )
    since = models.BigIntegerField()
    upto = models.BigIntegerField()
    last_act = models.BigIntegerField()
    events = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    leaves = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "leadops_auditseal"
        default_permissions = ()

    def __str__(self) -> str:
        return f"seal {self.number}"
