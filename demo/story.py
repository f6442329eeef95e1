"""The whole story on a running Portico, through HTTP and queues only: `make demo`.

A customer reports a pothole, staff and an internal system work on it, a workflow takes its branches on what they
decide; the case is resolved, reopened and closed. A second one is canceled, and its workflow with it.
"""

import argparse
import base64
import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from demo import scene, telling
from demo.backoffice import commands
from demo.backoffice.twins import Taken
from demo.portal import Unexpected, Visitor, pin_in
from demo.scene import Scene
from demo.telling import Telling

ENDPOINTS = Path(".local/endpoints.json")
POTHOLE: dict[str, Any] = {
    "service": "contact-us",
    "answers": {
        "TOPIC": "STREETS",
        "PLACE": "12 Mill Lane",
        "MESSAGE": "There is a deep pothole in front of number 12, and a cyclist has fallen.",
    },
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
LOCKED_OUT: dict[str, Any] = {
    "service": "report-incident",
    "answers": {"AFFECTED": "ACCOUNT", "IMPACT": "ME", "DESCRIPTION": "My password is refused since this morning."},
}

Step = Callable[[Scene], str]
STEPS: list[tuple[str, Step]] = []


def step(title: str) -> Callable[[Step], Step]:
    """One step of the story; it returns what came of it, or raises `Unexpected`."""

    def add(play: Step) -> Step:
        STEPS.append((title, play))
        return play

    return add


def check(is_so: object, otherwise: str) -> None:
    if not is_so:
        raise Unexpected(otherwise)


@step("Ana, whom nobody knows here, asks for a PIN")
def ask_for_a_pin(on: Scene) -> str:
    challenge = on.ana.post("/v1/otp/challenges", {"email": on.ana.email}, expect=202).body
    on.challenge = challenge["challenge_id"]
    return f"it is on its way to {on.ana.email} and valid for {challenge['expires_in'] // 60} minutes"


@step("She reads it in her mailbox and signs in")
def sign_in(on: Scene) -> str:
    _enter_pin(on, on.ana, on.challenge)
    me = on.ana.get("/v1/me").body
    check(me["kind"] == "contact" and me["email"] == on.ana.email, f"she signed in as somebody else: {me}")
    return f"she is the contact {me['person_id']}"


@step("She looks at what she can ask for")
def look_at_services(on: Scene) -> str:
    services = on.ana.get("/v1/services").body["data"]
    return "; ".join(f"“{each['title']}”, {len(each['form']['schema']['properties'])} fields" for each in services)


@step("She reports a pothole")
def report(on: Scene) -> str:
    on.key = str(uuid.uuid4())
    return _submit(on, POTHOLE, on.key)


@step("Her browser sends the report once more")
def report_again(on: Scene) -> str:
    again = on.ana.post("/v1/cases", POTHOLE, key=on.key, expect=201)
    check(again.headers.get("idempotent-replayed") == "true", "the answer does not say that it was given before")
    check(again.body["case_id"] == on.case_id, "the second answer names another case")
    cases = on.ana.get("/v1/cases").body["data"]
    check(len(cases) == 1, f"she has {len(cases)} cases")
    return "the answer is the first one, replayed; there is one case"


@step("The internal system hears of it over SQS")
def arrive(on: Scene) -> str:
    created = on.hears("case.created")
    message = on.hears("message.posted")
    check((created["sequence"], message["sequence"]) == (f"{1:012}", f"{2:012}"), "the first events are not 1 and 2")
    check(message["data"]["text"] == POTHOLE["answers"]["MESSAGE"], "the first message is not what Ana wrote")
    return "event 1 is the case, event 2 her message; with each comes the whole public state of the case"


@step("The workflow reads her form and takes the branch for streets")
def first_branch(on: Scene) -> str:
    task = on.hears("task.opened")["data"]
    check((task["stage"], task["team"]) == ("inspect", "streets"), f"the task is {task['stage']} for {task['team']}")
    return f"“{task['title']}”: a task for the team {task['team']}, which ends as {', '.join(task['outcomes'])}"


@step("The internal system links its own ticket to the case, by its script")
def link(on: Scene) -> str:
    on.hears("command.accepted", command="case.link")
    twin = on.backoffice.twins.find(on.case_id)
    check(twin and twin.case["internal_ref"] == twin.ticket, "the case does not carry the ticket's id")
    return f"the portal knows the case's twin as {twin.ticket if twin else ''}"


@step("It answers in the conversation")
def answer(on: Scene) -> str:
    on.hears("command.accepted", command="message.post")
    posted = _others_message(on)
    on.mail(on.ana, "You have a new message")
    return f"Ana gets a mail, which says that there is something to read: message {posted['sequence']}"


@step("Ana sees that something is unread, and reads it")
def read(on: Scene) -> str:
    check(on.ana.get("/v1/cases/unread").body["unread"] == 1, "nothing is unread")
    check(on.ana.get("/v1/cases").body["data"][0]["unread"], "her list does not show it")
    case = on.ana.get(f"/v1/cases/{on.case_id}").body
    newest = case["messages"][-1]
    on.ana.post(f"/v1/cases/{on.case_id}/read", {"sequence": newest["sequence"]}, expect=204)
    check(on.ana.get("/v1/cases/unread").body["unread"] == 0, "it is still unread")
    return f"{newest['author']['name']} wrote: “{newest['text']}”"


@step("She answers the mail, by mail")
def reply(on: Scene) -> str:
    text = "Thank you. Somebody has put a cone into it meanwhile."
    on.mailbox.answer(on.mail(on.ana, "You have a new message"), on.ana.email, text)
    heard = on.hears("message.posted", text=text, via="mail")
    return f"it is a message like any other; the internal system has it as event {int(heard['sequence'])}"


@step("She sends a picture of it")
def send_picture(on: Scene) -> str:
    upload_id = on.ana.send_file("cone.png", "image/png", PICTURE)
    on.until("the check of the picture", lambda: on.ana.get(f"/v1/uploads/{upload_id}").body["state"] != "pending")
    message = {"text": "Here it is.", "attachments": [upload_id]}
    posted = on.ana.post(f"/v1/cases/{on.case_id}/messages", message, expect=201).body
    check(on.ana.download(posted["first_attachment"]["href"]) == PICTURE, "the picture is not what she sent")
    [file] = on.hears("message.posted", text=message["text"])["data"]["attachments"]
    stranger = Visitor("The internal system", "", on.api, on.telling.note)
    check(stranger.download(file["href"]) == PICTURE, "the internal system gets another picture")
    return f"checked, attached, and downloaded by the internal system: {file['name']}, {file['size']} bytes"


@step("Dana of the staff signs in by PIN, as everybody does")
def staff_sign_in(on: Scene) -> str:
    if _has_session(on):
        return "she still is, since an earlier story; a session lasts twelve hours"
    seen = len([mail for mail in on.mailbox.mails(on.dana.email) if "sign-in code" in mail["subject"]])
    challenge = on.dana.post("/v1/otp/challenges", {"email": on.dana.email}, expect=202).body["challenge_id"]
    _enter_pin(on, on.dana, challenge, seen=seen)
    on.session.touch(0o600)
    on.session.write_text(json.dumps({"token": on.dana.token}))
    me = on.dana.get("/v1/me").body
    check(me["kind"] == "staff", "she is no staff member: `make run` loads the demonstration organisation")
    return f"{me['name']}, {', '.join(me['teams'])}"


@step("She looks at the tasks of her team, and at the case")
def list_tasks(on: Scene) -> str:
    task = _task_in_list(on, "streets")
    case = on.dana.get(f"/v1/cases/{on.case_id}").body
    return f"{task['number']}, “{task['title']}”, due {task['due_at'][:10]}; the case is {case['status']}"


@step("She decides: it must be repaired")
def decide(on: Scene) -> str:
    task = _task_in_list(on, "streets")
    on.dana.post(f"/v1/tasks/{task['task_id']}/complete", {"outcome": "REPAIR"}, key=str(uuid.uuid4()))
    opened = on.hears("task.opened", stage="repair")["data"]
    return f"the workflow takes the branch inside the branch: “{opened['title']}”"


@step("The internal system reports that the repair is done")
def repair(on: Scene) -> str:
    opened = on.hears("task.opened", stage="repair")
    on.backoffice.send(commands.complete_task(on.case_id, opened["data"]["task_id"], "REPAIRED"))
    on.hears("command.accepted", command="task.complete")
    return "the command is accepted; the workflow does not mind who decides"


@step("The workflow resolves the case")
def resolve(on: Scene) -> str:
    return _resolved(on, "It is repaired")


@step("Ana finds another hole beside it and reopens the case")
def reopen(on: Scene) -> str:
    before = int(on.hears("case.status_changed", after="resolved")["sequence"])
    case = on.ana.post(f"/v1/cases/{on.case_id}/reopen").body
    check(case["status"] == "reopened", f"the case is {case['status']}")
    opened = on.hears("task.opened", since=before)["data"]
    return f"the next workflow goes on: “{opened['title']}”, a task for {opened['team']}"


@step("Dana writes to her and completes the task")
def answer_again(on: Scene) -> str:
    text = "The second hole is filled as well."
    on.dana.post(f"/v1/cases/{on.case_id}/messages", {"text": text}, expect=201)
    task = _task_in_list(on, "customer-relations")
    on.dana.post(f"/v1/tasks/{task['task_id']}/complete", {"outcome": "ANSWERED"}, key=str(uuid.uuid4()))
    return _resolved(on, "Your question is answered", times=2)


@step("Ana is content and closes the case")
def close(on: Scene) -> str:
    case = on.ana.post(f"/v1/cases/{on.case_id}/close").body
    check(case["status"] == "closed", f"the case is {case['status']}")
    on.hears("case.status_changed", after="closed")
    on.first = on.case_id, on.number
    left = {"complain", "rate"}
    check(set(case["allowed_actions"]) == left, f"a closed case allows {case['allowed_actions']}")
    return f"{case['closing_reason_title']} at {case['closed_at']}; final, but for complaining and rating"


@step("She reports an incident: another service, another process")
def report_incident(on: Scene) -> str:
    submitted = _submit(on, LOCKED_OUT, str(uuid.uuid4()))
    on.hears("command.accepted", command="message.post")
    task = on.hears("task.opened")["data"]
    return f"{submitted}; “{task['title']}”, a task for {task['team']}"


@step("It was her keyboard: she cancels the case")
def cancel(on: Scene) -> str:
    _task_in_list(on, "service-desk")
    case = on.ana.post(f"/v1/cases/{on.case_id}/cancel").body
    check(case["status"] == "canceled", f"the case is {case['status']}")
    on.hears("case.status_changed", after="canceled")
    return f"{case['closing_reason_title']}, resolved and closed at {case['closed_at']}"


@step("Nobody waits for its task any more")
def stopped(on: Scene) -> str:
    on.until("the team's list without the task", lambda: _find_task(on, "service-desk") is None)
    task_id = on.hears("task.opened")["data"]["task_id"]
    on.backoffice.send(commands.complete_task(on.case_id, task_id, "SOLVED"))
    problem = on.hears("command.rejected", command="task.complete")["data"]["problem"]
    check(problem["code"] == "task_closed", f"the late command was rejected as {problem['code']}")
    return f"the team's list is without it, and a late task.complete is rejected: {problem['detail']}"


@step("Every mail has arrived, and nothing was told twice")
def settle(on: Scene) -> str:
    wanted = ["sign-in code", *["received"] * 2, *["new message"] * 3, *["resolved"] * 2, *["How did we do?"] * 2]
    on.until(f"{len(wanted)} mails to Ana", lambda: len(on.mailbox.mails(on.ana.email)) >= len(wanted))
    subjects = [mail["subject"] for mail in on.mailbox.mails(on.ana.email)]
    for words in dict.fromkeys(wanted):
        found = sum(words in subject for subject in subjects)
        check(found == wanted.count(words), f"{found} mails “{words}” in place of {wanted.count(words)}")
    for case_id in (on.first[0], on.case_id):
        numbers = [int(event["sequence"]) for event in on.heard if event["subject"] == case_id]
        check(numbers == list(range(1, len(numbers) + 1)), f"the internal system was told {numbers}")
    return f"{len(subjects)} mails to Ana; the numbers of the events are without a gap"


def _enter_pin(on: Scene, who: Visitor, challenge: str, *, seen: int = 0) -> None:
    pin = pin_in(on.mail(who, "sign-in code", seen=seen))
    who.token = who.post(f"/v1/otp/challenges/{challenge}/verify", {"code": pin}).body["token"]


def _has_session(on: Scene) -> bool:
    if not on.session.exists():
        return False
    on.dana.token = json.loads(on.session.read_text())["token"]
    if on.dana.is_signed_in():
        return True
    on.dana.token = None
    return False


def _submit(on: Scene, body: dict[str, Any], key: str) -> str:
    case = on.ana.post("/v1/cases", body, key=key, expect=201).body
    on.case_id, on.number = case["case_id"], case["number"]
    return f"it is {case['number']}, “{case['subject']}”, {case['status']}"


def _others_message(on: Scene) -> dict[str, Any]:
    """The first message that is not Ana's."""
    messages = on.ana.get(f"/v1/cases/{on.case_id}").body["messages"]
    return next(message for message in messages if message["author"]["kind"] != "customer")


def _find_task(on: Scene, team: str) -> dict[str, Any] | None:
    tasks = on.dana.pages("/v1/tasks", team=team)
    return next((task for task in tasks if task["case_id"] == on.case_id), None)


def _task_in_list(on: Scene, team: str) -> dict[str, Any]:
    """The list may lag behind a little."""
    return on.until(f"a task of the case in the list of {team}", lambda: _find_task(on, team))


def _resolved(on: Scene, stage: str, *, times: int = 1) -> str:
    """Resolved by the workflow at that stage; so often mailed."""
    on.hears("stage.entered", title=stage)
    on.mail(on.ana, "resolved", seen=times - 1)
    case = on.ana.get(f"/v1/cases/{on.case_id}").body
    check(
        (case["status"], case["stage"]["title"]) == ("resolved", stage),
        f"the case is {case['status']}: {case['stage']}",
    )
    return f"“{stage}”; she gets a mail and may now {' or '.join(case['allowed_actions'])}"


def play(on: Scene) -> None:
    for title, happens in STEPS:
        on.telling.begin(title)
        on.telling.end(happens(on))
    on.telling.clear()


def transcript(on: Scene) -> str:
    """The steps, the timeline of each case as staff read it, and every mail."""
    parts = ["", telling.heading("What happened"), "", telling.transcript(on.telling.told)]
    for case_id, number in (on.first, (on.case_id, on.number)):
        entries = list(on.dana.pages(f"/v1/cases/{case_id}/timeline"))
        parts += [telling.heading(f"The timeline of {number}, as staff read it (·: customers do not see it)")]
        parts += [telling.timeline(entries), ""]
    sent = [mail for mail in on.mailbox.mails(on.ana.email, on.dana.email) if mail["time"] >= on.began]
    parts += [telling.heading("Every mail that was sent"), telling.mails(sent), ""]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser("python -m demo.story", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoints", type=Path, default=ENDPOINTS, help="the addresses of the running local cloud")
    wish = parser.parse_args()
    progress = Telling(len(STEPS))
    try:
        with scene.on(wish.endpoints, progress) as on:
            play(on)
            print(transcript(on))
    except Unexpected as difference:
        progress.fail()
        sys.exit(f"The story went wrong: {difference}.")
    except (Taken, ClientError) as refusal:
        progress.clear()
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        progress.clear()
        sys.exit("Interrupted.")
    except FileNotFoundError:
        progress.clear()
        sys.exit("Portico does not run here. Start it with `make run` in another terminal.")
    except (OSError, BotoCoreError) as error:
        progress.clear()
        sys.exit(f"Portico does not answer here ({error}). Start it with `make run` in another terminal.")


if __name__ == "__main__":
    main()
