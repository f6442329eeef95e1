"""Staff members are added by hand, from the command line."""

import pytest

from functions.people.__main__ import main
from tests.world import World

ADA = ("--email", "Ada@Portico.example", "--name", "Ada Byron")


def test_who_is_added_signs_in_with_teams_and_roles(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The first administrator of a stage comes in so (A12)."""
    main([*ADA, "--teams", "streets, finance", "--roles", "administrator"])
    assert capsys.readouterr().out.endswith(" Ada Byron <ada@portico.example>: added\n")
    seen = world.gateway("GET", "/v1/me", token=world.sign_in("ada@portico.example")).json
    assert (seen["name"], seen["teams"], seen["roles"]) == ("Ada Byron", ["streets", "finance"], ["administrator"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (ADA, "This address belongs to somebody already."),
        (("--email", "ada", "--name", "Ada"), "email: String should match pattern"),
        (("--email", "bo@x.example", "--name", " "), "name: Value error, must not be blank"),
        (("--email", "bo@x.example", "--name", "Bo", "--roles", "owner"), "roles: Input should be 'administrator'"),
    ],
)
def test_who_can_not_be_added_is_refused_with_the_reason(world: World, arguments: tuple[str, ...], why: str) -> None:
    """A misspelled role, or an address that somebody has: nothing is written (A12)."""
    main(ADA)
    before = world.items()
    with pytest.raises(SystemExit, match=why):
        main(arguments)
    assert world.items() == before
