"""What a first run outside production makes for itself: its folders, its secrets, the embedded broker's files."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path


def own_folder(folder: Path, to_pass: int = 0) -> Path:
    """`folder`, made where it is missing, and closed to everybody else but for the bits `to_pass` that it has."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if (closed := mode & (0o700 | to_pass)) != mode:
        folder.chmod(closed)
    return folder


def data_folder(folder: Path) -> Path:
    """The folder of all that is kept. As root it is also gone through, but not read, by the embedded PostgreSQL."""
    return own_folder(folder, to_pass=stat.S_IXGRP | stat.S_IXOTH)


def secrets(path: Path) -> dict[str, str]:
    """The secrets kept in `path`, made when it does not exist yet; readable by its owner alone."""
    made = {
        "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "FIELD_KEYS": "1:" + base64.b64encode(os.urandom(32)).decode(),
        "INDEX_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    # Written aside and linked into place, so that two first processes agree on one set of keys.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made), encoding="utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def broker_folders(folder: Path) -> dict[str, object]:
    """Transport options of the embedded broker, which keeps its messages as files in `folder`."""
    queue, control = folder / "queue", folder / "control"
    for each in (folder, queue, control):
        own_folder(each)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
        "polling_interval": 0.1,
    }
