"""Which worker runs which tests: one all that drive a browser, and the longest first, so that all end together.

With a Chromium in each of three workers and the server of its pages beside it, two processors of a slow machine did not
show a page in ten seconds.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"
LONGEST = (
    BROWSER,
    "tests/crm_integrations/test_chaos.py",
    "tests/crm_integrations/roles/",
    "tests/deploy/",
    "tests/journeys/",
    "tests/leadops/test_embedded_postgres.py",
    "tests/leadops/validation/test_cards.py",
    "tests/contract/",
    "tests/leadops/excel/",
    "tests/leadops/services/test_import_turns.py",
)
"""In this order; the rest follows in its own."""


class OneBrowser(LoadFileScheduling):
    """A file is run by one worker, and so are all files with a browser."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return BROWSER if file.startswith(BROWSER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    return OneBrowser(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    return next((place for place, path in enumerate(LONGEST) if nodeid.startswith(path)), len(LONGEST))
