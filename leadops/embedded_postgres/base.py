"""The PostgreSQL backend that starts the embedded server on the first connection."""

from __future__ import annotations

import contextlib
import functools
import os
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

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A process that gives way to others is served by one that does, where we may tell it to."""
        made = super().get_new_connection(conn_params)
        if (niceness := os.getpriority(os.PRIO_PROCESS, 0)) > 0:
            with contextlib.suppress(PermissionError, ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, made.info.backend_pid, niceness)
        return made
