"""Django's settings, from the environment. Importing them starts nothing, ``db.server.ensure`` does."""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from perennial import log
from perennial.db.server import places
from perennial.errors import Refused


def database(url: str) -> dict[str, Any]:
    """Django's words for a libpq address (``postgresql://user:password@host/name?host=/socket&…``)."""
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as problem:
        raise Refused("database_url_malformed", why=str(problem).strip()) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", "perennial"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        # Without an address nothing is guessed: some other server might answer.
        "HOST": given.pop("host", "" if url else "/nonexistent/DATABASE_URL-is-not-set"),
        "PORT": given.pop("port", ""),
        # The pages keep their sessions: a new one for each page costs more than most pages.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "perennial",
            "connect_timeout": "10",
            # A server that is gone is noticed within a minute, not within two hours.
            "keepalives": "1",
            "keepalives_idle": "30",
            "keepalives_interval": "10",
            "keepalives_count": "3",
            "tcp_user_timeout": "60000",
            **given,
            # Statements of a few milliseconds on tables of millions of rows: compiling them costs more than it saves.
            # What is prepared (db/sql.py) is planned once: it names its rows by their ids, so its plans are all the same.
            "options": f"-c jit=off -c plan_cache_mode=force_generic_plan {given.get('options', '')}".strip(),
        },
    }


def day(name: str) -> date | None:
    """The date in a variable, None where it is not set."""
    given = os.environ.get(name)
    if not given:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.isoformat() != given:  # Python also takes 20260331 and weeks
        raise Refused("setting_not_a_date", name=name, value=given)
    return found


def size(name: str) -> int | None:
    """The number in a variable, None where it is not set."""
    given = os.environ.get(name)
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < 1:
        raise Refused("setting_not_a_number", name=name, value=given)
    return int(given)


def one_of(name: str, *words: str) -> str:
    """The word in a variable, the first where it is not set."""
    given = os.environ.get(name) or words[0]
    if given not in words:
        raise Refused("setting_unknown_word", name=name, value=given, known=list(words))
    return given


def words(name: str) -> list[str]:
    """The words in a variable, with commas between them."""
    return [one.strip() for one in os.environ.get(name, "").split(",") if one.strip()]


def address(name: str) -> str | None:
    """The address of a web site in a variable: https, or on this machine http; None where it is not set."""
    given = (os.environ.get(name) or "").rstrip("/")
    if not given:
        return None
    try:
        found = urlsplit(given)
        good = found.port != 0 and not (found.username or found.path or found.query or found.fragment)
    except ValueError:
        raise Refused("setting_not_an_address", name=name, value=given) from None
    if not good or not found.hostname or found.scheme not in ("https", "http"):
        raise Refused("setting_not_an_address", name=name, value=given)
    if found.scheme == "http" and found.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Refused("setting_not_https", name=name, value=given)
    return given


def networks(name: str, otherwise: str) -> list[str]:
    """The networks in a variable, with commas between them."""
    given = [one.strip() for one in (os.environ.get(name) or otherwise).split(",") if one.strip()]
    for one in given:
        try:
            ip_network(one, strict=False)
        except ValueError:
            raise Refused("setting_not_a_network", name=name, value=one) from None
    return given


PERENNIAL_HOME = places.home()

#: How the log is written: ``text`` for people, ``json`` for programs.
PERENNIAL_LOG = one_of("PERENNIAL_LOG", "text", "json")

#: Who may read ``/metrics``: whoever has this token; where none is set, whoever comes from these networks.
PERENNIAL_METRICS_TOKEN = os.environ.get("PERENNIAL_METRICS_TOKEN") or None
PERENNIAL_METRICS_FROM = networks("PERENNIAL_METRICS_FROM", "127.0.0.0/8,::1")

LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]

#: Training: every command takes this for today. Refused together with a real gateway (checks.py).
PERENNIAL_TODAY = day("PERENNIAL_TODAY")

#: Who charges cards: ``sandbox``, or the name of a gateway (practice.py says which of them take real money). Where it is not
#: said, the one that the installation was made with: the demo's is ``simulator``.
PERENNIAL_GATEWAY = os.environ.get("PERENNIAL_GATEWAY") or places.noted(PERENNIAL_HOME, "gateway") or "sandbox"

#: Stripe: its key; with what it signs its events, the old secret and the new one while it changes; whether what is charged was
#: ordered by mail or telephone; how many requests at once, and a second, each process sends.
PERENNIAL_STRIPE_KEY = os.environ.get("PERENNIAL_STRIPE_KEY") or None
PERENNIAL_STRIPE_WEBHOOK_SECRETS = words("PERENNIAL_STRIPE_WEBHOOK_SECRETS")
PERENNIAL_STRIPE_MOTO = os.environ.get("PERENNIAL_STRIPE_MOTO", "") == "1"
PERENNIAL_STRIPE_CONNECTIONS = size("PERENNIAL_STRIPE_CONNECTIONS") or 20
PERENNIAL_STRIPE_PER_SECOND = size("PERENNIAL_STRIPE_PER_SECOND") or 97

