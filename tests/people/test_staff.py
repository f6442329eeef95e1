"""Staff members are added by hand, from the command line."""

import pytest

from functions.people import repository
from functions.people.__main__ import OPERATOR, main
from functions.people.actions import set_login
from tests.world import World

ADA = ("--email", "Ada@Portico.example", "--name", "Ada Byron")


def test_who_is_added_signs_in_with_teams_and_roles(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The first administrator of a stage comes in so (A12)."""
    main([*ADA, "--teams", "streets, finance", "--roles", "administrator"])
    assert capsys.readouterr().out.endswith(
        " Ada Byron <ada@portico.example>: added; teams: streets, finance; roles: administrator\n"
    )
    seen = world.gateway("GET", "/v1/me", token=world.sign_in("ada@portico.example")).json
    assert (seen["name"], seen["teams"], seen["roles"]) == ("Ada Byron", ["streets", "finance"], ["administrator"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--email", "Ana@example.org", "--name", "Ana"), "This address belongs to somebody already."),
        (("--email", "ada", "--name", "Ada"), "email: must be an e-mail address"),
        (("--email", "bo@x.example", "--name", " "), "name: must not be blank"),
        (("--email", "bo@x.example", "--name", "Bo", "--roles", "owner"), "roles/0: Input should be 'administrator'"),
    ],
)
def test_who_can_not_be_added_is_refused_with_the_reason(world: World, arguments: tuple[str, ...], why: str) -> None:
    """A misspelled role, or an address that somebody has: nothing is written (A12)."""
    world.sign_in("ana@example.org")
    main(ADA)
    before = world.items()
    with pytest.raises(SystemExit, match=why):
        main(arguments)
    assert world.items() == before


def test_who_is_added_again_is_changed_and_stays_signed_in(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Teams and roles that were mistyped are put right; the same person, the same session (A12)."""
    main([*ADA, "--teams", "street", "--roles", "administrator"])
    token = world.sign_in("ada@portico.example")
    before = world.gateway("GET", "/v1/me", token=token).json
    for _ in range(2):
        main(["--email", "ada@portico.example", "--name", "Ada Lovelace", "--teams", "streets"])
        told = capsys.readouterr().out
    after = world.gateway("GET", "/v1/me", token=token).json
    assert told.endswith(" Ada Lovelace <ada@portico.example>: as said now; teams: streets; roles: none\n")
    assert after == before | {"name": "Ada Lovelace", "teams": ["streets"], "roles": []}
    ada = repository.get_by_email("ada@portico.example")
    assert ada
    assert ada.version == 2


def test_a_login_that_was_switched_off_stays_off(world: World) -> None:
    """Whom an administrator has signed out is not let in by a change of teams (A11)."""
    main(ADA)
    ada = repository.get_by_email("ada@portico.example")
    assert ada
    set_login(ada.person_id, "disabled", OPERATOR)
    main([*ADA, "--teams", "streets"])
    changed = repository.get(ada.person_id)
    assert changed
    assert (changed.login, changed.teams, changed.version) == ("disabled", ("streets",), 3)
