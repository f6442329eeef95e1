"""An internal system gets the files of a message as links of its own."""

from datetime import timedelta
from typing import Any

import pytest

from tests.gateway import Answer
from tests.uploads.files import NOTE, kept, sent
from tests.world import World


@pytest.fixture
def told(world: World, ana: str) -> list[dict[str, Any]]:
    """What the internal system was told of the files of a case: of its first message, a further one, a complaint."""
    answers = {"TOPIC": "OTHER", "MESSAGE": "See the file."}
    body = {"service": "contact-us", "answers": answers, "attachments": [sent(world, ana)]}
    created = world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": "key-1"})
    url = f"/v1/cases/{created.json['case_id']}"
    for verb in ("messages", "complaints"):
        posted = {"text": "Another one.", "attachments": [sent(world, ana, name=f"{verb}.txt")]}
        assert world.gateway("POST", f"{url}/{verb}", posted, token=ana).status == 201
    world.settle()
    events = world.events_told(created.json["case_id"])
    return [each for event in events for each in event["data"].get("attachments", [])]


def follow(world: World, href: str) -> Answer:
    """As a system does, which has no session."""
    return world.gateway("GET", f"/{href}")


def test_each_file_is_told_with_what_it_is_and_a_link(world: World, told: list[dict[str, Any]]) -> None:
    """Name, size, type, checksum, and a link that works without a session, for the minute of a download (F24, C38)."""
    assert [each["name"] for each in told] == ["hole.txt", "messages.txt", "complaints.txt"]
    for each in told:
        assert (each["size"], each["content_type"], len(each["sha256"])) == (len(NOTE), "text/plain", 64)
        answer = follow(world, each["href"])
        assert (answer.status, answer.headers["Referrer-Policy"]) == (302, "no-referrer")
        assert kept(each["attachment_id"]) in answer.headers["Location"]
        assert "X-Amz-Expires=60" in answer.headers["Location"]


def test_a_link_is_good_for_its_file_and_its_time(world: World, told: list[dict[str, Any]]) -> None:
    """Another file, another system, a later end, another signature: all unknown, and all alike (E6, G1)."""
    path, _, ticket = told[0]["href"].rpartition("/")
    system, ends, signature = ticket.split(".")
    other = told[1]["attachment_id"]
    wrong = [
        f"v1/attachments/{other}/{ticket}",
        f"{path}/other.{ends}.{signature}",
        f"{path}/{system}.{int(ends) + 1}.{signature}",
        f"{path}/{system}.{ends}.{signature[::-1]}",
        *(f"{path}/{odd}" for odd in ("x", "..", "a.b.c", f"{system}.{ends}", "%F0%9F%A6%84", "x" * 5000)),
    ]
    world.move_clock(timedelta(days=13, hours=23))
    assert follow(world, told[0]["href"]).status == 302
    refused = [follow(world, href) for href in wrong]
    world.move_clock(timedelta(hours=1))
    refused.append(follow(world, told[0]["href"]))
    assert {(answer.status, answer.code, answer.json["detail"]) for answer in refused} == {
        (404, "attachment_not_found", "There is no such attachment.")
    }
