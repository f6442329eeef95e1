"""A person is erased: nothing personal is left in any item, what happened can still be counted, nothing is broken."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.cases import repository as cases
from functions.cases import timeline
from functions.cases.actions import share_case
from functions.cases.closing import Closing
from functions.cases.status import Status
from functions.erasure import actions, repository
from functions.erasure.model import Erasure, erased_from
from functions.events import Actor
from functions.mail.threads import reply_address
from functions.obeyed import Mandate
from functions.table import apply, read, update
from infra.verify import verify
from tests import acme
from tests.calls import recorded
from tests.cases import test_policy as policy
from tests.cases.sharing import participants, remove, share, shared
from tests.gateway import Answer
from tests.mail.arriving import letter, send
from tests.rewind import Moment
from tests.uploads.files import NOTE, sent
from tests.world import World

EMAIL, NAME, TEXT = "xanthe@zephyr.example", "Xanthe Quill", "The vicar saw the zebra."
PERSONAL = ("xanthe", "zephyr", "quill", "zebra")
"""Each in what she is called, or has written or was told."""


class Story:
    """Xanthe has a resolved case with every kind of text in it, and one that she canceled after she was asked in it."""

    def __init__(self, world: World) -> None:
        self.world, self.admin, self.token = world, world.administrator(), world.sign_in(EMAIL)
        self.contact = world.gateway("GET", "/v1/me", token=self.token).json["person_id"]
        self.url = f"/v1/admin/contacts/{self.contact}"
        assert world.gateway("PUT", self.url, {"name": NAME}, token=self.admin).status == 200
        self.staff = world.staff("streets")
        self.case = world.open_case(self.token, TOPIC="STREETS", PLACE=f"{NAME}'s lane", MESSAGE=TEXT)
        world.command("case.link", self.case, {"internal_ref": "BO-7"}, "link")
        world.command("message.post", self.case, {"text": f"Dear {NAME}!"}, "hello")
        self.is_away(self.case)
        self.file = sent(world, self.token, TEXT.encode(), name=f"{NAME}.txt")
        self.post("messages", {"text": TEXT, "attachments": [self.file]})
        note = sent(world, self.staff, TEXT.encode(), name=f"About {NAME}.txt")
        self.post("messages", {"text": f"{NAME} again.", "audience": "internal", "attachments": [note]}, self.staff)
        self.post("complaints", {"text": TEXT})
        for task in world.gateway("GET", "/v1/tasks", token=self.staff).json["data"]:
            url = f"/v1/tasks/{task['task_id']}/complete"
            assert world.gateway("POST", url, {"outcome": "NO_ACTION"}, token=self.staff).status == 200
        world.settle()
        self.post("feedback", {"grade": 4, "notes": TEXT})
        self.canceled = self.asked_and_canceled()

    def asked_and_canceled(self) -> str:
        case_id = self.world.open_case(self.token, "report-incident", key="key-2")
        case = cases.find(case_id)
        assert case is not None
        wish = {"task_id": case.open_tasks[0].task_id, "outcome": "NEED_CUSTOMER"}
        self.world.command("task.complete", case_id, wish, "ask")
        self.post("messages", {"text": TEXT}, case_id=case_id)
        self.post("cancel", {}, case_id=case_id)
        self.world.settle()
        return case_id

    def post(self, what: str, body: dict[str, Any], token: str | None = None, case_id: str | None = None) -> None:
        url = f"/v1/cases/{case_id or self.case}/{what}"
        answer = self.world.gateway("POST", url, body, token=token or self.token)
        assert answer.status < 300, answer.body

    def is_away(self, case_id: str, sender: str = EMAIL, addressee: str | None = None) -> None:
        """A machine answers for her, as it should or to the address of somebody else."""
        machine = letter(
            TEXT, sender, Auto_Submitted="auto-replied", Subject=f"{NAME} is away", Message_ID=f"<{sender}>"
        )
        send(self.world, machine, reply_address(case_id, addressee or self.contact), sender)

    def erase(self, key: str = "k", contact: str | None = None) -> Answer:
        url = f"/v1/admin/contacts/{contact or self.contact}/erase"
        return self.world.gateway("POST", url, {}, token=self.admin, headers={"Idempotency-Key": key})

    def receipt(self, receipt_id: str) -> Any:
        return self.world.gateway("GET", f"/v1/admin/erasures/{receipt_id}", token=self.admin).json

    def verified(self, case_id: str) -> str:
        is_whole, line = verify(case_id, acme.administrator(self.world, self.admin))
        assert is_whole, line
        return line


@pytest.fixture(scope="module")
def told_once(one_world: World) -> tuple[Story, Moment]:
    one_world.reset()
    story = Story(one_world)
    return story, Moment.of(one_world)


@pytest.fixture
def story(told_once: tuple[Story, Moment]) -> Story:
    story, moment = told_once
    moment.restore(story.world)
    return story


@pytest.fixture
def world(story: Story) -> World:
    return story.world


def personal(items: list[dict[str, Any]]) -> list[str]:
    """Where something personal stands, but for the answers to people who are still here, which are kept for a week."""
    here = {f"OBEYED#{item['pk']['S'].removeprefix('PERSON#')}" for item in items if "login" in item}
    items = [item for item in items if item["pk"]["S"] not in here]
    texts = [(f"{item['pk']['S']} {item['sk']['S']}", json.dumps(item, ensure_ascii=False).lower()) for item in items]
    return [place for place, text in texts if any(word in text for word in PERSONAL)]


def is_erased(case_id: str) -> bool:
    case = cases.find(case_id)
    return case is not None and case.erased_at is not None


def test_a_person_is_erased_and_what_happened_stays(world: World, story: Story) -> None:
    """No byte of name, address or text is in the table, statistics and chain hold, a receipt says so (RI-29, S18)."""
    assert len(personal(world.items())) > 10
    before = {case_id: cases.find(case_id) for case_id in (story.case, story.canceled)}
    asked = story.erase()
    assert (asked.status, asked.json["state"]) == (202, "running")
    assert world.gateway("GET", "/v1/me", token=story.token).status == 401
    world.sweep()
    assert story.receipt(asked.json["receipt_id"]) == asked.json  # requests that have just read her may still write
    assert world.sweep(everything=True)["erasures"] == 1
    world.settle()

    assert (personal(world.items()), world.stored()) == ([], {})
    receipt = story.receipt(asked.json["receipt_id"])
    assert (receipt["state"], receipt["cases"]) == ("done", 2)
    assert (receipt["finished_at"] >= receipt["requested_at"], len(receipt["digest"])) == (True, 64)
    for case_id, case in before.items():
        after = cases.find(case_id)
        assert case is not None
        assert after is not None
        for kept in (
            "number",
            "service",
            "category",
            "status",
            "stage",
            "path",
            "created_at",
            "closed_at",
            "deadlines",
        ):
            assert getattr(after, kept) == getattr(case, kept)
        assert (after.owner_name, after.answers, after.allowed_actions) == ("", {}, ())
        assert (after.feedback and after.feedback.grade) == (case.feedback and case.feedback.grade)
        assert " of them erased; newest link " in story.verified(case_id)
    told = [event for event in world.told if event["type"] == "portico.contact.erased.v1"]
    assert [(event["subject"], event["data"]["internal_ref"]) for event in told] == [
        (story.case, "BO-7"),
        (story.canceled, None),
    ]
    assert [word for word in PERSONAL if word in json.dumps(told).lower()] == []
    seen = world.view(story.staff, story.case)
    assert {message["text"] for message in seen["messages"]} == {""}


def test_nothing_personal_comes_back_into_an_erased_case(world: World, story: Story) -> None:
    """It takes no words and no people; what still moves is its status, in nobody's list (RI-29, S18)."""
    story.erase()
    world.sweep(everything=True)
    url = f"/v1/cases/{story.case}/messages"
    note = {"text": f"{NAME} has called.", "audience": "internal"}
    for body in (note, note | {"audience": "customer"}):
        assert world.gateway("POST", url, body, token=story.staff).code == "case_erased"
    assert share(world, story.staff, story.case, "dee@example.org").code == "case_erased"
    world.command("message.post", story.case, note, "note")
    closing = world.gateway("POST", f"/v1/staff/cases/{story.case}/status", {"status": "closed"}, token=story.staff)
    assert (closing.status, closing.json["status"]) == (200, "closed")
    world.settle()
    replies = [event["type"] for event in world.told if event["type"].startswith("portico.command.")]
    assert replies[-1] == "portico.command.rejected.v1"
    assert personal(world.items()) == []
    assert [item["sk"] for item in world.items() if item["pk"]["S"] == f"PERSON#{story.contact}"] == []
    story.verified(story.case)


