"""What an officer may do, and in which branches: both in one statement, as every page asks for both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from leadops import statements
from leadops.kept_queries import Kept, read
from leadops.models import Officer

GIVEN = """
SELECT c.app_label || '.' || p.codename, NULL FROM auth_permission p
JOIN django_content_type c ON c.id = p.content_type_id WHERE p.id IN (
    SELECT permission_id FROM leadops_officer_user_permissions WHERE officer_id = %(officer)s
    UNION SELECT g.permission_id FROM auth_group_permissions g JOIN leadops_officer_groups o ON o.group_id = g.group_id
    WHERE o.officer_id = %(officer)s
) UNION ALL SELECT NULL, branch_id FROM leadops_officer_branches WHERE officer_id = %(officer)s
"""

OFFICER = Kept(lambda officer_id: Officer.objects.filter(pk=officer_id), int)


class Rights(ModelBackend):
    """Django's own, which would ask for rights of one's own, of one's groups and for branches one after the other."""

    def get_user(self, user_id: Any) -> Officer | None:
        """Who asks, on every page: in SQL that is made once."""
        found = read(OFFICER(user_id))
        return found[0] if found and self.user_can_authenticate(found[0]) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):  # where Django keeps them too
            given = statements.rows(GIVEN, {"officer": user_obj.pk})
            user_obj._perm_cache = {right for right, _ in given if right}
            user_obj.__dict__.setdefault("branch_ids", [branch for _, branch in given if branch])
        return user_obj._perm_cache
