"""What can be done to many leads at once: which of them are left out, and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Case, CharField, F, Func, Q, Value, When
from django.utils.translation import gettext as _

from leadops.errors import LeadopsError
from leadops.models import BulkAction, DropReason, Lead, Officer
from leadops.services import assignment, lead_status, leads
from leadops.services.status_steps import can_come_to

Kind = BulkAction.Deed
LONGEST_TAG = 50


class Incomplete(LeadopsError):
    """Something that this needs is not chosen, or is gone."""


class Deed(ABC):
    """One thing to do; the leads that a condition of `left_out` fits are left out for its reason."""

    kind: ClassVar[Kind]
    permissions: ClassVar[tuple[str, ...]] = ("leadops.change_lead", "leadops.submit_lead")
    """All of them: who can't submit edits drafts only, one by one."""

    @classmethod
    @abstractmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Deed:
        """From what `by` chose; raises Incomplete."""

    @property
    def detail(self) -> str:
        """The owner, reason or tag, in words."""
        return ""

    @property
    def values(self) -> dict[str, Any]:
        """What `of` makes the same one of."""
        return {}

    @abstractmethod
    def left_out(self) -> list[tuple[Q, str]]:
        """Conditions with their reasons, the first that fits counts."""

    @abstractmethod
    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        """Do it to these, which are locked and not left out, in the caller's transaction."""

    def why(self) -> Case:
        """The reason why a lead is left out, empty where it is not; to annotate leads with."""
        whens = [When(condition, then=Value(reason)) for condition, reason in self.left_out()]
        return Case(*whens, default=Value(""), output_field=CharField())


class Assign(Deed):
    kind, permissions = Kind.ASSIGN, ("leadops.assign_lead",)

    def __init__(self, owner: Officer) -> None:
        self.owner = owner

    @classmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Assign:
        if (owner := assignment.colleague(by, str(values.get("owner", "")))) is None:
            raise Incomplete(_("Choose an officer."))
        return cls(owner)

    @property
    def detail(self) -> str:
        return str(self.owner)

    @property
    def values(self) -> dict[str, Any]:
        return {"owner": self.owner.pk}

    def left_out(self) -> list[tuple[Q, str]]:
        theirs = (Q(owner=self.owner), _("It is theirs already."))
        if self.owner.sees_all:
            return [theirs]
        unseen = ~assignment.within_reach_of(self.owner)
        return [theirs, (unseen, _("%(officer)s may not see it.") % {"officer": self.owner})]

    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        assignment.assign(lead_ids, self.owner)


class Drop(Deed):
    kind = Kind.DROP

    def __init__(self, reason: DropReason) -> None:
        self.reason = reason

    @classmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Drop:
        if (reason := lead_status.reason_of(str(values.get("reason", "")))) is None:
            raise Incomplete(_("Choose why they are dropped."))
        return cls(reason)

    @property
    def detail(self) -> str:
        return str(self.reason)

    @property
    def values(self) -> dict[str, Any]:
        return {"reason": str(self.reason.pk)}

    def left_out(self) -> list[tuple[Q, str]]:
        return [
            (Q(status=Lead.Status.DROPPED), _("It is dropped already.")),
            (~can_come_to(Lead.Status.DROPPED), _("It can't be dropped in its status.")),
        ]

    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        lead_status.drop(lead_ids, self.reason, by)


class Reopen(Deed):
    kind = Kind.REOPEN

    @classmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Reopen:
        return cls()

    def left_out(self) -> list[tuple[Q, str]]:
        return [(~Q(status__in=Lead.STOPPED), _("It is neither dropped nor declined."))]

    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        lead_status.reopen(lead_ids, by)


class Submit(Deed):
    kind = Kind.SUBMIT
    permissions = ("leadops.submit_lead",)

    @classmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Submit:
        return cls()

    def left_out(self) -> list[tuple[Q, str]]:
        return [(Q(status__in=Lead.STOPPED), _("Dropped and declined leads are not sent."))]

    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        found = Lead.objects.filter(pk__in=lead_ids).select_related("partner", "program").order_by("pk")
        leads.submit(list(found), later=True, by=by)


class Tag(Deed):
    kind = Kind.TAG

    def __init__(self, tag: str) -> None:
        self.tag = tag

    @classmethod
    def of(cls, values: dict[str, Any], by: Officer) -> Tag:
        tag = " ".join(str(values.get("tag", "")).split())
        if not tag or len(tag) > LONGEST_TAG or "," in tag:
            raise Incomplete(
                _("Name a tag of at most %(most)s characters, without a comma.") % {"most": LONGEST_TAG}
            )
        return cls(tag)

    @property
    def detail(self) -> str:
        return self.tag

    @property
    def values(self) -> dict[str, Any]:
        return {"tag": self.tag}

    def left_out(self) -> list[tuple[Q, str]]:
        return [(Q(tags__contains=[self.tag]), _("It has this tag already."))]

    def do(self, lead_ids: Collection[UUID], by: Officer) -> None:
        tagged = Lead.objects.filter(pk__in=lead_ids)
        tagged.update(tags=Func(F("tags"), Value(self.tag), function="array_append"))
        leads.revise_all(list(tagged.only("pk", "version", "partner_id", "status", "deleted_at")))


DEEDS: dict[str, type[Deed]] = {each.kind: each for each in (Assign, Drop, Reopen, Submit, Tag)}


def deed_of(kind: str, values: dict[str, Any], by: Officer) -> Deed:
    """The deed of this kind with what it needs, on the order of `by`; raises Incomplete."""
    if kind not in DEEDS:
        raise Incomplete(_("Choose what is to be done."))
    return DEEDS[kind].of(values, by)
