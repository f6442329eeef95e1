"""My cases: newest change first, and what I have just done is in it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.gateway import Answer
from tests.world import World


def mine(world: World, token: str, **query: Any) -> Answer:
    return world.gateway("GET", f"/v1/cases?{urlencode(query)}", token=token)


def ids(answer: Answer) -> list[str]:
    return [case["case_id"] for case in answer.json["data"]]


def create(world: World, token: str, count: int) -> list[str]:
    """So many cases, a second apart, oldest first."""
    made = []
    for number in range(count):
        made.append(world.create(token, key=f"made-{number}").json["case_id"])
        world.move_clock(timedelta(seconds=1))
    return made


def test_a_list_holds_my_cases_and_nobody_elses(world: World, ana: str, ben: str) -> None:
    """Exactly one's own, none of anybody else (A19, F18, G1)."""
    made = create(world, ana, 2)
    assert set(ids(mine(world, ana))) == set(made)
    assert ids(mine(world, ben)) == []


def test_the_newest_change_stands_first(world: World, ana: str) -> None:
    """A new case is at the top, and any change brings a case there."""
    first, second, third = create(world, ana, 3)
    assert ids(mine(world, ana)) == [third, second, first]
    world.gateway("POST", f"/v1/cases/{first}/messages", {"text": "One more thing."}, token=ana)
    assert ids(mine(world, ana)) == [first, third, second]
    world.move_clock(timedelta(seconds=1))
    world.gateway("POST", f"/v1/cases/{second}/cancel", token=ana)
    assert ids(mine(world, ana)) == [second, first, third]


def test_what_customers_cannot_see_moves_nothing_in_their_list(world: World, ana: str) -> None:
    """An internal message is no change that a customer is shown (F10a)."""
    first = world.open_case(ana)
    world.move_clock(timedelta(seconds=5))
    create(world, ana, 1)
    world.settle()
    before = mine(world, ana)
    world.command("message.post", first, {"text": "Between us.", "audience": "internal"})
    assert mine(world, ana).body == before.body
    assert ids(before)[-1] == first


def test_the_list_shows_what_has_just_been_done(world: World, ana: str) -> None:
    """Creating and canceling are in the very next list, before anything was delivered (F2, F13, A4, D3, R10)."""
    created = world.create(ana).json
    [entry] = mine(world, ana).json["data"]
    assert {name: entry[name] for name in ("number", "subject", "service", "status", "created_at", "changed_at")} == {
        name: created[name] for name in ("number", "subject", "service", "status", "created_at", "changed_at")
    }
    world.gateway("POST", f"/v1/cases/{created['case_id']}/cancel", token=ana)
    [entry] = mine(world, ana).json["data"]
    assert entry["status"] == "canceled"


def test_a_case_is_marked_while_it_has_something_unread(world: World, ana: str) -> None:
    """A message from inside marks the case; reading it takes the mark away (F15, F16, D1)."""
    case_id = world.open_case(ana)
    assert [entry["unread"] for entry in mine(world, ana).json["data"]] == [False]
    world.command("message.post", case_id, {"text": "We are looking into it."})
    assert [entry["unread"] for entry in mine(world, ana).json["data"]] == [True]
    sequence = world.view(ana, case_id)["sequence"]
    world.gateway("POST", f"/v1/cases/{case_id}/read", {"sequence": sequence}, token=ana)
    assert [entry["unread"] for entry in mine(world, ana).json["data"]] == [False]


def test_a_case_is_marked_while_it_waits_for_a_task(world: World, ana: str) -> None:
    """The mark comes with the task and goes with its end."""
    world.create(ana)
    assert [entry["has_open_task"] for entry in mine(world, ana).json["data"]] == [False]
    world.settle()
    [entry] = mine(world, ana).json["data"]
    assert (entry["has_open_task"], entry["stage"]) == (True, "We are answering your question")
    world.gateway("POST", f"/v1/cases/{entry['case_id']}/cancel", token=ana)
    assert [entry["has_open_task"] for entry in mine(world, ana).json["data"]] == [False]


