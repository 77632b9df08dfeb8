"""The vendors of the sandbox: a file each, found by a scan of this package."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ..vendor import Vendor


def discover() -> dict[str, type[Vendor]]:
    """Every vendor class by its slug, which is also its file's name."""
    found = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Vendor) and value.__module__ == module.__name__:
                found[value.slug] = value
    return found
