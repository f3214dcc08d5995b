"""The web application has no tables of its own."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, stylesheet and script."""

    name = "perennial.web"

    def ready(self) -> None:
        """What happens at the door is logged."""
        from perennial.web.sign_in import log_sign_ins

        log_sign_ins()
