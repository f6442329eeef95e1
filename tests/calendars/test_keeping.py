"""Administrators keep calendars over HTTP."""

from typing import Any

import pytest

from tests.office import UK_OFFICE, WEEK, Office
from tests.world import World

ADDRESS = "/v1/admin/calendars/uk-office"


def test_a_calendar_is_shown_as_it_was_kept(office: Office) -> None:
    """What was put can be read, with its version as ETag (C45, A4)."""
    shown = office.world.gateway("GET", ADDRESS, token=office.admin())
    assert shown.status == 200
    assert shown.json == UK_OFFICE | {"calendar": "uk-office", "version": 1, "country": None, "subdivision": None}
    assert shown.headers["ETag"] == '"1"'


def test_only_administrators_keep_and_read_calendars(office: Office) -> None:
    """Neither customers nor other staff may; without a session nobody (A12)."""
    for token in (office.ana(), office.world.staff("noc")):
        for method, body in (("GET", None), ("PUT", UK_OFFICE)):
            refused = office.world.gateway(method, ADDRESS, body, token=token)
            assert (refused.status, refused.code) == (403, "administrator_only")
    assert office.world.gateway("PUT", ADDRESS, UK_OFFICE).status == 401


def test_each_version_stays_with_who_made_it(office: Office) -> None:
    """A change never rubs out what was there before it, and says who made it."""
    assert office.keep("uk-office", UK_OFFICE | {"title": "Changed"}).json["version"] == 2
    kept = {item["sk"]["S"]: item for item in office.world.items() if item["pk"]["S"] == "CALENDAR#uk-office"}
    assert set(kept) == {"RECORD", "VERSION#000001", "VERSION#000002"}
    assert "UK office" in kept["VERSION#000001"]["data"]["S"]
    assert kept["VERSION#000002"]["changed_by"]["S"].startswith("staff_")


def test_a_change_of_another_version_is_refused(office: Office) -> None:
    """Who names the version that was read does not undo what somebody else did since (If-Match)."""
    refused = office.keep("uk-office", UK_OFFICE, **{"If-Match": '"7"'})
    assert (refused.status, refused.code) == (412, "version_mismatch")
    assert office.keep("uk-office", UK_OFFICE, **{"If-Match": '"1"'}).status == 200


def test_a_repeated_change_has_its_effect_once(office: Office) -> None:
    """The same key and body get the first answer again, and no further version comes of it."""
    first = office.keep("uk-office", UK_OFFICE, **{"Idempotency-Key": "k"})
    again = office.keep("uk-office", UK_OFFICE, **{"Idempotency-Key": "k"})
    assert first.json == again.json
    assert (first.json["version"], again.headers) == (2, first.headers | {"Idempotent-Replayed": "true"})


def test_an_unknown_calendar_is_not_found(office: Office) -> None:
    """404 for what is not kept, whatever it is called."""
    for name in ("mars-office", "Mars%20Office", "x" * 3000):
        answer = office.world.gateway("GET", f"/v1/admin/calendars/{name}", token=office.admin())
        assert (answer.status, answer.code) == (404, "calendar_not_found")


@pytest.mark.parametrize("name", ["UK", "-uk", "x" * 41, "uk_office"])
def test_the_name_of_a_calendar_is_short_and_plain(office: Office, name: str) -> None:
    """It stands in files that people write."""
    refused = office.keep(name, UK_OFFICE)
    assert (refused.status, refused.code) == (404, "calendar_not_found")


def _day(*intervals: tuple[str, str]) -> dict[str, Any]:
    return {"week": WEEK | {"friday": [{"opens": opens, "closes": closes} for opens, closes in intervals]}}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"time_zone": "Europe/Atlantis"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"title": " "}, "/title"),
        ({"week": {}}, "/week"),
        ({"week": {"monday": []}}, "/week"),
        ({"week": {"moonday": []}}, "/week/moonday"),
        (_day(("09:00", "09:00")), "/week"),
        (_day(("18:00", "09:00")), "/week"),
        (_day(("09:00", "12:00"), ("11:59", "18:00")), "/week"),
        (_day(("13:00", "18:00"), ("09:00", "12:00")), "/week"),
        (_day(("9:00", "12:00")), "/week/friday/0/opens"),
        (_day(("09:00", "24:01")), "/week/friday/0/closes"),
        ({"holidays": [{"date": "2026-02-30", "name": "Never"}]}, "/holidays/0/date"),
        ({"holidays": [{"date": 1798156800, "name": "A number"}]}, "/holidays/0/date"),
        ({"holidays": [{"date": "1066-10-14", "name": "Long ago"}]}, "/holidays/0/date"),
        ({"country": "XX"}, ""),
        ({"country": "GB", "subdivision": "ZZ"}, ""),
        ({"subdivision": "ENG"}, ""),
        ({"color": "red"}, "/color"),
    ],
)
def test_a_calendar_that_breaks_a_rule_is_refused(office: Office, change: dict[str, Any], pointer: str) -> None:
    """Zones and countries that there are, intervals in order, days that exist; the place is named (C45)."""
    refused = office.keep("uk-office", UK_OFFICE | change)
    assert (refused.status, refused.code) == (422, "validation_failed")
    assert pointer in [error["pointer"] for error in refused.json["errors"]]
    assert office.keep("uk-office", UK_OFFICE).json["version"] == 2


def test_breaks_and_work_until_midnight_are_fine(office: Office) -> None:
    """Several intervals a day, one after the other at once, and `24:00` as an end (C45)."""
    assert (
        office.keep("uk-office", UK_OFFICE | _day(("08:00", "12:00"), ("12:00", "13:00"), ("20:00", "24:00"))).status
        == 200
    )


def test_a_customer_finds_the_public_holidays_of_the_country(office: Office, world: World) -> None:
    """A calendar that names its country needs no list of days (C45)."""
    england = UK_OFFICE | {"holidays": [], "country": "GB", "subdivision": "ENG"}
    assert office.keep("uk-office", england).status == 200
    office.set("2026-12-24 16:30")
    ana = office.ana()
    case_id = world.open_case(ana, "report-incident")
    deadline = office.deadline("response", case_id, ana)
    assert deadline["due_at"] == "2026-12-29T09:30:00.000Z"
    assert "Boxing Day (observed)" in str(deadline["explanation"])
