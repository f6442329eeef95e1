"""Fills a table of the engine, as fast as it takes items."""

import http.client
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock
from urllib.parse import urlsplit

import boto3
from tqdm import tqdm

from tests.world import table_definition

BATCH = 25
"""The most that one BatchWriteItem takes."""
WRITERS = 3
SIGNED_BY_NOBODY = (
    "AWS4-HMAC-SHA256 Credential=any/20260101/any/dynamodb/aws4_request, SignedHeaders=host, Signature=any"
)
"""The engine checks no signature; and botocore would take longer over an item than the engine itself."""
HEADERS = {
    "Authorization": SIGNED_BY_NOBODY,
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
}


def create(url: str, table: str) -> None:
    """The table as the stack makes it, but for its stream, which nobody reads here."""
    boto3.client("dynamodb", endpoint_url=url).create_table(TableName=table, **table_definition())


def fill(url: str, table: str, items: Iterator[str], total: int) -> int:
    """Write that many items, each in DynamoDB's JSON; return how many bytes they had."""
    told_every = 0.5 if sys.stderr.isatty() else 30
    size, lock = 0, Lock()

    def write() -> None:
        nonlocal size
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while True:
            with lock:
                batch = list(islice(items, BATCH))
                size += sum(map(len, batch))
                bar.update(len(batch))
            if not batch:
                return
            _put(connection, table, batch)

    bar = tqdm(total=total, desc=f"filling {table}", unit=" items", unit_scale=True, mininterval=told_every)
    with bar, ThreadPoolExecutor(WRITERS) as writers:
        for done in [writers.submit(write) for _ in range(WRITERS)]:
            done.result()
    return size


def _put(connection: http.client.HTTPConnection, table: str, batch: list[str]) -> None:
    puts = ",".join(f'{{"PutRequest":{{"Item":{item}}}}}' for item in batch)
    connection.request("POST", "/", f'{{"RequestItems":{{"{table}":[{puts}]}}}}', HEADERS)
    response = connection.getresponse()
    answer = response.read().decode()
    if response.status != http.client.OK or json.loads(answer)["UnprocessedItems"]:
        raise RuntimeError(answer)
