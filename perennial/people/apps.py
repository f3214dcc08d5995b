"""The groups are what ``roles`` says, after every migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    """People and roles."""

    name = "perennial.people"

    def ready(self) -> None:
        """Django's own permissions are made first: its app comes earlier."""
        post_migrate.connect(_make_groups, sender=self)


def _make_groups(**_: Any) -> None:
    from perennial.people.actions import make_groups

    make_groups()
