"""How often a case may notify its people. Rules only, no I/O."""

from datetime import datetime, timedelta

from pydantic import Field

from functions.events import Frozen
from functions.moment import Moment

NOTIFICATIONS, WITHIN = 20, timedelta(hours=1)
"""Mails about one case, in any time of that length: a loop that nobody knows for one ends here (K3)."""


class TooManyNotifications(Exception):
    """The case has mailed enough for now; who is concerned finds what has happened in the portal."""


class Notified(Frozen):
    """The mails about a case that may count still, and when each was first to be sent."""

    mails: dict[str, Moment] = Field(default_factory=dict)

    def with_mail(self, mail_id: str, now: datetime) -> "Notified":
        """One that is tried again counts once. Raise `TooManyNotifications` where there were enough within the hour."""
        if mail_id in self.mails:
            return self
        recent = {each: at for each, at in self.mails.items() if at > now - WITHIN}
        if len(recent) >= NOTIFICATIONS:
            raise TooManyNotifications
        return Notified(mails=dict(sorted({**recent, mail_id: now}.items())))
