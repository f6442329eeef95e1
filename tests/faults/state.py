"""What a world holds, written so that two runs can be compared: ids by their order, no times, no random numbers."""

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from functions.settings import settings
from tests.rewind import items_as, messages
from tests.world import SYSTEM, World

_ULID = re.compile(r"(?<=_)[0-7][0-9A-Z]{25}")
_TOKEN = re.compile(r"token-case_\w+-[\d-]+")
_MASKED = [
    (re.compile(pattern), with_)
    for pattern, with_ in (
        (r"\d{4}-\d\d-\d\dT\d\d(:\d\d:\d\d(\.\d+)?Z)?", "time"),
        (r"(SR|INC)-\d{4}-\d{6}", "number"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "uuid"),
        (r"SESSION#[0-9a-f]{64}", "SESSION"),
        (r"(contact|staff)_(\w+)\.[\w-]{43}", r"\1_\2.secret"),
        (r'(\\?"(?:salt|seal|link|head|digest)\\?": ?(?:{"S": )?\\?")[0-9a-f]+', r"\1random"),
        (r"-?\bPT[\dHMS.]+", "duration"),
        (r'"(EVENT|CASE|DEADLINE|UPLOAD|ERASURE)#\d"', r'"\1"'),  # the shard depends on a random id
        (r'"message_id": {"S": "[^"]*"}', '"message_id": "of SES"'),
        (r'"(expires|leased)": {"N": "\d+"}', r'"\1": "number"'),
        (r'"attempts": {"N": "\d+"}, ', ""),  # of the sweeper, so that it gives up some day
        (r"    [0-9A-Z]{8,13}\\n", "    PIN"),
        (r"backoffice\.\d+\.[\w-]{43}", "ticket"),
        (r"(policy|x-amz-signature|x-amz-date)\W+[\w+/=]+", r"\1"),  # of a form to post a file by
    )
]


def written(*parts: Any) -> str:
    """JSON with the ids named by their order (a ULID begins with its time), and what is random masked."""
    return _named(f"[{', '.join(map(_written, parts))}]")


def _named(text: str) -> str:
    for found, name in ((_ULID, "id"), (_TOKEN, "token")):
        names = {one: f"{name}{rank}" for rank, one in enumerate(sorted(set(found.findall(text))))}
        text = found.sub(lambda one, names=names: names[one[0]], text)  # type: ignore[misc]
    return text


def _written(part: Any) -> str:
    """Item by item, since most of a world is as it was a moment ago."""
    if isinstance(part, list):
        return f"[{', '.join(map(_written, part))}]"
    return _masked(json.dumps(part, sort_keys=True, default=str))


@lru_cache(maxsize=10_000)
def _masked(text: str) -> str:
    for pattern, with_ in _MASKED:
        text = pattern.sub(with_, text)
    return text


def everything(world: World, client: Any) -> str:
    """All that the future depends on: two worlds with the same text here go the same way."""
    rest = (
        [record["dynamodb"].get("NewImage") for record in world.stream_records(world.delivered)],
        {name: messages(world.queue_url(name)) for name in (f"to-{SYSTEM}", f"from-{SYSTEM}")},
        messages(settings.mail_queue_url),
        messages(world.queue_url("posted")),
        world.stored(),
        executions(world),
        sorted(sent(world).items()),
        world.clock_file.read_text() if world.clock_file.exists() else None,
        client,
    )
    return _named("\n".join([*items_as(_written), *map(_written, rest)]))


Item = dict[str, Any]


def end(world: World, answers: Any, compared: Callable[[Item], Item | None], *, late: bool) -> list[str]:
    """What must be the same however many faults there were, line by line; what left for people is counted by `sent`.

    An event carries the case as it was when it was told: in a world where events may be told `late`, that is left out.
    """
    items = [kept for item in sorted(world.items(), key=_key) if (kept := compared(item)) is not None]
    told = [_told(body, late=late) for _, body in messages(world.queue_url(f"to-{SYSTEM}"))]
    text = written(items, told, executions(world), world.stored(), answers)
    return json.dumps(json.loads(text), indent=1).splitlines()


def _told(body: str, *, late: bool) -> Any:
    event = json.loads(body)
    if late and "case" in event["data"]:
        del event["data"]["case"]
    return event


def executions(world: World) -> list[Any]:
    """How the workflows stand; not the way they came, on which a task may have been tried twice."""
    found = sorted(world.workflows.executions.values(), key=lambda execution: execution.name)
    return [(run.machine, run.name, run.status, run.state, run.token, run.data) for run in found]


QUARANTINES = (settings.quarantine_queue_url, settings.mail_quarantine_queue_url)


def sent(world: World) -> Counter[str]:
    """What left for people: mails, and what was put into quarantine for them to look at."""
    mails = [written(mail.to, mail.subject, mail.text) for mail in world.mailbox()]
    return Counter(mails + [written(body) for url in QUARANTINES for _, body in messages(url)])


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
