"""What each reader has read, and what is unread for them."""

import pytest

from tests.gateway import Answer
from tests.messages.conversation import post
from tests.world import World


def mark(world: World, token: str, case_id: str, sequence: object) -> Answer:
    return world.gateway("POST", f"/v1/cases/{case_id}/read", {"sequence": sequence}, token=token)


def unread(world: World, token: str) -> int:
    return int(world.gateway("GET", "/v1/cases/unread", token=token).json["unread"])


def hear(world: World, case_id: str, text: str = "We are looking into it.") -> None:
    """The organisation writes."""
    world.command("message.post", case_id, {"text": text}, f"{case_id}-{text}")


def last_read(world: World, token: str, case_id: str) -> int:
    return int(world.view(token, case_id)["last_read_sequence"])


def test_a_mark_never_moves_back(world: World, ana: str) -> None:
    """Reading an older page on another device unreads nothing (D1, D4)."""
    case_id = world.open_case(ana)
    hear(world, case_id)
    newest = world.view(ana, case_id)["sequence"]
    assert mark(world, ana, case_id, newest).status == 204
    assert mark(world, ana, case_id, 1).status == 204
    assert last_read(world, ana, case_id) == newest
    assert world.view(ana, case_id)["unread"] is False


def test_a_mark_never_moves_beyond_the_newest(world: World, ana: str) -> None:
    """Who claims to have read what is not written yet still sees it as unread when it comes (D4)."""
    case_id = world.open_case(ana)
    newest = world.view(ana, case_id)["sequence"]
    assert mark(world, ana, case_id, 10**9).status == 204
    assert last_read(world, ana, case_id) == newest
    hear(world, case_id)
    assert world.view(ana, case_id)["unread"] is True


def test_reading_a_part_leaves_the_rest_unread(world: World, ana: str) -> None:
    """Unread means newer than the mark and by others, and so many messages are (F15, D1)."""
    case_id = world.open_case(ana)
    hear(world, case_id, "first")
    first = world.view(ana, case_id)["messages"][-1]["sequence"]
    hear(world, case_id, "second")
    post(world, ana, case_id)
    hear(world, case_id, "third")

    def seen() -> tuple[bool, int, int]:
        case = world.view(ana, case_id)
        return case["unread"], case["unread_count"], unread(world, ana)

    assert seen() == (True, 3, 1)
    mark(world, ana, case_id, first)
    assert seen() == (True, 2, 1)
    mark(world, ana, case_id, world.view(ana, case_id)["messages"][-1]["sequence"])
    assert seen() == (False, 0, 0)


def test_a_mark_moves_for_its_reader_alone(world: World, ana: str, ben: str) -> None:
    """Another person's cases, and another case of one's own, stay unread (F16)."""
    mine = [world.open_case(ana, key=key) for key in ("one", "two")]
    theirs = world.open_case(ben)
    for case_id in (*mine, theirs):
        hear(world, case_id)
    mark(world, ana, mine[0], 10**6)
    assert [world.view(ana, case_id)["unread"] for case_id in mine] == [False, True]
    assert (unread(world, ana), unread(world, ben)) == (1, 1)


def test_unread_cases_are_counted_not_messages(world: World, ana: str) -> None:
    """Each case counts once however much is new in it, and a new message brings it back (F15)."""
    cases = [world.open_case(ana, key=f"key-{number}") for number in range(3)]
    assert unread(world, ana) == 0
    for case_id in cases[:2]:
        hear(world, case_id, "first")
        hear(world, case_id, "second")
    assert unread(world, ana) == 2
    mark(world, ana, cases[0], 10**6)
    assert unread(world, ana) == 1
    hear(world, cases[0], "third")
    assert unread(world, ana) == 2


def test_ones_own_messages_are_never_unread(world: World, ana: str) -> None:
    """Writing makes nothing new for the writer, and reads nothing of the others (F15)."""
    case_id = world.open_case(ana)
    post(world, ana, case_id)
    assert unread(world, ana) == 0
    hear(world, case_id)
    post(world, ana, case_id)
    assert unread(world, ana) == 1


def test_a_change_of_status_is_not_a_message(world: World, ana: str) -> None:
    """Only messages make a case unread; stages and statuses are in the list itself."""
    world.case_in("resolved", ana)
    assert unread(world, ana) == 0


def test_marking_changes_neither_version_nor_timeline(world: World, ana: str) -> None:
    """A read mark is the reader's and no event of the case, so If-Match of others still holds."""
    case_id = world.open_case(ana)
    hear(world, case_id)
    before = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    mark(world, ana, case_id, before.json["sequence"])
    after = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    assert (after.headers["ETag"], after.json["sequence"]) == (before.headers["ETag"], before.json["sequence"])


@pytest.mark.parametrize("sequence", [-1, 1.5, "many", None, 10**13])
def test_a_mark_is_a_number_of_an_event(world: World, ana: str, sequence: object) -> None:
    """Anything else is a 422 that names the field."""
    case_id = world.open_case(ana)
    answer = mark(world, ana, case_id, sequence)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/sequence"])
