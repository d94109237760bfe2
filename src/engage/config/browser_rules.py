"""What every answer tells a browser to refuse, and what no browser may ask of us from another site.

Django and its neighbours send most of these rules (settings: SECURE_…, CONTENT_SECURITY_POLICY); here are the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotAllowed
from django.template.loader import render_to_string

LOG = logging.getLogger(__name__)
READING = ("GET", "HEAD", "OPTIONS")
SIGNING_OUT = ("/accounts/logout/", "/step-out/")
ONE_YEAR = 365 * 24 * 60 * 60
NOT_NEEDED = (
    "accelerometer", "autoplay", "bluetooth", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in NOT_NEEDED)


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether a page of another site made the browser ask, other than by a link that somebody followed to read.

    A sister site of the same domain counts as another. Programs that are no browsers send no such header: they
    are held by their tokens.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    if site in ("", "same-origin", "none"):
        return False
    followed_a_link = (
        request.method in READING
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )
    return not followed_a_link


class BrowserRulesMiddleware:
    """Before everything else, so that files of pages and refusals carry the rules too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse
        if request.method in ("TRACE", "CONNECT"):
            response = HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        elif comes_from_elsewhere(request):
            LOG.warning("Refused: a page of another site made a browser ask.")
            response = HttpResponseForbidden(render_to_string("403.html"))
        else:
            response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        if settings.SESSION_COOKIE_SECURE:  # TLS is before us: browsers are to come by nothing else
            response["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
            if request.method == "POST" and request.path in SIGNING_OUT:
                # Not "storage": all that is stored is whether this computer uses the keyboard shortcuts.
                response["Clear-Site-Data"] = '"cache"'
        return response
