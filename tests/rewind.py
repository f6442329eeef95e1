"""Going back to an earlier moment of a world: far faster than building it again, and every item keeps its id."""

from collections import defaultdict
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from moto.backends import get_backend
from moto.dynamodb.models.utilities import dynamo_to_dict

from functions.cases import numbers, services
from functions.settings import Settings, settings
from tests.quick_moto import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.world import World

DEPLOYED: tuple[Literal["dynamodb", "sqs", "ses", "sesv2", "secretsmanager"], ...] = (
    "dynamodb",
    "sqs",
    "ses",
    "sesv2",
    "secretsmanager",
)


@dataclass(frozen=True)
class Moment:
    """Everything that a world holds, except what a process keeps in memory."""

    items: Any
    untold: list[Any]
    """Records of the stream that were not delivered yet."""
    queues: dict[str, list[Any]]
    sent: list[Any]
    executions: dict[str, Any]
    stored: dict[str, bytes]
    clock: str | None

    @classmethod
    def of(cls, world: "World") -> Self:
        table = _table()
        return cls(
            items=_partitions(table.items),
            untold=table.stream_shard.items[world.delivered :],
            queues={name: deepcopy(queue._messages) for name, queue in _queues().items()},
            sent=list(_mails()),
            executions=deepcopy(world.workflows.executions),
            stored=world.stored(),
            clock=world.clock_file.read_text() if world.clock_file.exists() else None,
        )

    def restore(self, world: "World") -> None:
        table = _table()
        table.items, table.stream_shard.items = _partitions(self.items), list(self.untold)
        for name, queue in _queues().items():
            queue._messages, queue._pending_messages = deepcopy(self.queues.get(name, [])), set()
            queue.deleted_messages = set()
        _mails()[:] = self.sent
        world.workflows.executions = deepcopy(self.executions)
        world.store(self.stored)
        world.delivered, world.told, world.way = 0, [], None
        if self.clock is None:
            world.clock_file.unlink(missing_ok=True)
        else:
            world.clock_file.write_text(self.clock)


@dataclass(frozen=True)
class Played:
    """A scene that was played in a world, with what the process kept in memory of it."""

    outcome: Any
    """What the scene has returned."""
    moment: Moment
    stream: list[Any]
    delivered: int
    told: list[dict[str, Any]]
    settings: Settings
    leases: dict[str, list[int]]

    @classmethod
    def of(cls, world: "World", outcome: Any) -> Self:
        stream, told = list(_table().stream_shard.items), list(world.told)
        leases = deepcopy(numbers._leases)
        return cls(outcome, Moment.of(world), stream, world.delivered, told, replace(settings), leases)

    def restore(self, world: "World") -> None:
        self.moment.restore(world)
        _table().stream_shard.items, world.delivered, world.told = list(self.stream), self.delivered, list(self.told)
        for each in fields(settings):
            object.__setattr__(settings, each.name, getattr(self.settings, each.name))
        numbers._leases.clear()
        numbers._leases.update(deepcopy(self.leases))


def footprint(world: "World") -> tuple[Any, ...]:
    """What is another one as soon as anything has happened in a world, or its clock was moved."""
    table = _table()
    return (
        len(table.stream_shard.items),
        sum(map(len, table.items.values())),
        world.delivered,
        sum(len(queue._messages) for queue in _queues().values()),
        len(_mails()),
        len(world.told),
        len(world.workflows.executions),
        sorted(world.stored()),
        replace(settings),
        world.clock_file.exists(),
        world.workflows.invoke,
        world.deliver,
        services._catalogue,
    )


class Deployed:
    """What was deployed; a test may add to it, or take something away."""

    def __init__(self) -> None:
        backends: list[Any] = [get_backend(service)[ACCOUNT][REGION] for service in DEPLOYED]
        self._had = [(backend, name, copy(had)) for backend in backends for name, had in _collections(backend)]

    def restore(self) -> None:
        for backend, name, had in self._had:
            setattr(backend, name, copy(had))


def _collections(backend: Any) -> list[tuple[str, Any]]:
    """The tables, queues, secrets and so on of a service."""
    return [(name, value) for name, value in vars(backend).items() if isinstance(value, dict | list | set)]


def has_events(world: "World") -> bool:
    """Whether the stream has something that was not delivered."""
    return len(_table().stream_shard.items) > world.delivered


def items_as(text: Callable[[Any], str]) -> list[str]:
    """Each item of the table in that way, by its keys; made once of each."""
    found = [item for partition in _table().items.values() for item in partition.values()]
    for item in found:
        if not hasattr(item, "text"):
            item.text = text(dynamo_to_dict(item.attrs))
    return [item.text for item in sorted(found, key=lambda item: (item.hash_key.value, item.range_key.value))]


def messages(url: str) -> list[tuple[str, str]]:
    """What waits in a queue, in order: group and body."""
    return [(message.group_id or "", message.body) for message in _queues()[url.rpartition("/")[2]]._messages]


def _partitions(items: Any) -> Any:
    """The same items, since none ever changes (`quick_moto`)."""
    return defaultdict(dict, {pk: dict(partition) for pk, partition in items.items()})


def _table() -> Any:
    return get_backend("dynamodb")[ACCOUNT][REGION].tables[settings.table_name]


def _queues() -> dict[str, Any]:
    queues: dict[str, Any] = get_backend("sqs")[ACCOUNT][REGION].queues
    return queues


def _mails() -> list[Any]:
    mails: list[Any] = get_backend("ses")[ACCOUNT][REGION].sent_messages
    return mails
