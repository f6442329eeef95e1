"""AWS as recorded: the answers of one request, again and again, in place of the network."""

from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.httpsession import URLLib3Session

Calls = list[dict[str, Any]]


class Raw:
    """What urllib3 would give."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body


class Wire:
    """Answers calls to AWS in the order in which they were recorded, over and over."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.sent = 0

    def install(self) -> None:
        def send(_: URLLib3Session, request: Any) -> AWSResponse:
            return self.send(request)

        URLLib3Session.send = send  # type: ignore[method-assign, assignment]

    def answer_with(self, calls: Calls) -> None:
        self.answers = [(call["status"], call["headers"], call["body"].encode()) for call in calls]
        self.sent = 0

    def send(self, request: Any) -> AWSResponse:
        status, headers, body = self.answers[self.sent % len(self.answers)]
        self.sent += 1
        return AWSResponse(request.url, status, HeadersDict(headers), Raw(body))  # type: ignore[arg-type]
