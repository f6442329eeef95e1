"""A case is given to another owner: the visibility moves, and with it everything that goes to its customer (F18)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.cases import ownership, sharing
from functions.cases.change import change_of
from functions.cases.model import CaseErased
from functions.cases.ownership import TooManyOwners, owner_changed
from functions.cases.status import Status
from functions.events import Actor, CaseOwnerChanged
from functions.moment import stamp
from functions.people.budgets import Use, Used
from functions.people.model import Contact
from functions.people.repository import get_by_email, replaced
from functions.settings import settings
from functions.table import commit
from tests.calls import hooked, recorded
from tests.cases.sharing import BOB, DEE, VIC, Scene, participants, share, shared
from tests.cases.test_policy import NOW, PEOPLE, case, contact, part
from tests.gateway import Answer
from tests.mail.arriving import letter, reply_address, send
from tests.messages.conversation import post
from tests.uploads.files import sent
from tests.world import World

ANA, EVE, NEW = "ana@example.org", "eve@example.org", "new.person@example.org"
STAFF = Actor(kind="staff", id="staff_1", name="Sam")


@pytest.fixture(scope="module")
def scenes(one_world: World) -> Scene:
    return Scene.of(one_world)


@pytest.fixture
def scene(scenes: Scene) -> Scene:
    return scenes.again()


def give(scene: Scene, email: str, **headers: str) -> Answer:
    url = f"/v1/staff/cases/{scene.case_id}/owner"
    return scene.world.gateway("PUT", url, {"email": email}, token=scene.staff, headers=headers)


def given(scene: Scene, email: str) -> Answer:
    answer = give(scene, email)
    assert answer.status == 200, answer.body
    return answer


def listed(scene: Scene, token: str, query: str = "") -> list[str]:
    found = scene.world.gateway("GET", f"/v1/cases{query}", token=token)
    assert found.status == 200, found.body
    return [entry["case_id"] for entry in found.json["data"]]


def owners(world: World, case_id: str) -> list[str]:
    """Whose list says that the case is their own."""
    mine = [item for item in world.items() if item.get("by_change", {}).get("S", "").startswith("mine#")]
    return [item["pk"]["S"].removeprefix("PERSON#") for item in mine if item["sk"]["S"] == f"CASE#{case_id}"]


def id_of(email: str) -> str:
    person = get_by_email(email)
    assert person is not None
    return person.person_id


def mailed(scene: Scene, subject: str) -> list[str]:
    """To whom mails about the case with that subject went."""
    return sorted(mail.to for mail in scene.world.mailbox() if mail.subject.endswith(f"] {subject}"))


# The rule


@pytest.mark.parametrize("status", Status)
def test_a_case_is_given_in_every_status_and_stays_what_it_is(status: Status) -> None:
    """Only whose it is changes, who reads it by that, and that its owner takes part beside; once (F18, C10)."""
    before = case(*(part("viewer", PEOPLE[role]) for role in ("viewer", "delegate")), status=status)
    owner = PEOPLE["viewer"].model_copy(update={"name": "Vic", "account_id": "globex"})
    after = owner_changed(before, STAFF, NOW, owner)
    assert after.whats == (CaseOwnerChanged(before=before.owner_id, owner_id=owner.person_id),)
    changed = {
        "owner_id": owner.person_id,
        "owner_name": "Vic",
        "account_id": "globex",
        "owners_before": (before.owner_id,),
        "participants": before.participants[1:],
    }
    assert after.case == before.model_copy(update=changed)
    assert owner_changed(after.case, STAFF, NOW, owner) == change_of(after.case, STAFF, NOW)


def test_a_case_that_was_erased_is_nobody_elses() -> None:
    """What its owner would see is gone (F18, RI-29)."""
    with pytest.raises(CaseErased):
        owner_changed(case(erased_at=NOW), STAFF, NOW, PEOPLE["viewer"])


def test_a_case_keeps_so_many_owners_and_no_more() -> None:
    """Each once, the first of them first: the item stays small, and the chain of owners whole (F18)."""
    given_on = case()
    for number in range(ownership.OWNERS_BEFORE - 1):
        for owner in (contact(f"c{number}"), PEOPLE["owner"]):
            given_on = owner_changed(given_on, STAFF, NOW, owner).case
    given_on = owner_changed(given_on, STAFF, NOW, contact("last")).case
    assert given_on.submitted_by == given_on.owners_before[0] == PEOPLE["owner"].person_id
    assert len(given_on.owners_before) == ownership.OWNERS_BEFORE
    with pytest.raises(TooManyOwners):
        owner_changed(given_on, STAFF, NOW, contact("one.more"))


def test_who_becomes_a_contact_by_it_is_an_addition() -> None:
    """Within the budget of whoever names the address, as where cases are shared (F18, K3)."""
    after = owner_changed(case(), STAFF, NOW, contact("new"), Used())
    assert (after.contact, after.additions) == (contact("new"), Used(uses=(Use(NOW, 1),), version=1))
    spent = Used(uses=(Use(NOW, 1),) * sharing.ADDED_PER_DAY)
    with pytest.raises(sharing.TooManyAdditions):
        owner_changed(case(), STAFF, NOW, contact("new"), spent)


# Who sees it


def test_the_visibility_moves_with_the_owner(scene: Scene) -> None:
    """The new owner finds the case unread; for the one before there is none, at whatever door (F18, G1)."""
    url, (file, waiting) = f"/v1/cases/{scene.case_id}", (sent(scene.world, scene.ana) for _ in range(2))
    body = {"text": "Here.", "attachments": [file]}
    message = scene.world.gateway("POST", f"{url}/messages", body, token=scene.ana).json["message_id"]
    answer = given(scene, EVE)
    assert answer.json == {**answer.json, "case_id": scene.case_id, "allowed_actions": ["comment", "attach"]}
    assert (listed(scene, scene.eve), listed(scene, scene.eve, "?unread=true")) == ([scene.case_id],) * 2
    seen = scene.world.gateway("GET", url, token=scene.eve)
    assert seen.headers["ETag"] == answer.headers["ETag"]
    assert set(seen.json["allowed_actions"]) == {"comment", "attach", "complain", "cancel"}
    assert scene.world.gateway("GET", f"{url}/attachments/{file}", token=scene.eve).status == 200
    assert owners(scene.world, scene.case_id) == [id_of(EVE)]
    for method, path, wish in (
        ("GET", "", None),
        ("GET", f"/messages/{message}", None),
        ("GET", f"/attachments/{file}", None),
        ("GET", "/timeline", None),
        ("POST", "/messages", {"text": "And this.", "attachments": [waiting]}),
        ("POST", "/complaints", {"text": "Where is it?"}),
        ("POST", "/participants", {"email": NEW, "role": "viewer"}),
        ("POST", "/read", {"sequence": 1}),
        ("POST", "/cancel", {}),
    ):
        refused = scene.world.gateway(method, url + path, wish, token=scene.ana)
        assert (path, refused.code) == (path, "case_not_found")
    for query in ("", "?unread=true", "?filter=shared_with_me"):
        assert listed(scene, scene.ana, query) == []


def test_what_was_answered_to_its_creation_is_not_answered_again(scene: Scene) -> None:
    """A repeated key opens nothing that is somebody else's by now; who owns it again reads it again (F18, R1, A25)."""
    assert scene.world.create(scene.ana).headers["Idempotent-Replayed"] == "true"
    given(scene, EVE)
    again = scene.world.create(scene.ana)
    assert (again.status, again.code) == (404, "case_not_found")
    given(scene, ANA)
    assert scene.world.create(scene.ana).json["case_id"] == scene.case_id
    assert owners(scene.world, scene.case_id) == [id_of(ANA)]


