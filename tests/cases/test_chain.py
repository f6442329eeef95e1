"""The chain of a timeline: whoever changes the store behind Portico's back is found out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.cases import chain, verification
from functions.cases.chain import Broken, ChainedEvent, first_broken
from functions.settings import settings
from infra.verify import verify
from tests import acme
from tests.rewind import Moment
from tests.world import World

SALT = "5a17" * 8
Rule = Callable[[list[ChainedEvent]], list[ChainedEvent]]


def entries() -> list[ChainedEvent]:
    """Four entries of a case: created, a message, a stage, another message."""
    whats = [
        ("EVENT", {"type": "case.created"}),
        ("MESSAGE", {"type": "message.posted", "text": "A deep hole."}),
        ("EVENT", {"type": "stage.entered", "stage": "inspect"}),
        ("MESSAGE", {"type": "message.posted", "text": "Is there news?"}),
    ]
    made: list[ChainedEvent] = []
    for number, (row, what) in enumerate(whats, 1):
        actor = {"kind": "customer", "id": "contact_1", "name": "Ana"}
        event = {"sequence": number, "time": f"2026-11-21T20:00:0{number}.000Z", "actor": actor, "what": what}
        made.append(linked(made[-1].link if made else "", f"{row}#{number:012}", json.dumps(event)))
    return made


def linked(before: str, place: str, data: str) -> ChainedEvent:
    return ChainedEvent(place, data, chain.link(before, place, data, SALT), SALT, None)


def edited(number: int, before: str, after: str) -> Rule:
    def edit(found: list[ChainedEvent]) -> list[ChainedEvent]:
        entry = found[number - 1]
        assert before in entry.data
        return [*found[: number - 1], replace(entry, data=entry.data.replace(before, after)), *found[number:]]

    return edit


def erased(number: int) -> Rule:
    def erase(found: list[ChainedEvent]) -> list[ChainedEvent]:
        entry = found[number - 1]
        seal = chain.seal_of(entry.salt or "", entry.data)
        blank = replace(entry, data=chain.erased(entry.data), salt=None, seal=seal)
        return [*found[: number - 1], blank, *found[number:]]

    return erase


def rewritten(found: list[ChainedEvent]) -> list[ChainedEvent]:
    """ChainedEvent 2 anew, with a link that is right."""
    forged = linked(found[0].link, found[1].place, found[1].data.replace("deep", "flat"))
    return [found[0], forged, *found[2:]]


TAMPERED: dict[str, tuple[Rule, tuple[int, str | None, str]]] = {
    "one byte of a text": (edited(2, "deep", "keep"), (2, "message.posted", "changed")),
    "the actor": (edited(3, "Ana", "Eve"), (3, "stage.entered", "changed")),
    "the time": (edited(1, "20:00", "21:00"), (1, "case.created", "changed")),
    "what is no JSON any more": (edited(4, "{", "["), (4, None, "changed")),
    "its content moved to another": (
        lambda found: [replace(found[0], data=found[1].data), replace(found[1], data=found[0].data), *found[2:]],
        (1, "message.posted", "changed"),
    ),
    "two entries swapped": (
        lambda found: [
            found[0],
            replace(found[2], place="EVENT#000000000002"),
            replace(found[1], place="MESSAGE#000000000003"),
            found[3],
        ],
        (2, "stage.entered", "changed"),
    ),
    "shown in another row": (
        lambda found: [found[0], replace(found[1], place="INTERNAL#000000000002"), *found[2:]],
        (2, "message.posted", "changed"),
    ),
    "the newest taken out": (lambda found: found[:3], (4, None, "missing")),
    "the first taken out": (lambda found: found[1:], (1, None, "missing")),
    "one in the middle taken out": (lambda found: [found[0], *found[2:]], (2, None, "missing")),
    "one appended": (
        lambda found: [*found, linked(found[3].link, "MESSAGE#000000000005", found[3].data)],
        (5, "message.posted", "added"),
    ),
    "one beside another": (
        lambda found: [*found[:2], replace(found[1], place="INTERNAL#000000000002"), *found[2:]],
        (2, "message.posted", "added"),
    ),
    "one rewritten with its link": (rewritten, (3, "stage.entered", "changed")),
    "the last rewritten with its link": (
        lambda found: [*found[:3], linked(found[2].link, found[3].place, found[3].data.replace("news", "none"))],
        (4, None, "changed"),
    ),
    "what an erased one kept": (
        lambda found: edited(3, "inspect", "resolve")(erased(3)(found)),
        (3, "stage.entered", "changed"),
    ),
    "the seal of an erased one": (
        lambda found: [found[0], replace(erased(2)(found)[1], seal="0" * 64), *found[2:]],
        (2, "message.posted", "changed"),
    ),
    "words put into an erased one": (
        lambda found: edited(2, '"text":""', '"text":"It was me."')(erased(2)(found)),
        (2, "message.posted", "changed"),
    ),
}


def follow(found: list[ChainedEvent]) -> Broken | None:
    return first_broken(found, after=0, before="", newest=4, head=entries()[3].link)


@pytest.mark.parametrize("name", TAMPERED)
def test_the_first_entry_that_was_tampered_with_is_named(name: str) -> None:
    """Changed, missing or added, with its number and type (RI-28, M5)."""
    tamper, (sequence, kind, found) = TAMPERED[name]
    assert follow(tamper(entries())) == Broken(sequence=sequence, type=kind, found=found)


def test_an_entry_loses_what_is_personal_and_the_chain_holds() -> None:
    """Texts and the customer's name are gone, type, time and stage stay; nobody can guess what was there (RI-29)."""
    untouched = entries()
    found = erased(3)(erased(2)(untouched))
    assert follow(untouched) is None
    assert follow(found) is None
    assert "deep" not in str(found[1])
    assert "Ana" not in found[1].data
    assert json.loads(found[2].data)["what"] == {"type": "stage.entered", "stage": "inspect"}
    assert SALT not in str(found[1])


