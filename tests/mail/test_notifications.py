"""Who is mailed about what happens to a case, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.clock import now
from functions.mail.model import NOTIFICATIONS, WITHIN, Notified, TooManyNotifications
from functions.mail.repository import notified, notified_key, notified_of
from functions.people import repository as people
from functions.table import commit, read
from tests.cases.sharing import share
from tests.front_door import ANA
from tests.world import World

NEW_ADDRESS = "ana@new.example.org"


@pytest.fixture
def ana(world: World) -> str:
    return world.sign_in(ANA)


@pytest.fixture
def case(world: World, ana: str) -> str:
    """A case of Ana's, waiting for the streets team; its confirmation is mailed."""
    case_id = str(world.create(ana, TOPIC="STREETS", PLACE="High Street").json["case_id"])
    world.settle()
    return case_id


def test_a_new_case_is_confirmed_once(world: World, case: str) -> None:
    """One `case received`, and no mail about the message that the customer wrote in the form (C36)."""
    assert _subjects(world) == ["We have received your case"]


@pytest.mark.parametrize("redelivered", [1, 3])
def test_a_stream_that_repeats_itself_mails_nothing_again(world: World, case: str, redelivered: int) -> None:
    """Follow-ups may run twice: mails do not."""
    _resolve(world, case)
    before = _subjects(world)
    for _ in range(redelivered):
        world.delivered = 0
        world.settle()
    assert _subjects(world) == before == ["We have received your case", "Your case is resolved", "How did we do?"]


def test_a_resolved_case_is_mailed_once_each_time_that_it_is_resolved(world: World, ana: str, case: str) -> None:
    """Resolved, reopened, resolved: two mails, since something has changed twice."""
    _resolve(world, case)
    assert world.gateway("POST", f"/v1/cases/{case}/reopen", token=ana).status == 200
    world.settle()
    _resolve(world, case)
    assert _subjects(world).count("Your case is resolved") == 2


def test_a_message_by_staff_is_mailed_and_does_not_stand_in_the_mail(world: World, case: str) -> None:
    """The customer is told to look; what was written stays in the portal (C36, K6)."""
    _post(world, case, world.staff("streets"), text="Your neighbour owes us money.")
    assert _subjects(world)[1:] == ["You have a new message"]
    raw = world.mailbox()[-1].message.as_string()
    assert "neighbour" not in raw
    assert case in raw.replace("=\n", "")


def test_a_message_by_an_internal_system_is_mailed(world: World, case: str) -> None:
    """Whoever writes to the customer, the customer is told (C36)."""
    world.command("message.post", case, {"text": "We are on our way."})
    assert _subjects(world)[1:] == ["You have a new message"]


def test_ones_own_message_is_not_mailed(world: World, ana: str, case: str) -> None:
    """Nobody is told what they have just written (C36)."""
    _post(world, case, ana)
    assert _subjects(world) == ["We have received your case"]


def test_an_internal_message_is_not_mailed(world: World, case: str) -> None:
    """What customers may not see, they are not told of either, by staff or by a system (F25, C36)."""
    _post(world, case, world.staff("streets"), audience="internal")
    world.command("message.post", case, {"text": "A note.", "audience": "internal"})
    assert _subjects(world) == ["We have received your case"]


def test_what_the_customer_does_is_not_mailed(world: World, ana: str, case: str) -> None:
    """Canceling asks how it went, and sends nothing else: only a solution does."""
    assert world.gateway("POST", f"/v1/cases/{case}/cancel", token=ana).status == 200
    world.settle()
    assert _subjects(world) == ["We have received your case", "How did we do?"]


def test_a_disabled_login_is_mailed_nothing(world: World, ana: str, case: str) -> None:
    """Neither messages nor solutions, not even those that were queued before (G6, A11)."""
    staff = world.staff("streets")
    world.gateway("POST", f"/v1/cases/{case}/messages", {"text": "Hello."}, token=staff)
    while world.deliver_stream():
        pass
    world.set_login(ana.partition(".")[0], "disabled")
    world.settle()
    _resolve(world, case)
    assert _subjects(world) == ["We have received your case"]


def test_who_wants_no_mails_about_cases_gets_none(world: World, ana: str, case: str) -> None:
    """From the next one that is sent on, also of those that were queued; codes and invitations come still (C36)."""
    before, ben = _subjects(world), world.sign_in("ben@example.org")
    staff = world.staff("streets")
    world.gateway("POST", f"/v1/cases/{case}/messages", {"text": "Hello."}, token=staff)
    while world.deliver_stream():
        pass
    for wanted in (False, False):
        chosen = world.gateway("PATCH", "/v1/me", {"case_mails": wanted}, token=ana)
        assert (chosen.status, chosen.json["case_mails"]) == (200, False)
    world.settle()
    _resolve(world, case)
    assert _subjects(world) == before
    other = world.open_case(ben, key="ben")
    assert share(world, ben, other, ANA).status == 201
    world.move_clock(timedelta(minutes=2))
    world.settle()
    assert _subjects(world) == [*before, "A case is shared with you"]
    assert world.gateway("PATCH", "/v1/me", {"case_mails": True}, token=world.sign_in(ANA)).json["case_mails"] is True
    world.command("message.post", other, {"text": "Hello."})
    assert _subjects(world)[-1] == "You have a new message"


