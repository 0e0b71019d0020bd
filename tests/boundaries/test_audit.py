"""Every change that is noted says whose affair it is, and nobody changes what was noted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.boundaries.test_shape import MODULES, ROOT

OF_NO_ORGANISATION = ("organisation:", "person:", "publisher:", "trust:")
"""What follows from the subject, concerns a person alone, or the node as a whole."""
MEND = "say organisation_id=, so that the organisation's auditors see it (app.identity.audit)"


def notes() -> Iterator[tuple[Path, ast.Call]]:
    """Every ``audit.record(...)`` and ``audit.Entry(...)``."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"audit\.(record|Entry)", ast.unparse(node.func)
            ):
                yield path, node


def kind(subject: ast.expr, source: str) -> str:
    """How a subject begins: as it is written, or as what it is named after is in its module."""
    if isinstance(subject, ast.JoinedStr):
        subject = subject.values[0]
    if isinstance(subject, ast.Constant):
        return str(subject.value)
    name = ast.unparse(subject).partition("(")[0]
    found = re.search(rf"(?:\b{name} = |def {name}\(.*\n    return )f?\"(\w+:)", source)
    return found[1] if found else ""


def test_a_change_says_whose_affair_it_is() -> None:
    found, wrong = 0, []
    for path, note in notes():
        found += 1
        given = {word.arg: word.value for word in note.keywords}
        subject = kind(given["subject"], path.read_text())
        if "organisation_id" not in given and not subject.startswith(OF_NO_ORGANISATION):
            wrong.append(f"{path.relative_to(ROOT)}:{note.lineno} {subject}: {MEND}")
    assert wrong == []
    assert found > 20


def test_nothing_but_the_trail_touches_its_tables() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"\bAudit(?:Seal|Waiting)?Row\b", path.read_text())
    }
    own = {f"app/identity/audit/{name}.py" for name in ("__init__", "tables", "chain", "reading")}
    # Beside it one reads: a person who takes his or her data along is told the history, too.
    assert found == own | {"app/identity/holdings.py"}
