"""The web application has no tables of its own."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, stylesheet and script."""

    name = "perennial.web"
