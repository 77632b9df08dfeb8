"""The PostgreSQL backend that starts the embedded server on the first connection."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from leadops.embedded_postgres import server
from leadops.postgresql import base


@functools.cache
def socket_folder(folder: str) -> str:
    """The socket folder of the running server; threads that ask while it starts wait for it in `server`."""
    return server.start(Path(folder))


class DatabaseWrapper(base.DatabaseWrapper):
    """`HOST` in the settings is the server's data folder."""

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        params["host"] = socket_folder(str(self.settings_dict["HOST"]))
        return params
