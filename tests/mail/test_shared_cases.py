"""Who is mailed about a case that is shared, and what is unread for whom."""

from datetime import datetime, timedelta

import pytest

from functions.moment import stamp
from functions.settings import settings
from tests.cases.sharing import BOB, DEE, VIC, Scene, participants, remove, share, shared
from tests.mail.arriving import letter, reply_address, send
from tests.messages.conversation import post
from tests.world import World

ANA = "ana@example.org"
NEW = "new.person@example.org"
QUESTION = "We need an answer from you"


@pytest.fixture(scope="module")
def scenes(one_world: World) -> Scene:
    return Scene.of(one_world)


@pytest.fixture
def scene(scenes: Scene) -> Scene:
    return scenes.again()


def mailed(scene: Scene, subject: str = "You have a new message") -> list[str]:
    """To whom mails with that subject went."""
    return sorted(mail.to for mail in scene.world.mailbox() if mail.subject.endswith(f"] {subject}"))


def unread(scene: Scene, token: str) -> bool:
    return bool(scene.world.view(token, scene.case_id)["unread"])


def read(scene: Scene, token: str) -> None:
    sequence = scene.world.view(token, scene.case_id)["sequence"]
    url = f"/v1/cases/{scene.case_id}/read"
    assert scene.world.gateway("POST", url, {"sequence": sequence}, token=token).status == 204


def test_a_staff_message_is_mailed_once_to_each_and_unread_for_each(scene: Scene) -> None:
    """RI-20: Ana and Bob mailed once, the author not, nor who only reads; Ana reads: only hers is cleared (C36, D1)."""
    for token in (scene.ana, scene.bob):
        read(scene, token)
    assert post(scene.world, scene.staff, scene.case_id, "Where exactly?").status == 201
    scene.world.delivered = 0  # the stream repeats itself
    scene.world.settle()
    assert mailed(scene) == sorted([ANA, BOB, DEE])
    assert (unread(scene, scene.ana), unread(scene, scene.bob)) == (True, True)
    read(scene, scene.ana)
    assert (unread(scene, scene.ana), unread(scene, scene.bob)) == (False, True)
    counts = [scene.world.gateway("GET", "/v1/cases/unread", token=token).json for token in (scene.ana, scene.bob)]
    assert counts == [{"unread": 0}, {"unread": 1}]


def test_what_a_participant_writes_is_mailed_to_the_others(scene: Scene) -> None:
    """A comment or a complaint: to the owner and the others who hear of it, never to who wrote it (C36)."""
    for body in ("messages", "complaints"):
        url = f"/v1/cases/{scene.case_id}/{body}"
        assert scene.world.gateway("POST", url, {"text": "Hello."}, token=scene.bob).status == 201
        scene.world.settle()
    assert mailed(scene) == sorted([ANA, DEE] * 2)
    assert unread(scene, scene.ana)


def test_that_the_case_waits_for_them_is_mailed_to_all_who_can_answer(scene: Scene) -> None:
    """Once to each who hears of the case, with an address to answer to (C36, D9)."""
    _wait_for_answer(scene)
    scene.world.settle()
    scene.world.delivered = 0  # the stream repeats itself
    scene.world.settle()
    assert mailed(scene, QUESTION) == sorted([ANA, BOB, DEE])
    mails = [mail.message for mail in scene.world.mailbox() if mail.subject.endswith(QUESTION)]
    assert {str(mail["Reply-To"]).partition("+")[0] for mail in mails} == {"reply"}
    assert len({mail["Reply-To"] for mail in mails}) == len(mails), "each has an address of one's own"


def test_who_has_answered_meanwhile_is_not_asked(scene: Scene) -> None:
    """A mail that was queued is not sent where the case waits no longer (C36)."""
    _wait_for_answer(scene)
    while scene.world.deliver_stream():
        pass
    assert post(scene.world, scene.ana, scene.case_id, "It is blue.").status == 201
    scene.world.settle()
    assert mailed(scene, QUESTION) == []


def test_a_solution_is_mailed_to_all_and_its_rating_asked_of_the_owner(scene: Scene) -> None:
    """Who decides is asked how it went; the others hear that it is resolved (C15, C36, D14)."""
    scene.world.command("case.set_status", scene.case_id, {"status": "resolved", "based_on_sequence": 1000})
    assert mailed(scene, "Your case is resolved") == sorted([ANA, BOB, DEE])
    assert mailed(scene, "How did we do?") == [ANA]
    told = {mail.to: mail.text for mail in scene.world.mailbox() if mail.subject.endswith("Your case is resolved")}
    assert {to: "you can close" in text for to, text in told.items()} == {ANA: True, DEE: True, BOB: False}
    assert "its owner can reopen" in told[BOB]


def test_who_is_removed_or_whose_time_is_over_is_mailed_nothing(scene: Scene) -> None:
    """Not even what was queued before: whom a mail is for is looked up when it is sent (G6, D16)."""
    now = datetime.fromisoformat(scene.world.view(scene.ana, scene.case_id)["changed_at"])
    shared(scene.world, scene.ana, scene.case_id, DEE, "delegate", until=stamp(now + timedelta(minutes=1)))
    post(scene.world, scene.staff, scene.case_id)
    while scene.world.deliver_stream():
        pass
    assert remove(scene.world, scene.ana, scene.case_id, scene.parts[BOB]).status == 204
    scene.world.move_clock(timedelta(minutes=1))
    scene.world.settle()
    assert mailed(scene) == [ANA]


