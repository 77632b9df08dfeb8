"""Who acts in a Celery task: the task, and the request or the officer's page that rang for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from leadops import request_ids
from leadops.audit.acting import Acting, doing

HEADER = "leadops_request_id"
_open: dict[str, ExitStack] = {}
"""What is to be closed when a task is over, by its id."""


@before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """The bell carries the id of the request that rang it."""
    if headers is not None and request_ids.current.get() != "-":
        headers[HEADER] = request_ids.current.get()


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    rung_by = getattr(task.request, HEADER, None) or task_id
    told = Acting(who=f"task {task.name}", request_id=str(rung_by))
    stack = ExitStack()
    stack.enter_context(doing(lambda: told))
    _open[task_id] = stack


@task_postrun.connect
def end(task_id: str, **_: Any) -> None:
    if stack := _open.pop(task_id, None):
        stack.close()