def test_who_took_part_owns_it_instead(scene: Scene) -> None:
    """One entry in place of the other, and no end to it when the part would have been over (F18, D14, D16)."""
    until = datetime.fromisoformat(scene.world.view(scene.ana, scene.case_id)["changed_at"]) + timedelta(hours=1)
    shared(scene.world, scene.ana, scene.case_id, BOB, until=stamp(until))
    given(scene, BOB)
    scene.world.move_clock(timedelta(hours=2))
    assert (listed(scene, scene.bob), listed(scene, scene.bob, "?filter=shared_with_me")) == ([scene.case_id], [])
    assert [each["name"] for each in participants(scene.world, scene.bob, scene.case_id)] == [VIC, DEE]
    assert scene.world.view(scene.bob, scene.case_id)["unread"] is True
    assert share(scene.world, scene.bob, scene.case_id, BOB).code == "owner_takes_part"
    shared(scene.world, scene.bob, scene.case_id, ANA, "viewer")
    assert listed(scene, scene.ana, "?filter=shared_with_me") == [scene.case_id]
    assert owners(scene.world, scene.case_id) == [id_of(BOB)]


def test_the_organisation_that_reads_it_is_the_new_owners(scene: Scene) -> None:
    """Who reads all cases of an account reads it while its owner is one of them (F18, A25)."""
    for email, account, roles in ((ANA, "acme", ("organisation_reader",)), (EVE, "acme", ()), (BOB, "globex", ())):
        person = get_by_email(email)
        assert person is not None
        commit(replaced(person.described(Contact(name="Somebody", account_id=account, roles=roles))))

    def read_by_acme() -> tuple[list[str], int]:
        status = scene.world.gateway("GET", f"/v1/cases/{scene.case_id}", token=scene.ana).status
        return listed(scene, scene.ana, "?filter=organisation"), status

    given(scene, EVE)
    assert read_by_acme() == ([scene.case_id], 200)
    given(scene, BOB)
    assert read_by_acme() == ([], 404)
    listing = [item["pk"]["S"] for item in scene.world.items() if item["sk"]["S"] == f"CASE#{scene.case_id}"]
    assert [pk for pk in listing if pk.startswith("ORGANISATION#")] == ["ORGANISATION#globex"]


