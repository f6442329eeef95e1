"""A template is a folder: `subject.txt`, `body.txt`, `body.html`, with `{{placeholders}}` and no logic (I2, L24)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "templates"
PLACEHOLDERS: dict[str, frozenset[str]] = {
    "pin": frozenset({"portal_name", "code", "minutes"}),
    "case_received": frozenset({"portal_name", "number", "subject", "link"}),
    "case_given": frozenset({"portal_name", "number", "subject", "link"}),
    "case_moved": frozenset({"portal_name", "number", "subject"}),
    "new_message": frozenset({"portal_name", "number", "subject", "link", "by_mail"}),
    "answer_wanted": frozenset({"portal_name", "number", "subject", "link", "by_mail"}),
    "case_resolved": frozenset({"portal_name", "number", "subject", "link", "who_decides"}),
    "feedback_prompt": frozenset({"portal_name", "number", "subject", "link"}),
    "case_shared": frozenset({"portal_name", "number", "subject", "link"}),
    "closing_reminder": frozenset({"portal_name", "number", "subject", "link", "closes_on"}),
}
"""Each template, and all that it may show."""

_PLACEHOLDER = re.compile(r"{{(\w+)}}")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, values: Mapping[str, str]) -> Rendered:
    """Fill a template in. Values are text: escaped in HTML, on one line in the subject. KeyError for unknown names."""
    one_line = {name: " ".join(value.split()) for name, value in values.items()}
    escaped = {name: escape(value) for name, value in values.items()}
    return Rendered(
        subject=_fill(template, "subject.txt", one_line).strip(),
        text=_fill(template, "body.txt", values),
        html=_fill(template, "body.html", escaped),
    )


def placeholders(template: str) -> set[str]:
    """What the template's files ask for."""
    return {
        name
        for part in ("subject.txt", "body.txt", "body.html")
        for name in _PLACEHOLDER.findall(_part(template, part))
    }


def _fill(template: str, part: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], _part(template, part))


@cache
def _part(template: str, part: str) -> str:
    return (FOLDER / template / part).read_text()
