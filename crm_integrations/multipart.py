"""A form with a file in it, as RFC 7578 writes it. Pure Python: the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property  # noqa: TID251  what connectors know is pure, without Django


@dataclass(frozen=True)
class File:
    """A file in a form: the `field` it stands in, the `name` it is given, and what it is."""

    field: str
    name: str
    content_type: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def body(fields: Sequence[tuple[str, str]], file: File) -> bytes:
    """The form on the wire; its boundary is the file's hash, which the file can't hold itself."""
    told = [_part(file.sha256, f'name="{_quoted(name)}"', value.encode()) for name, value in fields]
    named = f'name="{_quoted(file.field)}"; filename="{_quoted(file.name)}"'
    sent = _part(file.sha256, f"{named}\r\nContent-Type: {file.content_type}", file.content)
    return b"".join([*told, sent, f"--{file.sha256}--\r\n".encode()])


def content_type(file: File) -> str:
    """What the header of the form says."""
    return f"multipart/form-data; boundary={file.sha256}"


def without_file(fields: Sequence[tuple[str, str]], file: File) -> bytes:
    """The form as it may be kept, in JSON: its fields, and the file by its type, size and hash."""
    told = {"content_type": file.content_type, "bytes": len(file.content), "sha256": file.sha256}
    return json.dumps({"form": [list(each) for each in fields], file.field: told}).encode()


def _part(boundary: str, named: str, value: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + value + b"\r\n"


def _quoted(text: str) -> str:
    """As the HTML standard has names written in a form."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
