"""What is stored of codes, tokens and addresses: nothing that opens anything."""

import hashlib
import json

from functions.settings import settings
from tests.front_door import ANA, ask, ask_only, enter
from tests.world import World


def test_the_code_is_stored_nowhere(world: World) -> None:
    """Table, stream and mail queue never hold a code, before, during or after its use; only the mail does."""
    challenge = ask_only(world, ANA)
    while world.deliver_stream():
        pass
    [queued] = world.sqs.receive_message(QueueUrl=settings.mail_queue_url)["Messages"]
    world.settle()
    code = world.pin(ANA)
    seen = [_stored(world), queued["Body"]]
    enter(world, challenge, "WRONG")
    seen.append(_stored(world))
    assert enter(world, challenge, code).status == 200
    world.settle()
    seen.append(_stored(world))
    assert not [place for place in seen if code in place]


def test_of_a_token_only_its_hash_is_stored(world: World) -> None:
    """Who reads the table can use no session: it holds the SHA-256, in no place the token or its secret part."""
    token = world.sign_in(ANA)
    stored = _stored(world)
    assert token.partition(".")[2] not in stored
    assert hashlib.sha256(token.encode()).hexdigest() in stored


def test_two_sessions_of_a_person_have_tokens_with_nothing_in_common(world: World) -> None:
    """256 bits of chance each: the part after the person's id is 43 characters, different every time (F7)."""
    challenges = [ask(world, f"person-{number}@example.org") for number in range(3)]
    codes = [world.pin(f"person-{number}@example.org") for number in range(3)]
    tokens = [enter(world, *pair).json["token"].partition(".")[2] for pair in zip(challenges, codes, strict=True)]
    assert [len(token) for token in tokens] == [43, 43, 43]
    assert len({token[:8] for token in tokens}) == 3


def test_keys_do_not_hold_the_address(world: World) -> None:
    """Addresses and IP addresses name items by HMAC only, so that no key, log line or mail id shows one."""
    challenge = ask(world, ANA, ip="198.51.100.77")
    enter(world, challenge, world.pin(ANA))
    keys = json.dumps([(item["pk"], item["sk"]) for item in world.items()])
    assert "ana@" not in keys
    assert "198.51" not in keys
    assert "ana" not in challenge.lower()[:30]
    assert hashlib.sha256(ANA.encode()).hexdigest()[:16] not in keys


def _stored(world: World) -> str:
    return json.dumps([world.items(), world.stream_records()], default=str)
