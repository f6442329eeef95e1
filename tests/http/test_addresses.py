"""The addresses in answers lead on, whatever stands before `/v1`."""

import pytest

from app import app
from tests.gateway import STAGE, Answer, Gateway
from tests.world import World

BASES = {
    "a stage of API Gateway": (f"https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{STAGE}", False),
    "a domain of the organisation": ("https://api.portico.example", True),
    "a base path of that domain": ("https://api.portico.example/portal", True),
    "the local cloud": (f"http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/{STAGE}", False),
}


@pytest.mark.parametrize(("base", "mapped"), BASES.values(), ids=BASES.keys())
def test_location_and_next_page_are_found(world: World, ana: str, base: str, mapped: bool) -> None:  # noqa: FBT001
    """A client that follows `Location` (RFC 9110) and `Link: rel=next` (RFC 8288) arrives."""
    ask = Gateway(app, base, mapped=mapped)
    case = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is it open?"}}
    staff = world.staff("customer-relations")

    def create(url: str, token: str, **owner: str) -> Answer:
        return ask("POST", url, case | owner, token=token, headers={"Idempotency-Key": "k"})

    created = create("/v1/cases", ana)
    assert created.location == f"{base}/v1/cases/{created.json['case_id']}"
    on_behalf = create("/v1/staff/cases", staff, owner="ana@example.org")
    assert ask("GET", on_behalf.location, token=ana).status == 200

    page = ask("GET", "/v1/cases?limit=1", token=ana)
    assert page.next is not None
    assert page.next.startswith(f"{base}/v1/cases?")
    after = ask("GET", page.next, token=ana)
    assert [entry["case_id"] for entry in after.json["data"]] == [created.json["case_id"]]


def test_a_cursor_fits_whatever_stands_before_the_address(world: World, ana: str) -> None:
    """It is bound to the query, not to the domain through which it was asked."""
    for key in ("one", "two"):
        world.create(ana, key=key)
    (here, _), *others = BASES.values()
    after = Gateway(app, here)("GET", "/v1/cases?limit=1", token=ana).json["page"]["after"]
    for base, mapped in others:
        assert Gateway(app, base, mapped=mapped)("GET", f"/v1/cases?limit=1&after={after}", token=ana).status == 200
