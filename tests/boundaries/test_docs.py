"""What is documented is what is there."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from app.catalogue.issue_codes import ISSUE_CODES
from tests import generated


def test_the_readme_shows_the_commands_and_settings_that_there_are() -> None:
    text = generated.README.read_text()
    assert generated.readme(text) == text, "run: python -m tests.generated"


def test_the_committed_description_of_the_api_is_the_one_that_is_served() -> None:
    assert generated.OPENAPI.read_text() == generated.openapi(), "run: python -m tests.generated"


def test_the_committed_schema_of_a_policy_is_the_one_that_is_served() -> None:
    committed = generated.POLICY_SCHEMA.read_text()
    assert committed == generated.policy_schema(), "run: python -m tests.generated"


def test_every_command_says_what_it_does() -> None:
    assert [name for name, text in generated.commands() if not text] == []


def test_every_setting_says_what_it_does() -> None:
    for name, field in generated.Settings.model_fields.items():
        assert field.description, name


def test_every_command_that_the_readme_shows_exists() -> None:
    known = {name for name, _ in generated.commands()}
    shown = re.findall(
        r"^\$ opencpd ((?:[a-z]+ ?){1,2})", generated.README.read_text(), re.MULTILINE
    )
    assert shown
    for words in shown:
        name = words.strip()
        assert name in known or name.split()[0] in known, name


def test_every_operation_of_the_api_says_what_it_does() -> None:
    described = json.loads(generated.OPENAPI.read_text())
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description") or operation.get("summary"), f"{method} {path}"


@pytest.mark.parametrize(
    "name", ["jose", "python", "verify alone", "connector", "connector pyproject"]
)
def test_the_readme_holds_its_examples(name: str) -> None:
    assert generated.examples()[name].strip()


def test_the_image_pins_what_the_project_asks_for() -> None:
    root = generated.ROOT
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pinned = dict(
        re.findall(
            r"^([\w.-]+)==([\w.]+)", (root / "app/requirements.txt").read_text(), re.MULTILINE
        )
    )
    extras = project["optional-dependencies"]
    assert extras["server"]
    for text in (*project["dependencies"], *extras["server"], *extras["pdf"]):
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        assert wanted.specifier.contains(pinned[wanted.name]), text


def test_every_code_that_a_check_may_give_is_explained_and_every_explained_one_is_given() -> None:
    folder = generated.ROOT / "app" / "catalogue"
    given = {
        code
        for path in folder.rglob("*.py")
        if path.name != "issue_codes.py"
        for code in re.findall(r'"([EW]-[A-Z][A-Z0-9-]+)"', path.read_text())
    }
    assert given == set(ISSUE_CODES)
