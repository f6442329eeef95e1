"""The one table: reads, and the one way to write.

An item is its keys, what conditions and indexes read, and `data`: everything else as one JSON text, which costs a
fraction of DynamoDB's typed JSON to read and keeps numbers exact. `schema` numbers the shape of `data`.

| what | pk | sk | further attributes |
| --- | --- | --- | --- |
| case, with its open tasks | CASE#<case> | RECORD | version; due, due_at while a workflow should be running |
| event that customers see | CASE#<case> | EVENT#<seq> | type, link, salt or seal; due, due_at until told; given_up_at |
| message that customers see | CASE#<case> | MESSAGE#<seq> | as above; undelivered until a webhook or mail is sent |
| event or message for the inside only | CASE#<case> | INTERNAL#<seq> | as above |
| alarm of a case's deadlines and closing | CASE#<case> | ALARM | due, due_at while something will come due |
| task, with its token | CASE#<case> | TASK#<task> | task_token; work_of, work_due while open |
| file of a case | CASE#<case> | ATTACHMENT#<upload> | |
| case number | NUMBER#<number> | RECORD | case_id |
| leased numbers | COUNTER#<template> | RECORD | leased |
| calendar | CALENDAR#<calendar> | RECORD | version |
| calendar as it was kept, version by version | CALENDAR#<calendar> | VERSION#<version> | version |
| person (contact, staff member) | PERSON#<person> | RECORD | version, login, sessions_valid_from, signed_in, erasure |
| contact in the list of contacts | RECORDS#contact | <person> | |
| account, department, configuration item, agreement | RECORDS#<kind> | <id> | version, changed_at, changed_by |
| every version of those, and of people | HISTORY#<kind>#<id> | <version> | as above |
| what was agreed with one party, or by default | PARTY#<kind>#<id> | AGREEMENTS | agreement:<id>, agreements |
| session | PERSON#<person> | SESSION#<sha-256> | expires |
| case in one's list | PERSON#<person> | CASE#<case> | by_change, others_seq, read_seq, shared_until; unread_since |
| case in which one has or had a part, or once owned | PERSON#<person> | PART#<case> | first_seq, owned_seq, mail_seq |
| what a person has used of the budget of a day | PERSON#<person> | USED#<budget> | version, expires |
| case in the list of an account | ORGANISATION#<account> | CASE#<case> | by_change |
| e-mail address, its challenges and budget | ADDRESS#<hmac> | RECORD | version, person_id, challenges |
| challenge that was issued | ADDRESS#<hmac> | CHALLENGE#<challenge> | type; due, due_at until told |
| budget of an IP address | IP#<hmac> | RECORD | version, expires |
| failures of all, by quarter of an hour | FAILURES#<start>#<shard> | RECORD | failures, expires |
| request that was obeyed | OBEYED#<caller> | <route and key> | expires |
| answer to a command without a case | SYSTEM#<system> | REPLY#<command> | type, expires; due, due_at until told |
| mail of a PIN, claimed and sent | MAIL#<mail> | RECORD | claimed_at, sent_at, message_id, expires |
| mail about a case | CASE#<case> | MAIL#<seq>#<template>#<person> | as above; suppressed_at where it is not sent |
| mails of a case within the hour | CASE#<case> | MAILS | version, expires |
| erasure of a person, in the end its receipt | ERASURE#<receipt> | RECORD | version; due, due_at while it runs |
| upload | UPLOAD#<upload> | RECORD | version; due, due_at until attached |

`by_change`, and `unread_since` while it is unread, are `<list>#<time>#<case>` with `mine`, `shared` or `organisation`.

| index | keys | serves |
| --- | --- | --- |
| by_change (local, so strongly consistent) | pk, by_change | cases in a list, newest change first |
| unread (local) | pk, unread_since | those that are unread |
| work (may lag) | work_of, work_due | open tasks of a team, oldest due first |
| due (may lag) | due, due_at | untold events, workflows, deadlines and closings, old uploads, erasures; sharded |
"""

import random
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from functions.aws import client
from functions.moment import stamp
from functions.settings import settings

SCHEMA = 1
PK_LIMIT, SK_LIMIT = 2048, 1024
"""Bytes of UTF-8 (DynamoDB)."""
DUE_SHARDS = 8
TELL_GRACE = timedelta(minutes=2)
"""How long the stream has before the sweeper takes an event over."""
ATTEMPTS = 6
"""How often a change is applied anew when another writer was first."""

T = TypeVar("T")
Key = tuple[str, str]
Item = dict[str, Any]


class WriteConflict(Exception):
    """Another writer was first; read again and decide again."""


