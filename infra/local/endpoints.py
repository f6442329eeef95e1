"""The addresses of a running local cloud, in a file that any tool can read."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra import rest_api
from infra.local.cloud import REGION, client
from infra.stage import LOCAL, stage


class NotRunning(Exception):
    """There is no running local cloud: start it with `make run`."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    api: str
    """Without /v1: a client calls `api + "/v1/services"`."""
    mailbox: str
    """Answers every mail that was sent, oldest first, as JSON."""
    aws_endpoint: str
    region: str
    queues: dict[str, str]
    """The URL of each queue, by its name without stage: `to-backoffice`, `mail-dlq` ..."""


def of(aws_endpoint: str) -> Endpoints:
    """Ask the local cloud what has been deployed into it."""
    local = stage(LOCAL)
    api_id = rest_api.find(local, client("apigateway", aws_endpoint))
    pages = client("sqs", aws_endpoint).get_paginator("list_queues").paginate(QueueNamePrefix=f"{local.prefix}-")
    urls = [url for page in pages for url in page.get("QueueUrls", [])]
    return Endpoints(
        api=f"{aws_endpoint}/_aws/execute-api/{api_id}/api",
        mailbox=f"{aws_endpoint}/_portico/mailbox",
        aws_endpoint=aws_endpoint,
        region=REGION,
        queues={url.rpartition(f"/{local.prefix}-")[2].removesuffix(".fifo"): url for url in sorted(urls)},
    )


def write(endpoints: Endpoints, folder: Path) -> None:
    """At once or not at all, for whoever waits for the file."""
    part = folder / "endpoints.part"
    part.write_text(json.dumps(asdict(endpoints), indent=2) + "\n")
    part.replace(folder / "endpoints.json")


def read(folder: Path) -> Endpoints:
    try:
        return Endpoints(**json.loads((folder / "endpoints.json").read_text()))
    except FileNotFoundError:
        raise NotRunning("Portico does not run here. Start it with `make run`.") from None


def forget(folder: Path) -> None:
    (folder / "endpoints.json").unlink(missing_ok=True)
