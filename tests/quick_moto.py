"""moto made quick: the same rules of DynamoDB and SQS run, with less around them.

moto spends most of its time on what no test here is about. Its transactions copy the whole table, to put it back where
they fail. It reads each call as a web server would, routes it by regular expressions, and picks the answer member by
member from a model. It asks each node of an expression, for each of ten checks, of which kinds it is. Calls that
Portico makes all the time go a shorter way; all others, and all errors, go moto's own. A signature is made only where
somebody reads it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.model import OperationModel, ServiceModel
from botocore.regions import EndpointRulesetResolver
from botocore.useragent import UserAgentString
from moto import backend_index
from moto.core import responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.exceptions import HTTPException, ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.dynamodb.models import DynamoDBBackend, DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.responses import DynamoHandler
from moto.sqs import models as sqs
from moto.sqs.responses import SQSResponse

REGION, ACCOUNT = "eu-west-1", "123456789012"
AWS = ".amazonaws.com"
"""Whoever calls somewhere else means the local cloud."""
JSON = "application/x-amz-json-1.0"
HANDLERS: dict[str, type[BaseResponse]] = {
    "DynamoDB_20120810.BatchGetItem": DynamoHandler,
    "DynamoDB_20120810.Query": DynamoHandler,
    "DynamoDB_20120810.TransactWriteItems": DynamoHandler,
    "DynamoDB_20120810.UpdateItem": DynamoHandler,
    "AmazonSQS.DeleteMessage": SQSResponse,
    "AmazonSQS.DeleteMessageBatch": SQSResponse,
    "AmazonSQS.ReceiveMessage": SQSResponse,
    "AmazonSQS.SendMessage": SQSResponse,
}
"""The calls whose answers moto has ready as JSON, by their `X-Amz-Target`."""

OURS = ("dynamodb", "s3", "secretsmanager", "ses", "sesv2", "sqs", "stepfunctions")
"""The services at which moto looks first for who answers at an address."""

_sign = SigV4Auth.add_auth
_by_moto = BotocoreStubber.process_request
_endpoint_by_rules = EndpointRulesetResolver.construct_endpoint
_update_by_moto = DynamoDBBackend.update_item
_traverse_by_moto = DepthFirstTraverser.traverse
_transact_by_moto = DynamoDBBackend.transact_write_items


@contextmanager
def quick_moto() -> Iterator[None]:
    patterns = backend_index.backend_url_patterns
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "process_request", _answer)
        patch.setattr(SigV4Auth, "add_auth", _name_region)
        patch.setattr(DynamoDBBackend, "transact_write_items", _transact)
        patch.setattr(DynamoDBBackend, "update_item", _update)
        patch.setattr(Table, "__deepcopy__", lambda table, _: table, raising=False)
        for module in (responses, sqs):
            patch.setattr(module, "camelcase_to_underscores", _underscored)
        patch.setattr(responses, "method_names_from_class", cache(responses.method_names_from_class))
        patch.setattr(UpdateExpressionParser, "make", cache(UpdateExpressionParser.make))
        patch.setattr(backend_index, "backend_url_patterns", sorted(patterns, key=lambda each: each[0] not in OURS))
        patch.setattr(validators, "deepcopy", _copied)
        patch.setattr(DepthFirstTraverser, "traverse", _traverse)
        patch.setattr(EndpointRulesetResolver, "construct_endpoint", _endpoint)
        patch.setattr(UserAgentString, "to_string", lambda _: "portico")
        yield


_underscored = cache(responses.camelcase_to_underscores)


def _name_region(auth: SigV4Auth, request: AWSRequest) -> None:
    """Write what moto reads of a signature; one that leaves Portico, in a link, is made as ever."""
    if type(auth) is not SigV4Auth:
        _sign(auth, request)
        return
    plain: Any = auth
    scope = f"test/20260101/{plain._region_name}/{plain._service_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"


@cache
def _of_service(resolver: EndpointRulesetResolver, model: ServiceModel) -> Any:
    return _endpoint_by_rules(resolver, model.operation_model(model.operation_names[0]), {}, {})


def _endpoint(resolver: EndpointRulesetResolver, operation_model: OperationModel, **asked: Any) -> Any:
    """Only S3 has several."""
    if operation_model.service_model.service_name == "s3":
        return _endpoint_by_rules(resolver, operation_model, **asked)
    return _of_service(resolver, operation_model.service_model)


def _copied(node: Any) -> Any:
    """A parsed expression whose nodes may be replaced."""
    if not isinstance(node, Node):
        return deepcopy(node)
    new = object.__new__(type(node))
    vars(new).update(vars(node))
    if node.children is not None:
        new.children = [_copied(child) if isinstance(child, Node) else child for child in node.children]
        for child in new.children:
            if isinstance(child, Node):
                child.parent = new
    return new


@cache
def _is_node(kind: Any) -> bool:
    return issubclass(kind, Node)


@cache
def _which(kind: Any, kinds: tuple[Any, ...]) -> Any:
    return next((each for each in kinds if issubclass(kind, each)), None)


def _traverse(traverser: Any, root: Any) -> Any:
    """Bottom up, as moto does it; but which step is for which kind of node is found out once."""
    steps = traverser._processing_map()
    kinds = tuple(steps)

    def walk(node: Any, place: int) -> Any:
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, number)
            kind: Any = type(child)
            if _is_node(kind):
                walk(child, number)
        kind = type(node)
        step = steps.get(_which(kind, kinds))
        if step:
            node = step(node)
            node.parent = parent
            if parent:
                parent.children[place] = node
        return node

    return walk(root, -1)


def _answer(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    sent: Any = request.headers  # bytes, whatever their type says
    target = sent.get("X-Amz-Target", b"").decode()
    if target not in HANDLERS or AWS not in str(request.url):
        return _by_moto(stubber, request)
    assert isinstance(request.body, (str, bytes))
    handler: Any = HANDLERS[target]()
    handler.region, handler.current_account = REGION, ACCOUNT
    handler.body = handler.params = json.loads(request.body)
    handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {}
    handler.headers = {"X-Amz-Target": target, "Content-Type": JSON}
    try:
        done = getattr(handler, _underscored(target.partition(".")[2]))()
    except ServiceException as error:
        return handler.serialized(ActionResult(error))
    except HTTPException as error:
        return error.code, dict(error.get_headers()), error.description
    return 200, {"Content-Type": JSON}, json.dumps(done.result or {})


def _update(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *how: Any, **others: Any) -> Any:
    """An item never changes: another one takes its place. So whoever holds one has a copy of it."""
    partition, sort_key = _place(backend.get_table(table_name), key)
    if sort_key in partition:
        partition[sort_key] = deepcopy(partition[sort_key])
    return _update_by_moto(backend, table_name, key, *how, **others)


def _transact(backend: DynamoDBBackend, writes: list[dict[str, Any]]) -> None:
    """A transaction that fails leaves the items that it names, and the stream, as they were; so it touches no other."""
    operations = [next(iter(write.values())) for write in writes]
    keys = [operation.get("Key") or operation["Item"] for operation in operations]
    tables = [backend.get_table(operation["TableName"]) for operation in operations]
    places = [_place(table, key) for table, key in zip(tables, keys, strict=True)]
    before = [partition.get(sort_key) for partition, sort_key in places]
    streams = [(table.stream_shard, len(table.stream_shard.items)) for table in tables]
    try:
        _transact_by_moto(backend, writes)
    except Exception:
        for (partition, sort_key), item in zip(places, before, strict=True):
            if item is None:
                partition.pop(sort_key, None)
            else:
                partition[sort_key] = item
        for stream, length in streams:
            del stream.items[length:]
        raise


def _place(table: Any, key: dict[str, Any]) -> tuple[dict[DynamoType, Any], DynamoType]:
    """Where the item stands, or would stand: its partition, and its sort key."""
    return table.items[DynamoType(key[table.hash_key_attr])], DynamoType(key[table.range_key_attr])
