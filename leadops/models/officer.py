"""The people who sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class Officer(AbstractUser):
    """Somebody of the lender who works in the back office."""

    class Meta(AbstractUser.Meta):
        verbose_name = "officer"
        verbose_name_plural = "officers"
        ordering = ["username"]
