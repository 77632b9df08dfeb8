"""The settings of documents as the environment writes them; leadops.settings reads them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

S3_OPTIONS = {"endpoint_url", "region_name", "addressing_style"}


class Address(NamedTuple):
    """Where clamd listens: a socket's path, or a host with its port."""

    path: str = ""
    host: str = ""
    port: int = 0


def clamd_address(text: str) -> Address | None:
    """`unix:///run/clamav/clamd.ctl` or `tcp://127.0.0.1:3310`; None for an empty text."""
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        port, url = None, urlsplit("")
    if url.scheme == "unix" and url.path.strip("/") and not url.netloc:
        return Address(path=url.path)
    if url.scheme == "tcp" and url.hostname and port and not url.path:
        return Address(host=url.hostname, port=port)
    raise ImproperlyConfigured("CLAMD must be like unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310.")


def document_storage(text: str) -> dict[str, Any]:
    """Django's storage for DOCUMENT_STORE: the folder MEDIA_ROOT, or a bucket for `s3://bucket/folder?region_name=…`.

    The credentials are found as boto3 finds them: in its own variables, its files, or the host's role.
    """
    if not text:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    url = urlsplit(text)
    options = dict(parse_qsl(url.query))
    if url.scheme != "s3" or not url.netloc or "@" in url.netloc or not options.keys() <= S3_OPTIONS:
        raise ImproperlyConfigured(
            "DOCUMENT_STORE must be like s3://bucket/folder?region_name=ap-south-1, and may have the options "
            f"{', '.join(sorted(S3_OPTIONS))}; its credentials are not written into it."
        )
    if not all(map(find_spec, ("boto3", "storages"))):
        raise ImproperlyConfigured("DOCUMENT_STORE needs what deploy/requirements-s3.txt names: install it.")
    private = {"default_acl": None, "querystring_auth": True, "object_parameters": _AS_DOWNLOADS}
    where = {"bucket_name": url.netloc, "location": url.path.strip("/"), "signature_version": "s3v4"}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**where, **private, **options}}


_AS_DOWNLOADS = {"ContentDisposition": "attachment", "CacheControl": "no-store"}
