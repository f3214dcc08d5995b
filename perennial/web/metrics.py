"""Metrics as Prometheus reads them: figures of the database when they are asked for, and how long pages took, of all processes.

The processes of ``serve`` keep their times in files of one folder (``PROMETHEUS_MULTIPROC_DIR``), so whichever answers
tells those of all. What the database says is kept for some seconds: two monitors cost no more than one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from perennial.catalog.queries import today
from perennial.jobs.figures import Figure, figures
from perennial.worker.queue import workers

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
KEPT_SECONDS = 10.0
TIMES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

_PAGES = CollectorRegistry()
_page = Histogram(
    "perennial_page_seconds",
    "How long the server took for a page, by the name of its address.",
    ("page", "method", "status"),
    buckets=TIMES,
    registry=_PAGES,
)
_kept: tuple[float, list[Figure]] | None = None


def page_took(seconds: float, *, page: str, method: str, status: int) -> None:
    """Note how long a page took. ``page``: the name of its address, never what is in it."""
    known = method if method in ("GET", "POST", "HEAD") else "other"
    _page.labels(page, known, f"{status // 100}xx").observe(seconds)


def exposition() -> bytes:
    """All metrics, in Prometheus' text form."""
    registry = CollectorRegistry()
    registry.register(_OfDatabase())
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(_PAGES)


class _OfDatabase(Collector):
    def collect(self) -> Iterable[Metric]:
        global _kept
        if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
            count = Figure("workers", "Workers that say that they live.", (), [((), float(workers()))])
            _kept = time.monotonic(), [*figures(today()), count]
        for one in _kept[1]:
            family = GaugeMetricFamily(f"perennial_{one.name}", one.says, labels=one.labels)
            for labels, value in one.values:
                family.add_metric(labels, value)
            yield family
