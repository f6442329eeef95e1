"""What nobody attaches in time dies: the row decides, then the bytes go."""

from datetime import timedelta

from tests.refusals import refused
from tests.uploads.files import announced, kept, sent, waiting
from tests.world import World


def uploads(world: World) -> list[str]:
    return [item["pk"]["S"] for item in world.items() if item["pk"]["S"].startswith("UPLOAD#")]


def test_an_upload_that_is_attached_to_nothing_dies_after_a_day(world: World, ana: str) -> None:
    """Announced only, posted only, checked: row and bytes go, at the end of its time and not before (E1, D16)."""
    checked, posted = sent(world, ana), announced(world, ana)
    announced(world, ana)
    world.post_file(posted["form"], b"?")
    world.move_clock(timedelta(hours=23, minutes=59))
    assert world.sweep(everything=True)["uploads"] == 0
    assert set(world.stored()) == {kept(checked), waiting(posted["upload_id"])}
    world.move_clock(timedelta(minutes=1))
    assert world.sweep()["uploads"] == 3
    assert (world.stored(), uploads(world)) == ({}, [])


def test_an_upload_whose_bytes_cannot_be_deleted_now_is_deleted_later(world: World, ana: str) -> None:
    """It is over at once, and stays on the list until nothing is left of it; others do not wait (E1)."""
    sent(world, ana), sent(world, ana)
    world.move_clock(timedelta(hours=24))
    with refused("s3.DeleteObject", "SlowDown"):
        assert world.sweep()["uploads"] == 1
    assert (len(world.stored()), len(uploads(world))) == (1, 1)
    assert world.sweep()["uploads"] == 1
    assert (world.stored(), uploads(world)) == ({}, [])
