"""Who may do what: the table of relations, and how a relation is found."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.cases.model import Case, CaseNotFound, Participant, Workflow
from functions.cases.policy import OwnerOnly, Reader, Relation, Right, StaffOnly, check_may, check_removes
from functions.cases.status import Action, Status
from functions.people.model import Person, new_contact

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ALL = "comment attach complain cancel close reopen rate read mark hear save share work"
MAY = {
    "owner": "comment attach complain cancel close reopen rate read mark hear save share",
    "delegate": "comment attach complain cancel close reopen rate read mark hear save",
    "participant": "comment attach complain read mark hear",
    "viewer": "read mark",
    "organisation": "read",
    "team": "comment attach read share work",
    "stranger": "",
}
"""D14 in full: whatever is not here is refused."""
ROLES = ("viewer", "participant", "delegate")


def what(name: str) -> Action | Right:
    return Action(name) if name in Action.__members__ else Right(name)


def contact(name: str, **values: object) -> Person:
    return new_contact(f"contact_{name}", f"{name}@example.org", NOW).model_copy(update=values)


PEOPLE = {
    "owner": contact("owner"),
    **{role: contact(role) for role in ROLES},
    "organisation": contact("organisation", account_id="acme", roles=("organisation_reader",)),
    "team": Person(
        person_id="staff_1", kind="staff", email="s@portico.example", teams=("noc",), sessions_valid_from=NOW
    ),
    "stranger": contact("stranger", account_id="acme"),
}


def part(role: str, person: Person, until: datetime | None = None) -> Participant:
    return Participant(
        participant_id=f"part_{role}",
        person_id=person.person_id,
        email=person.email,
        role=role,
        until=until,
        added_at=NOW,
    )


def case(*participants: Participant, **values: object) -> Case:
    """Of an owner in Acme; the team `noc` works on it."""
    made = Case(
        case_id="case_1",
        number="SR-1",
        subject="A pothole",
        service="contact-us",
        category="service_request",
        status=Status.new,
        stage=None,
        stage_title=None,
        owner_id="contact_owner",
        owner_name="Olga",
        account_id="acme",
        participants=participants,
        teams=("noc",),
        system="backoffice",
        answers={},
        created_at=NOW,
        changed_at=NOW,
        workflow=Workflow(),
    )
    return made.model_copy(update=values)


SHARED = case(*(part(role, PEOPLE[role]) for role in ROLES))


def relation(of: Case, person: Person, now: datetime = NOW) -> Relation:
    return Reader.of(of, person, now).relation


@pytest.mark.parametrize("who", MAY)
def test_each_relation_gives_its_rights_and_no_others(who: str) -> None:
    """Owner all; delegate the same but sharing; participant reads, comments, complains; viewer reads (D14, A25)."""
    person = PEOPLE[who]
    assert relation(SHARED, person) == who
    for name in ALL.split():
        if name in MAY[who].split():
            check_may(SHARED, person, what(name), NOW)
            continue
        refusal = CaseNotFound if who == "stranger" else StaffOnly if name == "work" else OwnerOnly
        with pytest.raises(refusal):
            check_may(SHARED, person, what(name), NOW)


def test_every_right_and_action_is_in_the_table() -> None:
    """A new one needs a decision for each relation (D14)."""
    assert set(ALL.split()) == {*Action, *Right}
    assert set(MAY) == set(Relation)


def test_a_part_ends_at_its_time() -> None:
    """It lasts while `now < until`, to the millisecond (D16)."""
    until = NOW + timedelta(hours=1)
    shared = case(part("viewer", PEOPLE["viewer"], until))
    assert relation(shared, PEOPLE["viewer"], until - timedelta(milliseconds=1)) == "viewer"
    assert relation(shared, PEOPLE["viewer"], until) == "stranger"


def test_what_counts_is_the_first_relation_that_holds() -> None:
    """Who owns a case is its owner whatever else; a team's work is taken away by no participation (F18, D14)."""
    staff = PEOPLE["team"]
    assert relation(case(part("viewer", staff)), staff) == "team"
    assert relation(case(owner_id=staff.person_id), staff) == "owner"
    reader = PEOPLE["organisation"]
    assert relation(case(part("participant", reader)), reader) == "participant"


def test_a_staff_member_takes_part_by_the_team_alone() -> None:
    """So that nobody learns whose address it is, and no colleague speaks for the organisation by it (G1)."""
    other = PEOPLE["team"].model_copy(update={"teams": ("streets",)})
    assert relation(case(part("delegate", other)), other) == "stranger"


@pytest.mark.parametrize(
    "changed", [{"roles": ()}, {"account_id": "globex"}, {"account_id": None, "department_id": None}]
)
def test_an_organisation_is_read_by_the_role_and_the_account_as_they_are_now(changed: dict[str, object]) -> None:
    """Without the role, or in another account or none, a contact is a stranger (A12, A25)."""
    assert relation(case(), PEOPLE["organisation"].model_copy(update=changed)) == "stranger"
    assert relation(case(account_id=None), PEOPLE["organisation"].model_copy(update=changed)) == "stranger"


@pytest.mark.parametrize("who", [who for who in MAY if who != "stranger"])
def test_everybody_may_leave_and_who_shares_removes_others(who: str) -> None:
    """The owner and the team remove anybody; who takes part removes oneself alone (D14, F18)."""
    for role in ROLES:
        if who in ("owner", "team", role):
            check_removes(SHARED, PEOPLE[who], f"part_{role}", NOW)
        else:
            with pytest.raises(OwnerOnly):
                check_removes(SHARED, PEOPLE[who], f"part_{role}", NOW)
