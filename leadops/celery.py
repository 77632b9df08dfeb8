"""The Celery app: a doorbell. Which work there is stands in the database."""

from typing import Any

from celery import Celery
from celery.signals import worker_init

from leadops import collector, embedded_broker

embedded_broker.register()
app = Celery("leadops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def start(**_: Any) -> None:
    """Before the worker begins, or divides into several processes."""
    collector.look_rarely()
