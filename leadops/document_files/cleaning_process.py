"""The program that opens one document, in a process of its own; `cleaning` starts it and reads its output.

Libraries that take pictures and PDFs apart have had holes, and a small file can ask for gigabytes or minutes: so it
runs under limits and alone, is started by its path, in isolation, and imports nothing of ours.

It is given the descriptors of the file and of the one that a picture is written to, the file's kind, and the limits of
pixels and pages; a password comes by standard input, because arguments can be read by others. Output is one line of
JSON, `{"refused": code}` or what is known of the file. No line means that the process died.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from typing import IO, Any

MEMORY = 768 * 1024 * 1024
CPU_SECONDS = 20
UPRIGHT = {5, 6, 7, 8}
"""Of EXIF's orientations those that turn a picture by a quarter."""
ORIENTATION = 0x0112
PLAIN = {"L", "RGB"}
"""What a JPEG may hold here; a printer's four colours are shown wrongly by many programs."""


class Refused(Exception):
    """The code of what is wrong with the file."""


def main() -> None:
    source, target, kind, most_pixels, most_pages = sys.argv[1:]
    password = sys.stdin.buffer.read().decode()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold personal data
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    with os.fdopen(int(source), "rb") as file, os.fdopen(int(target), "wb") as picture:
        try:
            if kind == "application/pdf":
                told = opened_pdf(file, password, int(most_pages))
            else:
                told = cleaned_image(file, picture, kind, int(most_pixels))
        except Refused as refusal:
            told = {"refused": str(refusal)}
        except MemoryError:
            told = {"refused": "file_too_costly"}
        except Exception:
            told = {"refused": "file_damaged"}
    print(json.dumps(told))  # noqa: T201  its output


def opened_pdf(file: IO[bytes], password: str, most_pages: int) -> dict[str, Any]:
    """Open the PDF and walk through its pages."""
    from pypdf import PdfReader

    reader = PdfReader(file)
    locked = reader.is_encrypted and not reader.decrypt("")
    if locked and not password:
        raise Refused("password_missing")
    if locked and not reader.decrypt(password):
        raise Refused("password_wrong")
    pages = len(reader.pages)
    if not pages:
        raise Refused("file_damaged")
    if pages > most_pages:
        raise Refused("too_many_pages")
    return {"pages": pages, "locked": locked}


def cleaned_image(file: IO[bytes], picture: IO[bytes], kind: str, most_pixels: int) -> dict[str, Any]:
    """Write the picture alone: upright, without place, time, device, remarks or whatever stood behind its end."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes first, before anything is unpacked
    format_ = kind.removeprefix("image/").upper()
    image = Image.open(file, formats=[format_])
    if image.width * image.height > most_pixels:
        raise Refused("too_many_pixels")
    options = as_it_was(image) if format_ == "JPEG" else {}
    turned: Any = ImageOps.exif_transpose(image)
    if format_ == "JPEG" and turned.mode not in PLAIN:
        turned = turned.convert("RGB")
    turned.info = {name: turned.info[name] for name in ("transparency",) if name in turned.info}
    turned.save(picture, format_, **options)
    return {"pages": None, "locked": False}


def as_it_was(image: Any) -> dict[str, Any]:
    """The strength that a JPEG was packed with, so that writing it again loses nothing that can be seen."""
    from PIL import JpegImagePlugin

    if image.mode not in PLAIN:
        return {"quality": 92}
    sampling = JpegImagePlugin.get_sampling(image)
    # A quarter turn would swap the two directions that colours are thinned out in.
    turned = image.getexif().get(ORIENTATION) in UPRIGHT
    return {"qtables": image.quantization, "subsampling": 0 if turned and sampling == 1 else sampling}


if __name__ == "__main__":
    main()
