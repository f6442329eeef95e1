"""The internal system of the demonstration: what it keeps, what it says, what it answers, and what it must not know."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.backoffice import commands, rules, sentences, twins
from demo.backoffice.desk import Desk
from demo.backoffice.queues import Queues
from demo.backoffice.rules import Rule, ScriptInvalid
from demo.backoffice.system import Backoffice
from demo.backoffice.twins import Event, Reading, Taken, Twins, ticket_for
from functions import events

CASE = "case_01M7ZY06Y1H41AWDZT3AZZ598A"
ROOT = Path(__file__).parents[2]


def event(number: int, kind: str = "stage.entered", /, *, case_id: str = CASE, **data: Any) -> Event:
    """As it comes out of the queue."""
    state: dict[str, Any] = {
        "number": "SR-2026-000001",
        "subject": "Contact us: Service request",
        "owner_id": "contact_1",
        "owner_name": "Ana",
        "status": "new",
        "internal_ref": None,
        "open_tasks": [],
        "sequence": number,
    }
    actor = {"kind": "customer", "id": "contact_1", "name": "Ana"}
    return {
        "specversion": "1.0",
        "id": f"{case_id}-{number}",
        "source": "/portico/local",
        "type": f"portico.{kind}.v1",
        "subject": case_id,
        "time": "2026-11-21T20:49:35.000Z",
        "sequence": f"{number:012}",
        "data": {"actor": actor, "internal_ref": None, "case": state, **data},
    }


def message(number: int, text: str = "A pothole.") -> Event:
    return event(number, "message.posted", text=text, audience="customer", author_name=None)


class Sqs:
    """Two queues: what is in the one is received until it is deleted, what is sent to the other stays there."""

    def __init__(self, *events: Event | str) -> None:
        self.waiting = {str(place): arriving for place, arriving in enumerate(events)}
        self.sent: list[dict[str, Any]] = []
        self.fails = False

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {
            "Messages": [
                {
                    "Body": arriving if isinstance(arriving, str) else json.dumps(arriving),
                    "Attributes": {"MessageGroupId": CASE if isinstance(arriving, str) else arriving["subject"]},
                    "ReceiptHandle": receipt,
                }
                for receipt, arriving in self.waiting.items()
            ]
        }

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803 (as SQS spells it)
        del self.waiting[ReceiptHandle]

    def send_message(self, **message: Any) -> None:
        if self.fails:
            raise ConnectionError
        self.sent.append(message)

    @property
    def commands(self) -> list[dict[str, Any]]:
        return [json.loads(message["MessageBody"]) for message in self.sent]


def at_work(sqs: Sqs, *script: Rule, known: Twins | None = None) -> tuple[Backoffice, list[str]]:
    said: list[str] = []
    return Backoffice(Queues(sqs, "to", "from"), script, known, said.append), said


def built_in() -> tuple[Rule, ...]:
    return rules.read(rules.BUILT_IN)


def test_it_knows_nothing_of_the_functions() -> None:
    """F7: the internal system runs without a single module of Portico."""
    look = "import sys, demo.backoffice.__main__; print([name for name in sys.modules if name.startswith('functions')])"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_events_are_applied_in_order() -> None:
    """F29: the twin has the state and the number of the newest event, and the conversation in its order."""
    system, _ = at_work(Sqs(event(1, "case.created"), message(2), message(3, "And another.")))
    system.work()
    (twin,) = system.twins
    assert (twin.sequence, twin.case["sequence"]) == (3, 3)
    assert [said["text"] for said in twin.messages] == ["A pothole.", "And another."]


def test_a_late_event_brings_its_message_and_no_state() -> None:
    """F29: the state stays the newer one; a message that comes late is shown in its place, and once."""
    system, said = at_work(Sqs(message(4), message(3, "An older one."), message(4)))
    system.work()
    (twin,) = system.twins
    assert twin.sequence == twin.case["sequence"] == 4
    assert [heard["text"] for heard in twin.messages] == ["An older one.", "A pothole."]
    assert [line.endswith("(late)") for line in said] == [False, True, True]


@pytest.mark.parametrize(("numbers", "told"), [((1, 3), "(missing: 2)"), ((1, 5), "(missing: 2 to 4)"), ((1, 2), "")])
def test_a_gap_is_told(numbers: tuple[int, int], told: str) -> None:
    """F7: a number that is missing is named, and the event behind it is applied all the same."""
    system, said = at_work(Sqs(*[event(number, title="t", stage="s") for number in numbers]))
    system.work()
    assert said[-1].endswith(told)
    assert ("missing" in said[-1]) == bool(told)
    assert [twin.sequence for twin in system.twins] == [numbers[-1]]


def test_each_case_is_counted_by_itself() -> None:
    """F23: the events of two cases that arrive mixed make two twins without a gap."""
    other = "case_01M7ZY06Y1H41AWDZT3AZZ598B"
    system, said = at_work(Sqs(message(1), event(1, "case.created", case_id=other), message(2)))
    system.work()
    assert {twin.case_id: twin.sequence for twin in system.twins} == {CASE: 2, other: 1}
    assert not [line for line in said if "missing" in line]


def test_a_new_case_is_linked_and_its_first_message_answered() -> None:
    """F17, F7: the built-in script links each new case and answers the customer's first message, not the second."""
    sqs = Sqs(event(1, "case.created"), message(2), message(3))
    system, _ = at_work(sqs, *built_in())
    system.work()
    link, answer = sqs.commands
    assert (link["type"], link["subject"]) == ("portico.case.link.v1", CASE)
    assert link["data"] == {"internal_ref": ticket_for(CASE)}
    assert answer["type"] == "portico.message.post.v1"
    assert ticket_for(CASE) in answer["data"]["text"]


