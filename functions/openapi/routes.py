"""The OpenAPI 3.1 document of the HTTP API: made by `make openapi`, committed, and served as committed."""

from pathlib import Path

from chalice.app import Blueprint, Response

from functions.http import JSON

DOCUMENT = Path(__file__).with_name("openapi.json")

routes = Blueprint(__name__)


@routes.route("/openapi.json", methods=["GET"])
def get_openapi() -> Response:
    """This description."""
    return Response(DOCUMENT.read_text(), headers={"Content-Type": JSON})
