"""The process `report-incident`, as its customers and the internal system live it from the first day to the last."""

from typing import Any

import pytest

from demo.backoffice.twins import Twins
from tests.acme import ANA, BOB, EVE, load
from tests.gateway import Answer
from tests.mail.arriving import letter, reply_address, send
from tests.messages.conversation import page
from tests.office import Office
from tests.uploads.files import sent

SYSTEM = "backoffice"


class Story:
    """Acme with its agreements, at a moment that the story moves; people sign in anew where time has passed."""

    def __init__(self, office: Office) -> None:
        self.office, self.world = office, office.world
        load(self.world, token=office.admin())
        self.asked = 0

    def at(self, moment: str) -> None:
        self.office.set(moment)
        self.tokens: dict[str, str] = {}

    def token(self, address: str) -> str:
        if address not in self.tokens:
            self.tokens[address] = self.world.sign_in(address, ip=f"203.0.113.{len(self.tokens) + 1}")
        return self.tokens[address]

    def post(self, who: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        self.asked += 1
        key = {"Idempotency-Key": f"story-{self.asked}"}
        answer = self.world.gateway("POST", f"/v1/cases{path}", body or {}, token=self.token(who), headers=key)
        self.world.settle()
        return answer

    def report(self, who: str) -> str:
        answers = {"AFFECTED": "NETWORK", "IMPACT": "MANY", "DESCRIPTION": "Nothing reaches the outside."}
        created = self.post(who, "", {"service": "report-incident", "answers": answers})
        assert created.status == 201, created.body
        return str(created.json["case_id"])

    def see(self, who: str, case_id: str) -> Any:
        return self.world.view(self.token(who), case_id)

    def command(self, name: str, case_id: str, **data: Any) -> str:
        """What the internal system asks, and how it is answered."""
        self.asked += 1
        self.world.command(name, case_id, data, f"cmd-{self.asked}")
        answers = [event for event in self.told(case_id) if event.get("causationid") == f"cmd-{self.asked}"]
        return str(answers[-1]["type"].split(".")[2])

    def decide(self, case_id: str, outcome: str) -> None:
        [task] = self.told(case_id)[-1]["data"]["case"]["open_tasks"]
        assert self.command("task.complete", case_id, task_id=task["task_id"], outcome=outcome) == "accepted"

    def told(self, case_id: str) -> list[Any]:
        return self.world.events_told(case_id)

    def mails(self, who: str) -> list[str]:
        """Subjects of the mails about cases, without the number in front."""
        subjects = [mail.subject for mail in self.world.mailbox() if mail.to == who]
        return [subject.partition("] ")[2] for subject in subjects if subject.startswith("[")]


@pytest.fixture
def story(office: Office) -> Story:
    return Story(office)


def test_an_incident_from_report_to_complaint(story: Story) -> None:
    """Every event once, in order, none missing, as its customer sees it (RI-1, RI-8, RI-15 to RI-19, RI-26)."""
    story.at("2026-12-24 16:30")
    case_id = story.report(ANA)
    seen = story.see(ANA, case_id)
    assert (seen["number"], seen["category"], seen["agreement"]["agreement_id"]) == (
        "INC-2026-000001",
        "incident",
        "DEP-GOLD",
    )
    assert [deadline["due_at"] for deadline in seen["deadlines"]] == [
        "2026-12-24T17:30:00.000Z",
        "2026-12-29T11:30:00.000Z",
    ]
    assert (seen["delivery"], seen["stage"]["title"]) == ("pending", "The network team is looking into it")
    assert story.command("case.link", case_id, internal_ref="BO-7") == "accepted"
    assert story.see(ANA, case_id)["delivery"] == "acknowledged"

    story.decide(case_id, "NEED_CUSTOMER")
    assert story.see(ANA, case_id)["status"] == "waiting_for_response"
    assert story.post(ANA, f"/{case_id}/messages", {"text": "Since five this morning."}).status == 201
    assert story.see(ANA, case_id)["status"] == "in_progress"

    story.at("2026-12-29 10:00")
    assert story.post(ANA, f"/{case_id}/feedback", {"grade": 1}).code == "action_not_allowed"
    story.decide(case_id, "SOLVED")
    resolved = story.see(ANA, case_id)
    assert (resolved["status"], resolved["first_resolution_at"]) == ("resolved", "2026-12-29T10:00:00.000Z")
    assert story.post(ANA, f"/{case_id}/feedback", {"grade": 2, "notes": "Not yet."}).status == 200
    assert story.post(ANA, f"/{case_id}/reopen").json["status"] == "reopened"

    story.at("2026-12-30 11:00")
    assert story.post(ANA, f"/{case_id}/close").code == "action_not_allowed"
    story.decide(case_id, "SOLVED")
    assert story.post(ANA, f"/{case_id}/feedback", {"grade": 5, "notes": "It works."}).status == 200
    story.office.pass_time(minutes=5)
    closed = story.post(ANA, f"/{case_id}/close").json
    assert (closed["status"], closed["closing_reason_title"]) == ("closed", "Closed by user")
    assert (closed["first_resolution_at"], closed["actual_resolution_at"], closed["closed_at"]) == (
        "2026-12-29T10:00:00.000Z",
        "2026-12-30T11:00:00.000Z",
        "2026-12-30T11:05:00.000Z",
    )
    assert (closed["feedback"]["cycle"], closed["feedback"]["grade"]) == (2, 5)
    assert closed["allowed_actions"] == ["complain", "rate"]
    assert story.post(ANA, f"/{case_id}/reopen").code == "action_not_allowed"
    assert story.post(ANA, f"/{case_id}/complaints", {"text": "Twice was once too often."}).status == 201

    told = story.told(case_id)
    assert [int(event["sequence"]) for event in told] == list(range(1, len(told) + 1))
    assert [event["type"].removeprefix("portico.").removesuffix(".v1") for event in told] == [
        *("case.created", "message.posted", "stage.entered", "case.status_changed", "task.opened"),
        "command.accepted",  # of case.link
        *("task.completed", "command.accepted"),
        *("stage.entered", "case.status_changed", "task.opened"),  # the customer must tell more
        *("message.posted", "case.status_changed", "task.completed", "stage.entered", "task.opened"),
        *("task.completed", "command.accepted", "stage.entered", "case.status_changed"),  # resolved
        *("feedback.given", "case.status_changed"),  # reopened
        *("stage.entered", "task.opened"),
        *("task.completed", "command.accepted", "stage.entered"),
        *("deadline.approaching", "deadline.breached"),  # no sweep came by before
        "case.status_changed",  # resolved again
        *("feedback.given", "case.status_changed"),  # closed
        *("complaint.filed", "task.opened"),
    ]
    assert story.mails(ANA) == [
        "We have received your case",
        "We need an answer from you",
        "Your case is resolved",
        "How did we do?",
        "Your case is resolved",
        "How did we do?",
    ]


def test_an_incident_that_is_canceled_while_the_internal_system_was_down(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hears of everything later, in order, and what it decides on old news is refused (F28, RI-14, RI-23, RI-25)."""
    story.at("2026-12-24 16:30")
    with monkeypatch.context() as outage:
        outage.setattr(story.world, "collect_events", lambda: None)
        case_id = story.report(BOB)
        seen = story.see(BOB, case_id)
        assert [deadline["due_at"] for deadline in seen["deadlines"]] == [
            "2026-12-29T09:30:00.000Z",
            "2026-12-29T15:30:00.000Z",
        ]
        assert (seen["delivery"], seen["agreement"]["agreement_id"]) == ("pending", "AC-STD")
        story.office.pass_time(minutes=30)
        assert story.post(BOB, f"/{case_id}/messages", {"text": "Is anybody there?"}).status == 201
        story.office.pass_time(minutes=30)
        canceled = story.post(BOB, f"/{case_id}/cancel").json
        assert (canceled["status"], canceled["closing_reason_title"]) == ("canceled", "Canceled by user")
        assert {canceled[name] for name in ("first_resolution_at", "actual_resolution_at", "closed_at")} == {
            "2026-12-24T17:30:00.000Z"
        }
        assert story.mails(BOB)[-1] == "How did we do?"
        assert story.post(BOB, f"/{case_id}/messages", {"text": "Still?"}).code == "action_not_allowed"

        assert story.told(case_id) == []

    twins = Twins()
    for event in story.told(case_id) * 2:
        twins.of(event).apply(event)
    [twin] = twins
    assert [message["text"] for message in twin.messages] == ["Nothing reaches the outside.", "Is anybody there?"]
    assert (twin.case["status"], twin.case["number"]) == ("canceled", canceled["number"])
    assert story.command("case.set_status", case_id, status="resolved", based_on_sequence=5) == "rejected"
    assert story.told(case_id)[-1]["data"]["problem"]["code"] == "status_conflict"
    assert story.see(BOB, case_id)["status"] == "canceled"
    assert story.command("case.link", case_id, internal_ref="BO-8") == "accepted"
    assert story.see(BOB, case_id)["delivery"] == "acknowledged"


def test_what_is_said_about_an_incident(story: Story) -> None:
    """By form, by staff with files and by mail, in one history for all who take part (RI-20, RI-21, RI-22, RI-27)."""
    story.at("2026-11-02 09:00")
    case_id = story.report(ANA)
    url, number = f"/{case_id}", story.see(ANA, case_id)["number"]
    story.token(BOB)
    assert story.post(ANA, f"{url}/participants", {"email": BOB, "role": "participant"}).status == 201
    noc = story.world.staff("noc")
    story.tokens["noc"] = noc
    files = [sent(story.world, noc, name=f"trace {place}.txt") for place in (1, 2, 3)]
    assert story.post("noc", f"{url}/messages", {"text": "See the traces.", "attachments": files}).status == 201
    assert [story.mails(who)[-1] for who in (ANA, BOB)] == ["You have a new message"] * 2
    assert (story.see(ANA, case_id)["unread"], story.see(BOB, case_id)["unread"]) == (True, True)
    assert story.post(ANA, f"{url}/read", {"sequence": story.see(ANA, case_id)["sequence"]}).status == 204
    assert (story.see(ANA, case_id)["unread"], story.see(BOB, case_id)["unread"]) == (False, True)

    to, mails = reply_address(story.world, ANA), len(story.world.mailbox())
    send(story.world, letter("It began at five.", ANA), to, ANA)
    away = letter("I am away.", ANA, Message_ID="<away@acme.example>", Auto_Submitted="auto-replied")
    send(story.world, away, to, ANA)
    assert [mail.to for mail in story.world.mailbox()[mails:]] == [BOB], "nobody is answered"

    history = page(story.world, story.token(ANA), case_id, "timeline", limit=100).json["data"]
    said = [(entry["message"], entry["mails"]) for entry in history if entry["message"] or entry["mails"]]
    assert [(message and message["text"], [mail["template"] for mail in mailed]) for message, mailed in said] == [
        (None, ["case_received"]),
        ("Nothing reaches the outside.", []),
        ("See the traces.", ["new_message"]),
        ("It began at five.", []),
    ]
    [_, _, (traces, _), (reply, _)] = said
    assert (traces["attachment_count"], traces["first_attachment"]["name"], reply["via"]) == (3, "trace 1.txt", "mail")
    inside = page(story.world, noc, case_id, "timeline", limit=100).json["data"]
    assert [entry["mail"]["kind"] for entry in inside if "mail" in entry] == ["machine"]

    unknown = story.world.gateway("GET", f"/v1/cases/{case_id[:-1]}", token=story.token(EVE))
    for name in (case_id, number):
        foreign = story.world.gateway("GET", f"/v1/cases/{name}", token=story.token(EVE))
        assert (foreign.status, foreign.code, foreign.json["detail"]) == (404, unknown.code, unknown.json["detail"])
