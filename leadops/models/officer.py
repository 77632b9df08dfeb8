"""The people who sign in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from leadops.models.branch import Branch

OWN_LEADS_ONLY = "leadops.own_leads_only"
"""A right that narrows: who has it sees their own leads alone, however far their reach goes."""


class OfficerQuerySet(models.QuerySet["Officer"]):
    def visible_to(self, officer: Officer) -> Self:
        """All, or those who share a branch with `officer`, and `officer`."""
        if officer.sees_all:
            return self
        colleagues = Officer.branches.through.objects.filter(branch_id__in=officer.branch_ids)
        return self.filter(models.Q(pk=officer.pk) | models.Q(pk__in=colleagues.values("officer_id")))


class OfficerManager(UserManager.from_queryset(OfficerQuerySet)):  # type: ignore[misc]  # made at run time
    """Makes officers, and finds those that somebody sees."""


class Officer(AbstractUser):
    """Somebody of the lender who works in the back office.

    What they may do to a record is a right, what they see of the leads is their reach; a right may narrow it.
    """

    class Reach(models.TextChoices):
        OWN = "own", "Own leads"
        BRANCHES = "branches", "Leads of own branches"
        ALL = "all", "All leads"

    reach = models.CharField("sees", max_length=8, choices=Reach, default=Reach.BRANCHES)
    language = models.CharField(
        max_length=10, choices=settings.LANGUAGES, blank=True, default="", db_default="", editable=False
    )
    branches = models.ManyToManyField(Branch, blank=True, related_name="officers")
    factor_since = models.DateTimeField("second factor since", null=True, blank=True, editable=False)
    sessions_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The database sets it when they are deactivated."
    )

    objects: ClassVar[OfficerManager] = OfficerManager()

    class Meta(AbstractUser.Meta):
        verbose_name = "officer"
        verbose_name_plural = "officers"
        ordering = ["username"]
        permissions = [("reset_sign_in", "Can lift lock-outs and reset second factors")]

    def end_sessions(self) -> None:
        """Have every session of theirs end, also the one that asks for it; the caller saves the officer."""
        self.sessions_since = timezone.now()

    @property
    def sees_own_only(self) -> bool:
        """Whether they see what they own or made and nothing else: by their reach, or by a right that narrows it."""
        if self.is_superuser:
            return False
        return self.reach == self.Reach.OWN or self.has_perm(OWN_LEADS_ONLY)

    @property
    def sees_all(self) -> bool:
        """Whether no branch bounds what they see. Who is deactivated sees nothing."""
        if not self.is_active:
            return False
        return self.is_superuser or (self.reach == self.Reach.ALL and not self.sees_own_only)

    @cached_property
    def branch_ids(self) -> list[UUID]:
        """Their branches, asked for once a request."""
        return list(self.branches.order_by().values_list("pk", flat=True))

    def get_session_auth_hash(self) -> str:
        """What a session is held against at each request: Django's, which tells of the password, and when to end it."""
        return self._of_now(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by the keys that were used before."""
        yield from map(self._of_now, super().get_session_auth_fallback_hash())

    def _of_now(self, made: str) -> str:
        return f"{made} {self.sessions_since.isoformat()}" if self.sessions_since else made
