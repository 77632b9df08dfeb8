"""What a journey needs: the vendors, the product's processes, and a short sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import samples, vendors
from tests.journeys import processes
from tests.journeys.processes import Product
from tests.vendors import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with vendors.running(tmp_path / "ledger.jsonl") as running:
        yield running


@pytest.fixture
def product(tmp_path: Path, transactional_db: None) -> Iterator[Product]:
    folder = tmp_path / "var"
    folder.mkdir()
    with processes.product(folder) as running:
        yield running


@pytest.fixture
def short_sample(tmp_path: Path) -> Path:
    return samples.short(tmp_path / "leads.xlsx")