def test_a_complaint_of_which_nothing_is_left_waits_for_nobody(world: World, story: Story) -> None:
    """It ends without an outcome, in the step that erases its case; in the team's list nothing is left (C41, S18)."""
    desk = world.staff("customer-relations")
    [task] = world.gateway("GET", "/v1/tasks", token=desk).json["data"]
    story.erase()
    world.sweep(everything=True)
    assert world.gateway("GET", "/v1/tasks", token=desk).json["data"] == []
    assert world.view(desk, story.case)["has_open_complaint"] is False
    handled = world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "HANDLED"}, token=desk)
    assert (handled.status, handled.code) == (409, "task_closed")
    story.verified(story.case)


def test_an_erased_case_closes_as_it_would_have_and_reminds_nobody() -> None:
    """Nobody could reopen it, and what is counted is whole in the end (RI-29, D6)."""
    closing = Closing(
        closes_at=policy.NOW + timedelta(days=2), time_zone="UTC", remind_at=policy.NOW + timedelta(days=1)
    )
    resolved = policy.case(status=Status.resolved, closing=closing)
    asked = Erasure(
        receipt_id="erasure_1",
        contact_id=resolved.owner_id,
        address_ref=None,
        requested_at=policy.NOW,
        requested_by=policy.PEOPLE["team"].actor,
    )
    erased = erased_from(resolved, asked, policy.NOW, ()).case
    assert (erased.closing, erased.alarm_at) == (closing.reminded, closing.closes_at)


