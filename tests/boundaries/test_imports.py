"""The direction of imports, checked as ``.ci/run`` does, and shown to bite."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


def copy_of_the_tree(folder: Path) -> Path:
    for name in ("app", "connectors", "migrations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_import_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("app/catalogue/rules.py", "import app.records.service"),
        ("app/verification/verify.py", "import httpx"),
        ("app/search/query.py", "import app.harvest.model"),
        ("connectors/table/connector.py", "import app.platform.clock"),
        ("app/web/pages.py", "import app.trust.signer"),
        ("app/records/service.py", "import meilisearch"),
    ],
)
def test_a_planted_wrong_import_is_caught(tmp_path: Path, module: str, planted: str) -> None:
    tree = copy_of_the_tree(tmp_path)
    with (tree / module).open("a") as file:
        file.write(f"\n{planted}\n")
    done = lint_imports(tree)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout


@pytest.mark.slow
def test_a_package_without_a_rank_is_caught(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    (tree / "app" / "unranked").mkdir()
    (tree / "app" / "unranked" / "__init__.py").touch()
    assert lint_imports(tree).returncode == 1


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_a_domains_tables_are_private_to_it() -> None:
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("connectors/**/*.py")]:
        own = ".".join(path.relative_to(ROOT).parts[:2])
        for name in imports_of(path):
            if name.startswith("app.") and ".tables" in name:
                assert name.startswith(f"{own}."), f"{path} imports {name}"