def test_a_staff_member_owns_it_as_its_customer(scene: Scene) -> None:
    """They see nothing internal of it any more, and decide no task of their own case (F18, D9, G2)."""
    post(scene.world, scene.staff, scene.case_id, "Between us.", audience="internal")
    colleague = scene.world.staff("customer-relations", "cara@portico.example")
    [task] = scene.world.gateway("GET", "/v1/tasks", token=colleague).json["data"]
    assert "open_tasks" in scene.world.view(colleague, scene.case_id)
    given(scene, "cara@portico.example")
    seen = scene.world.view(colleague, scene.case_id)
    assert "open_tasks" not in seen
    assert "Between us." not in [message["text"] for message in seen["messages"]]
    assert "cancel" in seen["allowed_actions"]
    for method, url, body in (
        ("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "ANSWERED"}),
        ("PUT", f"/v1/staff/cases/{scene.case_id}/owner", {"email": ANA}),
    ):
        assert scene.world.gateway(method, url, body, token=colleague).code == "staff_only"


def test_an_address_that_nobody_has_becomes_a_contact(scene: Scene) -> None:
    """Who signs in with it finds the case; one call more looks up whom it belongs to (F18, D2)."""
    calls = []
    for email in (NEW, EVE):
        with recorded() as made:
            given(scene, email)
        calls.append([call.operation.partition(".")[2] for call in made])
    assert calls == [["BatchGetItem", "TransactWriteItems"], ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]]
    given(scene, NEW.upper())
    token = scene.world.sign_in(NEW)
    assert (listed(scene, token), owners(scene.world, scene.case_id)) == ([scene.case_id], [token.partition(".")[0]])


# What goes on


def test_what_waits_for_the_customer_waits_for_the_new_one(scene: Scene) -> None:
    """Their answer brings the case back to work, and they are asked how it went (F18, D9, C15)."""
    wish = {"status": "waiting_for_response", "based_on_sequence": 999}
    scene.world.command("case.set_status", scene.case_id, wish, "ask")
    given(scene, EVE)
    assert post(scene.world, scene.eve, scene.case_id, "It is blue.").status == 201
    assert scene.world.view(scene.staff, scene.case_id)["status"] == "in_progress"
    wish = {"status": "resolved", "based_on_sequence": 999}
    scene.world.command("case.set_status", scene.case_id, wish, "resolve")
    assert mailed(scene, "How did we do?") == [EVE]


def test_mails_go_to_who_owns_it_when_they_are_sent(scene: Scene) -> None:
    """Nothing that was queued for the owner before; nor is their answer by mail welcome any more (F18, G6, D14)."""
    scene.world.settle()
    post(scene.world, scene.staff, scene.case_id)
    scene.world.settle()
    address = reply_address(scene.world, ANA)
    post(scene.world, scene.staff, scene.case_id)
    while scene.world.deliver_stream():
        pass
    given(scene, EVE)
    scene.world.settle()
    assert mailed(scene, "You have a new message") == sorted([ANA, BOB, DEE, BOB, DEE])
    assert mailed(scene, "A case is yours now") == [EVE]
    send(scene.world, letter("Still mine?"), address)
    assert "Still mine?" not in str(scene.world.view(scene.eve, scene.case_id)["messages"])
    found = scene.world.quarantined(settings.mail_quarantine_queue_url)
    assert [each["reason"] for each in found] == ["sender_not_of_the_case"]


