"""Synthetic documents: PDFs and pictures as people scan them, and such as nobody should open."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter

PLACE = "19.0760 N 72.8777 E"
"""Where the photo was taken; nobody has to know."""
JPEG_ORIENTATION, GPS, GPS_AREA, DEVICE, REMARK = 0x0112, 0x8825, 0x001C, 0x0110, 0x9286


def pdf(pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=210, height=297)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose upper half is light and lower half dark, with all that a telephone writes beside it."""
    image = Image.new(mode, size, "white")
    image.paste(Image.new(mode, (size[0], size[1] // 2), "black"), (0, size[1] // 2))
    exif = Image.Exif()
    exif[DEVICE] = "Telephone of Asha"
    exif[JPEG_ORIENTATION] = 6
    exif.get_ifd(GPS)[GPS_AREA] = PLACE
    made = BytesIO()
    image.save(made, kind, exif=exif, **options)
    return made.getvalue()


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few kilobytes that says it is huge."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header) + _part(b"IDAT", pixels) + _part(b"IEND", b"")


def send(
    api: Any,
    about: object,
    content: bytes | None = None,
    name: str = "pan.pdf",
    parts: Any = None,
    **headers: str,
) -> Any:
    """Hand a document in as a partner's program does; `parts` stand in place of those there are or are left out."""
    file = SimpleUploadedFile(name, pdf() if content is None else content)
    sent = {"related_model": "lead", "related_model_id": str(about), "document_type": "PAN", "file": file}
    given = {name: value for name, value in (sent | (parts or {})).items() if value is not None}
    return api.client.post("/v1/crm/documents/", given, headers=api.headers | headers)


def _part(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
