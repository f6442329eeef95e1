"""The front door as people use it: ask for a code, enter it."""

from tests.gateway import Answer
from tests.world import World

ANA, BEN = "ana@example.org", "ben@example.org"
IP = "203.0.113.9"


def ask(world: World, address: str, ip: str = IP) -> str:
    """Ask for a code by mail, let the mail arrive, and return the challenge's id."""
    challenge_id = ask_only(world, address, ip)
    while world.deliver_stream():
        world.deliver_mail()
    return challenge_id


def ask_only(world: World, address: str, ip: str = IP) -> str:
    """Ask for a code whose mail stays on its way."""
    issued = world.gateway("POST", "/v1/otp/challenges", {"email": address}, ip=ip)
    assert issued.status == 202, issued.body
    return str(issued.json["challenge_id"])


def enter(world: World, challenge_id: str, code: str) -> Answer:
    return world.gateway("POST", f"/v1/otp/challenges/{challenge_id}/verify", {"code": code})


def fail(world: World, challenge_id: str, times: int) -> None:
    """Enter wrong codes; each is compared."""
    for _ in range(times):
        refused = enter(world, challenge_id, "WRONG")
        assert (refused.status, refused.code) == (401, "otp_incorrect"), refused.body


def mails_to(world: World, address: str) -> int:
    return sum(mail.to == address for mail in world.mailbox())
