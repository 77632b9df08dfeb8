"""Making `.venv` and installing the pinned requirements into it, once."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from launcher.trouble import Trouble

FEWEST = (3, 11)
UMASK = 0o022
"""What is installed is no secret, and the embedded PostgreSQL may have to read it as another user."""
PIP_OPTIONS = ("--quiet", "--no-input", "--disable-pip-version-check")
NO_FIT = re.compile(r"No matching distribution found for (\S+)")
FAILED_BUILD = re.compile(r"Failed (?:to build|building wheel for) '?([\w.\-]+)")
OFFLINE = (
    "Temporary failure in name resolution",
    "NewConnectionError",
    "ConnectTimeoutError",
    "Name or service not known",
)


class VirtualEnvironment:
    """`folder` holds it, `log` gets pip's output, `say` tells the person what takes a while."""

    def __init__(self, folder: Path, log: Path, say: Callable[[str], None] = print) -> None:
        self.folder = folder
        self.log = log
        self.say = say

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def ready(self, requirements: Path) -> None:
        """Have `requirements` installed; nothing is done when they already are."""
        if sys.version_info < FEWEST:
            wanted, found = ".".join(map(str, FEWEST)), sys.version.split()[0]
            raise Trouble(f"Python {wanted} or later is needed, this is {found}: set PYTHON to a newer one.")
        digest = fingerprint(requirements)
        installed = self._installed()
        if installed.get(requirements.name) == digest:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not self._whole:
            self._make()
        self.say(f"Installing {requirements.name} into {self.folder.name} (a minute or two, once) ...")
        self._install(requirements)
        # The development requirements hold the others, so both are in place now.
        installed = {path.name: fingerprint(path) for path in includes(requirements)}
        self._stamp.write_text(json.dumps(installed), encoding="utf-8")

    @property
    def _whole(self) -> bool:
        """Whether it has a Python that still exists, and pip: not so when its making was interrupted."""
        return self.python.exists() and any(self.folder.glob("lib/*/site-packages/pip"))

    @property
    def _stamp(self) -> Path:
        return self.folder / "installed.json"

    def _installed(self) -> dict[str, str]:
        """Digests of the files whose packages are in place, by name."""
        if not self.python.exists():
            return {}
        try:
            found = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _make(self) -> None:
        for module in ("venv", "ensurepip"):
            if importlib.util.find_spec(module) is None:
                package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
                install = f"install it (Debian, Ubuntu: apt-get install {package})"
                raise Trouble(f"Python's {module} module is missing: {install}.")
        command = [sys.executable, "-m", "venv", "--clear", str(self.folder)]
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, umask=UMASK)
        if done.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Trouble(f"The virtual environment can't be made; {self.log} says why.")

    def _install(self, requirements: Path) -> None:
        written = self._pip(requirements, "--only-binary=:all:")
        if written is not None and NO_FIT.search(written) and not offline(written) and compiler():
            written = self._pip(requirements)
        if written is not None:
            raise Trouble(f"{reason(written)} The whole story is in {self.log}.")

    def _pip(self, requirements: Path, *options: str) -> str | None:
        """Run pip; None when it succeeded, else what it said."""
        command = [str(self.python), "-m", "pip", "install", *PIP_OPTIONS, *options, "-r", str(requirements)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=UMASK,
        )
        written = done.stdout.decode(errors="replace")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{written}")
        return written if done.returncode else None


def includes(requirements: Path) -> list[Path]:
    """`requirements` and the files it takes in with -r."""
    found = [requirements]
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += includes(requirements.parent / line.removeprefix("-r ").strip())
    return found


def fingerprint(requirements: Path) -> str:
    """Changes when a pin, an included pin or the Python changes."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in includes(requirements):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def compiler() -> str | None:
    """The C compiler, None where there is none."""
    return shutil.which(os.environ.get("CC") or "cc") or shutil.which("gcc") or shutil.which("clang")


def offline(written: str) -> bool:
    """Whether pip says that it reached no package index."""
    return any(each in written for each in OFFLINE)


def reason(written: str) -> str:
    """In one sentence why pip failed, from what it said."""
    if offline(written):
        return "No package index can be reached: is there a network?"
    if found := NO_FIT.search(written):
        cause = "it can't be built here" if compiler() else "there is no C compiler to build one"
        return f"{found.group(1)} has no ready-made package for this machine, and {cause}."
    if found := FAILED_BUILD.search(written):
        return f"{found.group(1)} can't be built on this machine."
    errors = [line for line in written.splitlines() if line.startswith("ERROR:")]
    return f"pip failed: {errors[-1].removeprefix('ERROR:').strip() if errors else 'without a word'}."
