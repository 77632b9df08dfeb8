"""What a first run outside production makes for itself: its secrets and the folders of the embedded broker."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path


def secrets(path: Path) -> dict[str, str]:
    """The secrets kept in `path`, made when it does not exist yet; readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
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
    for each in (queue, control):
        each.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
        "polling_interval": 0.1,
    }
