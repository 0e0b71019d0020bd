"""What the repository holds although it is made from code: run this module to make it anew.

``python -m tests.generated`` writes ``openapi/openapi.json``, the schema of a policy and the
generated parts of the README; the boundary tests compare.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

import typer

from app.cli import cli
from app.main import create_app
from app.platform.settings import Settings
from app.recognition.policies import schema
from app.wiring import open_node

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
OPENAPI = ROOT / "openapi" / "openapi.json"
POLICY_SCHEMA = ROOT / "openapi" / "schemas" / "policy.schema.json"


def openapi() -> str:
    """The API's description, as a node serves it."""
    with tempfile.TemporaryDirectory() as folder:
        node = open_node(Settings(data_dir=Path(folder), _env_file=None))
        try:
            described = create_app(node).openapi()
        finally:
            node.close()
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def policy_schema() -> str:
    """The schema of a registry's policy, as a node serves it."""
    return json.dumps(schema.schema(), indent=1, ensure_ascii=False) + "\n"


def commands() -> list[tuple[str, str]]:
    """Every command's full name and the first line of its help, in the order of the help."""
    found = []

    def walk(command: object, name: str) -> None:
        children = getattr(command, "commands", None)
        if children is None:
            text = (getattr(command, "help", "") or "").strip().splitlines()
            found.append((name, text[0] if text else ""))
        for child, inner in (children or {}).items():
            walk(inner, f"{name} {child}".strip())

    walk(typer.main.get_command(cli), "")
    return found


def help_text() -> str:
    width = max(len(name) for name, _ in commands())
    return "\n".join(f"opencpd {name:<{width}}  {text}" for name, text in commands())


def settings_table() -> str:
    rows = ["| setting | default | what it does |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(map(str, default))
        shown = f"`{default}`" if default not in (None, "") else "none"
        rows.append(f"| `OPENCPD_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def readme(text: str) -> str:
    """``text`` with its generated parts made anew."""
    for name, made in (("help", f"```text\n{help_text()}\n```"), ("settings", settings_table())):
        pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
        text, count = re.subn(
            pattern, lambda m, made=made: f"{m[1]}{made}\n{m[2]}", text, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"the README lacks its generated part {name!r}")
    return text


def examples() -> dict[str, str]:
    """The README's code that a test runs, by the name in the comment above it."""
    pattern = r"<!-- example: ([\w ]+) -->\n```\w+\n(.*?)```"
    return dict(re.findall(pattern, README.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    OPENAPI.parent.mkdir(exist_ok=True)
    OPENAPI.write_text(openapi())
    POLICY_SCHEMA.write_text(policy_schema())
    README.write_text(readme(README.read_text()))
    sys.exit()