def test_its_own_messages_are_not_answered() -> None:
    """F7: a message that is not the customer's calls for no answer."""
    own = message(2)
    own["data"]["actor"] = {"kind": "system", "id": "backoffice", "name": "backoffice"}
    sqs = Sqs(own)
    at_work(sqs, *built_in())[0].work()
    assert sqs.sent == []


def test_a_task_of_a_stage_is_completed_as_told() -> None:
    """F7: `--complete repair=REPAIRED` completes the tasks of that stage and no others."""
    sqs = Sqs(
        event(5, "task.opened", stage="inspect", task_id="task_5", team="streets", outcomes=["REPAIR"]),
        event(9, "task.opened", stage="repair", task_id="task_9", team="streets", outcomes=["REPAIRED"]),
    )
    at_work(sqs, rules.completing("repair", "REPAIRED"))[0].work()
    (completion,) = sqs.commands
    assert completion["data"] == {"task_id": "task_9", "outcome": "REPAIRED"}


def test_commands_stand_in_the_order_of_their_case() -> None:
    """F7: a command is CloudEvents 1.0; its case is its FIFO group, its id keeps it from being queued twice."""
    sqs = Sqs(event(1, "case.created"))
    at_work(sqs, *built_in())[0].work()
    (sent,), (command,) = sqs.sent, sqs.commands
    assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == (CASE, command["id"])
    assert {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"} == command.keys()
    assert command["specversion"] == "1.0"


def test_a_case_is_created_with_the_twin_that_is_there() -> None:
    """F7: the wish is about no case, and the twin that it names is the one that the case's events then come to."""
    sqs = Sqs(created := event(1, "case.created", internal_ref="BO-7"))
    system, said = at_work(sqs, *built_in())
    system.send(commands.create("ana@example.org", "contact-us", {"TOPIC": "OTHER"}, "BO-7"))
    system.work()
    (sent, _), (creation, link) = sqs.sent, sqs.commands
    assert sent["MessageGroupId"] == creation["id"]
    assert "subject" not in creation
    assert (link["subject"], link["data"]) == (created["subject"], {"internal_ref": "BO-7"})
    assert "case.create" in said[0]


def test_a_message_is_deleted_only_when_it_was_dealt_with() -> None:
    """F29: where the answer can't be sent the event comes again, and is then answered by the same command."""
    sqs = Sqs(event(1, "case.created"))
    sqs.fails = True
    with pytest.raises(ConnectionError):
        at_work(sqs, *built_in())[0].work()
    assert sqs.waiting
    sqs.fails = False
    at_work(sqs, *built_in())[0].work()
    at_work(again := Sqs(event(1, "case.created")), *built_in())[0].work()
    assert not sqs.waiting
    assert sqs.commands[0]["id"] == again.commands[0]["id"]


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"specversion": "0.3"}', '{"specversion": "1.0", "id": "1"}'])
def test_what_is_no_event_stays_in_the_queue(body: str) -> None:
    """F29: what can't be read is told and left, with what stands behind it in its case; other cases go on."""
    other = event(1, "case.created", case_id="case_01M7ZY06Y1H41AWDZT3AZZ598B")
    sqs = Sqs(body, message(2), other)
    system, said = at_work(sqs)
    assert system.work() == [other]
    assert list(sqs.waiting) == ["0", "1"]
    assert said[0].startswith("left in the queue")


def test_an_unknown_type_of_event_is_no_failure() -> None:
    """F7: the portal may tell more one day; the twin follows all the same."""
    system, said = at_work(Sqs(event(1, "case.praised", grade=5)))
    system.work()
    assert [twin.sequence for twin in system.twins] == [1]
    assert "case.praised" in said[0]


def test_the_answer_to_a_command_about_no_case_of_ours_is_shown() -> None:
    """F26: it carries no case and no number, and makes no twin."""
    wrong = [{"pointer": "/data/reason", "code": "unknown", "message": "is no reason"}]
    problem = {"code": "case_not_found", "detail": "There is none.", "errors": wrong}
    answer = event(1, "command.rejected", command="case.link", problem=problem)
    del answer["sequence"], answer["data"]["case"]
    system, said = at_work(Sqs(answer))
    system.work()
    assert list(system.twins) == []
    assert "case_not_found" in said[0]
    assert "/data/reason is no reason" in said[0]


