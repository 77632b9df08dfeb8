"""Where we may connect to: public addresses by https, unless local vendors are allowed (SSRF guard)."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

DISGUISES = tuple(
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "fec0::/10")
)
"""IPv6 forms that can stand for a private address: IPv4-compatible, translated, NAT64, and site-local."""
PATH = re.compile(r"/(?!/)[^\\?#\s\x00-\x20\x7f-\U0010ffff]*")
_PORTS = """
0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135
137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719
1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080
"""
OTHER_SERVICES = frozenset(map(int, _PORTS.split()))
"""The ports that browsers refuse too (WHATWG Fetch, port blocking): mail and the like are not to be spoken to by us."""
NO_HOST = "This is no host's name."
"""A part of it is empty, or longer than any name server takes."""


class NotAllowed(Exception):
    """leadops does not connect to this address."""


def check_base_url(url: str) -> list[str]:
    """What is wrong with `url` as a connection's address, in words; its name is looked up."""
    problems = check_form(url)
    if problems or settings.ALLOW_LOCAL_VENDORS:
        return problems
    parts = urlsplit(url)
    try:
        public_addresses(parts.hostname or "", parts.port or 443)
    except NotAllowed as error:
        return [str(error)]
    except OSError:
        return []  # the name can't be resolved here and now; every connect checks again
    return []


def check_form(url: str) -> list[str]:
    """What is wrong with how `url` is written as a connection's address, in words."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except UnicodeError:
        return [NO_HOST]
    except ValueError:
        return ["This is not a URL."]
    # What one parser of URLs skips, another may take for the end of the host.
    if not url.isprintable() or " " in url or "\\" in url:
        return ["This is not a URL."]
    if parts.username is not None or parts.password is not None:
        return ["Put credentials into the secrets, not into the URL."]
    if parts.path.strip("/") or parts.query or parts.fragment:
        return ["Give scheme and host only; the vendor's own path is added by us."]
    if not host or parts.scheme not in {"http", "https"}:
        return ["Give a URL like https://api.vendor.example."]
    if settings.ALLOW_LOCAL_VENDORS:
        return []
    if parts.scheme != "https":
        return [f"Only https is allowed, because leads hold personal data.{_hint()}"]
    return ["This port is another service's, not a web server's."] if port in OTHER_SERVICES else []


def check_path(path: str) -> list[str]:
    """What is wrong with `path` as a place below a connection's address, in words: it must not lead to another host."""
    if PATH.fullmatch(path):
        return []
    return [
        "Give a path that begins with one slash, such as /v1/leads/, without spaces, backslashes, ? or #."
    ]


def check_places(given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the addresses and paths among the settings of a connection, in words that name the setting."""
    return [
        f"Setting {label}: {problem}"
        for name, label, text in _places(given)
        if text
        for problem in (check_base_url(text) if name.endswith("url") else check_path(text))
    ]


def origins(base_url: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Scheme, host and port that a connection's calls go to, and its secrets with them.

    By what names it: `base_url`, and every setting for an address or a path that leads elsewhere.
    """
    base = _origin(base_url)
    told = {label: _origin(_joined(base_url, text)) for _, label, text in _places(settings)}
    return {"base_url": base} | {name: origin for name, origin in told.items() if origin != base}


def _places(settings: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, name with key, and text of each setting that says where: `…url` is an address, `path…` are paths."""
    for name, value in settings.items():
        if name.endswith("url") or name.startswith("path"):
            texts = value if isinstance(value, Mapping) else {"": value}
            for key, text in texts.items():
                yield name, f"{name}.{key}".rstrip("."), "" if text is None else str(text)


def _joined(base_url: str, text: str) -> str:
    return text if "://" in text else base_url.rstrip("/") + text


def _origin(url: str) -> str:
    """`https://api.vendor.example:443`, whichever way it was written; the text itself when it is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.hostname}:{port}"


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`, once it is sure that every one may be connected to.

    Raises NotAllowed, or OSError when the name can't be resolved. The caller connects to one of these and not to
    the name, so that a second answer of the name server can't lead elsewhere.
    """
    try:
        found = socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NotAllowed(NO_HOST) from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        if not (settings.ALLOW_LOCAL_VENDORS or is_public(address)):
            raise NotAllowed(f"{host} is the private or local address {address}.{_hint()}")
    return addresses


def _hint() -> str:
    return "" if settings.PRODUCTION else " ALLOW_LOCAL_VENDORS allows it, outside production."


def is_public(address: str) -> bool:
    """True for an address of the public internet, also when it is an IPv4 address dressed as IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip.version == network.version and ip in network for network in DISGUISES):
        return False
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or mapped.is_global)
