"""Settings, read from the environment (README, “Configuration”). No app imports this module."""

import base64
import hashlib
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal import environment, localservers

django_stubs_ext.monkeypatch()  # makes ModelAdmin[…] and the like real at run time

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("PORTAL_VAR", str(BASE_DIR / "var")))

# Nothing configured means a laptop: embedded servers and keys that are fit for a demo only. As soon as a database is
# configured this is production, and every secret must be given.
EMBEDDED = not environment.text("DATABASE_URL", "")
DEMO = environment.flag("PORTAL_DEMO", EMBEDDED)
DEBUG = environment.flag("DEBUG", False)

SECRET_KEY = environment.text("SECRET_KEY", "demo-only-" + "k" * 50 if EMBEDDED else None)
FIELD_KEYS = environment.words(
    "FIELD_KEYS",
    "demo:" + base64.b64encode(hashlib.sha256(b"for a demo only").digest()).decode() if EMBEDDED else "",
)
if not FIELD_KEYS:
    raise ImproperlyConfigured(
        "Set FIELD_KEYS (or FIELD_KEYS_FILE): id:base64 of 32 random bytes. Without it identity numbers cannot be kept."
    )
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if EMBEDDED else "")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")

# --- servers -------------------------------------------------------------------------------------------------------
_embedded = localservers.urls(VAR_DIR)
REDIS_URL = environment.text("REDIS_URL", _embedded.redis)
DATABASES = {
    "default": {
        **dj_database_url.parse(
            environment.text("DATABASE_URL", "") or _embedded.database,
            conn_max_age=600,
            conn_health_checks=True,
        ),
        "ATOMIC_REQUESTS": False,
    }
}
_migrate_url = environment.text("MIGRATE_DATABASE_URL", _embedded.migrate_database if EMBEDDED else "")
MIGRATE_DATABASE = dj_database_url.parse(_migrate_url) if _migrate_url else None

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": localservers.cache_url(REDIS_URL),
    }
}
CELERY_BROKER_URL = localservers.celery_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Shanghai"
SWEEP_SECONDS = environment.integer("SWEEP_SECONDS", 30)
LEASE_SECONDS = environment.integer("LEASE_SECONDS", 30)  # a worker that does not renew so long is gone
# A broker that is down must not keep a request waiting: the sweep rings again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
WORKBOOK_KEEP_DAYS = environment.integer(
    "WORKBOOK_KEEP_DAYS", 30
)  # uploaded workbooks and what is wrong with them
EXPORT_KEEP_HOURS = environment.integer("EXPORT_KEEP_HOURS", 24)
HANDED_IN_KEEP_DAYS = environment.integer(
    "HANDED_IN_KEEP_DAYS", 365
)  # evidence and unfinished forms, after the cohort's last day
CELERY_BEAT_SCHEDULE = {
    "send-mail": {
        "task": "portal.notify.tasks.send",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "sweep": {
        "task": "portal.workbooks.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "seal-audit": {
        "task": "portal.audit.tasks.seal",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "measure-pace": {
        "task": "leaving.tasks.measure_pace",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "due-reminders": {
        "task": "leaving.tasks.start_due_reminders",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "tend-questionnaires": {
        "task": "leaving.tasks.tend_questionnaires",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "remove-old-evidence": {
        "task": "leaving.tasks.remove_old_evidence",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "fold-counters": {
        "task": "leaving.tasks.fold_counters",
        "schedule": 60,
        "options": {"expires": 60},
    },
}

# --- applications --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.audit",
    "portal.accounts",
    "portal.departments",
    "portal.notify",
    "portal.workbooks",
    "leaving",
    "alumni",
    "liaisons",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "guardian",
    "import_export",
    "django_htmx",
    "portal.apps.SignInProtectionConfig",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.DenyByDefault",
    "portal.accounts.middleware.PasswordMustBeSet",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.navigation.navigation",
            ],
        },
    }
]

# --- sign-in (P3) --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "portal.departments.backends.DepartmentBackend",
    "leaving.backends.PublishedFirstSignIn",
]
# First and last day of the published first sign-in (last six of the identity number and a second fact); unset: closed.
FIRST_SIGN_IN_WINDOW = environment.days("FIRST_SIGN_IN_WINDOW")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
CAS_URL = environment.address("CAS_URL")  # the campus' single sign-on; unset: off
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "start"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = (
    False  # failures that count no more are deleted with the next one: there is nothing to look at
)
ANONYMOUS_USER_NAME = None  # guardian would make a row for it
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # our own backend stands in for guardian's (decision 6)
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- transport and content security --------------------------------------------------------------------------------
HTTPS = environment.flag("HTTPS", not EMBEDDED)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # Signing out is a form that ends at the single sign-on.
        "form-action": [SELF, *(["{0.scheme}://{0.netloc}".format(urlsplit(CAS_URL))] if CAS_URL else [])],
        "frame-ancestors": [NONE],
    }
}

# --- language, time, numbers ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- e-mail --------------------------------------------------------------------------------------------------------
# Unset: the demo writes each e-mail into a file; production tells people in the portal only.
_email_url = environment.text("EMAIL_URL", "") or (f"file://{VAR_DIR}/mail" if DEMO else "")
SENDS_MAIL = bool(_email_url)
_email = environment.email(_email_url)
EMAIL_BACKEND = _email.backend
EMAIL_HOST, EMAIL_PORT = _email.host, _email.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.user, _email.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.tls, _email.ssl
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = _email.folder
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "portal@localhost")
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"

# --- files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
PRIVATE_FILES_DIR = environment.directory(
    "MEDIA_URL_BACKEND", environment.text("PRIVATE_FILES_DIR", str(VAR_DIR / "private"))
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = EMBEDDED
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
WORKBOOK_MAX_BYTES = environment.integer("WORKBOOK_MAX_MEGABYTES", 64) * 1024 * 1024
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the university ------------------------------------------------------------------------------------------------
PORTAL_UNIVERSITY_ZH = environment.text("PORTAL_UNIVERSITY_ZH", "示范大学")
PORTAL_UNIVERSITY_EN = environment.text("PORTAL_UNIVERSITY_EN", "Demonstration University")
PUBLIC_URL = environment.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "celery.redirected": {"level": "WARNING"}},
}
