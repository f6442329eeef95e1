"""Where malware is looked for, a file is clean only after the scan of the very bytes that are kept."""

from datetime import timedelta
from typing import Any

import pytest

from functions.settings import settings
from tests.refusals import refused
from tests.uploads.files import NOTE, PAGE, announced, held, kept, sent, state, waiting
from tests.world import World

CLEAN, THREATS = "NO_THREATS_FOUND", "THREATS_FOUND"


@pytest.fixture
def ana(world: World) -> str:
    """The session of a customer, where the stage has a scanner."""
    world.scan_malware(on=True)
    return world.sign_in("ana@example.org")


def scanned(world: World, upload_id: str, result: str, **scanned: Any) -> None:
    """GuardDuty has said so, and the door has heard it."""
    world.tell_scanned(held(upload_id), result, **scanned)
    world.deliver_uploads()


def test_a_file_is_clean_only_after_its_scan(world: World, ana: str) -> None:
    """What S3 tells is not enough, however often; the verdict is, however often (C38, E5)."""
    upload_id = sent(world, ana)
    world.tell_posted(waiting(upload_id))
    world.deliver_uploads()
    assert state(world, ana, upload_id) == ("pending", None)
    assert world.stored() == {held(upload_id): NOTE}
    for _ in range(2):
        scanned(world, upload_id, CLEAN)
        assert state(world, ana, upload_id) == ("clean", None)
        assert world.stored() == {kept(upload_id): NOTE}


@pytest.mark.parametrize(
    ("result", "seen"),
    [
        (THREATS, ("rejected", "has_malware")),
        *((result, ("failed", "not_checked")) for result in ("UNSUPPORTED", "ACCESS_DENIED", "FAILED", "NEW_WORD")),
    ],
)
def test_no_other_verdict_makes_a_file_clean(world: World, ana: str, result: str, seen: tuple[str, str]) -> None:
    """Malware is rejected; what could not be scanned has failed; the bytes go, and a later verdict is late (E5)."""
    upload_id = sent(world, ana)
    for verdict in (result, CLEAN):
        scanned(world, upload_id, verdict)
        assert state(world, ana, upload_id) == seen
        assert world.stored() == {}


def test_a_verdict_counts_for_the_bytes_that_were_scanned_alone(world: World, ana: str) -> None:
    """Not one about other bytes, another bucket, or another place, be it where the file was posted (E2)."""
    upload_id = sent(world, ana)
    other = sent(world, ana, name="other.txt")
    before = world.stored()
    scanned(world, upload_id, CLEAN, eTag="0" * 32)
    scanned(world, upload_id, CLEAN, bucketName="portico-other-uploads")
    for key in (waiting(upload_id), kept(upload_id), held("att_x"), held("att_01JD0000000000000000000000"), ""):
        scanned(world, upload_id, CLEAN, objectKey=key)
    assert (state(world, ana, upload_id), world.stored()) == (("pending", None), before)
    scanned(world, other, CLEAN)
    assert (state(world, ana, upload_id)[0], state(world, ana, other)[0]) == ("pending", "clean")


def test_a_file_that_is_swapped_while_it_is_scanned_is_never_kept(world: World, ana: str) -> None:
    """Posted again it is no file of its announcement; put over what is scanned, it is not what was scanned (E2)."""
    posted_again, put_over = announced(world, ana), announced(world, ana)
    for upload in (posted_again, put_over):
        world.post_file(upload["form"], NOTE)
    world.deliver_uploads()
    world.post_file(posted_again["form"], PAGE)
    world.tell_scanned(held(put_over["upload_id"]), CLEAN)
    world.storage.put_object(Bucket=settings.upload_bucket, Key=held(put_over["upload_id"]), Body=PAGE)
    world.deliver_uploads()
    assert state(world, ana, posted_again["upload_id"]) == ("rejected", "size_differs")
    assert state(world, ana, put_over["upload_id"]) == ("pending", None)
    scanned(world, posted_again["upload_id"], CLEAN)
    assert world.stored() == {held(put_over["upload_id"]): PAGE}


def test_a_verdict_that_comes_before_its_file_was_let_go_of_counts(world: World, ana: str) -> None:
    """S3 and GuardDuty tell in any order, and what could not be done is done when it is told again (E10)."""
    upload = announced(world, ana)
    world.post_file(upload["form"], NOTE)
    with refused("s3.DeleteObject", "SlowDown"):
        world.deliver_uploads()
    scanned(world, upload["upload_id"], CLEAN)
    world.deliver_uploads()
    assert state(world, ana, upload["upload_id"]) == ("clean", None)
    assert world.stored() == {kept(upload["upload_id"]): NOTE}


def test_a_file_without_a_verdict_is_never_clean(world: World, ana: str) -> None:
    """The scanner is down, or was taken away: the file waits and dies with its upload (E1, E5)."""
    upload_id = sent(world, ana)
    world.scan_malware(on=False)
    scanned(world, upload_id, CLEAN)
    assert state(world, ana, upload_id) == ("pending", None)
    world.move_clock(timedelta(hours=24))
    assert world.sweep()["uploads"] == 1
    assert world.stored() == {}
    world.scan_malware(on=True)
    scanned(world, upload_id, CLEAN)
    assert world.stored() == {}
