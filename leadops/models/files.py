"""Where the files of records are kept."""

from __future__ import annotations

import os
import secrets
from typing import ClassVar, Protocol

from django.core.files.storage import Storage, storages


class HasFile(Protocol):
    """A record whose file stands in `FOLDER`."""

    FOLDER: ClassVar[str]


def random_path(record: HasFile, name: str) -> str:
    """A path that says nothing about the file; its given name is kept in the row."""
    return os.path.join(record.FOLDER, secrets.token_hex(16))


def document_store() -> Storage:
    """Where documents are kept: a folder, or a bucket where DOCUMENT_STORE names one."""
    return storages["documents"]
