"""What was posted is checked by its bytes, and only those very bytes can be attached."""

from datetime import timedelta
from typing import Any

import pytest

from functions.settings import settings
from functions.uploads.receiving import receive_upload
from tests.gateway import LambdaContext
from tests.refusals import refused
from tests.uploads.files import NOTE, PAGE, announced, kept, sent, state, waiting
from tests.world import World


def test_a_file_that_is_what_was_announced_can_be_attached(world: World, ana: str) -> None:
    """It moves out of quarantine as it is, to be saved and never shown (E2, E3)."""
    upload_id = sent(world, ana, name="Straße.txt")
    assert state(world, ana, upload_id) == ("clean", None)
    assert world.stored() == {kept(upload_id): NOTE}
    found = world.storage.get_object(Bucket=settings.upload_bucket, Key=kept(upload_id))
    assert (found["ContentType"], found["ContentDisposition"][:11]) == ("text/plain", "attachment;")


REJECTED: list[tuple[str, bytes, dict[str, Any]]] = [
    ("checksum_differs", b"There is a HOLE in the road.", {}),
    ("size_differs", NOTE + b"!" * 1000, {}),
    ("size_differs", NOTE[:-1], {}),
    ("has_markup", PAGE, {"announced": PAGE}),
    ("type_differs", PAGE, {"announced": PAGE, "name": "hole.png", "content_type": "image/png"}),
]


@pytest.mark.parametrize(("reason", "posted", "what"), REJECTED, ids=lambda value: str(value)[:24])
def test_a_file_that_is_something_else_is_thrown_away(
    world: World, ana: str, reason: str, posted: bytes, what: dict[str, Any]
) -> None:
    """Whatever S3 has let through: another size, other bytes, a page in disguise; the reason stays (E2, E3)."""
    upload = announced(world, ana, what.pop("announced", NOTE), **what)
    world.post_file(upload["form"], posted)
    world.deliver_uploads()
    assert state(world, ana, upload["upload_id"]) == ("rejected", reason)
    assert world.stored() == {}


def test_a_file_that_is_swapped_changes_nothing(world: World, ana: str) -> None:
    """Posted again after it was checked, or between: what was checked is what is kept (E2)."""
    upload = announced(world, ana)
    upload_id = upload["upload_id"]
    swapped: list[bool] = []

    def swap(**_: Any) -> None:
        """After the bytes were read for checking, and before they are kept."""
        if not swapped:
            swapped.append(True)
            world.storage.put_object(Bucket=settings.upload_bucket, Key=waiting(upload_id), Body=PAGE)

    from functions import aws

    world.post_file(upload["form"], NOTE)
    events = aws.client("s3").meta.events
    events.register_first("before-call.s3.PutObject", swap, unique_id="swap")
    try:
        world.deliver_uploads()
    finally:
        events.unregister("before-call.s3.PutObject", unique_id="swap")
    assert swapped
    world.post_file(upload["form"], PAGE)
    world.deliver_uploads()
    assert state(world, ana, upload_id) == ("clean", None)
    assert world.stored() == {kept(upload_id): NOTE}


def test_a_rejected_file_stays_rejected(world: World, ana: str) -> None:
    """The form is good for five minutes, but for one try; a better file is another upload."""
    upload = announced(world, ana)
    for content in (PAGE, NOTE):
        world.post_file(upload["form"], content)
        world.deliver_uploads()
    assert state(world, ana, upload["upload_id"]) == ("rejected", "size_differs")
    assert world.stored() == {}


def test_a_notification_may_come_twice_late_or_of_nothing(world: World, ana: str) -> None:
    """S3 promises neither order nor once; it also tries the queue out when it is told to use it (E10)."""
    upload_id = sent(world, ana)
    unknown = "att_01JD0000000000000000000000"
    before = world.items()
    world.storage.put_object(Bucket=settings.upload_bucket, Key=waiting(unknown), Body=PAGE)
    odd = ("quarantine/", "quarantine/att_x", "quarantine/a b+c/../d", kept(upload_id), "")
    for key in (waiting(upload_id), waiting(upload_id), waiting(unknown), *odd):
        world.tell_posted(key)
    world.sqs.send_message(QueueUrl=world.queue_url("posted"), MessageBody='{"Event": "s3:TestEvent"}')
    while world.deliver_uploads():
        pass
    assert world.items() == before
    assert world.stored() == {kept(upload_id): NOTE}


def test_a_file_that_comes_after_its_end_is_thrown_away(world: World, ana: str) -> None:
    """Its row is gone, so nobody can attach it, and nothing is kept (E1)."""
    upload = announced(world, ana)
    world.move_clock(timedelta(hours=24))
    assert world.sweep()["uploads"] == 1
    world.post_file(upload["form"], NOTE)
    world.deliver_uploads()
    assert world.stored() == {}


def test_a_file_that_cannot_be_checked_fails_in_the_end(world: World, ana: str) -> None:
    """Four times it goes back to the queue; the fifth time its sender is told, and a person finds it (E10)."""
    upload = announced(world, ana)
    world.post_file(upload["form"], NOTE)
    for number in range(1, 6):
        assert state(world, ana, upload["upload_id"])[0] == "pending"
        with refused("s3.GetObject", "SlowDown"):
            assert deliver(waiting(upload["upload_id"]), number) == 1
    assert state(world, ana, upload["upload_id"]) == ("failed", "not_checked")


def test_one_file_that_cannot_be_checked_holds_up_no_other(world: World, ana: str) -> None:
    """Only its own notification goes back to the queue (R9)."""
    uploads = [announced(world, ana, name=f"hole-{number}.txt") for number in range(2)]
    for upload in uploads:
        world.post_file(upload["form"], NOTE)
    with refused("s3.GetObject", "SlowDown"):
        world.deliver_uploads()
    states = sorted(state(world, ana, upload["upload_id"])[0] for upload in uploads)
    assert states == ["clean", "pending"]
    world.deliver_uploads()
    assert [state(world, ana, upload["upload_id"])[0] for upload in uploads] == ["clean"] * 2


def deliver(key: str, received: int) -> int:
    """The notification of that key, received for the so manieth time; return how many go back."""
    body = f'{{"Records": [{{"s3": {{"object": {{"key": "{key}"}}}}}}]}}'
    record = {"messageId": "1", "body": body, "attributes": {"ApproximateReceiveCount": str(received)}}
    answer = receive_upload({"Records": [record | {"eventSource": "aws:sqs"}]}, LambdaContext())
    return len(answer["batchItemFailures"])
