"""The Celery app: a doorbell. Which work there is stands in the database."""

from celery import Celery

from leadops import embedded_broker

embedded_broker.register()
app = Celery("leadops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
