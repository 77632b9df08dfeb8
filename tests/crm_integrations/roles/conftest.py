"""What every walk through the admin's pages stands on."""

from __future__ import annotations

import logging
from math import inf
from typing import Any

import pytest
from django.template.base import Template

from crm_integrations.models import Connection
from leadops.models import Program
from leadops.sign_in import sessions
from tests.crm_integrations.roles.world import Place, connected, place


@pytest.fixture(autouse=True)
def _no_log_of_refusals(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds are refused here, and each would be told with its traceback."""
    caplog.set_level(logging.CRITICAL, "django.request")


@pytest.fixture(autouse=True)
def _no_note_of_being_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a request writes is undone here: in a long walk each would note anew that somebody was seen."""
    monkeypatch.setattr(sessions, "EVERY", inf)


@pytest.fixture(autouse=True)
def _no_copies_of_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's tests keep what each template was given, and thousands of pages are looked at from outside here."""
    monkeypatch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))


@pytest.fixture
def isp(settings: Any, tmp_path: Any) -> Connection:
    settings.MEDIA_ROOT = tmp_path
    return connected()


@pytest.fixture
def here(isp: Connection, program: Program) -> Place:
    return place("xq7vkw94", 0, isp, program)