@dataclass(frozen=True, slots=True)
class Write:
    """One part of a transaction, and what to raise where its own condition does not hold."""

    request: dict[str, Any]
    refused: Callable[[Item | None], Exception] = lambda _: WriteConflict()
    """Makes the exception from the item that is there, if any."""


def put(
    key: Key,
    item: Item,
    *,
    condition: str | None = None,
    values: Item | None = None,
    refused: Callable[[Item | None], Exception] | None = None,
) -> Write:
    """Write a whole item; `condition` may use `values` as `:name`."""
    request = {
        "TableName": settings.table_name,
        "Item": _typed({"pk": key[0], "sk": key[1], "schema": SCHEMA, **item}),
    }
    return _write("Put", request, condition, values, {}, refused)


def versioned(
    key: Key, item: Item, version: int, *, refused: Callable[[Item | None], Exception] | None = None
) -> Write:
    """Write that version of an item: the first where there is none yet, a later one where the one before it stands."""
    whole = {**item, "version": version}
    if version == 1:
        return put(key, whole, condition="attribute_not_exists(pk)", refused=refused)
    return put(key, whole, condition="version = :before", values={"before": version - 1}, refused=refused)


def update(
    key: Key,
    expression: str,
    values: Item | None = None,
    *,
    names: Mapping[str, str] | None = None,
    condition: str | None = None,
    refused: Callable[[Item | None], Exception] | None = None,
) -> Write:
    """Change some attributes of an item, which is made where it is missing."""
    request = {"TableName": settings.table_name, "Key": _key(key), "UpdateExpression": expression}
    return _write("Update", request, condition, values, names or {}, refused)


def remove(key: Key) -> Write:
    """Take an item away, where there is one."""
    return Write({"Delete": {"TableName": settings.table_name, "Key": _key(key)}})


def check(key: Key, condition: str, *, refused: Callable[[Item | None], Exception] | None = None) -> Write:
    """Write nothing, but hold the transaction to the condition."""
    request = {"TableName": settings.table_name, "Key": _key(key)}
    return _write("ConditionCheck", request, condition, None, {}, refused)


def commit(*writes: Write) -> None:
    """All or nothing. Raise what the first refused write says; `WriteConflict` where another writer was first."""
    database = client("dynamodb")
    try:
        database.transact_write_items(TransactItems=[write.request for write in writes])
    except database.exceptions.TransactionCanceledException as error:
        reasons = error.response["CancellationReasons"]
        for write, reason in zip(writes, reasons, strict=True):
            if reason["Code"] == "ConditionalCheckFailed":
                raise write.refused(_plain(reason["Item"]) if reason.get("Item") else None) from error
        if any(reason["Code"] == "TransactionConflict" for reason in reasons):
            raise WriteConflict from error
        raise


def apply(write: Write) -> Item:
    """Do one update by itself and return the whole item as it is then.

    Raise what the write says where it is refused; `WriteConflict` where a transaction is at the same item.
    """
    database = client("dynamodb")
    try:
        answer = database.update_item(**write.request["Update"], ReturnValues="ALL_NEW")
    except database.exceptions.TransactionConflictException as error:
        raise WriteConflict from error
    except database.exceptions.ConditionalCheckFailedException as error:
        found = error.response.get("Item")
        raise write.refused(_plain(found) if found else None) from error
    return _plain(answer["Attributes"])


def until_first(attempt: Callable[[], T]) -> T:
    """Run `attempt`, which reads and then commits, until no other writer comes between; a few times, with jitter."""
    for tried in range(ATTEMPTS - 1):
        try:
            return attempt()
        except WriteConflict:
            time.sleep(random.uniform(0, 0.02 * 2**tried))  # noqa: S311 (jitter, no secret)
    return attempt()


def anew(first: T, again: Callable[[], T]) -> Callable[[], T]:
    """What was read already, for the first attempt; for each further one what `again` reads."""
    unused = [first]
    return lambda: unused.pop() if unused else again()


def read(*keys: Key) -> dict[Key, Item]:
    """The items that exist under these keys (at most 100), strongly consistent, in one call."""
    table, found = settings.table_name, {}
    possible = [_key(key) for key in dict.fromkeys(keys) if _is_possible(key)]
    wanted: dict[str, Any] = {table: {"Keys": possible, "ConsistentRead": True}} if possible else {}
    while wanted:
        answer = client("dynamodb").batch_get_item(RequestItems=wanted)
        for typed in answer["Responses"].get(table, ()):
            item = _plain(typed)
            found[item["pk"], item["sk"]] = item
        wanted = answer.get("UnprocessedKeys") or {}
    return found


@dataclass(frozen=True, slots=True)
class Page:
    items: list[Item]
    last: Key | None
    """Sort keys of the last item, in the table and in the index, where more may follow."""


