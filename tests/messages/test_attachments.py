"""Files in the conversation: attached by who sent them, downloaded by who may read it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.calls import hooked
from tests.gateway import Answer
from tests.messages.conversation import page
from tests.uploads.files import NOTE, announced, kept, sent
from tests.world import World


def post(world: World, token: str, case_id: str, *files: str, **more: Any) -> Answer:
    body = {"text": "See the files.", "attachments": list(files)} | more
    return world.gateway("POST", f"/v1/cases/{case_id}/messages", body, token=token)


def download(world: World, token: str | None, case_id: str, attachment_id: str) -> Answer:
    """As whatever follows redirects does."""
    url = f"/v1/cases/{case_id}/attachments/{attachment_id}"
    return world.gateway("GET", url, token=token, headers={"Accept": "*/*"})


@pytest.fixture
def case_id(world: World, ana: str) -> str:
    return world.open_case(ana)


@pytest.fixture
def dana(world: World, case_id: str) -> str:
    """A staff member who works on the case."""
    return world.staff("customer-relations")


def test_a_message_with_three_files_links_the_first_and_counts_them(
    world: World, ana: str, case_id: str, dana: str
) -> None:
    """The others are behind “Read more”; so in the conversation, the case and the timeline (C6, C16, C17, RI-21)."""
    files = [sent(world, dana, name=f"plan {number}.txt") for number in (1, 2, 3)]
    posted = post(world, dana, case_id, *files)
    assert posted.status == 201
    world.settle()
    url = f"/v1/cases/{case_id}"
    in_list = page(world, ana, case_id).json["data"][-1]
    in_case = world.view(ana, case_id)["messages"][-1]
    timeline = page(world, ana, case_id, "timeline", limit=100).json["data"]
    [in_timeline] = [
        entry["message"] for entry in timeline if entry["message"] and entry["message"]["attachment_count"]
    ]
    first = {
        "attachment_id": files[0],
        "name": "plan 1.txt",
        "size": len(NOTE),
        "content_type": "text/plain",
        "sha256": "118e946bd01d88a590add25b3eda9a108a892dfa10aee6d27f61539734e97b16",
        "href": f"{url[1:]}/attachments/{files[0]}",
    }
    for message in (in_list, in_case, in_timeline):
        assert (message["attachment_count"], message["first_attachment"]) == (3, first)
    whole = world.gateway("GET", f"{url}/messages/{in_list['message_id']}", token=ana).json
    assert [each["attachment_id"] for each in whole.pop("attachments")] == files
    assert whole == in_list
    assert world.view(ana, case_id)["messages"][0]["attachment_count"] == 0


def test_a_case_is_submitted_with_its_files(world: World, ana: str) -> None:
    """They go with the first message, in the one transaction that makes the case (C27, C28)."""
    files = [sent(world, ana) for _ in range(2)]
    body = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "See the files."}, "attachments": files}
    created = world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": "key-1"})
    assert created.status == 201, created.body
    [message] = world.view(ana, created.json["case_id"])["messages"]
    assert (message["sequence"], message["attachment_count"]) == (2, 2)
    assert download(world, ana, created.json["case_id"], files[1]).status == 302


def test_staff_send_files_with_a_case_on_behalf(world: World, ana: str) -> None:
    """The files are of who submits, the case is its owner's (F18)."""
    dana = world.staff("customer-relations")
    upload_id = sent(world, dana)
    body = {
        "owner": "ana@example.org",
        "service": "contact-us",
        "answers": {"TOPIC": "OTHER", "MESSAGE": "She has sent a file."},
        "attachments": [upload_id],
    }
    created = world.gateway("POST", "/v1/staff/cases", body, token=dana, headers={"Idempotency-Key": "key-1"})
    assert created.status == 201, created.body
    assert download(world, ana, created.json["case_id"], upload_id).status == 302


def test_a_download_leads_to_the_file_for_a_minute(world: World, ana: str, case_id: str, dana: str) -> None:
    """Saved under its name and never shown; the address is made for each reader who was let through (C38, E3, E4)."""
    upload_id = sent(world, ana, name="Straße.txt")
    post(world, ana, case_id, upload_id)
    for reader in (ana, dana):
        answer = download(world, reader, case_id, upload_id)
        assert (answer.status, answer.body) == (302, b"")
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")
        address = urlsplit(answer.headers["Location"])
        said = {name: values[0] for name, values in parse_qs(address.query).items()}
        assert address.path.endswith(kept(upload_id))
        assert said["X-Amz-Expires"] == "60"
        disposition = "attachment; filename=\"Stra_e.txt\"; filename*=UTF-8''Stra%C3%9Fe.txt"
        assert (said["response-content-disposition"], said["response-content-type"]) == (disposition, "text/plain")


@pytest.mark.parametrize("accept", ["application/json", "text/html, Application/JSON;q=0.9"])
def test_a_page_is_told_where_the_file_is(world: World, ana: str, case_id: str, accept: str) -> None:
    """In place of the redirect, which a browser would follow without saying from where it comes (C38, Fetch 4.4)."""
    upload_id = sent(world, ana)
    post(world, ana, case_id, upload_id)
    url = f"/v1/cases/{case_id}/attachments/{upload_id}"
    told = world.gateway("GET", url, token=ana, headers={"Accept": accept})
    assert (told.status, told.headers["Cache-Control"], "Location" in told.headers) == (200, "no-store", False)
    address = urlsplit(told.json["url"])
    assert (address.path.endswith(kept(upload_id)), "X-Amz-Expires=60" in address.query) == (True, True)
    assert (
        datetime.now(UTC) < datetime.fromisoformat(told.json["expires_at"]) <= datetime.now(UTC) + timedelta(minutes=1)
    )


