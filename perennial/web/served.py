"""Around everything: each request has a number, and how long it took is noted.

Of its own, because what keeps the times is loaded with the server alone, when it is said where (``server.FOLDER``).
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from perennial import log
from perennial.web.metrics import page_took

Get = Callable[[HttpRequest], HttpResponse]
_LOG = logging.getLogger("perennial.done.page")
REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
"""A proxy's own number of a request, which is kept."""


def served(get_response: Get) -> Get:
    """Give each request a number, which the log and the answer tell; say how long the server took, where the browser's own
    tools show it, and to monitors.
    """

    def timed(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        number = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        with log.about(request_id=number):
            response = get_response(request)
            seconds = time.perf_counter() - began
            found = request.resolver_match
            if found is not None:
                page_took(
                    seconds, page=found.view_name or "other", method=request.method or "", status=response.status_code
                )
                values = {"status": response.status_code, "ms": round(seconds * 1000, 1)}
                _LOG.info("%s %s", request.method, found.route, extra={"values": values})
        response["X-Request-ID"] = number
        response["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
        return response

    return timed
