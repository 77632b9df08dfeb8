"""What a second person approves, from the environment; docs/operations.md explains every variable."""

from __future__ import annotations

from leadops.environment import env_bool, env_int

APPROVALS = env_bool("APPROVALS", True)
# More than so many at once wait for a second person.
APPROVE_OVER = {
    "push": env_int("APPROVE_PUSH_OVER", 50),
    "import": env_int("APPROVE_IMPORT_OVER", 500),
    "replay": env_int("APPROVE_REPLAY_OVER", 50),
}
