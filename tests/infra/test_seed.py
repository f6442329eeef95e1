"""A catalogue is loaded from a file, by the rules of the API; loading it again changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import administrator, seed
from infra.administrator import Answer, Client, NotSignedIn
from infra.local import endpoints
from infra.local.endpoints import Endpoints
from infra.seed import Unreadable
from tests import acme
from tests.world import World


def test_the_demonstration_catalogue_loads(world: World) -> None:
    """Everything is added, and each record is shown as it is kept."""
    _, report = acme.load(world)
    assert report.done == {"added": 14}


def test_loading_again_changes_nothing(world: World) -> None:
    """The file can be loaded as often as one likes: every record is there, none is written."""
    ask, _ = acme.load(world)
    before = world.items()
    report = seed.load(seed.read(acme.FILE.read_text()), ask, lambda _: None)
    assert report.done == {"unchanged": 14}
    assert world.items() == before


def test_what_differs_is_changed(world: World) -> None:
    """A file that was edited changes what was edited, and that alone."""
    ask, _ = acme.load(world)
    edited = acme.FILE.read_text().replace("Globex}", "Globex Ltd}").replace("Bob Keller", "Robert Keller")
    report = seed.load(seed.read(edited), ask, lambda _: None)
    assert report.done == {"changed": 2, "unchanged": 12}


def test_what_is_refused_is_reported_and_the_rest_goes_on(world: World) -> None:
    """Each refused record is named with the reason, by field (A3)."""
    ask = acme.administrator(world, world.administrator())
    text = """
    departments: [{department_id: ops, account_id: none, name: Ops}]
    accounts: [{account_id: acme}, {account_id: globex, name: Globex}]
    contacts: [{email: admin@portico.example, name: A}]
    agreements: [{agreement_id: GOLD}]
    """
    lines: list[str] = []
    report = seed.load(seed.read(text), ask, lines.append)
    assert report.done == {"added": 1, "refused": 4}
    assert report.refused[:3] == [
        "accounts: acme: /name Field required",
        "departments: ops: /account_id is not known here",
        "contacts: admin@portico.example: This address belongs to somebody already.",
    ]
    assert lines[0] == "1 of 5: accounts, acme"


@pytest.mark.parametrize("text", ["[1, 2]", "robots: []", "accounts: {}", "accounts: [1]", "accounts: [{", "x"])
def test_what_is_no_catalogue_is_not_begun(text: str) -> None:
    """Unknown lists and other shapes are refused before anything is asked."""
    with pytest.raises(Unreadable):
        seed.read(text)


def test_a_catalogue_may_be_json_and_may_be_empty() -> None:
    """JSON is YAML, and moments of YAML become texts."""
    assert seed.read("") == {}
    assert seed.read('{"accounts": [{"account_id": "acme", "name": "Acme"}]}') == {
        "accounts": [{"account_id": "acme", "name": "Acme"}]
    }
    [agreement] = seed.read("agreements: [{valid_from: 2026-01-01T00:00:00Z}]")["agreements"]
    assert agreement == {"valid_from": "2026-01-01T00:00:00Z"}


def test_an_administrator_signs_in_by_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool asks for a PIN and enters it, and fails with what the portal says."""
    asked: list[tuple[str, Any]] = []

    def api(status: int) -> Callable[..., Answer]:
        def ask(_: object, method: str, path: str, body: Any) -> Answer:
            asked.append((path, body))
            if path.endswith("/verify"):
                return Answer(status, {"token": "t", "detail": "This is not the code that was sent."})
            return Answer(202, {"challenge_id": "chal_1"})

        return ask

    monkeypatch.setattr(Client, "__call__", api(200))
    client = Client("https://portal.example")
    client.sign_in("admin@portico.example", lambda: "12345678")
    assert client.token == "t"
    assert asked[1] == ("/v1/otp/challenges/chal_1/verify", {"code": "12345678"})
    monkeypatch.setattr(Client, "__call__", api(401))
    with pytest.raises(NotSignedIn, match="not the code"):
        client.sign_in("admin@portico.example", lambda: "87654321")


class FrontDoor:
    """The API as far as signing in goes; each session that begins gets the next number as its token."""

    def __init__(self) -> None:
        self.sessions: list[str] = []
        self.over: set[str] = set()
        self.roles = ["administrator"]

    def answer(self, client: Client, _method: str, path: str, _body: Any) -> Answer:
        if path == "/v1/me":
            known = client.token in self.sessions and client.token not in self.over
            return Answer(200, {"email": "i@x.example", "roles": self.roles}) if known else Answer(401, {})
        if path.endswith("/verify"):
            self.sessions.append(str(len(self.sessions) + 1))
            return Answer(200, {"token": self.sessions[-1]})
        return Answer(202, {"challenge_id": "chal_1"})


@pytest.fixture
def front_door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FrontDoor:
    door = FrontDoor()

    def ask(client: Client, method: str, path: str, body: Any) -> Answer:
        return door.answer(client, method, path, body)

    monkeypatch.delenv("PORTICO_TOKEN", raising=False)
    monkeypatch.setattr(Client, "__call__", ask)
    monkeypatch.setattr(administrator, "_pin_in_mailbox", lambda *_: lambda: "12345678")
    addresses = Endpoints(api="http://a", mailbox="http://m", aws_endpoint="http://e", region="r", queues={})
    endpoints.write(addresses, tmp_path)
    return door


def test_the_session_in_the_local_cloud_is_kept(front_door: FrontDoor, tmp_path: Path) -> None:
    """An address gets a PIN a minute and five an hour, so one session does for all commands, while it is good (A12)."""
    used = [
        administrator.client(email, None, tmp_path).token for email in ("i@x.example", "i@x.example", "j@x.example")
    ]
    assert used == ["1", "1", "2"]
    assert (tmp_path / "sessions.json").stat().st_mode & 0o777 == 0o600
    front_door.over = {"1"}
    assert administrator.client("i@x.example", None, tmp_path).token == "3"
    assert administrator.client("j@x.example", None, tmp_path).token == "2"


def test_who_is_no_administrator_is_told_before_anything_is_asked(front_door: FrontDoor, tmp_path: Path) -> None:
    """Once, and not per record (A12)."""
    front_door.roles = []
    with pytest.raises(NotSignedIn, match=r"i@x\.example is no administrator"):
        administrator.client("i@x.example", None, tmp_path)


def test_a_token_that_is_good_no_more_is_named(front_door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment, where it may have stood for long."""
    front_door.over = {"0"}
    monkeypatch.setenv("PORTICO_TOKEN", "0")
    with pytest.raises(NotSignedIn, match="PORTICO_TOKEN"):
        administrator.client("i@x.example", "http://a")
