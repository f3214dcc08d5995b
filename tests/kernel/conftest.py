"""Profiles of hypothesis: ``ci`` for every run; ``HYPOTHESIS_PROFILE=long`` looks for an hour where others look a second."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("ci", deadline=None, print_blob=True, max_examples=60, suppress_health_check=_SLOW)
settings.register_profile("long", deadline=None, print_blob=True, max_examples=3_000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