def test_both_owners_are_told_by_mail_what_is_true_by_then(scene: Scene) -> None:
    """Once, with number and subject alone; given on before the mails are sent, it is nobody's in between (F18, C36)."""
    for email in (EVE, ANA, EVE, BOB):
        given(scene, email)
    scene.world.delivered = 0  # the stream repeats itself
    scene.world.settle()
    assert mailed(scene, "A case is yours now") == [BOB]
    assert set(mailed(scene, "A case is with somebody else now")) == {ANA, EVE}
    mails = [mail for mail in scene.world.mailbox() if mail.subject.endswith(" now")]
    assert {scene.case_id in mail.text for mail in mails if mail.to != BOB} == {False}
    for mail in mails:
        text = mail.message.as_string().lower().replace(mail.to, "")
        assert [typed for typed in ("ana", "eve", "bob", "town hall") if typed in text] == []


def test_the_timeline_says_so_and_names_nobody(scene: Scene) -> None:
    """To no reader, the new owner among them, from whom the address of the one before is kept (F18, G1, G2)."""
    post(scene.world, scene.ana, scene.case_id, "I have written this.")
    given(scene, EVE)
    url = f"/v1/cases/{scene.case_id}/timeline?limit=100"
    for token, author in (
        (scene.eve, "Portico Town"),
        (scene.vic, "Portico Town"),
        (scene.staff, "Customer-Relations"),
    ):
        answer = scene.world.gateway("GET", url, token=token)
        newest = answer.json["data"][-1]
        assert (newest["type"], newest["author"]) == ("case.owner_changed", {"kind": "organisation", "name": author})
        assert b"contact_" not in answer.body
        authors = {entry["author"]["name"] for entry in answer.json["data"] if entry["author"]["kind"] == "customer"}
        assert authors == {ANA if token == scene.staff else "a…@example.org"}
    shared(scene.world, scene.eve, scene.case_id, ANA)
    assert ANA in str(scene.world.gateway("GET", url, token=scene.eve).json["data"])


# What is refused, and that it happens once


def test_of_two_who_give_it_at_once_the_later_hears_of_it(scene: Scene) -> None:
    """By the version that was read; without one the later counts; whichever way one person owns it (F18, R7)."""
    version = scene.world.gateway("GET", f"/v1/cases/{scene.case_id}", token=scene.staff).headers["ETag"]
    before: list[str] = []

    def give_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and before:
            given(scene, before.pop())

    with hooked({"before-call": give_first}):
        before.append(BOB)
        assert give(scene, EVE, **{"If-Match": version}).code == "version_mismatch"
        assert owners(scene.world, scene.case_id) == [id_of(BOB)]
        before.append(ANA)
        assert give(scene, EVE).status == 200
    assert owners(scene.world, scene.case_id) == [id_of(EVE)]
    listing = [item["pk"]["S"] for item in scene.world.items() if item["sk"]["S"] == f"PART#{scene.case_id}"]
    assert {f"PERSON#{id_of(email)}" for email in (ANA, BOB)} <= set(listing)


def test_what_cannot_be_given_is_refused_by_name(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who is being erased, from or to; a version that was read; the budget for addresses (F18, RI-29, K3)."""
    admin = scene.world.administrator()

    def erase(email: str) -> None:
        url = f"/v1/admin/contacts/{id_of(email)}/erase"
        headers = {"Idempotency-Key": email}
        assert scene.world.gateway("POST", url, {}, token=admin, headers=headers).status == 202

    assert give(scene, EVE, **{"If-Match": '"1"'}).code == "version_mismatch"
    monkeypatch.setattr(sharing, "ADDED_PER_DAY", 1)
    given(scene, NEW)
    assert give(scene, "another@example.org").code == "too_many_additions"
    given(scene, BOB)
    erase(EVE)
    refused = give(scene, EVE)
    assert (refused.code, refused.json["errors"][0]["pointer"]) == ("owner_unknown", "/email")
    assert scene.world.gateway("POST", f"/v1/cases/{scene.case_id}/cancel", token=scene.bob).status == 200
    erase(BOB)
    assert give(scene, ANA).code == "being_erased"
    scene.world.sweep(everything=True)
    assert give(scene, ANA).code == "case_erased"


def test_it_happens_once(scene: Scene) -> None:
    """The same key, the same answer; the owner that it has already changes nothing (F18, R1)."""
    first, second = (give(scene, EVE, **{"Idempotency-Key": "give-1"}) for _ in range(2))
    assert (first.body, second.headers["Idempotent-Replayed"]) == (second.body, "true")
    items = scene.world.items()
    assert given(scene, EVE).body == first.body
    assert scene.world.items() == items