def test_a_program_that_starts_again_goes_on_where_it_stood(tmp_path: Path) -> None:
    """F29: what it knew is kept, so that neither a gap nor a first message is seen where there is none."""
    with twins.in_folder(tmp_path) as known:
        at_work(Sqs(event(1, "case.created"), message(2)), *built_in(), known=known)[0].work()
    with twins.in_folder(tmp_path) as known:
        system, said = at_work(later := Sqs(message(3)), *built_in(), known=known)
        system.work()
    assert later.sent == []
    assert not [line for line in said if "missing" in line]


def test_two_programs_do_not_play_the_same_system(tmp_path: Path) -> None:
    """F7: the second one is refused, since each would take the other's messages away."""
    with twins.in_folder(tmp_path), pytest.raises(Taken), twins.in_folder(tmp_path):
        pass


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("{", "Expecting"),
        ("{}", "rules"),
        ('{"rules": [{"on": "case.created"}]}', "rule 1"),
        ('{"rules": [{"of": 1}]}', "of"),
    ],
)
def test_a_script_that_is_none_is_refused(tmp_path: Path, script: str, reason: str) -> None:
    """F7: the refusal names the file and what is wrong in it."""
    (tmp_path / "script.json").write_text(script)
    with pytest.raises(ScriptInvalid, match=reason) as refusal:
        rules.read(tmp_path / "script.json")
    assert "script.json" in str(refusal.value)


def test_an_event_is_one_plain_line_off_a_terminal() -> None:
    """F24: a text with line breaks stays on the line of its event, and no colour gets into a file."""
    arrived = message(2, "A pothole.\nIn Mill Lane.")
    twin = Twins().of(arrived)
    twin.apply(arrived)
    line = sentences.of_case(arrived, twin, Reading())
    assert "A pothole. In Mill Lane." in line
    assert "\n" not in line
    assert "\033" not in line


SOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (events.ComplaintFiled(message_id="m", text="Too late."), "complaint of Ana: “Too late.”"),
        (events.MailReceived(kind="machine", reason="auto", subject="Away", text=""), "not a message (auto): “Away”"),
        (
            events.CaseParticipantChanged(
                change="added", participant_id="part_1", person_id="contact_2", email="b@x.example", role="viewer"
            ),
            "b@x.example added as viewer, by Ana",
        ),
        (events.CaseOwnerChanged(before="contact_2", owner_id="contact_1"), "now of Ana, by Ana"),
        (events.FeedbackGiven(cycle=1, grade=5, notes="Fine."), "grade 5 for resolution 1: “Fine.”"),
        (events.DeadlineApproaching(kind="response", due_at=SOON), "response is due at 2026-11-22T12:00:00.000Z"),
        (events.DeadlineBreached(kind="response", due_at=SOON), "response was due at 2026-11-22T12:00:00.000Z"),
        (events.ContactErased(contact_id="contact_1", receipt_id="r"), "contact_1: what they said is forgotten"),
    ],
)
def test_what_has_happened_is_said_in_words(what: events.What, told: str) -> None:
    """F24: behind the name of the event stands what it says."""
    data = what.model_dump(mode="json")
    assert told in sentences.about(event(1, data.pop("type"), **data))


def test_no_event_of_a_case_is_without_words() -> None:
    """F24: whoever adds a type says here how it reads."""
    assert [kind for kind in sorted(events.TYPES) if kind not in sentences._ABOUT] == []


@pytest.mark.parametrize(("erased", "left"), [("contact_1", ["(erased)"] * 2), ("contact_2", ["Hers.", "(erased)"])])
def test_who_is_erased_is_forgotten_here_too(erased: str, left: list[str]) -> None:
    """Of the owner all that was said, of somebody who took part what they have said (RI-29)."""
    theirs = message(2, "His.")
    theirs["data"]["actor"] = {"kind": "customer", "id": "contact_2", "name": "Ben"}
    system, _ = at_work(Sqs(message(1, "Hers."), theirs, event(3, "contact.erased", contact_id=erased)))
    system.work()
    (twin,) = system.twins
    assert [said["text"] for said in twin.messages] == left


def test_by_hand_means_by_any_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """F7: a program may write the lines too; a case is given up for a reason (D10), and `quit` ends it."""
    sqs, known = Sqs(), Twins()
    known.of(event(1)).apply(event(1))
    monkeypatch.setattr(sys, "stdin", io.StringIO("status SR-2026-000001 canceled duplicate\nquit\ncases\n"))
    monkeypatch.setattr(Desk, "preloop", lambda _: None)
    Desk(Queues(sqs, "to", "from"), known).cmdloop()
    (command,) = sqs.commands
    assert command["data"] == {"status": "canceled", "based_on_sequence": 1, "reason": "duplicate"}
    told = capsys.readouterr().out
    assert "backoffice>" not in told
    assert "Contact us" not in told
