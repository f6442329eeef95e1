"""Who knocks in the tests of authorisation: one customer with two cases, and everybody who might want to see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from functions.clock import now
from functions.moment import stamp
from functions.people.repository import get_by_email
from tests.cases.sharing import shared
from tests.gateway import Answer
from tests.office import UK_OFFICE
from tests.rewind import Moment
from tests.uploads.files import sent
from tests.world import World

ANA, EVE = "ana@example.org", "eve@example.org"
SECRET = "The key lies under the third flower pot."
UNKNOWN = {
    "case": "case_01JD0000000000000000000000",
    "task": "task_01JD0000000000000000000000_5",
    "upload": "att_01JD0000000000000000000000",
    "participant": "part_01JD0000000000000000000000_5",
    "attachment": "att_01JD0000000000000000000001",
    "message": "msg_01JD0000000000000000000000_2",
}
KEY = {"Idempotency-Key": "key-of-this-request"}
FORMER = "participant whose time is over"
SHARED = {
    "delegate": ("dee@example.org", "delegate"),
    "participant": ("pia@example.org", "participant"),
    "viewer": ("vic@example.org", "viewer"),
    FORMER: ("xena@example.org", "participant"),
}
"""With whom the cases are shared, and in which role."""


@dataclass(frozen=True)
class Scene:
    """Ana has an open case with a task of the team `customer-relations`, and one that is resolved.

    She has sent two files, one of which is attached to the open case.
    """

    world: World
    moment: Moment
    tokens: Mapping[str, str | None]
    ids: Mapping[str, str]

    @classmethod
    def of(cls, world: World, *, is_shared: bool = False) -> "Scene":
        """`is_shared`: both cases, in every way, and with who reads the cases of Ana's organisation."""
        world.reset()
        tokens: dict[str, str | None] = {
            "anonymous": None,
            "somebody with a made-up token": "contact_01JD0000000000000000000000.c2VjcmV0",
            "owner": world.sign_in(ANA, ip="203.0.113.1"),
            "other customer": world.sign_in(EVE, ip="203.0.113.2"),
            "staff of the team": world.staff("customer-relations"),
            "staff of another team": world.staff("noc"),
            "administrator": world.administrator(),
        }
        tokens |= dict.fromkeys(("owner, switched off", "owner, signed out", "owner, a day later"), tokens["owner"])
        world.gateway("PUT", "/v1/admin/calendars/uk-office", UK_OFFICE, token=tokens["administrator"])
        if is_shared:
            tokens |= {who: world.sign_in(email) for who, (email, _) in SHARED.items()}
            tokens["organisation reader"] = world.sign_in("ola@example.org")
            cls._organisation(world, tokens, tokens["organisation reader"] or "")
        ids = {"resolved": cls._case(world, tokens, "key-1")}
        cls._complete(world, tokens, ids["resolved"])
        ids["case"] = cls._case(world, tokens, "key-2")
        ids["task"] = cls._task(world, tokens, ids["case"])
        if is_shared:
            ids |= cls._shared(world, tokens["owner"] or "", [ids["resolved"], ids["case"]])
        ids["upload"], ids["attachment"] = (sent(world, tokens["owner"] or "") for _ in range(2))
        posted = world.gateway(
            "POST",
            f"/v1/cases/{ids['case']}/messages",
            {"text": "Here.", "attachments": [ids["attachment"]]},
            token=tokens["owner"],
        )
        ids["message"] = posted.json["message_id"]
        return cls(world, Moment.of(world), tokens, ids)

    def ask(self, who: str, method: str, url: str, body: Any = None, ids: Mapping[str, str] | None = None) -> Answer:
        """As that identity, in the world as it was."""
        self.become(who)
        return self.request(who, method, url, body, ids)

    def become(self, who: str) -> None:
        """The world as it was, and what has happened to that identity since."""
        self.moment.restore(self.world)
        if who in CHANGES:
            CHANGES[who](self.world, self.tokens[who] or "")

    def request(self, who: str, method: str, url: str, body: Any, ids: Mapping[str, str] | None = None) -> Answer:
        headers = KEY if method in ("POST", "PUT") else {}
        return self.world.gateway(
            method, url.format(**(ids or self.ids)), body, token=self.tokens[who], headers=headers
        )

    @staticmethod
    def _organisation(world: World, tokens: Mapping[str, str | None], reader: str) -> None:
        """Ana and the reader belong to Acme, of which the reader reads everything."""
        admin, acme = tokens["administrator"], {"account_id": "acme", "name": "Acme"}
        world.gateway("POST", "/v1/admin/accounts", acme, token=admin, headers={"Idempotency-Key": "acme"})
        for token, roles in ((tokens["owner"] or "", []), (reader, ["organisation_reader"])):
            url = f"/v1/admin/contacts/{token.partition('.')[0]}"
            said = {"name": "Somebody", "account_id": "acme", "roles": roles}
            assert world.gateway("PUT", url, said, token=admin).status == HTTPStatus.OK

    @staticmethod
    def _shared(world: World, owner: str, case_ids: list[str]) -> dict[str, str]:
        """Each case with everybody of `SHARED`; the ids of who takes part in the last of them."""
        parts = {}
        for case_id in case_ids:
            for who, (email, role) in SHARED.items():
                until = {"until": stamp(now() + timedelta(seconds=1))} if who == FORMER else {}
                parts[who] = shared(world, owner, case_id, email, role, **until)
        world.move_clock(timedelta(seconds=2))
        world.settle()
        return parts

    @staticmethod
    def _case(world: World, tokens: Mapping[str, str | None], key: str) -> str:
        created = world.create(tokens["owner"] or "", key=key, MESSAGE=SECRET)
        world.settle()
        return str(created.json["case_id"])

    @staticmethod
    def _task(world: World, tokens: Mapping[str, str | None], case_id: str) -> str:
        tasks = world.gateway("GET", "/v1/tasks", token=tokens["staff of the team"]).json["data"]
        return next(str(task["task_id"]) for task in tasks if task["case_id"] == case_id)

    @classmethod
    def _complete(cls, world: World, tokens: Mapping[str, str | None], case_id: str) -> None:
        url = f"/v1/tasks/{cls._task(world, tokens, case_id)}/complete"
        done = world.gateway("POST", url, {"outcome": "ANSWERED"}, token=tokens["staff of the team"])
        assert done.status == HTTPStatus.OK
        world.settle()


def _switch_off(world: World, token: str) -> None:
    person = get_by_email(ANA)
    assert person is not None
    world.set_login(person.person_id, "disabled")


def _sign_out(world: World, token: str) -> None:
    assert world.gateway("DELETE", "/v1/sessions/current", token=token).status == HTTPStatus.NO_CONTENT


CHANGES: dict[str, Callable[[World, str], None]] = {
    "owner, switched off": _switch_off,
    "owner, signed out": _sign_out,
    "owner, a day later": lambda world, token: world.move_clock(timedelta(days=1)),
}
"""What has happened to an identity before it knocks."""
