"""Templates: their placeholders, and what filling them in may never do (I2, S11)."""

import re

import pytest

from functions.mail.queue import CaseMail, PinMail
from functions.mail.rendering import FOLDER, PLACEHOLDERS, placeholders, render

TEMPLATES = sorted(folder.name for folder in FOLDER.iterdir())
HOSTILE = "<script>alert('x')</script> & \"more\"\r\nBcc: ben@example.org\r\n\r\n{{code}} {{link}}"


def test_every_template_is_known_and_every_known_one_exists() -> None:
    """A folder without a row, or a row without a folder, is a mistake."""
    queued = {PinMail.model_fields["template"].default, *CaseMail.model_fields["template"].annotation.__args__}  # type: ignore[union-attr]
    assert set(TEMPLATES) == set(PLACEHOLDERS) == queued


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_three_parts_and_uses_what_it_may_show(template: str) -> None:
    """`subject.txt`, `body.txt`, `body.html`; their placeholders are exactly the allowed ones (I2)."""
    assert sorted(part.name for part in (FOLDER / template).iterdir()) == ["body.html", "body.txt", "subject.txt"]
    assert placeholders(template) == PLACEHOLDERS[template]


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_left_to_fill_in(template: str) -> None:
    """Every placeholder is replaced in every part, and no value becomes a placeholder itself."""
    rendered = render(template, {name: f"value-of-{name}" for name in PLACEHOLDERS[template]})
    whole = f"{rendered.subject}\n{rendered.text}\n{rendered.html}"
    assert not re.search(r"{{|}}", whole)
    assert set(re.findall(r"value-of-(\w+)", whole)) == PLACEHOLDERS[template]


@pytest.mark.parametrize("template", TEMPLATES)
def test_values_are_escaped_in_html_and_stand_on_one_line_in_the_subject(template: str) -> None:
    """Whatever a value holds, it is text: no tag, no attribute, no second header (I1, I3, S11)."""
    plain = dict.fromkeys(PLACEHOLDERS[template], "x")
    rendered, harmless = render(template, dict.fromkeys(plain, HOSTILE)), render(template, plain)
    assert not re.search(r"[\r\n]", rendered.subject)
    assert re.findall(r"<[^>]*>", rendered.html.replace(_escaped(), "x")) == re.findall(r"<[^>]*>", harmless.html)
    assert HOSTILE in rendered.text


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_value_that_is_missing_is_an_error(template: str) -> None:
    """No mail leaves with a hole in it."""
    one, *others = sorted(PLACEHOLDERS[template])
    with pytest.raises(KeyError, match=one):
        render(template, dict.fromkeys(others, "x"))


def _escaped() -> str:
    """As HTML 5 has it: five characters that mean something are written as references."""
    text = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;")
