"""How the tests of the conversation ask for it."""

from typing import Any
from urllib.parse import urlencode

from tests.gateway import Answer
from tests.world import World


def post(world: World, token: str, case_id: str, text: str = "One more thing.", **more: str) -> Answer:
    return world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": text, **more}, token=token)


def page(world: World, token: str, case_id: str, what: str = "messages", **query: Any) -> Answer:
    return world.gateway("GET", f"/v1/cases/{case_id}/{what}?{urlencode(query)}", token=token)


def texts(answer: Answer) -> list[str]:
    return [message["text"] for message in answer.json["data"]]
