"""The quick way through moto leads where moto's own way leads: a test of the tests."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser

from functions import aws
from functions.settings import settings
from functions.table import commit, put
from infra.local import cloud
from tests import quick_moto
from tests.rewind import Moment
from tests.world import World

TABLE = settings.table_name
ONE, TWO, NEW = ({"pk": {"S": "COUNTER#test"}, "sk": {"S": sk}} for sk in ("1", "2", "3"))
NAMED = {"TableName": TABLE, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
NEVER = {"ConditionExpression": "attribute_not_exists(pk)"}
ONES = {":one": {"N": "1"}}
ADD = {"UpdateExpression": "ADD leased :one", "ExpressionAttributeValues": ONES}
TRANSACTION = [
    {"Put": NAMED | {"Item": NEW | {"leased": {"N": "7"}}}},
    {"Update": NAMED | ADD | {"Key": ONE}},
    {"Put": NAMED | {"Item": TWO}},
]
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "read": lambda table, _: table.batch_get_item(RequestItems={TABLE: {"Keys": [ONE, TWO, NEW]}}),
    "query": lambda table, _: table.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={":pk": ONE["pk"], ":low": {"S": "1"}, ":high": {"S": "3"}},
        Limit=1,
    ),
    "update": lambda table, _: table.update_item(TableName=TABLE, Key=ONE, ReturnValues="ALL_NEW", **ADD),
    "make by an update": lambda table, _: table.update_item(TableName=TABLE, Key=NEW, ReturnValues="ALL_NEW", **ADD),
    "update much": lambda table, _: table.update_item(
        TableName=TABLE,
        Key=ONE,
        UpdateExpression="SET leased = leased + :one, #name = if_not_exists(nested.wide, nested) REMOVE nested.deeply "
        "ADD surplus :one",
        ExpressionAttributeNames={"#name": "name"},
        ExpressionAttributeValues=ONES,
        ReturnValues="ALL_NEW",
    ),
    "update twice": lambda table, _: table.update_item(
        TableName=TABLE, Key=ONE, UpdateExpression="SET leased = :one ADD leased :one", ExpressionAttributeValues=ONES
    ),
    "update a key": lambda table, _: table.update_item(
        TableName=TABLE, Key=ONE, UpdateExpression="SET sk = :one", ExpressionAttributeValues=ONES
    ),
    "update what is not there": lambda table, _: table.update_item(
        TableName=TABLE, Key=ONE, UpdateExpression="SET leased = lacking + :one", ExpressionAttributeValues=ONES
    ),
    "refused update": lambda table, _: table.update_item(**NAMED, **ADD, **NEVER, Key=ONE, ReturnValues="ALL_NEW"),
    "invalid update": lambda table, _: table.update_item(TableName=TABLE, Key=ONE, UpdateExpression="ADD :one"),
    "transaction": lambda table, _: table.transact_write_items(TransactItems=TRANSACTION),
    "refused transaction": lambda table, _: table.transact_write_items(
        TransactItems=[*TRANSACTION[:2], {"Put": NAMED | NEVER | {"Item": TWO}}]
    ),
    "invalid transaction": lambda table, _: table.transact_write_items(TransactItems=TRANSACTION + TRANSACTION),
    "send": lambda _, queues: queues.send_message(QueueUrl=settings.mail_queue_url, MessageBody="{}"),
    "receive": lambda _, queues: received(queues, settings.mail_queue_url),
    "send to nobody": lambda _, queues: queues.send_message(
        QueueUrl=f"{settings.mail_queue_url}-that-is-not-there", MessageBody="{}"
    ),
}


def received(queues: Any, url: str) -> Any:
    """What comes out of a queue, with all that is told of it but ids and times; and nothing once it is deleted."""
    for _ in range(2):
        queues.send_message(QueueUrl=url, MessageBody="{}")
    answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    taken = answer["Messages"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=taken[0]["ReceiptHandle"])
    done = queues.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": taken[1]["ReceiptHandle"]}])
    assert "Messages" not in queues.receive_message(QueueUrl=url)
    told = [{name: type(value) for name, value in message["Attributes"].items()} for message in taken]
    return {
        "ResponseMetadata": answer["ResponseMetadata"],
        "messages": [{name: type(value) for name, value in message.items()} for message in taken],
        "told": told,
        "done": done["Successful"],
    }


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_quick_way_leads_where_moto_leads(
    world: World, monkeypatch: pytest.MonkeyPatch, call: Callable[[Any, Any], Any]
) -> None:
    """The same answer or error, the same items in the same order, and the same in the stream; and it is taken."""
    for key in (ONE, TWO):
        commit(put((key["pk"]["S"], key["sk"]["S"]), {"leased": 1, "nested": {"deeply": {"leased": 1}}}))
    before = Moment.of(world)
    with monkeypatch.context() as only:
        only.setattr(quick_moto, "_by_moto", None)
        quick = outcome(world, call)
    before.restore(world)
    monkeypatch.setattr(BotocoreStubber, "process_request", quick_moto._by_moto)
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", quick_moto._transact_by_moto)
    monkeypatch.setattr(DynamoDBBackend, "update_item", quick_moto._update_by_moto)
    monkeypatch.setattr(DepthFirstTraverser, "traverse", quick_moto._traverse_by_moto)
    monkeypatch.setattr(validators, "deepcopy", deepcopy)
    monkeypatch.delattr(Table, "__deepcopy__")
    assert quick == outcome(world, call)


def outcome(world: World, call: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    """Without what is different in every answer."""
    try:
        answer = call(aws.client("dynamodb"), aws.client("sqs"))
    except ClientError as error:
        answer = {"raised": type(error).__name__, **error.response}
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    answer.pop("MessageId", None)
    images = [(record["eventName"], record["dynamodb"]["NewImage"]) for record in world.stream_records()]
    return status, answer, world.items(), images


@pytest.mark.parametrize("name", ["refused transaction", "invalid transaction"])
def test_a_transaction_that_fails_leaves_everything_as_it_was(world: World, name: str) -> None:
    """Also what the writes before the refused one had already done to items that were there, or made."""
    for key in (ONE, TWO):
        commit(put((key["pk"]["S"], key["sk"]["S"]), {"leased": 1}))
    before = world.items(), world.stream_records()
    with pytest.raises(ClientError):
        CALLS[name](aws.client("dynamodb"), aws.client("sqs"))
    assert (world.items(), world.stream_records()) == before


def test_what_is_meant_for_the_local_cloud_goes_there(world: World) -> None:
    """Tests that use a running Portico may come after others in the same process."""
    nobody = f"http://127.0.0.1:{cloud.free_port()}"
    with pytest.raises(EndpointConnectionError):
        cloud.client("sqs", nobody).send_message(QueueUrl=f"{nobody}/000000000000/portico-local-mail", MessageBody="{}")
