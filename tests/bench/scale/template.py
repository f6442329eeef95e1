"""What a table is filled with: people and a case as the real actions leave them, and copies with other ids."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from functions.cases.item_keys import event_sort_key
from functions.cases.model import Case, message_id
from functions.cases.repository import case_of
from functions.cases.timeline import event_of
from functions.events import MessagePosted
from functions.table import due, image
from tests.office import UK_OFFICE
from tests.world import World

TEAM = "customer-relations"
SMALL = 100
UNREAD = 10
"""How many of the customer's own cases hold something unread, in each table."""
TEXT = (
    "Somebody came to look at it, took two photographs and promised to be back on Tuesday. "
    "It is Thursday now. Is there any news since then?"
)
CASE, OWNER, NUMBER, SHARD = "@CASE@", "@OWNER@", "@NUMBER@", "@SHARD@"
"""What differs from copy to copy of the case."""

Typed = dict[str, Any]
"""An item in DynamoDB's JSON."""


@dataclass(frozen=True)
class Load:
    """How much stands in a table."""

    cases: int
    messages: int
    """In the one conversation that is looked at."""

    @property
    def own(self) -> int:
        """How many cases belong to the one customer who is looked at; the others have ten each."""
        return max(min(SMALL, self.cases), self.cases // 100)

    @property
    def tasks(self) -> int:
        """How many tasks the one team that is looked at has to do."""
        return max(min(SMALL, self.cases), self.cases // 20)


@dataclass(frozen=True)
class Template:
    """A small Portico: a customer with a case that waits for a team, a staff member of it, a calendar."""

    items: list[Typed]
    made_at: datetime
    customer: str
    staff: str
    """The tokens of their sessions."""
    case_id: str

    @classmethod
    def made(cls, world: World) -> "Template":
        kept = world.gateway("PUT", "/v1/admin/calendars/uk-office", UK_OFFICE, token=world.administrator())
        assert kept.status == 200, kept.body
        customer, staff = world.sign_in("ana@example.org"), world.staff(TEAM)
        case_id = world.open_case(customer)
        return cls(world.items(), datetime.now(UTC), customer, staff, case_id)

    def items_of(self, load: Load) -> Iterator[str]:
        """All that stands in a table with that load, each item as JSON."""
        newest = self._case.sequence + load.messages
        yield from (json.dumps(item) for item in self.items if item is not self._record)
        yield json.dumps(self._record | self._counted(newest))
        yield from self._conversation(newest - load.messages + 1, newest)
        yield from self._cases(load)

    def count_of(self, load: Load) -> int:
        """How many items those are."""
        return len(self.items) + load.messages + 3 * load.cases + load.tasks

    def _counted(self, newest: int) -> Typed:
        """The record of the case after so many events."""
        case = self._case.model_copy(update={"sequence": newest, "version": newest})
        return {"data": {"S": case.model_dump_json()}, "version": {"N": str(newest)}}

    def _conversation(self, first: int, last: int) -> Iterator[str]:
        posted = self._of_case("MESSAGE#")
        event = event_of(image(posted))
        for number in range(first, last + 1):
            message = MessagePosted(message_id=message_id(self.case_id, number), text=TEXT)
            data = event.model_copy(update={"sequence": number, "what": message}).model_dump_json()
            yield json.dumps(posted | {"sk": {"S": event_sort_key(message, number)}, "data": {"S": data}})

    def _cases(self, load: Load) -> Iterator[str]:
        """The case again and again: its record, its alarm, its owner's entry, and the first ones with their task."""
        entry = self._entry
        unread = entry | {"others_seq": {"N": "2"}, "unread_since": entry["by_change"]}
        record, alarm, task = map(self._pattern, (self._record, self._of_case("ALARM"), self._of_case("TASK#")))
        read, news = self._pattern(entry), self._pattern(unread)
        for copy in range(load.cases):
            unique = f"{self._unique[:10]}{copy:016}"
            differs = {
                CASE: unique,
                OWNER: self._owner if copy < load.own else f"{self._owner[:10]}{copy // 10:016}",
                NUMBER: f"{self._case.number[:-6]}{copy + 2:06}",
                SHARD: due("", f"case_{unique}", self.made_at)["due"],
            }
            for pattern in (record, alarm, news if copy < UNREAD else read, *([task] if copy < load.tasks else [])):
                text = pattern
                for mark, value in differs.items():
                    text = text.replace(mark, value)
                yield text

    def _pattern(self, item: Typed) -> str:
        """An item as JSON, with marks in place of what differs."""
        sharded = {"due": {"S": f"{item['due']['S'].partition('#')[0]}{SHARD}"}} if "due" in item else {}
        text = json.dumps(item | sharded)
        return text.replace(self._unique, CASE).replace(self._owner, OWNER).replace(self._case.number, NUMBER)

    @cached_property
    def _record(self) -> Typed:
        return self._of_case("RECORD")

    @cached_property
    def _case(self) -> Case:
        return case_of(image(self._record))

    @cached_property
    def _unique(self) -> str:
        return self.case_id.removeprefix("case_")

    @cached_property
    def _owner(self) -> str:
        return self._case.owner_id.removeprefix("contact_")

    @cached_property
    def _entry(self) -> Typed:
        return next(item for item in self.items if item["sk"]["S"] == f"CASE#{self.case_id}")

    def _of_case(self, sort: str) -> Typed:
        pk = f"CASE#{self.case_id}"
        return next(item for item in self.items if item["pk"]["S"] == pk and item["sk"]["S"].startswith(sort))
