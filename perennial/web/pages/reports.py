"""What browsers report: something was not loaded, because the content security policy forbids it."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_LOG = logging.getLogger("perennial.web.csp")


@csrf_exempt
def csp(request: HttpRequest) -> HttpResponse:
    """Note a violation in the log."""
    _LOG.error("content security policy: %r", request.body[:2000].decode(errors="replace"))
    return HttpResponse(status=204)