def test_a_new_participant_is_told_once_that_there_is_a_case(scene: Scene) -> None:
    """Its number, its subject, the way to it: nothing that anybody typed; a new role is no news (A1, I4)."""
    for role in ("viewer", "participant"):
        assert share(scene.world, scene.ana, scene.case_id, NEW, role).status == 201
        scene.world.settle()
    assert mailed(scene, "A case is shared with you") == sorted([BOB, VIC, DEE, NEW])
    [mail] = [mail for mail in scene.world.mailbox() if mail.to == NEW]
    seen = scene.world.view(scene.ana, scene.case_id)
    assert seen["number"] in mail.subject
    assert f'"{seen["subject"]}"' in mail.text
    assert scene.case_id in mail.text
    for typed in ("ana", "town hall"):
        assert typed not in mail.message.as_string().lower()


def test_who_never_signed_in_is_invited_once_and_mailed_nothing_else(scene: Scene) -> None:
    """The address may be anybody's, so there is no news for it until its person signs in (A1, C36, K3)."""
    for _ in range(2):
        part = shared(scene.world, scene.ana, scene.case_id, NEW)
        scene.world.settle()
        assert remove(scene.world, scene.ana, scene.case_id, part).status == 204
    shared(scene.world, scene.ana, scene.case_id, NEW)
    post(scene.world, scene.staff, scene.case_id)
    scene.world.settle()
    assert [mail.subject.partition("] ")[2] for mail in scene.world.mailbox() if mail.to == NEW] == [
        "A case is shared with you"
    ]
    assert mailed(scene) == sorted([ANA, BOB, DEE])
    scene.world.set_login(
        scene.world.sign_in(NEW).partition(".")[0], "enabled"
    )  # what is changed of a person keeps it known
    post(scene.world, scene.staff, scene.case_id)
    scene.world.settle()
    assert mailed(scene).count(NEW) == 1


def test_who_may_comment_answers_by_mail(scene: Scene) -> None:
    """A participant's answer is a message of theirs; a viewer has no address for answers, nor may use one (D14)."""
    post(scene.world, scene.staff, scene.case_id, "Which colour?")
    scene.world.settle()
    address = reply_address(scene.world, BOB)
    send(scene.world, letter("It is blue.", sender=BOB), address, BOB)
    send(scene.world, letter("It is red.", sender=VIC, Message_ID="<second@mail.example.org>"), address, VIC)
    [message] = scene.world.view(scene.ana, scene.case_id)["messages"][2:]
    assert (message["text"], message["author"]) == ("It is blue.", {"kind": "customer", "name": BOB})
    assert [mail.message["Reply-To"] for mail in scene.world.mailbox() if mail.to == VIC and "[" in mail.subject] == [
        None
    ]


def test_a_machine_of_who_was_removed_is_not_welcome_any_more(scene: Scene) -> None:
    """Its reply address has ended with the right to write, whoever uses it, also under a forged name (D14, K3)."""
    post(scene.world, scene.staff, scene.case_id)
    scene.world.settle()
    address = reply_address(scene.world, BOB)

    def answers(number: int) -> int:
        for sender in (BOB, "mailer@gateway.example", ANA):
            mail = letter("Away.", sender, Auto_Submitted="auto-replied", Message_ID=f"<{sender}{number}@x.example>")
            send(scene.world, mail, address, "")
        return [item["type"] for item in scene.world.items() if "type" in item].count({"S": "mail.received"})

    assert answers(1) == 3
    assert remove(scene.world, scene.ana, scene.case_id, scene.parts[BOB]).status == 204
    assert answers(2) == 3
    found = scene.world.quarantined(settings.mail_quarantine_queue_url)
    assert sorted(each["reason"] for each in found) == ["reply_address_forged"] * 2 + ["sender_not_of_the_case"]


def test_everybody_sees_the_mails_to_themselves(scene: Scene) -> None:
    """And nobody's address; who works on the case sees that each was sent (C16, G2)."""
    post(scene.world, scene.staff, scene.case_id)
    scene.world.settle()
    url = f"/v1/cases/{scene.case_id}/timeline?order=newest_first&limit=1"
    shown = {
        token: scene.world.gateway("GET", url, token=token).json["data"][0]["mails"]
        for token in (scene.ana, scene.bob, scene.vic, scene.staff)
    }
    assert [[mail["template"] for mail in mails] for mails in shown.values()] == [
        ["new_message"],
        ["new_message"],
        [],
        ["new_message"] * 3,
    ]


def test_a_message_to_many_counts_as_one_of_twenty(scene: Scene) -> None:
    """A case with many participants still hears of every message of a usual hour (K3, C36)."""
    for number in range(8):
        post(scene.world, scene.staff, scene.case_id, f"Question {number}")
    scene.world.settle()
    assert len(mailed(scene)) == 8 * 3
    assert [each["name"] for each in participants(scene.world, scene.ana, scene.case_id)] == [BOB, VIC, DEE]


def _wait_for_answer(scene: Scene) -> None:
    url, body = f"/v1/staff/cases/{scene.case_id}/status", {"status": "waiting_for_response"}
    assert scene.world.gateway("POST", url, body, token=scene.staff).status == 200
