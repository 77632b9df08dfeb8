"""What a partner's developer does first: makes a client of the schema with a public generator, and calls with it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from leadops.models import Lead
from tests.contract.operations import FROZEN, frozen, operations
from tests.leadops.api import bodies

PACKAGE = "client_of_leadops"
LEAD = "/v1/crm/leads/{lead_id}/"


def _files_answered() -> set[str]:
    """Types of answers that are no JSON, which the generator wants to be told of."""
    answers = [answer for each in operations(frozen()) for answer in each.told["responses"].values()]
    return {name for answer in answers for name in answer.get("content", {}) if "json" not in name}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the client lies in."""
    folder = tmp_path_factory.mktemp("client")
    settings = folder / "settings.json"
    overrides = dict.fromkeys(_files_answered(), "application/octet-stream")
    settings.write_text(json.dumps({"post_hooks": [], "content_type_overrides": overrides}))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(FROZEN)]
    command += ["--meta", "none", "--config", str(settings), "--output-path", str(folder / PACKAGE)]
    done = subprocess.run([*command, "--fail-on-warning"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def client(generated: Path, live_server, key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(generated)
    made = importlib.import_module(PACKAGE).AuthenticatedClient(
        live_server.url, token=key, raise_on_unexpected_status=True, httpx_args={"trust_env": False}
    )
    with made as open_client:
        yield open_client
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def _call(operation_id: str, tag: str, client: Any, **arguments: Any) -> Any:
    module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation_id}")
    return module.sync_detailed(client=client, **arguments)


def test_a_generated_client_creates_reads_and_deletes_a_lead(client, program):
    models = importlib.import_module(f"{PACKAGE}.models")
    sent = bodies.lead(program, partner_ref_id="GEN-1", applicants=[bodies.person()])
    created = _call("leads_create", "leads", client, body=models.LeadRequest.from_dict(sent))
    assert created.status_code == HTTPStatus.OK, created.content
    lead_id = created.parsed.id
    assert Lead.objects.get().pk == lead_id

    read = _call("leads_retrieve", "leads", client, lead_id=lead_id).parsed
    assert read.partner_ref_id == "GEN-1"
    assert [person.name for person in read.applicants] == [
        person.name for person in created.parsed.applicants
    ]
    listed = _call("leads_list", "leads", client, partner_ref_id="GEN-1").parsed
    assert [each.id for each in listed.results] == [lead_id]

    deleted = _call(frozen()["paths"][LEAD]["delete"]["operationId"], "leads", client, lead_id=lead_id)
    assert deleted.status_code == HTTPStatus.NO_CONTENT
    gone = _call("leads_retrieve", "leads", client, lead_id=lead_id)
    assert gone.status_code == gone.parsed.status == HTTPStatus.NOT_FOUND


def test_a_generated_client_reads_what_was_wrong(client, program):
    models = importlib.import_module(f"{PACKAGE}.models")
    body = models.LeadRequest.from_dict(bodies.lead(program, primary_mobile="12"))
    told = _call("leads_create", "leads", client, body=body).parsed
    assert told.status == HTTPStatus.BAD_REQUEST
    assert [each.field for each in told.errors] == ["primary_mobile"]