def test_who_was_erased_comes_back_as_somebody_else(world: World, story: Story) -> None:
    """The address is free: who signs in with it is a new contact without a case (RI-29, D2)."""
    asked = story.erase()
    world.sweep(everything=True)
    again = world.sign_in(EMAIL, ip="203.0.113.77")
    assert world.gateway("GET", "/v1/me", token=again).json["person_id"] != story.contact
    assert world.gateway("GET", "/v1/cases", token=again).json["data"] == []
    assert world.gateway("GET", f"/v1/cases/{story.case}", token=again).status == 404
    assert world.gateway("GET", story.url, token=story.admin).code == "record_not_found"
    listed = world.gateway("GET", "/v1/admin/contacts", token=story.admin).json["data"]
    assert [contact["contact_id"] for contact in listed if contact["contact_id"] == story.contact] == []
    assert (story.erase().json, story.erase().headers["Idempotent-Replayed"]) == (asked.json, "true")
    assert story.erase("another").code == "person_not_found"


def test_nobody_shares_a_case_with_who_has_just_been_erased(world: World, story: Story) -> None:
    """A request that still knew them gives the address to a new contact, as for anybody unknown (A1, RI-29, R7)."""
    bens = world.create(world.sign_in("ben@example.org"), key="ben").json["case_id"]
    case = cases.find(bens)
    assert case is not None
    read = cases.read_to_share(case.owner_id, EMAIL)
    story.erase()
    world.sweep(everything=True)
    by = Mandate(Actor(kind="customer", id=case.owner_id))
    [added] = share_case(case, by, read, EMAIL, "participant").case.participants
    assert added.person_id not in (story.contact, case.owner_id)
    assert story.contact not in {item["pk"]["S"].removeprefix("PERSON#") for item in world.items()}


def test_an_open_case_comes_to_its_end_first(world: World, story: Story) -> None:
    """Nobody works on for a person who is gone: the open cases are named, and nothing has changed."""
    number = world.create(story.token, key="key-3").json["number"]
    before = world.items()
    refused = story.erase()
    assert (refused.status, refused.code, refused.json["cases"]) == (409, "cases_open", [number])
    assert world.items() == before


