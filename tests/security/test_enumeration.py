"""Nobody can find out at the front door who is known here: same answers, by the same calls to AWS (S4, F4)."""

from dataclasses import dataclass
from typing import Any

import pytest

from functions.people.repository import get_by_email
from tests.calls import Call, recorded
from tests.gateway import Answer
from tests.rewind import Moment
from tests.world import World

KNOWN, STAFF, DISABLED, UNKNOWN = "known@example.org", "staff@example.org", "gone@example.org", "anew@example.org"
ADDRESSES = (KNOWN, STAFF, DISABLED)
COUNTED = ("ADDRESS#", "IP#", "FAILURES#", "PERSON#", "Put", "Update", "ConditionExpression")
IP = "198.51.100.77"


@dataclass(frozen=True)
class Seen:
    """All that somebody outside can see of an answer, and what it cost inside."""

    status: int
    headers: dict[str, str]
    names: list[str]
    length: int
    calls: list[str]

    @classmethod
    def of(cls, answer: Answer, calls: list[Call]) -> "Seen":
        shapes = [f"{call.operation} {_shape(call.body)}" for call in calls]
        return cls(answer.status, answer.headers, list(answer.json), len(answer.body), shapes)


def _shape(body: Any) -> str:
    """What a call does, without to whom: expressions and the kinds of the items, not their keys."""
    text = body.decode() if isinstance(body, bytes) else str(body)
    return "+".join(str(text.count(word)) for word in COUNTED)


@pytest.fixture
def door(world: World) -> Moment:
    """A contact, a staff member, and a contact whose login is off; all of them have signed in before."""
    world.sign_in(KNOWN)
    world.staff("noc", STAFF)
    world.sign_in(DISABLED)
    person = get_by_email(DISABLED)
    assert person is not None
    world.set_login(person.person_id, "disabled")
    return Moment.of(world)


def ask(world: World, address: str) -> tuple[Seen, str]:
    with recorded() as calls:
        answer = world.gateway("POST", "/v1/otp/challenges", {"email": address}, ip=IP)
    return Seen.of(answer, calls), answer.json["challenge_id"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_asking_for_a_pin_looks_the_same_for_everybody(world: World, door: Moment, address: str) -> None:
    """Known, staff, switched off or never heard of: same status, headers, members, length, and calls to AWS."""
    door.restore(world)
    world.clock_file.write_text("3700")  # nobody's budget is touched by having signed in
    wanted = ask(world, UNKNOWN)[0]
    assert ask(world, address)[0] == wanted
    assert wanted.status == 202


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_wrong_pin_looks_the_same_for_everybody(world: World, door: Moment, address: str) -> None:
    """The second call, too, tells nothing: three times wrong, then locked, for each of them alike."""
    door.restore(world)
    world.clock_file.write_text("3700")
    seen: dict[str, list[Seen]] = {}
    for somebody in (UNKNOWN, address):
        _, challenge = ask(world, somebody)
        seen[somebody] = []
        for _ in range(4):
            with recorded() as calls:
                answer = world.gateway("POST", f"/v1/otp/challenges/{challenge}/verify", {"code": "wrong"}, ip=IP)
            seen[somebody].append(Seen.of(answer, calls))
    assert seen[address] == seen[UNKNOWN]
    assert [one.status for one in seen[UNKNOWN]] == [401, 401, 401, 410]


def test_an_address_over_its_budget_gets_the_same_answer(world: World) -> None:
    """Not even that somebody has asked for it just now; and no second mail (F5, L28)."""
    first, _ = ask(world, UNKNOWN)
    second, _ = ask(world, UNKNOWN)
    assert (second.status, second.headers, second.names, second.length) == (
        first.status,
        first.headers,
        first.names,
        first.length,
    )
    world.settle()
    assert len(world.mailbox()) == 1


def test_a_login_that_is_off_gets_no_mail(world: World, door: Moment) -> None:
    """That is the only difference, and only the owner of the mailbox can see it."""
    door.restore(world)
    world.clock_file.write_text("3700")
    before = len(world.mailbox())
    ask(world, DISABLED)
    world.settle()
    assert len(world.mailbox()) == before
