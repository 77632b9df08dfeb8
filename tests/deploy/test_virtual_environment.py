"""Installing the requirements: once, and with one clear line when it can't be done."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from launcher import virtual_environment
from launcher.trouble import Trouble
from launcher.virtual_environment import VirtualEnvironment, fingerprint, reason

NO_WHEEL = """\
ERROR: Could not find a version that satisfies the requirement oddlib==1.2 (from versions: none)
ERROR: No matching distribution found for oddlib==1.2
"""
UNREACHABLE = f"""\
WARNING: Retrying after connection broken by 'NewConnectionError': Temporary failure in name resolution
{NO_WHEEL}"""


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("oddlib==1.2\n")
    path = tmp_path / "requirements-dev.txt"
    path.write_text("-r requirements.txt\nodderlib==1\n")
    return path


@pytest.fixture
def environment(tmp_path: Path) -> VirtualEnvironment:
    return VirtualEnvironment(tmp_path / ".venv", tmp_path / "pip.log", lambda text: None)


def pretend_installed(environment: VirtualEnvironment, *requirements: Path) -> None:
    environment.python.parent.mkdir(parents=True)
    # A link would be the Python below ours, whose pip Debian forbids to install anything.
    environment.python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    environment.python.chmod(0o755)
    (environment.folder / "lib" / "python3" / "site-packages" / "pip").mkdir(parents=True)
    stamp = {path.name: fingerprint(path) for path in requirements}
    (environment.folder / "installed.json").write_text(json.dumps(stamp))


def test_nothing_is_done_when_the_stamp_fits(environment, requirements, monkeypatch):
    pretend_installed(environment, requirements)
    monkeypatch.setattr(environment, "_pip", pytest.fail)
    environment.ready(requirements)


def test_a_changed_pin_is_installed_also_when_it_stands_in_an_included_file(
    environment, requirements, monkeypatch
):
    pretend_installed(environment, requirements)
    (requirements.parent / "requirements.txt").write_text("oddlib==1.3\n")
    installed = []
    monkeypatch.setattr(environment, "_pip", lambda *arguments: installed.append(arguments[0]))
    environment.ready(requirements)
    environment.ready(requirements)
    environment.ready(requirements.parent / "requirements.txt")
    assert installed == [requirements]


@pytest.mark.parametrize(
    ("compiler", "said"),
    [
        (
            None,
            "oddlib==1.2 has no ready-made package for this machine, and there is no C compiler to build one.",
        ),
        (
            "/usr/bin/cc",
            "oddlib==1.2 has no ready-made package for this machine, and it can't be built here.",
        ),
    ],
)
def test_a_missing_package_is_named_with_the_missing_compiler(
    environment, requirements, monkeypatch, compiler, said
):
    pretend_installed(environment)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(virtual_environment, "compiler", lambda: compiler)
    with pytest.raises(Trouble) as trouble:
        environment.ready(requirements)
    assert str(trouble.value) == f"{said} The whole story is in {environment.log}."
    tries = environment.log.read_text().count("$ ")
    assert tries == (2 if compiler else 1)
    assert not (environment.folder / "installed.json").read_text().count("oddlib")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (UNREACHABLE, "No package index can be reached: is there a network?"),
        ("ERROR: Failed building wheel for oddlib\n", "oddlib can't be built on this machine."),
        ("ERROR: No space left on device\n", "pip failed: No space left on device."),
        ("", "pip failed: without a word."),
    ],
)
def test_what_pip_says_becomes_one_sentence(written, said):
    assert reason(written) == said


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(environment, requirements, monkeypatch, module):
    found = virtual_environment.importlib.util.find_spec
    monkeypatch.setattr(
        virtual_environment.importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    with pytest.raises(
        Trouble, match=rf"^Python's {module} module is missing: install it .*python3\.\d+-venv"
    ):
        environment.ready(requirements)


def test_an_old_python_is_refused(environment, requirements, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    with pytest.raises(Trouble, match=r"^Python 3\.11 or later is needed"):
        environment.ready(requirements)
