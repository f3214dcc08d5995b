"""Provisional."""

import os
from urllib.parse import parse_qs, urlsplit

SECRET_KEY = "x"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "pgtrigger",
    "pghistory",
    *(
        f"perennial.{a}"
        for a in ["catalog", "customers", "notices", "programs", "orders", "continuity", "payments", "jobs"]
    ),
]
u = urlsplit(os.environ.get("DATABASE_URL", "postgresql:///perennial"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": u.path[1:],
        "USER": u.username or "",
        "PASSWORD": u.password or "",
        "HOST": u.hostname or parse_qs(u.query).get("host", [""])[0],
        "PORT": u.port or parse_qs(u.query).get("port", [""])[0],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True
