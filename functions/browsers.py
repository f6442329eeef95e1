"""What browsers are told with every answer: how careful to be with it, and whose pages may read it (Fetch, CORS)."""

from http import HTTPStatus

from chalice.app import Request, Response

from functions.settings import settings

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
ALLOWED_HEADERS = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match"
EXPOSED_HEADERS = "ETag, Idempotent-Replayed, Link, Location, Retry-After, x-amzn-RequestId"
PREFLIGHT_VALID_FOR = 7200
"""Seconds; no browser keeps the answer to a preflight for longer than Chromium's two hours."""


def for_browsers(request: Request, response: Response) -> Response:
    if request.headers.get("origin") == settings.portal_origin:
        response = _to_portal(request, response)
    response.headers.update({name: value for name, value in SECURITY_HEADERS.items() if name not in response.headers})
    response.headers["Vary"] = "Origin"
    return response


def _to_portal(request: Request, response: Response) -> Response:
    """Let a page of the portal read the answer, and a browser that asks beforehand know what it may send (Fetch).

    Nobody else's pages are let: sessions are no cookies, so that is all that browsers must be told (S19).
    """
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
        methods = response.headers["Allow"]
        response = Response("", headers={"Content-Type": "application/json"}, status_code=HTTPStatus.NO_CONTENT)
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_VALID_FOR)
    response.headers["Access-Control-Allow-Origin"] = settings.portal_origin
    response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return response
