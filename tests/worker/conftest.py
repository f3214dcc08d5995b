"""The same world half way as the tests of nights have."""

from __future__ import annotations

from tests.jobs.conftest import base

__all__ = ["base"]
