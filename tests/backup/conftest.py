"""The world half way of the nights, to be backed up and restored."""

from __future__ import annotations

from tests.jobs.conftest import base

__all__ = ["base"]