def query(
    pk: str,
    *,
    between: tuple[str, str],
    limit: int,
    newest_first: bool = False,
    index: str | None = None,
    after: Key | None = None,
) -> Page:
    """One page of a partition, strongly consistent; `between` bounds the sort key of the table, or of a local index."""
    if not _is_possible((pk, between[1])):
        return Page(items=[], last=None)
    sort = index or "sk"
    request: dict[str, Any] = {
        "TableName": settings.table_name,
        "KeyConditionExpression": "pk = :pk AND #sort BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#sort": _SORT_KEYS.get(sort, sort)},
        "ExpressionAttributeValues": _typed({":pk": pk, ":low": between[0], ":high": between[1]}),
        "ScanIndexForward": not newest_first,
        "Limit": limit,
        "ConsistentRead": True,
    }
    if index:
        request["IndexName"] = index
    if after:
        start = {"pk": pk, "sk": after[0]} | ({_SORT_KEYS.get(sort, sort): after[1]} if index else {})
        request["ExclusiveStartKey"] = _typed(start)
    answer = client("dynamodb").query(**request)
    last = answer.get("LastEvaluatedKey")
    plain = _plain(last) if last else None
    return Page(
        items=[_plain(item) for item in answer["Items"]],
        last=(plain["sk"], plain.get(_SORT_KEYS.get(sort, sort), "")) if plain else None,
    )


def query_all(pk: str, *, between: tuple[str, str]) -> Iterator[Item]:
    """All of a part of a partition, page by page."""
    after: Key | None = None
    while True:
        page = query(pk, between=between, limit=100, after=after)
        yield from page.items
        if page.last is None:
            return
        after = page.last


def query_index(
    index: str, of: str, *, up_to: str, limit: int, after: Item | None = None
) -> tuple[list[Item], Item | None]:
    """A page of the `work` or the `due` index, which may lag, lowest sort key first; and where the next one starts."""
    partition, sort = _INDEX_KEYS[index]
    request: dict[str, Any] = {
        "TableName": settings.table_name,
        "IndexName": index,
        "KeyConditionExpression": "#of = :of AND #sort <= :up_to",
        "ExpressionAttributeNames": {"#of": partition, "#sort": sort},
        "ExpressionAttributeValues": _typed({":of": of, ":up_to": up_to}),
        "Limit": limit,
    }
    if after:
        request["ExclusiveStartKey"] = _typed(after)
    answer = client("dynamodb").query(**request)
    last = answer.get("LastEvaluatedKey")
    return [_plain(item) for item in answer["Items"]], _plain(last) if last else None


def due(kind: str, identity: str, moment: datetime) -> Item:
    """The attributes that put an item on the sweeper's list at that moment, spread over shards by `identity`."""
    return {"due": f"{kind}#{zlib.crc32(identity.encode()) % DUE_SHARDS}", "due_at": f"{stamp(moment)}#{identity}"}


def untold(identity: str, now: datetime) -> Item:
    """What makes an item an event that must be told: the stream does at once, or else the sweeper."""
    return due("EVENT", identity, now + TELL_GRACE)


def image(typed: Mapping[str, Any]) -> Item:
    """An item as a stream record carries it."""
    return _plain(typed)


_SORT_KEYS = {"unread": "unread_since"}
_INDEX_KEYS = {"work": ("work_of", "work_due"), "due": ("due", "due_at")}


def _write(
    kind: str,
    request: dict[str, Any],
    condition: str | None,
    values: Item | None,
    names: Mapping[str, str],
    refused: Callable[[Item | None], Exception] | None,
) -> Write:
    if condition:
        request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if values:
        request["ExpressionAttributeValues"] = _typed({f":{name}": value for name, value in values.items()})
    if names:
        request["ExpressionAttributeNames"] = dict(names)
    return Write({kind: request}, refused) if refused else Write({kind: request})


def _is_possible(key: Key) -> bool:
    """Whether an item can have such a key. Ids come from outside, and DynamoDB refuses to look for longer ones."""
    return len(key[0].encode()) <= PK_LIMIT and len(key[1].encode()) <= SK_LIMIT


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _typed(item: Item) -> dict[str, Any]:
    return {name: _typed_value(value) for name, value in item.items()}


def _typed_value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"M": _typed(value)}


def _plain(typed: Mapping[str, Any]) -> Item:
    return {name: _plain_value(value) for name, value in typed.items()}


def _plain_value(typed: Mapping[str, Any]) -> Any:
    if "S" in typed:
        return typed["S"]
    if "N" in typed:
        return int(typed["N"])
    return _plain(typed["M"])
