"""What gateways tell of themselves comes in here: checked, kept and answered, nothing more. A worker deals with it."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from perennial.payments.gateways.contract import NotGenuine
from perennial.worker.queue import take_in_event

_LOG = logging.getLogger("perennial.web.gateway_events")
LARGEST = 512 * 1024


@csrf_exempt
def events(request: HttpRequest, gateway: str) -> HttpResponse:
    """200: it is kept, now or before. 400: not genuine. 404: nobody of that name tells anything here. 413: too large."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    try:
        take_in_event(gateway, request.body, request.headers)
    except NotGenuine as problem:
        _LOG.warning("an event of %s was not taken in: %s", gateway, problem)
        return HttpResponse(status=400)
    except LookupError:
        return HttpResponse(status=404)
    return HttpResponse(status=200)