def test_pages_cover_the_list_once_and_in_order(world: World, ana: str) -> None:
    """Cursor and Link lead from page to page to the end, with no case twice and none left out."""
    made = create(world, ana, 5)
    url: str | None = "/v1/cases?limit=2"
    shown = []
    while url:
        answer = world.gateway("GET", url, token=ana)
        shown.append(ids(answer))
        after, url = answer.json["page"]["after"], answer.next
        assert (after is not None) == answer.json["page"]["has_more"] == (url is not None)
        assert url is None or f"after={after}" in url
    assert [case_id for page in shown for case_id in page] == made[::-1]
    assert [len(page) for page in shown] == [2, 2, 1]


def test_a_page_holds_25_cases_where_nothing_is_asked(world: World, ana: str) -> None:
    """The usual page is bounded."""
    create(world, ana, 26)
    answer = mine(world, ana)
    assert (len(ids(answer)), answer.json["page"]["has_more"]) == (25, True)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_is_1_to_100(world: World, ana: str, limit: str) -> None:
    """Another limit is refused, not bent."""
    answer = mine(world, ana, limit=limit)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/limit"]
    assert mine(world, ana, limit=1).status == mine(world, ana, limit=100).status == 200


@pytest.mark.parametrize("query", ["status=open", "owner=contact_1", "filter=all", "limit=2&sort=number"])
def test_an_unknown_filter_is_refused(world: World, ana: str, query: str) -> None:
    """A filter that does not exist is never silently ignored."""
    answer = world.gateway("GET", f"/v1/cases?{query}", token=ana)
    assert (answer.status, answer.code) == (422, "validation_failed")


def test_a_parameter_that_comes_twice_is_refused(world: World, ana: str) -> None:
    """Nobody has to guess which of two values counts."""
    answer = world.gateway("GET", "/v1/cases?limit=2&limit=3", token=ana)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/limit"])


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "\u00fc", "WyJDQVNFIyIsICIyMDI2Il0" * 3])
def test_a_cursor_that_we_did_not_give_is_refused(world: World, ana: str, cursor: str) -> None:
    """Cursors are signed (D8)."""
    answer = mine(world, ana, after=cursor)
    assert (answer.status, answer.code) == (422, "cursor_invalid")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/after"]


def test_a_cursor_fits_only_the_query_and_the_person_it_was_given_to(world: World, ana: str, ben: str) -> None:
    """A cursor leads nobody into another's list, and no query into another's pages (D8, S1)."""
    made = create(world, ana, 3)
    cursor = mine(world, ana, limit=1).json["page"]["after"]
    assert ids(mine(world, ana, limit=2, after=cursor)) == [made[1], made[0]]
    assert mine(world, ben, after=cursor).code == "cursor_invalid"
    for path in (f"/v1/cases/{made[0]}/messages", f"/v1/cases/{made[0]}/timeline"):
        assert world.gateway("GET", f"{path}?after={cursor}", token=ana).code == "cursor_invalid"
    flipped = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    assert mine(world, ana, after=flipped).code == "cursor_invalid"


def test_the_first_page_shows_my_newest_cases_and_where_another_begins(world: World, ana: str, ben: str) -> None:
    """Five of mine, as in the list, what is unread, and the same way to a new case as from there (C24, C1, F15)."""
    made = create(world, ana, 6)
    world.settle()
    world.command("message.post", made[0], {"text": "News."})
    first = world.gateway("GET", "/v1/summary", token=ana).json
    assert first["cases"] == mine(world, ana, limit=5).json["data"]
    assert (first["cases"][0]["case_id"], first["unread"]) == (made[0], 1)
    services = world.gateway("GET", f"/{first['services_href']}").json["data"]
    assert "contact-us" in {each["service"] for each in services}
    body = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is it open?"}}
    begun = world.gateway(
        "POST", f"/{first['new_case_href']}", body, token=ana, headers={"Idempotency-Key": "from-the-first-page"}
    )
    assert begun.status == 201
    assert world.gateway("GET", "/v1/summary", token=ana).json["cases"][0]["case_id"] == begun.json["case_id"]
    theirs = world.gateway("GET", "/v1/summary", token=ben).json
    assert (theirs["cases"], theirs["unread"]) == ([], 0)
