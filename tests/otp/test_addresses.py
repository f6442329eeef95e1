"""Which addresses may be mailed, and which spellings are one address."""

from datetime import timedelta

import pytest

from tests.front_door import ANA, ask, enter, mails_to
from tests.world import World

TOO_LONG = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.org"


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "ana@@example.org",
        "ana@ben@example.org",
        "ana@example..org",
        "ana@.example.org",
        "ana@example.org.",
        "ana@-example.org",
        "ana@exam_ple.org",
        "ana@[203.0.113.9]",
        "ana@203.0.113.9",
        ".ana@example.org",
        "ana.@example.org",
        "a..na@example.org",
        "ana ben@example.org",
        "ana@example.org\r\nBcc: ben@example.org",
        "ana@example.org,ben@example.org",
        "ana@example.org;ben@example.org",
        "Ana <ana@example.org>",
        '"ana"@example.org',
        "ana(comment)@example.org",
        "ana\x00@example.org",
        "an\N{LATIN SMALL LETTER A WITH DIAERESIS}@example.org",
        "ana\N{ZERO WIDTH SPACE}@example.org",
        "ana@example\N{ZERO WIDTH SPACE}.org",
        "ana@\N{FULLWIDTH LATIN SMALL LETTER E}xample.org",
        "=?utf-8?q?ben=40example.com?=@example.org",
        f"{'a' * 65}@example.org",
        f"ana@{'b' * 64}.org",
        TOO_LONG,
        None,
        7,
        ["ana@example.org"],
        {"address": "ana@example.org"},
    ],
)
def test_what_no_mail_can_reach_is_refused_by_name(world: World, address: object) -> None:
    """An address that is none, or two, or that SES cannot mail, is 422 naming the field; nothing is kept (L4)."""
    before = world.items()
    refused = world.gateway("POST", "/v1/otp/challenges", {"email": address})
    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/email"]
    assert world.items() == before


@pytest.mark.parametrize(
    "address",
    [
        "a@b.co",
        "ana.maria+portal=x@mail.example.org",
        "o'hara_{1}@example.org",
        "ana@xn--bcher-kva.example",
        "ana@3com.example",
        f"{'a' * 64}@{'b' * 63}.org",
    ],
)
def test_every_usual_address_is_mailed(world: World, address: str) -> None:
    """What RFC 5321 allows without quotes signs in."""
    assert enter(world, ask(world, address), world.pin(address)).status == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/email"), ({"email": ANA, "purpose": "reset"}, "/purpose"), ({"email": ANA, "name": "Ana"}, "/name")],
)
def test_a_challenge_needs_an_address_and_a_known_purpose_only(
    world: World, body: dict[str, str], pointer: str
) -> None:
    """A missing, unknown or additional member is named (S2)."""
    refused = world.gateway("POST", "/v1/otp/challenges", body)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("one", "other", "mailed"),
    [
        ("ana@example.org", "Ana@EXAMPLE.org", "ana@example.org"),
        ("ANA@example.org", "ana@example.org", "ana@example.org"),
        ("ana@b\u00fccher.example", "ana@bu\u0308cher.example", "ana@xn--bcher-kva.example"),
        ("ana@b\u00fccher.example", "ana@B\u00dcCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@b\u00fccher.example", "ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_two_spellings_of_an_address_are_one_person(world: World, one: str, other: str, mailed: str) -> None:
    """Capitals, composed and decomposed letters, IDN and its ASCII form: one person, one budget, one mailbox (F13)."""
    first = enter(world, ask(world, one), world.pin(mailed)).json
    ask(world, other)
    assert mails_to(world, mailed) == len(world.mailbox()) == 1, "the second was within a minute"
    world.move_clock(timedelta(minutes=1))
    again = enter(world, ask(world, other), world.pin(mailed)).json
    assert again["person_id"] == first["person_id"]


def test_lookalike_addresses_are_not_one_person(world: World) -> None:
    """A name that only looks the same gets its mail at its own address, never at the other's (F13)."""
    ask(world, "ana@example.org")
    ask(world, "ana@ex\N{CYRILLIC SMALL LETTER A}mple.org")
    assert [mail.to for mail in world.mailbox()] == ["ana@example.org", "ana@xn--exmple-4nf.org"]


def test_the_code_goes_to_the_spelling_that_signs_in(world: World) -> None:
    """A letter that is another one in canonical spelling opens nobody else's account: the mail goes there too (F13)."""
    challenge = ask(world, "\N{KELVIN SIGN}ate@example.org")
    [mail] = world.mailbox()
    token = enter(world, challenge, world.pin(mail.to)).json["token"]
    assert world.gateway("GET", "/v1/me", token=token).json["email"] == mail.to == "kate@example.org"
