"""Reading settings from the environment; nonsense fails loudly and names the variable."""

from __future__ import annotations

import base64
import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from leadops.sealing import parse_keys

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def env(name: str, default: str = "") -> str:
    """The text of variable `name`, or `default`."""
    return os.environ.get(name, default).strip()


def env_bool(name: str, default: bool = False) -> bool:
    """A yes or no: 1, true, yes, on; 0, false, no, off."""
    word = os.environ.get(name, "1" if default else "0").strip().lower()
    if word not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {word!r}.")
    return word in TRUE


def env_int(name: str, default: int, least: int = 0) -> int:
    """A whole number of at least `least`."""
    text = os.environ.get(name, str(default)).strip()
    if not text.isdigit() or int(text) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {text!r}.")
    return int(text)


def env_ints(name: str, default: str) -> tuple[int, ...]:
    """A comma-separated list of whole numbers."""
    try:
        return tuple(int(part) for part in env_list(name, default))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be whole numbers with commas between them.") from None


def env_table(name: str, default: str) -> tuple[tuple[int, int], ...]:
    """Pairs of positive whole numbers (`3600:300,86400:1800`), the first of each larger than the one before."""
    try:
        pairs = [part.split(":") for part in env_list(name, default)]
        rows = tuple((int(first), int(second)) for first, second in pairs)
    except ValueError:
        rows = ((0, 0),)
    firsts = [first for first, _ in rows]
    if firsts != sorted({*firsts}) or any(number < 1 for row in rows for number in row):
        raise ImproperlyConfigured(
            f"{name} must be rising pairs of whole numbers such as 3600:300,86400:1800."
        )
    return rows


def env_list(name: str, default: str = "") -> list[str]:
    """A comma-separated list without its blanks."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_networks(name: str, default: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """A comma-separated list of IP addresses and networks."""
    try:
        return tuple(ip_network(part) for part in env_list(name, default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be addresses or networks: {error}.") from None


def env_secret(name: str) -> str:
    """A secret from variable `name`, or from the file that `name`_FILE points to; empty when neither is set."""
    path = env(f"{name}_FILE")
    if not path:
        return env(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE can't be read: {error.strerror}.") from None


def refuse_rubbish(secrets: dict[str, str], hosts: list[str]) -> None:
    """Stop a production start whose keys are too short to protect anything, or that would answer to no host."""
    if len(secrets["SECRET_KEY"]) < 50:
        raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters.")
    try:
        keys = parse_keys(secrets["FIELD_KEYS"])
        index_key = base64.b64decode(secrets["INDEX_KEY"], validate=True)
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_KEYS must be like 1:<32 bytes in base64>, numbered 1 to 255, INDEX_KEY base64."
        ) from None
    if not keys or len(index_key) < 32:
        raise ImproperlyConfigured("FIELD_KEYS must hold a key, INDEX_KEY at least 32 bytes.")
    if not hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that leadops answers for.")


def postgres(url: str) -> dict[str, Any]:
    """Django's database settings for a `postgresql://user:password@host:port/name` URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL is not a URL: its port or host can't be read.") from None
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ImproperlyConfigured("DATABASE_URL must be like postgresql://user:password@host:5432/name.")
    options = {"connect_timeout": "3", **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "leadops.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
