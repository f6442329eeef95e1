"""A case that is shared, and the people who read it."""

from dataclasses import dataclass
from typing import Any

from tests.gateway import Answer
from tests.rewind import Moment
from tests.world import World

BOB, VIC, DEE = "bob@example.org", "vic@example.org", "dee@example.org"
ROLES = {BOB: "participant", VIC: "viewer", DEE: "delegate"}


def share(world: World, token: str, case_id: str, email: str, role: str = "participant", **more: Any) -> Answer:
    headers = more.pop("headers", None)
    body = {"email": email, "role": role, **more}
    return world.gateway("POST", f"/v1/cases/{case_id}/participants", body, token=token, headers=headers)


def shared(world: World, token: str, case_id: str, email: str, role: str = "participant", **more: Any) -> str:
    """The id of the participant."""
    answer = share(world, token, case_id, email, role, **more)
    assert answer.status == 201, answer.body
    return str(answer.json["participant_id"])


def remove(world: World, token: str, case_id: str, participant_id: str) -> Answer:
    return world.gateway("DELETE", f"/v1/cases/{case_id}/participants/{participant_id}", token=token)


def participants(world: World, token: str, case_id: str) -> list[Any]:
    found = world.gateway("GET", f"/v1/cases/{case_id}/participants", token=token)
    assert found.status == 200, found.body
    return list(found.json["data"])


@dataclass(frozen=True)
class Scene:
    """Ana's case, whose workflow waits for the team `customer-relations`; Bob, Vic and Dee read it in their roles."""

    world: World
    moment: Moment
    case_id: str
    ana: str
    bob: str
    vic: str
    dee: str
    eve: str
    """Nobody has shared anything with Eve."""
    staff: str
    parts: dict[str, str]
    """The participants' ids by address."""

    @classmethod
    def of(cls, world: World) -> "Scene":
        world.reset()
        ana = world.sign_in("ana@example.org")
        case_id = world.open_case(ana)
        parts = {email: shared(world, ana, case_id, email, role) for email, role in ROLES.items()}
        bob, vic, dee, eve = (world.sign_in(email) for email in (*ROLES, "eve@example.org"))
        staff = world.staff("customer-relations")
        world.settle()
        return cls(world, Moment.of(world), case_id, ana, bob, vic, dee, eve, staff, parts)

    def again(self) -> "Scene":
        self.moment.restore(self.world)
        return self
