"""The faults do what they say: a test of the tests."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from functions.mail.queue import PinMail, enqueue
from functions.settings import settings
from functions.table import apply, commit, put, read, update
from tests.faults.crash import Crash, Faults, Kind
from tests.rewind import messages
from tests.world import World

MAIL = PinMail(ref="ref", challenge_id="chal_1")
KEY = ("COUNTER#test", "RECORD")


@pytest.mark.parametrize(("kind", "sent"), [("before", 0), ("after", 1), ("resend", 2), ("refuse", 0)])
def test_a_fault_leaves_behind_what_it_would_in_aws(world: World, kind: Kind, sent: int) -> None:
    """Dead before: nothing happened. After: it did, unheard. Sent again: twice. Refused: nothing."""
    faults = Faults()
    with faults.attached(), faults.during(((0, kind),)), suppress(Crash, ClientError):
        enqueue(MAIL)
    assert faults.kinds_met() == {kind}
    assert len(messages(settings.mail_queue_url)) == sent


def test_a_transaction_that_is_sent_again_happens_once(world: World) -> None:
    """AWS knows a transaction by its ClientRequestToken and answers as before, which moto does not."""
    faults = Faults()
    with faults.attached(), faults.during(((0, "resend"),)):
        commit(put(KEY, {"leased": 1}, condition="attribute_not_exists(pk)"))
    assert read(KEY)[KEY]["leased"] == 1


def test_an_update_that_is_sent_again_happens_twice(world: World) -> None:
    """A single update has no such token: what must not happen twice must not stand in one."""
    faults = Faults()
    with faults.attached(), faults.during(((0, "resend"),)):
        apply(update(KEY, "ADD leased :one", {"one": 1}))
    assert read(KEY)[KEY]["leased"] == 2


def test_the_dead_do_nothing_more(world: World) -> None:
    """Neither `except Exception` nor `finally` reaches AWS after the process is gone."""
    faults = Faults()
    with faults.attached(), faults.during(((0, "before"),)):
        for _ in range(2):
            with pytest.raises(Crash):
                enqueue(MAIL)
    assert messages(settings.mail_queue_url) == []
