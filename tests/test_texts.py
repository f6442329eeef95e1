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