def test_a_chain_is_followed_in_parts() -> None:
    """From where the part before ended, without the head until the end."""
    found = entries()
    assert first_broken(found[:2], after=0, before="", newest=2, head=None) is None
    assert first_broken(found[2:], after=2, before=found[1].link, newest=4, head=found[3].link) is None
    broken = first_broken(found[2:], after=2, before=found[0].link, newest=4, head=found[3].link)
    assert broken
    assert (broken.sequence, broken.found) == (3, "changed")


@pytest.fixture
def case_id(world: World, ana: str) -> str:
    """A case with a message, a complaint, a stage, a task and a resolution."""
    case_id = world.case_in("resolved", ana)
    world.gateway("POST", f"/v1/cases/{case_id}/complaints", {"text": "Why so slow?"}, token=ana)
    return case_id


def test_verify_follows_a_story_and_names_what_was_tampered_with(
    world: World, ana: str, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OK for the case as it is, by number or id, also in small parts; one byte in the store names the entry (RI-28)."""
    monkeypatch.setattr(verification, "ENTRIES", 3)
    ask = acme.administrator(world, world.administrator())
    seen = world.view(ana, case_id)
    is_whole, line = verify(seen["number"], ask)
    assert is_whole, line
    assert line.startswith(f"{seen['number']}: chain OK, {seen['sequence']} entries; newest link ")
    moment = Moment.of(world)
    for tamper, says in (
        (edit("MESSAGE#000000000002", "town", "tawn"), "entry 2 (message.posted) was changed"),
        (take_out("EVENT#000000000003"), "entry 3 is missing"),
        (take_out(f"INTERNAL#{seen['sequence']:012}"), f"entry {seen['sequence']} is missing"),
        (add(f"MESSAGE#{seen['sequence'] + 1:012}"), f"entry {seen['sequence'] + 1} (message.posted) does not belong"),
    ):
        moment.restore(world)
        tamper(world, case_id)
        is_whole, line = verify(case_id, ask)
        assert not is_whole
        assert line.startswith(f"{seen['number']}: chain BROKEN: {says}")


def test_verify_says_where_there_is_no_such_case(world: World) -> None:
    """Neither a number nor an id of one."""
    ask = acme.administrator(world, world.administrator())
    assert verify("SR-2026-999999", ask) == (False, "SR-2026-999999: There is no such case.")


Tamper = Callable[[World, str], Any]


def stored(world: World, case_id: str, place: str) -> dict[str, Any]:
    return next(item for item in world.items() if item["pk"]["S"] == f"CASE#{case_id}" and item["sk"]["S"] == place)


def edit(place: str, before: str, after: str) -> Tamper:
    def tamper(world: World, case_id: str) -> None:
        item = stored(world, case_id, place)
        changed = item["data"]["S"].replace(before, after)
        assert changed != item["data"]["S"]
        world.database.put_item(TableName=settings.table_name, Item=item | {"data": {"S": changed}})

    return tamper


def take_out(place: str) -> Tamper:
    def tamper(world: World, case_id: str) -> None:
        key = {"pk": {"S": f"CASE#{case_id}"}, "sk": {"S": place}}
        world.database.delete_item(TableName=settings.table_name, Key=key)

    return tamper


def add(place: str) -> Tamper:
    def tamper(world: World, case_id: str) -> None:
        item = stored(world, case_id, "MESSAGE#000000000002")
        world.database.put_item(TableName=settings.table_name, Item=item | {"sk": {"S": place}})

    return tamper
