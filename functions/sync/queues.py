"""The pair of queues of an internal system, which belong to it alone: their names say to whom."""

from functions.settings import settings


def system_of(queue_arn: str) -> str:
    """Of `…:portico-<stage>-from-<system>.fifo`, and of the one `-to-` it."""
    queue = queue_arn.rpartition(":")[2].removeprefix(f"portico-{settings.stage}-")
    return queue.partition("-")[2].removesuffix(".fifo")