def test_only_who_reads_the_message_downloads_its_files(
    world: World, ana: str, ben: str, case_id: str, dana: str
) -> None:
    """Foreign, unknown, of another case and of an internal message, which is one itself: 404 alike (G1, F25, E6)."""
    mine, inside = sent(world, ana), sent(world, dana)
    post(world, ana, case_id, mine)
    internal = post(world, dana, case_id, inside, audience="internal")
    assert internal.status == 201, internal.body
    assert download(world, dana, case_id, inside).status == 302
    other = world.open_case(ana, key="key-2")
    refused = [
        download(world, ana, case_id, inside),
        download(world, ana, case_id, "att_01JD0000000000000000000000"),
        download(world, ana, other, mine),
        download(world, ana, case_id, sent(world, ana)),
    ]
    assert {(answer.status, answer.code) for answer in refused} == {(404, "attachment_not_found")}
    assert download(world, ben, case_id, mine).code == "case_not_found"
    url, message_id = f"/v1/cases/{case_id}/messages", internal.json["message_id"]
    assert world.gateway("GET", f"{url}/{message_id}", token=dana).json["attachment_count"] == 1
    unlike = ("msg_x_1", "msg_²", "msg_٣", "2", f"msg_{'9' * 5000}")
    for unseen in (message_id, message_id.replace("msg_0", "msg_1"), f"{message_id}0", *unlike):
        assert world.gateway("GET", f"{url}/{unseen}", token=ana).code == "message_not_found"
    assert inside not in json.dumps([page(world, ana, case_id).json, page(world, ana, case_id, "timeline").json])


def test_only_ones_own_clean_files_are_attached(world: World, ana: str, ben: str, case_id: str) -> None:
    """Each that cannot be is named with its place, and why; foreign ones are unknown, and nothing is written (E6)."""
    rejected = announced(world, ana)
    world.post_file(rejected["form"], NOTE[:-1])
    world.deliver_uploads()
    used, good = sent(world, ana), sent(world, ana)
    assert post(world, ana, case_id, used).status == 201
    files = {
        sent(world, ben): "unknown",
        "att_01JD0000000000000000000000": "unknown",
        announced(world, ana)["upload_id"]: "pending",
        rejected["upload_id"]: "rejected",
        good: None,
        used: "attached",
    }
    before = world.items()
    answer = post(world, ana, case_id, *files)
    assert (answer.status, answer.code) == (422, "not_attachable")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [
        (f"/attachments/{place}", code) for place, code in enumerate(files.values()) if code
    ]
    assert len({error["message"] for error in answer.json["errors"][:2]}) == 1
    for verb in ("complaints", "messages"):
        body = {"text": "Again.", "attachments": [used]}
        refused = world.gateway("POST", f"/v1/cases/{case_id}/{verb}", body, token=ana)
        assert refused.code == "not_attachable"
    assert world.items() == before
    assert post(world, ana, case_id, good).status == 201


@pytest.mark.parametrize(
    ("files", "text", "pointer"),
    [
        (["a", "a"], "Twice the same.", "/attachments"),
        ([f"att_{number}" for number in range(11)], "Too many.", "/attachments"),
        ("att_1", "No list.", "/attachments"),
        ([1], "No id.", "/attachments/0"),
        ([], " ", "/text"),
    ],
)
def test_a_message_names_at_most_ten_files_each_once(
    world: World, ana: str, files: Any, text: str, pointer: str
) -> None:
    """And still has a text."""
    url = "/v1/cases/case_01JD0000000000000000000000/messages"
    answer = world.gateway("POST", url, {"text": text, "attachments": files}, token=ana)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_what_is_attached_stays(world: World, ana: str, case_id: str) -> None:
    """Its end is that of the case, and not a day after it was sent (E1)."""
    upload_id = sent(world, ana)
    post(world, ana, case_id, upload_id)
    world.move_clock(timedelta(days=30))
    assert world.sweep(everything=True)["uploads"] == 0
    again = world.sign_in("ana@example.org")
    assert download(world, again, case_id, upload_id).status == 302
    seen = world.gateway("GET", f"/v1/uploads/{upload_id}", token=again).json
    assert (seen["state"], seen["attached_to"]) == ("clean", case_id)
    assert world.stored() == {kept(upload_id): NOTE}


def test_what_dies_while_it_is_attached_is_not_attached(world: World, ana: str, case_id: str) -> None:
    """The row decides: who comes after the sweeper hears that there is no such file (E1)."""
    upload_id = sent(world, ana)
    swept: list[bool] = []

    def sweep_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not swept:
            swept.append(True)
            world.move_clock(timedelta(hours=24))
            assert world.sweep()["uploads"] == 1

    with hooked({"before-call": sweep_first}):
        answer = post(world, ana, case_id, upload_id)
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "unknown")
    assert world.stored() == {}


def test_a_repeated_post_attaches_once(world: World, ana: str, case_id: str) -> None:
    """The same key and body get the first answer again (C34)."""
    body = {"text": "See the file.", "attachments": [sent(world, ana)]}
    first, again = (
        world.gateway(
            "POST", f"/v1/cases/{case_id}/messages", body, token=ana, headers={"Idempotency-Key": "key-of-mine"}
        )
        for _ in range(2)
    )
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first.body, "true")
