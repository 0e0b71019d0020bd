"""Commands for the feeds that are harvested."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.common import AsJson, opened_node, pairs, read_object, say_json, say_table
from app.harvest import service as harvest
from app.harvest.model import NewSource, Source, Window
from app.platform import clock
from app.wiring import Node

source_cli = typer.Typer(help="The feeds that are harvested.", no_args_is_help=True)

SHOWN = 3
"""Items named for each kind of issue; the rest are in the JSON."""

Pairs = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One setting; repeatable.")
]
SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's id.")]
Every = Annotated[int, typer.Option(min=0, help="Hours between runs; 0: only by hand.")]
Between = Annotated[
    str | None,
    typer.Option(metavar="HH:MM-HH:MM", help="The time of day in which it may be begun."),
]
Timezone = Annotated[str, typer.Option(help="Whose time of day that is, such as Asia/Shanghai.")]


@source_cli.command("add")
def source_add(
    source_id: SourceId,
    society: Annotated[str, typer.Option(help="Whose courses it brings.")],
    connector: Annotated[str, typer.Option(help="See `opencpd connectors`.")],
    settings: Pairs = None,
    config: Annotated[
        Path | None, typer.Option(help="The connector's settings as a JSON file.")
    ] = None,
    every: Every = 24,
    between: Between = None,
    timezone: Timezone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Add a feed; its settings come from --set, --config or both."""
    given = given_settings(config, settings)
    hours = window(between, timezone)
    new = NewSource(
        society, connector, given, id=source_id, every_hours=every or None, window=hours
    )
    with opened_node() as node, node.database.write() as session:
        made = harvest.add_source(session, new, registry=node.registry, at=clock.now())
        shown = _shown(node, made)
    if as_json:
        say_json(shown)
    else:
        typer.echo(f"added {source_id}; try it: opencpd source check {source_id}")


def window(between: str | None, timezone: str) -> Window | None:
    """The time of day that somebody typed."""
    if between is None:
        return None
    opens, _, closes = between.partition("-")
    return Window(opens.strip(), closes.strip(), timezone)


def _shown(node: Node, source: Source) -> Source:
    """The source without its secrets."""
    return replace(source, config=node.registry.shown(source.connector, source.config))


def given_settings(config: Path | None, settings: Sequence[str] | None) -> dict[str, Any]:
    """A connector's settings from a file, from ``--set``, or from both."""
    given: dict[str, Any] = read_object(config) if config else {}
    return given | {key: _value(text) for key, text in pairs(settings, option="--set").items()}


def _value(text: str) -> Any:
    """``true``, ``5`` and ``{"title": "Course name"}`` mean what they say; all else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@source_cli.command("list")
def source_list(as_json: AsJson = False) -> None:
    """List the sources and how their last run ended."""
    with opened_node() as node, node.database.read() as session:
        found = [
            (_shown(node, source), next(iter(harvest.list_runs(session, source.id, limit=1)), None))
            for source in harvest.list_sources(session)
        ]
    if as_json:
        say_json([{"source": source, "last_run": run} for source, run in found])
        return
    rows = [
        (
            source.id,
            source.society_id,
            source.connector,
            run.state.value if run else "never run",
            _when(source),
        )
        for source, run in found
    ]
    say_table(("source", "society", "connector", "last run", "next run"), rows)


def _when(source: Source) -> str:
    if source.paused:
        return "paused"
    return f"{source.next_due_at:%Y-%m-%d %H:%M}" if source.next_due_at else "by hand"