def test_mails_go_to_the_owner_as_the_owner_is_now(world: World, ana: str, case: str) -> None:
    """A mail that was queued for an address goes to the one that the owner has when it is sent (G6)."""
    world.gateway("POST", f"/v1/cases/{case}/messages", {"text": "Hello."}, token=world.staff("streets"))
    while world.deliver_stream():
        pass
    owner = people.get(ana.partition(".")[0])
    assert owner is not None
    commit(people.replaced(owner.model_copy(update={"email": NEW_ADDRESS, "version": owner.version + 1})))
    world.settle()
    assert [mail.to for mail in world.mailbox() if "new message" in mail.subject] == [NEW_ADDRESS]


def test_a_mail_names_the_case_as_people_say_it(world: World, ana: str, case: str) -> None:
    """Number in the subject, number and subject of the case in the text, and the way to it."""
    seen = world.gateway("GET", f"/v1/cases/{case}", token=ana).json
    mail = next(mail for mail in world.mailbox() if "received" in mail.subject)
    assert mail.subject == f"[{seen['number']}] We have received your case"
    for shown in (seen["number"], f'"{seen["subject"]}"', f"https://portal.portico.example/cases/{case}"):
        assert shown in mail.text


def test_a_case_sends_twenty_mails_within_an_hour(world: World, ana: str, case: str) -> None:
    """What is beyond is suppressed for good, which staff see and customers are not troubled with (K3)."""
    staff = world.staff("streets")
    mails, version = notified_of(read(notified_key(case))[notified_key(case)])
    assert list(mails.mails) == [f"case_received-{case}-1"]
    sent = {f"mail-{number}": now() for number in range(NOTIFICATIONS - 1)}
    commit(notified(case, Notified(mails={**mails.mails, **sent}), version, now()))
    _post(world, case, staff)
    assert _subjects(world) == ["We have received your case"]
    assert _states(world, case, staff) == ["sent", "suppressed"]
    assert _states(world, case, ana) == ["sent"]
    world.move_clock(WITHIN)
    world.delivered = 0  # the stream repeats itself
    world.settle()
    assert _subjects(world) == ["We have received your case"]
    world.command("message.post", case, {"text": "An hour later."})
    assert _subjects(world) == ["We have received your case", "You have a new message"]


def test_the_hour_slides_and_a_mail_that_is_tried_again_counts_once() -> None:
    """Never more than twenty in any sixty minutes, half-open (K3, D16)."""
    began = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    minutes = [0, *range(40, 40 + NOTIFICATIONS - 1)]
    mails = Notified()
    for minute in minutes:
        mails = mails.with_mail(f"mail-{minute}", began + timedelta(minutes=minute))
    assert mails.with_mail("mail-0", began + timedelta(minutes=59)) == mails
    with pytest.raises(TooManyNotifications):
        mails.with_mail("one-more", began + timedelta(minutes=59, seconds=59))
    mails = mails.with_mail("one-more", began + timedelta(minutes=60))
    with pytest.raises(TooManyNotifications):
        mails.with_mail("another", began + timedelta(minutes=99))


def _subjects(world: World) -> list[str]:
    """Of the mails to Ana about her cases, without the number."""
    return [mail.subject.partition("] ")[2] for mail in world.mailbox() if mail.to == ANA and mail.subject[0] == "["]


def _states(world: World, case: str, token: str) -> list[str]:
    """Of the mails in the case's timeline, as that person sees it."""
    entries = world.gateway("GET", f"/v1/cases/{case}/timeline", token=token).json["data"]
    return [mail["state"] for entry in entries for mail in entry["mails"]]


def _post(world: World, case: str, token: str, text: str = "Hello.", audience: str = "customer") -> None:
    posted = world.gateway("POST", f"/v1/cases/{case}/messages", {"text": text, "audience": audience}, token=token)
    assert posted.status == 201, posted.body
    world.settle()


def _resolve(world: World, case: str) -> None:
    """Have the internal system resolve the case."""
    status = {"status": "resolved", "based_on_sequence": 1000}
    world.command("case.set_status", case, status, command_id=f"resolve-{len(world.told)}")
