"""The Celery app: a doorbell. Which work there is stands in the database."""

from celery import Celery

app = Celery("leadops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
