"""A multipart form as the twin of a vendor reads it: its fields, and of a file what tells it from others."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from .fields import filled
from .messages import Answer, Refused, Request

BOUNDARY = re.compile(r"multipart/form-data; *boundary=([\w'()+,./:=?-]{1,70})")
NAMED = re.compile(rb'; name="([^"]*)"')
FILE_NAME = re.compile(rb'; filename="([^"]*)"')
CONTENT_TYPE = re.compile(rb"content-type: *([^\r\n]+)", re.IGNORECASE)
LISTS = frozenset({"tags"})
"""Fields that may come several times."""


def form_in(request: Request) -> dict[str, Any]:
    """The fields by name; a file as its name, type, bytes and hash. A body that is no such form is refused."""
    found = BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if found is None:
        raise Refused(Answer(415, {"detail": "Unsupported media type: multipart/form-data is expected."}))
    before, *parts = request.raw.split(b"--" + found[1].encode())
    if before or not parts or parts.pop() != b"--\r\n":
        raise Refused(Answer(400, {"detail": "Multipart form parse error - Invalid boundary."}))
    form: dict[str, Any] = {}
    for part in parts:
        name, value = _read(part)
        form[name] = [*form.get(name, []), value] if name in LISTS else value
    return form


def _read(part: bytes) -> tuple[str, Any]:
    head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    content = content.removesuffix(b"\r\n")
    name, file_name = NAMED.search(head), FILE_NAME.search(head)
    if name is None:
        raise Refused(Answer(400, {"detail": "Multipart form parse error - a part has no name."}))
    if file_name is None:
        return name[1].decode(), content.decode("utf-8", "replace")
    content_type = CONTENT_TYPE.search(head)
    return name[1].decode(), {
        "name": file_name[1].decode(),
        "content_type": content_type[1].decode() if content_type else "",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def file(value: object) -> object:
    """A checker: a file that holds something."""
    if not isinstance(value, dict):
        return ["The submitted data was not a file. Check the encoding type on the form."]
    return filled(value["name"]) if value["bytes"] else ["The submitted file is empty."]
