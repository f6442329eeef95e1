"""Customer and organisation write to each other, in order, each message once."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from functions.cases.actions import ANSWERS_LIMIT
from functions.cases.sharing import PARTICIPANTS
from functions.uploads.model import ATTACHMENTS_LIMIT
from tests.messages.conversation import page, post, texts
from tests.world import World

FIRST = "When is the town hall open?"


def test_both_sides_write_in_one_conversation(world: World, ana: str) -> None:
    """Messages stand in the order of their numbers, each with its author's side (F4, A23, A24, C35)."""
    case_id = world.open_case(ana)
    staff = world.staff("customer-relations")
    post(world, ana, case_id, "And on Saturdays?")
    post(world, staff, case_id, "Until noon.")
    world.command("message.post", case_id, {"text": "See the web site.", "author_name": "Service desk"})
    shown = page(world, ana, case_id).json["data"]
    assert [(message["author"]["kind"], message["author"]["name"], message["text"]) for message in shown] == [
        ("customer", "ana@example.org", FIRST),
        ("customer", "ana@example.org", "And on Saturdays?"),
        ("organisation", "Portico Town", "Until noon."),
        ("organisation", "Service desk", "See the web site."),
    ]
    numbers = [message["sequence"] for message in shown]
    assert numbers == sorted(set(numbers))


def test_a_posted_message_is_answered_as_it_is_shown(world: World, ana: str) -> None:
    """201 with the message itself, which is in the conversation at once (F4)."""
    case_id = world.open_case(ana)
    posted = post(world, ana, case_id)
    assert posted.status == 201
    assert page(world, ana, case_id).json["data"][-1] == posted.json
    assert world.view(ana, case_id)["messages"][-1] == posted.json


def test_every_customer_message_goes_inside_once_and_in_full(world: World, ana: str) -> None:
    """Exactly one event per message, with everything needed to show it (F11, F24)."""
    case_id = world.open_case(ana)
    sent = [post(world, ana, case_id, f"Message {number}\nwith <b>two</b> lines").json for number in range(3)]
    world.settle()
    told = [event for event in world.events_told(case_id) if event["type"] == "portico.message.posted.v1"][1:]
    assert [(int(event["sequence"]), event["data"]["message_id"], event["data"]["text"]) for event in told] == [
        (message["sequence"], message["message_id"], message["text"]) for message in sent
    ]