def test_asking_costs_the_same_however_many_cases_there_are(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cases that changed last are looked at; one that has lain open for longer comes to its end first (RI-29)."""
    monkeypatch.setattr(repository, "LOOKED_AT", 2)
    opened = world.open_case(story.token, key="key-3")
    for case_id in (story.case, story.canceled):
        story.post("complaints", {"text": TEXT}, case_id=case_id)
    with recorded() as calls:
        asked = story.erase()
    assert asked.status == 202
    assert [call.operation for call in calls if call.operation == "dynamodb.Query"] == ["dynamodb.Query"]
    world.sweep(everything=True)
    case = cases.find(opened)
    assert case is not None
    receipt = story.receipt(asked.json["receipt_id"])
    assert (case.owner_name, receipt["state"], receipt["waits_for"]) == (NAME, "running", case.number)
    world.command("case.set_status", opened, {"status": "in_progress", "based_on_sequence": 999}, "begin")
    world.command("case.set_status", opened, {"status": "resolved", "based_on_sequence": 999}, "resolve")
    world.sweep(everything=True)
    assert (story.receipt(asked.json["receipt_id"])["state"], personal(world.items())) == ("done", [])


def test_a_case_that_is_reopened_in_between_comes_to_its_end_first(world: World, story: Story) -> None:
    """Its delegate may do so until the first step: the answers stay for those who work on it, and the receipt says so.

    The other cases go on meanwhile (RI-29).
    """
    shared(world, story.token, story.case, "dee@example.org", "delegate")
    dee = world.sign_in("dee@example.org", ip="203.0.113.79")
    receipt_id = story.erase().json["receipt_id"]
    story.post("reopen", {}, dee)
    world.settle()
    assert [world.sweep(everything=True)["erasures"] for _ in range(2)] == [1, 0]
    seen, receipt = world.view(dee, story.case), story.receipt(receipt_id)
    assert seen["answers"]["PLACE"] == f"{NAME}'s lane"
    assert (receipt["state"], receipt["cases"], receipt["waits_for"]) == ("running", 1, seen["number"])
    assert [case_id for case_id in (story.case, story.canceled) if is_erased(case_id)] == [story.canceled]
    world.command("case.set_status", story.case, {"status": "resolved", "based_on_sequence": 999}, "resolve")
    assert world.sweep(everything=True)["erasures"] == 1
    receipt = story.receipt(receipt_id)
    assert (receipt["state"], receipt["cases"], receipt["waits_for"]) == ("done", 2, None)
    assert personal(world.items()) == []


def test_it_stops_and_goes_on_anywhere(world: World, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps of three writes, one per sweep: the same end; and meanwhile nothing new begins with the person (B3)."""
    monkeypatch.setattr(actions, "STEPS", 1)
    monkeypatch.setattr(actions, "WRITES", 3)
    ben = world.sign_in("ben@example.org")
    bens = world.create(ben, key="ben").json["case_id"]
    asked = story.erase()
    sweeps = 0
    while world.sweep(everything=True)["erasures"]:
        sweeps += 1
        if sweeps == 4:
            assert story.erase("another").json["receipt_id"] == asked.json["receipt_id"]
            assert world.gateway("PUT", story.url, {"name": NAME}, token=story.admin).code == "being_erased"
            wish = {"owner": story.contact, "service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": TEXT}}
            headers = {"Idempotency-Key": "on-behalf"}
            refused = world.gateway("POST", "/v1/staff/cases", wish, token=story.staff, headers=headers)
            assert refused.code == "owner_unknown"
            shares = share(world, ben, bens, EMAIL)
            assert (shares.status, shares.code) == (409, "participant_unavailable")
            note = sent(world, story.staff, TEXT.encode(), name=f"More about {NAME}.txt")
            story.post("messages", {"text": NAME, "attachments": [note]}, story.staff)
    assert sweeps > 8
    world.settle()
    assert (personal(world.items()), world.stored()) == ([], {})
    receipt = story.receipt(asked.json["receipt_id"])
    assert (receipt["state"], receipt["cases"]) == ("done", 2)
    erased = [item for item in world.items() if "seal" in item]
    assert receipt["events"] == len(erased)
    told = [event["subject"] for event in world.told if event["type"] == "portico.contact.erased.v1"]
    assert told == [story.case, story.canceled]
    for case_id in told:
        story.verified(case_id)


