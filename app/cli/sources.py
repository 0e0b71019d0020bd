"""Commands for the feeds that are harvested."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from app.catalogue import Severity
from app.cli.common import AsJson, opened_node, pairs, progress, read_object, say_json, say_table
from app.harvest import service as harvest
from app.harvest.model import Failure, ItemIssue, Mode, NewSource, Run, RunState, Source
from app.platform import clock
from app.search.index import SearchUnavailable
from app.wiring import Node
from app.worker import Worker

source_cli = typer.Typer(help="The feeds that are harvested.", no_args_is_help=True)

WHO = "system:source"
"""Who acts by these commands, in the audit log."""
SHOWN = 3
"""Items named for each kind of issue; the rest are in the JSON."""

ALL = sys.maxsize

Pairs = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One setting; repeatable.")
]
SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's id.")]


@source_cli.command("add")
def source_add(
    source_id: SourceId,
    society: Annotated[str, typer.Option(help="Whose courses it brings.")],
    connector: Annotated[str, typer.Option(help="See `opencpd connectors`.")],
    settings: Pairs = None,
    config: Annotated[
        Path | None, typer.Option(help="The connector's settings as a JSON file.")
    ] = None,
    every: Annotated[int, typer.Option(min=0, help="Hours between runs; 0: only by hand.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Add a feed; its settings come from --set, --config or both."""
    given = given_settings(config, settings)
    new = NewSource(society, connector, given, id=source_id, every_hours=every or None)
    with opened_node() as node, node.database.write() as session:
        made = harvest.add_source(session, new, registry=node.registry, at=clock.now())
        shown = _shown(node, made)
    if as_json:
        say_json(shown)
    else:
        typer.echo(f"added {source_id}; try it: opencpd source check {source_id}")


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
        (source.id, source.society_id, source.connector, run.state.value if run else "never run")
        for source, run in found
    ]
    say_table(("source", "society", "connector", "last run"), rows)


def _say_issues(issues: Sequence[ItemIssue]) -> None:
    """Each kind of issue once: how often, what mends it, and the first few that have it."""
    kinds: dict[tuple[str | None, ...], list[ItemIssue]] = {}
    for one in issues:
        place = re.sub(r"\[\d+\]", "[]", one.path)
        kinds.setdefault((one.severity, one.code, place, one.message, one.hint), []).append(one)
    for (severity, code, at, message, hint), found in kinds.items():
        where = f" {at}:" if at else ""
        typer.echo(f"{severity} {code} x {len(found)}:{where} {message} {hint or ''}".rstrip())
        for one in found[:SHOWN]:
            said = f": {one.value}" if one.value else ""
            typer.echo(f"    {one.remote_id or 'the whole list'}{said}")
        if len(found) > SHOWN:
            typer.echo(f"    and {len(found) - SHOWN} more; --json lists all")


@source_cli.command("run")
def source_run(
    source_id: SourceId,
    full: Annotated[bool, typer.Option("--full", help="List everything anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Harvest a source now, going on where a stopped run was; then index what changed."""
    with opened_node() as node, progress(source_id) as tell:
        run = harvest.run_source(
            node.database,
            source_id,
            registry=node.registry,
            make_fetch=node.make_fetch,
            now=clock.now,
            mode=Mode.FULL if full else Mode.HARVEST,
            on_page=lambda now: tell(_how_far(now)),
        )
        tell("indexing")
        _index(node)
        with node.database.read() as session:
            issues = harvest.list_issues(session, source_id, limit=ALL)
    if as_json:
        say_json(run)
    else:
        _say_run(run)
        _say_issues([i for i in issues if i.severity == Severity.ERROR or i.run_id == run.id])
    raise typer.Exit(0 if run.state in {RunState.DONE, RunState.DONE_WITH_ERRORS} else 1)


def _how_far(run: Run) -> str:
    return f"{run.counters.seen}{f' of {run.expected}' if run.expected else ''} seen"


def _index(node: Node) -> None:
    """Bring the index up to date; where that cannot be done now, the worker will."""
    worker = Worker(node)
    try:
        while worker.index():
            pass
    except SearchUnavailable as error:
        typer.echo(f"stored, not indexed yet; the worker will do it: {error.detail}", err=True)


_WHAT_NEXT = {
    Failure.UNAVAILABLE: "Try again later; the run goes on where it stopped.",
    Failure.MISCONFIGURED: "Mend the source or its settings, then run it again.",
    Failure.CURSOR_EXPIRED: "Run it again; if it comes back, ask the source's owner.",
    Failure.FAULT: "The log has the details; tell the connector's author.",
}


def _say_run(run: Run) -> None:
    counted = ", ".join(f"{value} {key}" for key, value in asdict(run.counters).items() if value)
    typer.echo(f"{run.id}  {run.state.value}: {counted or 'nothing listed'}")
    if run.message:
        typer.echo(f"  {run.message}")
    if run.failure:
        typer.echo(f"  {_WHAT_NEXT[run.failure]}")
    if run.state is RunState.HELD:
        typer.echo(f"  opencpd source release {run.id} [--refuse]")


@source_cli.command("runs")
def source_runs(source_id: SourceId, as_json: AsJson = False) -> None:
    """List a source's runs, and what stands wrong with its items."""
    with opened_node() as node, node.database.read() as session:
        runs = harvest.list_runs(session, source_id)
        issues = harvest.list_issues(session, source_id, limit=ALL)
    if as_json:
        say_json({"runs": runs, "issues": issues})
        return
    for run in runs:
        typer.echo(f"{run.started_at:%Y-%m-%d %H:%M} ", nl=False)
        _say_run(run)
    _say_issues(issues)


@source_cli.command("release")
def source_release(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The held run's id.")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Keep everything instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a held run withdraw what it did not see, or refuse it."""
    with opened_node() as node:
        with node.database.write() as session:
            decide = harvest.refuse if refuse else harvest.release
            run = decide(session, run_id, who=WHO, at=clock.now())
        _index(node)
    if as_json:
        say_json(run)
    else:
        _say_run(run)
