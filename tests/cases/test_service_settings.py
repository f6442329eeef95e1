"""What a service's file decides about its cases."""

from typing import Any

import pytest

from functions.cases import services
from functions.cases.services import Variables
from functions.cases.status import Status
from tests.cases.sharing import shared
from tests.messages.conversation import page
from tests.sync.asking import task_of
from tests.uploads.files import sent
from tests.world import World


@pytest.fixture
def contact_us(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change what the file of that service says."""

    def change(**values: Any) -> None:
        changed = services.get("contact-us").model_copy(update=values)
        monkeypatch.setattr(services, "_catalogue", lambda: {"contact-us": changed})

    return change


def comment(world: World, token: str, case_id: str) -> tuple[int, str | None]:
    answer = world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "One more thing."}, token=token)
    return answer.status, answer.json.get("code")


def unread(world: World, *tokens: str) -> list[tuple[int, bool]]:
    """How many cases, and whether the newest of the list, for each of them; nobody owns another one."""
    shown = []
    for token in tokens:
        count = world.gateway("GET", "/v1/cases/unread", token=token).json["unread"]
        lists = [
            world.gateway("GET", f"/v1/cases?filter={name}", token=token).json for name in ("mine", "shared_with_me")
        ]
        shown.append((count, any(entry["unread"] for each in lists for entry in each["data"])))
    return shown


def test_a_stage_shows_the_case_as_unread_or_as_read(world: World, ana: str, ben: str, contact_us: Any) -> None:
    """`ftlCaseRead`: true shows it as unread until it is read, false as read, to all who read it (F15, F16, D1).

    Who has read all that is shown to them has read it, though the task that was opened is for staff alone.
    """
    stages = services.get("contact-us").stages
    marked = {"answer": True, "answered": False}
    contact_us(
        stages=stages | {name: stages[name].model_copy(update={"unread": mark}) for name, mark in marked.items()}
    )
    case_id = str(world.create(ana).json["case_id"])
    shared(world, ana, case_id, "ben@example.org")
    world.gateway("POST", f"/v1/cases/{case_id}/read", {"sequence": 10**6}, token=ben)
    assert unread(world, ana, ben) == [(0, False), (0, False)]
    world.settle()
    assert unread(world, ana, ben) == [(1, True), (1, True)]
    sequence = page(world, ana, case_id, "timeline").json["data"][-1]["sequence"]
    world.gateway("POST", f"/v1/cases/{case_id}/read", {"sequence": sequence}, token=ana)
    assert unread(world, ana, ben) == [(0, False), (1, True)]
    world.command("message.post", case_id, {"text": "From nine to noon."}, "post")
    assert unread(world, ana, ben) == [(1, True), (1, True)]
    world.command("task.complete", case_id, {"task_id": task_of(world, case_id), "outcome": "ANSWERED"}, "done")
    assert unread(world, ana, ben) == [(0, False), (0, False)]
    assert world.view(ana, case_id)["last_read_sequence"] > sequence


@pytest.mark.parametrize("begins_unread", [False, True])
def test_a_process_says_how_its_cases_begin(world: World, ana: str, contact_us: Any, begins_unread: bool) -> None:  # noqa: FBT001
    """What they are called, and whether they show as unread; the first stage sets the status (C4, F12, F13, F15)."""
    variables = Variables(ftlCaseSubject="{category} “{service}”", ftlCaseStatus=Status.new, ftlCaseRead=begins_unread)
    contact_us(variables=variables)
    created = world.create(ana).json
    assert (created["subject"], created["status"]) == ("Service request “Contact us”", "new")
    assert unread(world, ana) == [(int(begins_unread), begins_unread)]
    world.settle()
    assert world.view(ana, created["case_id"])["status"] == "in_progress"


def test_messages_can_be_switched_off(world: World, ana: str, contact_us: Any) -> None:
    """Where a process takes none, none is taken, and none is offered (F10)."""
    contact_us(messaging=False)
    case_id = world.open_case(ana)
    assert comment(world, ana, case_id) == (409, "messaging_not_enabled")
    assert not {"comment", "attach"} & set(world.view(ana, case_id)["allowed_actions"])


@pytest.mark.parametrize(
    ("blocked", "status", "answered"),
    [
        ((Status.closed, Status.canceled), "resolved", (201, None)),
        ((Status.resolved, Status.closed, Status.canceled), "resolved", (409, "action_not_allowed")),
        ((), "closed", (201, None)),
    ],
)
def test_where_nobody_comments_any_more_is_a_setting(
    world: World, ana: str, contact_us: Any, blocked: tuple[Status, ...], status: str, answered: tuple[int, str | None]
) -> None:
    """Closed and canceled by default; the strict variant, and none at all, are one setting away (C37, D4)."""
    contact_us(comment_blocked=blocked)
    assert comment(world, ana, world.case_in(status, ana)) == answered


def test_a_closed_case_takes_files_inside_a_complaint_only(world: World, ana: str, contact_us: Any) -> None:
    """Even where comments are taken (D4)."""
    contact_us(comment_blocked=())
    case_id, upload_id = world.case_in("closed", ana), sent(world, ana)
    url, body = f"/v1/cases/{case_id}", {"text": "See the file.", "attachments": [upload_id]}
    refused = world.gateway("POST", f"{url}/messages", body, token=ana)
    assert (refused.status, refused.code) == (409, "action_not_allowed")
    assert world.gateway("POST", f"{url}/complaints", body, token=ana).status == 201
