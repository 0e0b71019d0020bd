"""Size and shape of the code, so that a room never turns into an attic unnoticed."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("connectors/**/*.py")])
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60
MAY_CATCH_EVERYTHING = {
    "app/harvest/registry.py",  # loading a plugin
    "app/harvest/runs/loop.py",  # the run loop
    "app/harvest/inspecting/inspector.py",  # the same, for a feed that somebody only looks at
    "app/harvest/reading.py",  # the same, for one item: a plugin's fault must not stop the others
    "app/worker.py",  # the worker loop
    "app/records/rosters/work.py",  # the same, for one roster: its fault is raised after the others
    "app/trust/signers.py",  # loading a plugin
    "app/search/embedded/trouble.py",  # the engine's panics derive from BaseException alone
    "connectors/testing.py",  # the connectors' test kit, which looks for just that
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a module opens with what it is for"
    assert source.count("\n") <= MOST_LINES_OF_A_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= MOST_LINES_OF_A_FUNCTION, f"{node.name} has {lines} lines"
            for inner in ast.walk(node):
                assert not isinstance(inner, ast.Import | ast.ImportFrom), (
                    f"{node.name} imports inside"
                )


def test_everything_is_caught_only_where_somebody_elses_code_runs() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"except (Base)?Exception\b|except:", path.read_text())
    }
    assert found <= MAY_CATCH_EVERYTHING, found - MAY_CATCH_EVERYTHING


def test_only_the_clock_reads_the_clock() -> None:
    reads = re.compile(r"datetime\.now\(|utcnow\(|date\.today\(|time\.time\(")
    found = {str(p.relative_to(ROOT)) for p in MODULES if reads.search(p.read_text())}
    assert found <= {"app/platform/clock.py"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_package_registry() -> None:
    # Put together here so that this file does not find itself.
    words = [
        "/wor" + "k/",
        "/roo" + "t/",
        "pyp" + "i.org",
        "pythonhoste" + "d.",
        "registry.npm" + "js",
    ]
    wrong = re.compile("|".join(map(re.escape, words)))
    for path in tracked_files():
        if path.suffix not in {".png", ".xls", ".xlsx"}:
            found = wrong.search(path.read_text(errors="replace"))
            assert not found, f"{path} holds {found.group() if found else ''}"
