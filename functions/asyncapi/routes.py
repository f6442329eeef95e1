"""The AsyncAPI 3.0 document of events and commands: made by `make openapi`, committed, and served as committed."""

from pathlib import Path

from chalice.app import Blueprint, Response

from functions.http import JSON

DOCUMENT = Path(__file__).with_name("asyncapi.json")

routes = Blueprint(__name__)


@routes.route("/asyncapi.json", methods=["GET"])
def get_asyncapi() -> Response:
    """What internal systems are told and may ask."""
    return Response(DOCUMENT.read_text(), headers={"Content-Type": JSON})
