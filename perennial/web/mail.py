"""A mail as its customer sees it, in a frame of a page: with styles of its own, and nothing else."""

from __future__ import annotations

from django.http import HttpResponse

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""No script, no form, no picture, no address but its own: whoever wrote the mail, it does nothing."""


def framed(html: str) -> HttpResponse:
    """The mail, for a frame of ours alone."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
