"""Every test of a bundle counts its orders from 1: sequences do not roll back."""

from __future__ import annotations

import pytest

from perennial.db import sql


@pytest.fixture
def numbers_from_one(db: object) -> None:
    """The next order is SO-000001."""
    sql.value("select setval('parent_order_number', 1, false)")
