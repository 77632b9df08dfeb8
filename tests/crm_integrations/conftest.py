"""A sandbox for the engine's tests, one a test session, and connections to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import vendors
from tests.vendors import Sandbox


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with vendors.running(tmp_path_factory.mktemp("sandbox") / "ledger.jsonl") as sandbox:
        yield sandbox


@pytest.fixture
def vendor_sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox, empty and without faults."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def connections(db: Any, vendor_sandbox: Sandbox) -> dict[str, Any]:
    """All five vendors connected and routed for every program."""
    return vendors.connect(vendor_sandbox.url, *vendors.LEAD_VENDORS, "crego_los")
