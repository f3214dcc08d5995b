"""What machines ask: does it live, can it answer, its figures; and what the log says of all that."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from perennial import log
from perennial.catalog.models import Company
from perennial.continuity.models import Parked
from perennial.errors import Refused
from perennial.jobs.models import JobRequest
from perennial.web import health, metrics
from tests.processes import environment
from tests.worlds.book_club import ORDERED, club, order
from tests.worlds.people import people, signed_in


def figures(client: Client, **how: str) -> dict[str, dict[tuple[str, ...], float]]:
    """The metrics by name, and by the values of their labels."""
    answer = client.get("/metrics", **how)
    assert answer.status_code == 200
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


@pytest.mark.django_db
def test_a_process_lives_and_is_ready_or_says_why_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    anywhere = {"headers": {"host": "10.1.2.3"}}  # by whatever name
    assert client.get("/healthz", **anywhere).content == b"ok\n"
    assert client.get("/readyz", **anywhere).json() == {"ready": True, "state": "ready"}

    def broken(problem: Exception) -> dict[str, Any]:
        def fails() -> None:
            raise problem

        monkeypatch.setattr(health, "refuse_other_tables", fails)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        found: dict[str, Any] = answer.json()
        return found

    assert broken(Refused("tables_older", first="x", count=1))["state"] == "tables_older"
    assert broken(OperationalError("connection refused"))["state"] == "database_silent"
    assert broken(OperationalError("the database system is starting up"))["state"] == "database_starting"
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_figures_of_what_waits(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(metrics, "KEPT_SECONDS", -1)
    club()
    entered = order()
    JobRequest.objects.create(job="night", arguments={}, by="anna")
    Parked.objects.create(
        continuity_order_id=entered.continuity_order_ids[0], job="extend-lines", reason="x", on_date=ORDERED
    )
    people()
    signed_in("clerk").get("/")
    with django_assert_max_num_queries(25):
        found = figures(client)
    assert found["perennial_requests"] == {("waiting",): 1, ("running",): 0}
    assert found["perennial_requests_oldest_seconds"][()] >= 0
    assert found["perennial_parked"] == {(): 1}
    assert found["perennial_waiting_for_a_person"]["parked",] == 1
    assert found["perennial_workers"] == {(): 0}
    assert found["perennial_gateway_answers"]["declined",] == 0
    pages = [labels for labels in found["perennial_page_seconds"] if labels[:2] == ("first_page", "GET")]
    assert pages or any("GET" in labels for labels in found["perennial_page_seconds"])
    said = client.get("/metrics").content.decode()
    assert entered.number not in said
    assert "C-1" not in said


@pytest.mark.django_db
def test_who_may_see_the_figures(client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404, "through a proxy"
    settings.PERENNIAL_METRICS_FROM = ["10.0.0.0/8"]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    settings.PERENNIAL_METRICS_TOKEN = "a long word"
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    token = {"Authorization": "Bearer a long word", "X-Forwarded-For": "8.8.8.8"}
    assert client.get("/metrics", headers=token).status_code == 200


def line(kind: type[logging.Formatter], words: str, *args: object, **more: Any) -> str:
    record = logging.LogRecord("perennial.x", logging.INFO, "", 1, words, args, more.get("exc_info"))
    return kind("%(message)s").format(record)


def test_a_line_says_what_it_is_about_and_nothing_of_rows_or_passwords() -> None:
    with log.about(request_id="abc", run=7):
        log.note(person="anna")
        assert json.loads(line(log.Json, "done %s", 3)) | {"time": ""} == {
            "time": "", "level": "info", "from": "perennial.x", "what": "done 3",
            "request_id": "abc", "person": "anna", "run": 7,
        }  # fmt: skip
        assert line(log.Text, "done") == "done [request_id=abc person=anna run=7]"
    assert line(log.Text, "done") == "done"
    try:
        raise OperationalError(
            "duplicate key\nDETAIL:  Key (email)=(ada@example.com) exists.\nCONTEXT:  COPY, Ada Bianchi"
        )
    except OperationalError:
        told = line(log.Json, "postgresql://anna:hunter2@db/x does not answer", exc_info=sys.exc_info())
    assert "duplicate key" in told
    assert not re.search("ada@|Bianchi|hunter2", told)


def test_a_database_that_is_away_is_told_in_a_line_and_other_faults_whole() -> None:
    def told(name: str, fault: Exception) -> dict[str, Any]:
        try:
            raise RuntimeError("no connection") from fault
        except RuntimeError:
            record = logging.LogRecord(name, logging.ERROR, "", 1, "job %s ended", ("x",), sys.exc_info())
        found: dict[str, Any] = json.loads(log.Json("%(message)s").format(record))
        return found

    away = told("procrastinate.worker", OperationalError("server closed\nthe connection"))
    assert away["what"] == "job x ended: RuntimeError: no connection"
    assert "fault" not in away
    assert "Traceback" in told("procrastinate.worker", ValueError("ours"))["fault"]
    assert "Traceback" in told("perennial.worker", OperationalError("disk full"))["fault"]


@pytest.mark.patient
@pytest.mark.django_db(transaction=True)
def test_processes_write_lines_for_programs(fresh_db: str, tmp_path: Path, free_port: Callable[[], int]) -> None:
    """Pages of several processes are counted together, and every line of the log is JSON without a customer or a secret."""
    port = free_port()
    env = environment(fresh_db, tmp_path / "home", PERENNIAL_LOG="json", PERENNIAL_METRICS_TOKEN="a long word")
    command = [sys.executable, "-m", "perennial.cli.main", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/first-run?name=Ada+Bianchi")
        until = time.monotonic() + 90
        while True:
            try:
                answers = [urllib.request.urlopen(asked, timeout=10) for _ in range(8)]
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.2)
        assert all(re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"]) for answer in answers)
        own = urllib.request.Request(asked.full_url, headers={"X-Request-ID": "proxy-0001"})
        assert urllib.request.urlopen(own, timeout=10).headers["X-Request-ID"] == "proxy-0001"
        seen = urllib.request.Request(
            f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer a long word"}
        )
        said = urllib.request.urlopen(seen, timeout=10).read().decode()
        counted = re.search(r'perennial_page_seconds_count\{[^}]*page="first_run"[^}]*\} (\S+)', said)
        assert counted, said
        assert float(counted[1]) == 9
    finally:
        os.kill(process.pid, signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    lines = [json.loads(one) for one in told.splitlines()]
    assert {"time", "level", "from", "what"} <= set.intersection(*(set(one) for one in lines))
    assert any(one.get("request_id") == "proxy-0001" for one in lines)
    assert not re.search("Bianchi|a long word|secret", told)


@pytest.fixture
def free_port() -> Callable[[], int]:
    def port() -> int:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            return int(found.getsockname()[1])

    return port


@pytest.mark.django_db
def test_every_page_says_that_this_is_a_copy() -> None:
    club()
    people()
    Company.objects.update(installation="copy-ab12")
    assert "A copy, for trying." in signed_in("clerk").get("/search").content.decode()
