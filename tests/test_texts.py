"""What the texts of the repository may refer to."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("demo", "functions", "infra", "statemachines", "tests")
ELSEWHERE = re.compile(r"\b(?:conventions|design)(?: section)? \d|\b(?!README\b)[\w-]+\.md\b")


def test_nothing_refers_to_a_document_that_is_not_here() -> None:
    """Whoever clones the repository can look up all that it cites: itself, ids, RFCs and public documents."""
    texts = [
        path for folder in FOLDERS for kind in ("*.py", "*.yaml", "*.toml") for path in (ROOT / folder).rglob(kind)
    ]
    found = [(path.name, ELSEWHERE.findall(path.read_text())) for path in (*texts, ROOT / "README.md", ROOT / "app.py")]
    assert [(name, words) for name, words in found if words] == []


def test_what_is_published_needs_no_list_of_requirements() -> None:
    """Their ids tell something to those who work on Portico, and nothing to those who call it."""
    published = [path.read_text() for path in (ROOT / "functions").rglob("*api.json")]
    assert len(published) == len({"openapi", "asyncapi"})
    assert [re.findall(r"\([A-Z]{1,2}-?\d{1,2}\b[^)]*\)", text) for text in published] == [[], []]
