"""What a service's file decides about its cases."""

from typing import Any

import pytest

from functions.cases import services
from functions.cases.status import Status
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