#: Where the payment server of tests and the demo is, for the gateway ``simulator``; the keys it takes; what signs its events.
PERENNIAL_PAYMENT_SERVER = address("PERENNIAL_PAYMENT_SERVER")
PERENNIAL_PAYMENT_SERVER_KEYS = words("PERENNIAL_PAYMENT_SERVER_KEYS")
PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET = os.environ.get("PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET") or None

#: The mail server that messages to customers go out by, with its password; from which address; whose certificates count.
PERENNIAL_MAIL_URL = os.environ.get("PERENNIAL_MAIL_URL") or None
PERENNIAL_MAIL_FROM = os.environ.get("PERENNIAL_MAIL_FROM") or None
PERENNIAL_MAIL_CA = os.environ.get("PERENNIAL_MAIL_CA") or None

#: Where customers reach the pages, such as https://club.example.com; without it no message holds a link.
PERENNIAL_URL = address("PERENNIAL_URL")

#: How many items one transaction of a job takes, instead of the job's own number.
PERENNIAL_CHUNK_SIZE = size("PERENNIAL_CHUNK_SIZE")

#: How large a file may be that is brought on a page, in megabytes.
PERENNIAL_UPLOAD_MB = size("PERENNIAL_UPLOAD_MB") or 500

SECRET_KEY = os.environ.get("PERENNIAL_SECRET_KEY") or places.secret(PERENNIAL_HOME, "secret_key")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "perennial.people",
    "perennial.catalog",
    "perennial.customers",
    "perennial.notices",
    "perennial.programs",
    "perennial.orders",
    "perennial.continuity",
    "perennial.payments",
    "perennial.desk",
    "perennial.bundle",
    "perennial.pictures",
    "perennial.jobs",
    "perennial.moving",
    "perennial.web",
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who and why of a change come with its transaction (perennial.db.history).
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"

# -- the web application

#: The names under which browsers reach it, and the addresses of proxies in front (``serve`` adds its own host).
ALLOWED_HOSTS = words("PERENNIAL_HOSTS") + LOOPBACK
if PERENNIAL_URL and (customers_host := urlsplit(PERENNIAL_URL).hostname) not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.insert(0, str(customers_host))
#: Browsers reach it by https: a proxy in front ends TLS and says so in X-Forwarded-Proto.
PERENNIAL_HTTPS = os.environ.get("PERENNIAL_HTTPS", "") == "1"
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS if name not in LOOPBACK] if PERENNIAL_HTTPS else []
if PERENNIAL_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

MIDDLEWARE = [
    "perennial.web.served.served",
    "perennial.web.health.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "perennial.web.middleware.same_tables",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "perennial.web.middleware.visit",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "perennial.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "perennial.web.frame.frame",
            ],
            "builtins": ["perennial.web.templatetags.desk", "perennial.web.templatetags.shipment"],
        },
    }
]
SILENCED_SYSTEM_CHECKS: list[str] = []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "report-uri": "/csp",
    }
}

#: A file goes from the request to the disk (ours), whatever the browser says that it is.
FILE_UPLOAD_HANDLERS = [
    "perennial.web.uploads.Brought",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "/static/"
#: ``serve`` collects the files here, under names that change with them, before it starts the server.
STATIC_ROOT = PERENNIAL_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if (STATIC_ROOT / "staticfiles.json").exists()
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()

# -- what runs beside the pages (perennial.worker)

#: A worker that says nothing for so many seconds is taken for dead, and another does what it did.
PERENNIAL_WORKER_SILENCE = size("PERENNIAL_WORKER_SILENCE") or 30
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # workers alone import what they do

# -- signing in

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "perennial.web.sign_in.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"
#: A session ends after so long, whatever is done in it.
SESSION_COOKIE_AGE = size("PERENNIAL_SESSION_SECONDS") or 12 * 3600
SESSION_COOKIE_NAME = "perennial_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PERENNIAL_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "perennial_csrf"
CSRF_FAILURE_VIEW = "perennial.web.problems.csrf_failed"
#: Whoever does nothing for so long signs in again; what was typed stays in the page.
PERENNIAL_IDLE_SECONDS = size("PERENNIAL_IDLE_SECONDS") or 1800

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "perennial.web.sign_in.Accounts"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False  # django-axes keeps count, in the database: one count for all processes
ACCOUNT_REAUTHENTICATION_METHODS = ("password",)
MFA_ADAPTER = "perennial.web.sign_in.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an administrator has added whoever signs in, by that address or without one
MFA_TOTP_ISSUER = "Perennial"
MFA_TOTP_TOLERANCE = 1
#: Which codes were used: for all processes, so that none takes a code twice.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": PERENNIAL_HOME / "cache",
    }
}

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "perennial.web.sign_in.locked_out"
AXES_USERNAME_CALLABLE = "perennial.web.sign_in.counted_name"
AXES_CLIENT_IP_CALLABLE = "perennial.web.sign_in.client_address"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LOGGING = log.configuration(PERENNIAL_LOG)
