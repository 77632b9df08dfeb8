"""Lists of leads that officers come back to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadops.models.record import Record


class SavedView(Record):
    """The filters of the list of leads under a name; a searched text stands sealed in them, as in the address."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="As it stands in the list's address.")
    shared = models.BooleanField(default=False, help_text=_("Colleagues who may see leads are offered it."))

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="one_view_of_a_name",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]
        indexes = [models.Index(fields=["name"], condition=models.Q(shared=True), name="shared_view")]

    def __str__(self) -> str:
        return self.name
