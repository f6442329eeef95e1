"""What the organisation writes among itself is never seen by customers, in any way."""

import pytest

from tests.messages.conversation import page, post, texts
from tests.world import World

SECRET = "Between us: canary."


@pytest.fixture
def staff(world: World) -> str:
    """The session of a staff member who works on the case."""
    return world.staff("customer-relations")


@pytest.fixture
def case_id(world: World, ana: str, staff: str) -> str:
    """A case with an internal message from staff and one from the internal system, around a public one."""
    opened = world.open_case(ana)
    assert post(world, staff, opened, SECRET, audience="internal").status == 201
    post(world, staff, opened, "Thank you for asking.")
    world.command("message.post", opened, {"text": SECRET, "audience": "internal"})
    return opened


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("what", ["", "/messages", "/timeline"])
def test_customers_find_internal_messages_nowhere(world: World, ana: str, case_id: str, what: str, order: str) -> None:
    """Not in the view, the conversation or the timeline, and in no page of them (F10a, F25)."""
    query = f"?order={order}&limit=100" if what else ""
    answer = world.gateway("GET", f"/v1/cases/{case_id}{what}{query}", token=ana)
    assert answer.status == 200
    assert b"canary" not in answer.body
    assert b"internal" not in answer.body


def test_staff_find_them_in_their_place(world: World, staff: str, case_id: str) -> None:
    """Who works on the case reads the whole conversation in order, and who wrote for whom (F25)."""
    shown = page(world, staff, case_id)
    assert texts(shown)[1:] == [SECRET, "Thank you for asking.", SECRET]
    assert [message["audience"] for message in shown.json["data"]][1:] == ["internal", "customer", "internal"]


def test_pages_of_customers_have_no_holes(world: World, ana: str, case_id: str) -> None:
    """Internal messages do not count on a customer's page, so that none comes up short."""
    first = page(world, ana, case_id, limit=1)
    second = page(world, ana, case_id, limit=1, after=first.json["page"]["after"])
    assert [len(texts(first)), texts(second)] == [1, ["Thank you for asking."]]
    assert second.json["page"]["has_more"] is False


def test_an_internal_message_marks_nothing_unread(world: World, ana: str) -> None:
    """Customers are not led to what they may not see, and get no mail about it (F15, C36)."""
    case_id = world.open_case(ana)
    mails = len(world.mailbox())
    world.command("message.post", case_id, {"text": SECRET, "audience": "internal"})
    assert world.view(ana, case_id)["unread"] is False
    assert world.gateway("GET", "/v1/cases/unread", token=ana).json == {"unread": 0}
    assert len(world.mailbox()) == mails


def test_customers_write_no_internal_messages(world: World, ana: str) -> None:
    """The audience is the organisation's to choose (F25)."""
    case_id = world.open_case(ana)
    answer = post(world, ana, case_id, audience="internal")
    assert (answer.status, answer.code) == (422, "audience_not_allowed")
    assert len(texts(page(world, ana, case_id))) == 1


def test_an_internal_message_leaves_a_waiting_case_waiting(world: World, ana: str) -> None:
    """Only the customer's answer ends the waiting (D9)."""
    case_id = world.case_in("waiting_for_response", ana)
    world.command("message.post", case_id, {"text": SECRET, "audience": "internal"})
    assert world.view(ana, case_id)["status"] == "waiting_for_response"


@pytest.mark.parametrize("status", ["closed", "canceled"])
def test_a_final_case_takes_internal_messages_only(world: World, ana: str, staff: str, status: str) -> None:
    """The conversation with the customer is over; notes among staff are not (C37, D4)."""
    case_id = world.case_in(status, ana)
    refused = post(world, staff, case_id)
    assert (refused.status, refused.code) == (409, "action_not_allowed")
    assert post(world, staff, case_id, audience="internal").status == 201
