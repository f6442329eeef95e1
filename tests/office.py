"""Time as an office knows it: the clock stands at a moment, and a calendar says what counts."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from functions import clock
from functions.moment import stamp
from functions.otp.actions import Session, _session_item
from functions.otp.repository import session_key
from functions.table import commit, put
from tests.gateway import Answer
from tests.world import World

WEEK = {
    day: [{"opens": "09:00", "closes": "18:00"}] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
}
UK_OFFICE: dict[str, Any] = {
    "title": "UK office",
    "time_zone": "Europe/London",
    "week": WEEK,
    "holidays": [
        {"date": "2026-12-25", "name": "Christmas Day"},
        {"date": "2026-12-28", "name": "Boxing Day (observed)"},
        {"date": "2027-01-01", "name": "New Year's Day"},
    ],
}


def moment(text: str) -> datetime:
    """`2026-12-24 16:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Office:
    """Portico with calendars, at a moment that stands still until it is moved."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.at = world, datetime.now(UTC)
        office = self

        class Standing(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return office.at

        monkeypatch.setattr(clock, "datetime", Standing)
        self.set("2026-10-01 08:00")
        self._people = world.played("office", self._open)

    def _open(self) -> list[str]:
        """The ids of an administrator, who has kept the calendar, and of a customer."""
        tokens = self.world.administrator(), self.world.customer("ana@example.org")
        kept = self.keep("uk-office", UK_OFFICE, token=tokens[0])
        assert kept.status == 200, kept.body
        return [token.partition(".")[0] for token in tokens]

    def keep(self, name: str, calendar: dict[str, Any], token: str | None = None, **headers: str) -> Answer:
        url = f"/v1/admin/calendars/{name}"
        return self.world.gateway("PUT", url, calendar, token=token or self.admin(), headers=headers)

    def set(self, text: str) -> None:
        self.at = moment(text)

    def pass_time(self, **time: float) -> None:
        self.at += timedelta(**time)

    def admin(self) -> str:
        """The administrator, signed in afresh, since a session is over after half a day."""
        return self._session(self._people[0])

    def ana(self) -> str:
        """The customer, signed in afresh; nothing else moves by it."""
        return self._session(self._people[1])

    def _session(self, person_id: str) -> str:
        session = Session(person_id, self.at)
        commit(put(session_key(person_id, session.token), _session_item(session)))
        return session.token

    def deadline(self, kind: str, case_id: str, token: str | None = None) -> dict[str, Any]:
        """As the customer sees it."""
        shown = self.world.view(token or self.ana(), case_id)["deadlines"]
        found: dict[str, Any] = next(each for each in shown if each["kind"] == kind)
        return found

    def inside(self, case_id: str, status: str) -> None:
        """The internal system moves the case."""
        wish = {"status": status, "based_on_sequence": 1_000_000}
        self.world.command("case.set_status", case_id, wish, f"to-{status}-{stamp(self.at)}")
        told = self.world.events_told(case_id)[-1]
        assert told["type"] != "portico.command.rejected.v1", told

    def told(self, case_id: str) -> list[tuple[str, str]]:
        """What the internal system was told of the case's deadlines."""
        self.world.settle()
        events = self.world.events_told(case_id)
        return [
            (event["type"].split(".")[2], event["data"]["kind"]) for event in events if ".deadline." in event["type"]
        ]
