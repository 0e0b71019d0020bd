"""Commands for the runs of sources: make them, ask for them, answer them, stop them."""

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.catalogue import Severity
from app.cli.common import AsJson, opened_node, progress, say_json
from app.cli.sources import SHOWN, Between, Every, SourceId, Timezone, window
from app.harvest import service as harvest
from app.harvest.model import Failure, ItemIssue, Mode, Report, Run, RunState, Source
from app.platform import clock
from app.search.index import SearchUnavailable
from app.wiring import Node
from app.worker import Worker

cli = typer.Typer()

WHO = "system:source"
"""Who acts by these commands, in the audit log."""
ALL = sys.maxsize
LINE_EVERY_SECONDS = 10.0
INTERRUPTED = 130

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")]
Modes = Annotated[Mode, typer.Option("--mode", help="What the run reads and keeps.")]


@cli.command("run")
def source_run(
    source_id: SourceId,
    mode: Modes = Mode.HARVEST,
    full: Annotated[bool, typer.Option("--full", help="The same as --mode full.")] = False,
    dry_run: Annotated[
        int | None,
        typer.Option("--dry-run", min=1, metavar="N", help="Look at N items, keep nothing."),
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Let a worker do it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a source now, going on where a stopped run was; then index what changed."""
    kind = Mode.DRY_RUN if dry_run else Mode.FULL if full else mode
    if queue:
        _ask(source_id, kind, most=dry_run, as_json=as_json)
        return
    with opened_node() as node:
        run, report = _make(node, source_id, kind, most=dry_run or 100)
        issues = _issues(node, run, report)
    if as_json:
        say_json({"run": run, "report": report} if report else run)
    else:
        say_run(run)
        say_issues(issues)
        for title in report.titles if report else ():
            typer.echo(f"  {title}")
    raise typer.Exit(0 if run.state in {RunState.DONE, RunState.DONE_WITH_ERRORS} else 1)


def _ask(source_id: str, mode: Mode, *, most: int | None, as_json: bool) -> None:
    with opened_node() as node, node.database.write() as session:
        run = harvest.enqueue(
            session, source_id, mode=mode, asked_by=WHO, at=clock.now(), most=most
        )
    if as_json:
        say_json(run)
    else:
        typer.echo(f"{run.id}  queued; a worker makes it: opencpd source runs {source_id}")


def _make(node: Node, source_id: str, mode: Mode, *, most: int) -> tuple[Run, Report | None]:
    """Make the run here; Ctrl-C leaves it so that the next one goes on from there."""
    with counting(source_id) as tell:
        try:
            if mode is Mode.DRY_RUN:
                return harvest.dry_run(
                    node.database, source_id, registry=node.registry, make_fetch=node.make_fetch,
                    now=clock.now, most=most, on_page=tell,
                )  # fmt: skip
            run = harvest.run_source(
                node.database, source_id, registry=node.registry, make_fetch=node.make_fetch,
                now=clock.now, mode=mode, on_page=tell, asked_by=WHO,
            )  # fmt: skip
        except KeyboardInterrupt:
            with node.database.write() as session:
                harvest.leave(session, source_id, at=clock.now())
            typer.echo("stopped; run it again to go on from here", err=True)
            raise typer.Exit(INTERRUPTED) from None
    if mode.keeps:
        with progress(source_id) as tell_text:
            tell_text("indexing")
            index(node)
    with node.database.read() as session:
        return run, harvest.get_report(session, run.id)


def _issues(node: Node, run: Run, report: Report | None) -> Sequence[ItemIssue]:
    if report is not None:
        return report.issues
    with node.database.read() as session:
        issues = harvest.list_issues(session, run.source_id, limit=ALL)
    return [one for one in issues if one.severity == Severity.ERROR or one.run_id == run.id]


@contextmanager
def counting(source_id: str) -> Iterator[Callable[[Run], None]]:
    """A bar and live counters on a terminal; a line now and then elsewhere."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
        TextColumn("{task.fields[told]}"), TimeElapsedColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    said = time.monotonic()
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(source_id, total=None, told="")

        def tell(run: Run) -> None:
            nonlocal said
            told = _counted(run)
            shown.update(task, completed=run.counters.seen, total=run.expected, told=told)
            if not console.is_terminal and time.monotonic() - said >= LINE_EVERY_SECONDS:
                said = time.monotonic()
                typer.echo(f"{source_id}: {told}", err=True)

        yield tell


def _counted(run: Run) -> str:
    listed = f"{run.counters.seen}{f' of {run.expected}' if run.expected else ''} seen"
    others = [
        f"{getattr(run.counters, name)} {name}"
        for name in ("new", "changed", "unchanged", "rejected")
        if getattr(run.counters, name)
    ]
    return ", ".join([listed, *others])


def index(node: Node) -> None:
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
    Failure.STOPPED: "Run it again to go on from here.",
    Failure.FAULT: "The log has the details; tell the connector's author.",
}


def say_run(run: Run) -> None:
    counted = ", ".join(f"{value} {key}" for key, value in asdict(run.counters).items() if value)
    typer.echo(f"{run.id}  {run.state.value}: {counted or 'nothing listed'}")
    if run.message:
        typer.echo(f"  {run.message}")
    if run.failure:
        typer.echo(f"  {_WHAT_NEXT[run.failure]}")
    if run.state is RunState.HELD:
        typer.echo(f"  opencpd source release {run.id} [--refuse]")


def say_issues(issues: Sequence[ItemIssue]) -> None:
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


@cli.command("runs")
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
        say_run(run)
    say_issues(issues)


@cli.command("release")
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
        index(node)
    _say(run, as_json=as_json)


@cli.command("cancel")
def source_cancel(run_id: RunId, as_json: AsJson = False) -> None:
    """End a run that waits, or stop one that runs; what it has stored stays."""
    with opened_node() as node, node.database.write() as session:
        run = harvest.cancel(session, run_id, who=WHO, at=clock.now())
    _say(run, as_json=as_json)


@cli.command("replay")
def source_replay(source_id: SourceId, as_json: AsJson = False) -> None:
    """Map what is kept of a source anew, as after a new connector; nothing is fetched."""
    with opened_node() as node:
        run, _ = _make(node, source_id, Mode.REPLAY, most=0)
    _say(run, as_json=as_json)
    raise typer.Exit(0 if run.state in {RunState.DONE, RunState.DONE_WITH_ERRORS} else 1)


@cli.command("pause")
def source_pause(source_id: SourceId, as_json: AsJson = False) -> None:
    """Let a source's schedule rest; it can still be run by hand."""
    with opened_node() as node, node.database.write() as session:
        source = harvest.pause(session, source_id, who=WHO, at=clock.now())
    _say_schedule(source, as_json=as_json)


@cli.command("resume")
def source_resume(source_id: SourceId, as_json: AsJson = False) -> None:
    """Let a source's schedule go on."""
    with opened_node() as node, node.database.write() as session:
        source = harvest.resume(session, source_id, who=WHO, at=clock.now())
    _say_schedule(source, as_json=as_json)


@cli.command("schedule")
def source_schedule(
    source_id: SourceId,
    every: Every = 24,
    between: Between = None,
    timezone: Timezone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Change how often a source is run, and in which time of day."""
    with opened_node() as node, node.database.write() as session:
        source = harvest.set_schedule(
            session, source_id, every_hours=every or None, window=window(between, timezone),
            who=WHO, at=clock.now(),
        )  # fmt: skip
    _say_schedule(source, as_json=as_json)


def _say(run: Run, *, as_json: bool) -> None:
    if as_json:
        say_json(run)
    else:
        say_run(run)


def _say_schedule(source: Source, *, as_json: bool) -> None:
    hours = source.window
    if as_json:
        say_json(
            {
                "id": source.id, "paused": source.paused, "every_hours": source.every_hours,
                "window": hours, "failures": source.failures, "next_due_at": source.next_due_at,
            }
        )  # fmt: skip
        return
    rhythm = f"every {source.every_hours} h" if source.every_hours else "only by hand"
    between = f", {hours.opens}-{hours.closes} {hours.timezone}" if hours else ""
    following = f"; next {source.next_due_at:%Y-%m-%d %H:%M} UTC" if source.next_due_at else ""
    typer.echo(f"{source.id}: {'paused' if source.paused else rhythm + between + following}")
