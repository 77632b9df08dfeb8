"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from leadops import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")

application = get_wsgi_application()
collector.look_rarely()