def test_one_that_runs_since_before_it_noted_its_case_goes_on(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It deals anew with the case that it had begun, and nothing is counted twice (B3, RI-29)."""
    receipt_id = story.erase().json["receipt_id"]
    key = repository.erasure_key(receipt_id)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "STEPS", 1)
        patch.setattr(actions, "WRITES", 3)
        while not (found := json.loads(read(key)[key]["data"]))["position"]:
            world.sweep(everything=True)
    before = {name: value for name, value in found.items() if name not in ("case_id", "waits_for")}
    apply(update(key, "SET #data = :data", {"data": json.dumps(before)}, names={"#data": "data"}))
    world.sweep(everything=True)
    receipt = story.receipt(receipt_id)
    assert (receipt["state"], receipt["cases"], personal(world.items())) == ("done", 2, [])
    assert receipt["events"] == len([item for item in world.items() if "seal" in item])
    story.verified(story.case)


@pytest.mark.parametrize("leaves", [False, True])
def test_in_the_cases_of_others_only_their_own_words_go(world: World, story: Story, leaves: bool) -> None:  # noqa: FBT001
    """It stays the case of its owner, with what all others wrote; also once the person takes part no longer (RI-29)."""
    ben = world.sign_in("ben@example.org", ip="203.0.113.78")
    others = world.case_in("resolved", ben, key="ben")
    part = shared(world, ben, others, EMAIL, "delegate")
    story.post("feedback", {"grade": 2, "notes": TEXT}, case_id=others)
    for sender in (EMAIL, "robot@machine.example"):
        story.is_away(others, sender)
    story.is_away(world.create(ben, key="ben-2").json["case_id"], addressee=ben.partition(".")[0])
    hers, bens = sent(world, story.token, TEXT.encode(), name="zebra.txt"), sent(world, ben)
    for token, body in (
        (story.token, {"text": TEXT, "attachments": [hers]}),
        (ben, {"text": "Mine.", "attachments": [bens]}),
    ):
        assert world.gateway("POST", f"/v1/cases/{others}/messages", body, token=token).status == 201
    if leaves:
        assert remove(world, ben, others, part).status == 204
    asked = story.erase()
    world.sweep(everything=True)
    seen = world.view(ben, others)
    assert [message["text"] for message in seen["messages"]] == ["When is the town hall open?", "", "Mine."]
    assert [message["attachment_count"] for message in seen["messages"]] == [0, 0, 1]
    assert world.stored() == {f"attachments/{bens}": NOTE}
    assert seen["answers"] == {"TOPIC": "OTHER"}
    assert "comment" in seen["allowed_actions"]
    assert (seen["feedback"]["grade"], seen["feedback"]["notes"]) == (2, None)
    assert participants(world, ben, others) == []
    assert personal(world.items()) == []
    assert story.receipt(asked.json["receipt_id"])["cases"] == 4
    story.verified(others)


def test_who_is_removed_meanwhile_leaves_no_words_elsewhere(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was dealt with in the one case counts for no other that comes first then (RI-29, S18, B3)."""
    ben, zoe = (world.sign_in(f"{name}@example.org", ip="203.0.113.78") for name in ("ben", "zoe"))
    bens = [world.create(ben, key=key).json["case_id"] for key in ("one", "two")]
    part, _ = (shared(world, ben, case_id, "zoe@example.org") for case_id in bens)
    for case_id in (*[bens[0]] * 6, bens[1]):
        story.post("messages", {"text": "It is my zebra."}, zoe, case_id)
    assert story.erase(contact=zoe.partition(".")[0]).status == 202
    with monkeypatch.context() as patch:
        patch.setattr(actions, "STEPS", 1)
        patch.setattr(actions, "WRITES", 3)
        for _ in range(2):
            world.sweep(everything=True)
    assert remove(world, ben, bens[0], part).status == 204
    world.sweep(everything=True)
    for case_id in bens:
        assert {message["text"] for message in world.view(ben, case_id)["messages"][1:]} == {""}
        story.verified(case_id)


def test_in_a_case_that_was_theirs_before_only_their_own_words_go(world: World, story: Story) -> None:
    """Their answers, too, but what its workflow reads; the rest goes with who owns it by then (F18, RI-29, S18)."""
    ben = world.sign_in("ben@example.org", ip="203.0.113.78")
    url = f"/v1/staff/cases/{story.case}/owner"
    assert world.gateway("PUT", url, {"email": "ben@example.org"}, token=story.staff).status == 200
    story.post("messages", {"text": "Mine."}, ben)
    theirs = {kept.attachment.name for kept in timeline.attachments(story.case)}
    assert theirs == {f"{NAME}.txt", f"About {NAME}.txt"}
    asked = story.erase()
    world.sweep(everything=True)
    assert story.receipt(asked.json["receipt_id"])["cases"] == 2
    seen = world.view(ben, story.case)
    assert [message["text"] for message in seen["messages"]] == ["", f"Dear {NAME}!", "", "", "Mine."]
    assert {message["author"]["name"] for message in seen["messages"]} == {"", "ben@example.org", "Portico Town"}
    assert (seen["answers"], seen["feedback"]["notes"]) == ({"TOPIC": "STREETS"}, None)
    assert [kept.attachment.name for kept in timeline.attachments(story.case)] == [f"About {NAME}.txt"]
    assert world.view(story.staff, story.case)["owner"] == "ben@example.org"
    story.post("reopen", {}, ben)
    world.settle()
    assert world.view(story.staff, story.case)["open_tasks"]
    story.post("cancel", {}, ben)
    assert story.erase(contact=ben.partition(".")[0]).status == 202
    world.sweep(everything=True)
    assert (personal(world.items()), world.stored()) == ([], {})
    assert "ben@example" not in json.dumps(world.items())
    story.verified(story.case)