def test_order_is_by_number_and_not_by_time(world: World, ana: str) -> None:
    """A clock that goes back reorders nothing (F29, D5, R8)."""
    case_id = world.open_case(ana)
    post(world, ana, case_id, "first")
    world.move_clock(timedelta(seconds=-30))
    session = ana
    post(world, session, case_id, "second")
    assert texts(page(world, session, case_id)) == [FIRST, "first", "second"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_pages_lead_through_the_conversation_both_ways(world: World, ana: str, order: str, limit: int) -> None:
    """From the oldest on or from the newest back, each message stands on one page (D7)."""
    case_id = world.open_case(ana)
    everything = [FIRST]
    for number in range(4):
        everything.append(f"Message {number}")
        post(world, ana, case_id, everything[-1])
    seen: list[str] = []
    answer = page(world, ana, case_id, order=order, limit=limit)
    while True:
        assert len(texts(answer)) <= limit
        seen += texts(answer)
        after = answer.json["page"]["after"]
        assert answer.json["page"]["has_more"] == (after is not None)
        if after is None:
            break
        answer = page(world, ana, case_id, order=order, limit=limit, after=after)
    assert seen == (everything if order == "oldest_first" else everything[::-1])


@pytest.mark.parametrize("what", ["messages", "timeline"])
def test_a_page_links_to_the_next_one(world: World, ana: str, what: str) -> None:
    """`Link: rel=next` is an address that can be asked as it stands (RFC 8288)."""
    case_id = world.open_case(ana)
    post(world, ana, case_id)
    first = page(world, ana, case_id, what, limit=1, order="newest_first")
    assert first.next is not None
    linked = world.gateway("GET", first.next, token=ana)
    asked = page(world, ana, case_id, what, limit=1, order="newest_first", after=first.json["page"]["after"])
    assert (linked.status, linked.body) == (200, asked.body)


def test_the_conversation_begins_with_its_oldest_where_nothing_is_asked(world: World, ana: str) -> None:
    """The first page is the first 25, oldest first (F20)."""
    case_id = world.open_case(ana)
    for number in range(25):
        post(world, ana, case_id, f"Message {number}")
    answer = page(world, ana, case_id)
    assert texts(answer) == [FIRST, *[f"Message {number}" for number in range(24)]]
    assert answer.json["page"]["has_more"] is True


@pytest.mark.parametrize("what", ["messages", "timeline"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"order": "by_name"}, "/order"), ({"limit": 0}, "/limit"), ({"limit": 101}, "/limit"), ({"kind": "x"}, "/kind")],
)
def test_an_unknown_order_limit_or_filter_is_refused(
    world: World, ana: str, what: str, query: Any, pointer: str
) -> None:
    """A value outside the closed list is a 422 that names it."""
    case_id = world.open_case(ana)
    answer = page(world, ana, case_id, what, **query)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_a_cursor_fits_only_its_own_case_and_order(world: World, ana: str) -> None:
    """It leads into no other conversation, and not the other way round (D8)."""
    one, other = world.open_case(ana, key="one"), world.open_case(ana, key="other")
    for case_id in (one, other):
        post(world, ana, case_id)
    cursor = page(world, ana, one, limit=1).json["page"]["after"]
    assert page(world, ana, one, limit=2, after=cursor).status == 200
    assert page(world, ana, other, after=cursor).code == "cursor_invalid"
    assert page(world, ana, one, order="newest_first", after=cursor).code == "cursor_invalid"
    assert page(world, ana, one, "timeline", after=cursor).code == "cursor_invalid"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": " \n\t "}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"text": "a\ufffeb"}, "/text"),
        ({"text": "x" * 10_001}, "/text"),
        ({"text": "\u20ac" * 3_334}, "/text"),
        ({"text": 7}, "/text"),
        ({"text": "Hello", "audience": "everybody"}, "/audience"),
        ({"text": "Hello", "author_name": "The Mayor"}, "/author_name"),
        ({"text": "Hello", "kind": "system"}, "/kind"),
    ],
)
def test_a_message_is_1_to_10000_bytes_of_text_and_nothing_else(
    world: World, ana: str, body: Any, pointer: str
) -> None:
    """Blank, too long in UTF-8, unprintable, or with a foreign name or kind: refused, and nothing is posted (B11)."""
    case_id = world.open_case(ana)
    items = world.items()
    answer = world.gateway("POST", f"/v1/cases/{case_id}/messages", body, token=ana)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert world.items() == items


@pytest.mark.parametrize("text", ["\U0001f6b2" * 2_500, '"' * 5_000])
def test_the_longest_message_goes_all_the_way(world: World, ana: str, text: str) -> None:
    """What the door accepts fits under 64 KB with all that an event can hold; a byte more is refused (B10, R11)."""
    case_id = world.case_in("resolved", ana)
    rating = {"grade": 1, "notes": text}
    assert world.gateway("POST", f"/v1/cases/{case_id}/feedback", rating, token=ana).status == 200
    assert post(world, ana, case_id, text).status == 201
    assert post(world, ana, case_id, f"{text}x").status == 422
    world.settle()
    [told] = [event for event in world.events_told(case_id) if event["data"].get("text") == text]
    everything_else = ANSWERS_LIMIT + PARTICIPANTS * 500 + ATTACHMENTS_LIMIT * 700
    assert len(to_json(told)) + everything_else < 64 * 1024


def test_text_is_composed_before_it_is_measured_and_stored(world: World, ana: str) -> None:
    """NFC at the door, once, for everybody behind it (B11)."""
    case_id = world.open_case(ana)
    assert post(world, ana, case_id, "Cafe\u0301").json["text"] == "Caf\u00e9"
