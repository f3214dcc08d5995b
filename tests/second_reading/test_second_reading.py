"""That the program agrees with the second reading, to the cent; SECOND_READING=1-200 for more of that."""

from __future__ import annotations

import os

import pytest

from perennial.db import sql
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox

from . import generate, runner


def seeds() -> list[object]:
    """The first few always; the others are for the patient."""
    low, _, high = os.environ.get("SECOND_READING", "1-20").partition("-")
    chosen = range(int(low), int(high or low) + 1)
    return [pytest.param(seed, marks=[pytest.mark.patient] if seed > 8 else []) for seed in chosen]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", seeds())
def test_the_program_agrees(seed, tmp_path):
    """Whole scenarios through the commands: lines, children, payments and what each job counts, as the model has them."""
    sql.value("select setval('parent_order_number', 1, false)")
    with gateways.use(Sandbox(tmp_path)):
        assert runner.run(generate.scenario(seed), runner.in_process, renew=lambda program: None) == []
