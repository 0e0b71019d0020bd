"""What all commands share: the node, and how to say things to people and to programs."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.platform import logging
from app.platform.settings import Settings
from app.wiring import Node, open_node

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@contextmanager
def opened_node(*, say: Callable[[str], None] | None = None) -> Iterator[Node]:
    settings = Settings()
    logging.configure(settings.log_level, settings.log_style)
    node = open_node(settings, say=say)
    try:
        yield node
    finally:
        node.close()


def plain(value: Any) -> Any:
    """Anything the domains hand out as something JSON can say."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(inner) for key, inner in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def say_json(value: Any) -> None:
    typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def say_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*["" if cell is None else str(cell) for cell in row])
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def pairs(given: Sequence[str] | None, *, option: str) -> dict[str, str]:
    found = {}
    for pair in given or ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        found[key] = value
    return found


def read_file(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise not_understood(f"{file} cannot be read: {error.strerror}") from error


def write_file(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise not_understood(f"{file} cannot be written: {error.strerror}") from error


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        found = json.loads(read_file(file))
    except ValueError as error:
        raise not_understood(f"{file} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise not_understood(f'{file} must hold a JSON object, such as {{"url": "https://..."}}')
    return found


def not_understood(text: str) -> typer.Exit:
    """Say what cannot be used; raise what this gives."""
    typer.echo(text, err=True)
    return typer.Exit(2)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A moving line on a terminal; nothing elsewhere, where logs tell the same."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(what)
        yield lambda text: shown.update(task, description=f"{what}: {text}")
