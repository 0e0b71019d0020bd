"""Commands for rosters: issue the records of one, follow it, decide about it."""

import getpass
import io
import sys
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.common import AsJson, opened_node, read_file, say_json, say_table, write_file
from app.platform import clock
from app.records.rosters import service, template
from app.records.rosters.api import csv_lines
from app.records.rosters.model import AT_WORK, Roster, State
from app.records.rosters.wire import ProblemOut, RosterOut
from app.records.rosters.work import Desk, go_on
from app.wiring import Node

cli = typer.Typer()
roster_cli = typer.Typer(help="Rosters: many completions in one file.", no_args_is_help=True)

RosterId = Annotated[str, typer.Argument(metavar="ROSTER", help="The roster's id.")]
_GOOD = {State.DONE, State.WAITING, State.CHECKING, State.ISSUING}
_SHOWN = 20
_POLL_SECONDS = 0.5
_LINE_EVERY = 2000


class Form(StrEnum):
    """What a template may be."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


@cli.command("issue")
def issue(
    file: Annotated[
        Path, typer.Argument(metavar="ROSTER", help="CSV, XLSX or JSON; - for standard input.")
    ],
    society: Annotated[str, typer.Option(help="Whose records they are, such as cse.")],
    wait: Annotated[bool, typer.Option(help="Issue here and now, not by the worker.")] = True,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Issue nothing when any row has errors.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Issue the records of a roster; good rows are issued, the others told with their mends."""
    data = io.BytesIO(read_file(file))
    with opened_node() as node:
        roster = service.submit(
            node.database,
            data,
            society_id=society,
            who=_operator(),
            at=clock.now(),
            all_or_nothing=all_or_nothing,
        )
        typer.echo(f"roster {roster.id}", err=True)
        if wait:
            _see_through(node, roster.id)
        _say(node, roster.id, as_json=as_json)
        with node.database.read() as session:
            ended = service.find_roster(session, roster.id)
    raise typer.Exit(0 if ended.state in _GOOD else 1)


def _see_through(node: Node, roster_id: str) -> None:
    """Check and issue until there is nothing to do; waits when another process is at it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("checking", total=None, rate="")
        said = 0

        def look() -> Roster:
            nonlocal said
            with node.database.read() as session:
                found = service.find_roster(session, roster_id)
            done = found.issued + found.existed + found.failed
            is_checking = found.state is State.CHECKING
            rate = found.rate(at=clock.now())
            shown.update(
                task,
                description="checking" if is_checking else "issuing",
                total=None if is_checking else found.rows - found.bad,
                completed=found.rows if is_checking else done,
                rate="" if rate is None else f"{rate:g}/s",
            )
            if not console.is_terminal and found.rows + done - said >= _LINE_EVERY:
                said = found.rows + done
                typer.echo(_line(found), err=True)
            return found

        desk = Desk(
            node.database,
            node.signer,
            node.settings.public_url,
            clock.now,
            goes_on=lambda: look() is not None,
        )
        while look().state in AT_WORK:
            if not go_on(desk, roster_id, batches=1) and look().state in AT_WORK:
                threading.Event().wait(_POLL_SECONDS)


def _line(roster: Roster) -> str:
    rate = roster.rate(at=clock.now())
    speed = "" if rate is None else f", {rate:g} a second"
    return (
        f"{roster.state}: {roster.rows} rows, {roster.bad} with errors, {roster.issued} issued, "
        f"{roster.existed} there before, {roster.failed} failed{speed}"
    )


def _say(node: Node, roster_id: str, *, as_json: bool) -> None:
    with node.database.read() as session:
        roster = service.find_roster(session, roster_id)
        errors = service.errors(session, roster_id, cursor=None, limit=_SHOWN)
    if as_json:
        told = RosterOut.of(roster, public_url=node.settings.public_url, at=clock.now())
        say_json(
            told.model_dump(mode="json")
            | {"errors": [ProblemOut.of(one).model_dump() for one in errors.items]}
        )
        return
    typer.echo(_line(roster))
    if roster.reason:
        typer.echo(f"reason: {roster.reason}")
    if errors.items:
        rows = [
            (one.row, one.letter, one.field, one.value, one.code, one.mend) for one in errors.items
        ]
        say_table(("row", "column", "field", "value", "code", "mend"), rows)
    if errors.next_cursor:
        typer.echo(f"and more: opencpd roster errors {roster_id}")
    if roster.state is State.WAITING:
        typer.echo(f"somebody else approves it: opencpd roster approve {roster_id}")


@roster_cli.command("list")
def roster_list(
    society: Annotated[str, typer.Argument(help="Whose rosters, such as cse.")],
    as_json: AsJson = False,
) -> None:
    """List a society's latest rosters."""
    with opened_node() as node, node.database.read() as session:
        found = service.list_rosters(session, society, cursor=None, limit=100).items
    if as_json:
        at = clock.now()
        told = [RosterOut.of(one, public_url=node.settings.public_url, at=at) for one in found]
        say_json([one.model_dump(mode="json") for one in told])
        return
    rows = [(r.id, r.state, r.submitted_at, r.rows, r.bad, r.issued, r.failed) for r in found]
    say_table(("roster", "state", "submitted", "rows", "bad", "issued", "failed"), rows)


@roster_cli.command("show")
def roster_show(roster_id: RosterId, as_json: AsJson = False) -> None:
    """Show how far a roster has come."""
    with opened_node() as node:
        _say(node, roster_id, as_json=as_json)


@roster_cli.command("errors")
def roster_errors(
    roster_id: RosterId,
    output: Annotated[Path, typer.Option(help="Where to write; - for standard output.")] = Path(
        "-"
    ),
) -> None:
    """Write every error of a roster as CSV, by row and field, with what mends it."""
    with opened_node() as node:
        with node.database.read() as session:
            service.find_roster(session, roster_id)
        _write(output, b"".join(csv_lines(service.all_errors(node.database, roster_id))))


@roster_cli.command("approve")
def roster_approve(roster_id: RosterId, as_json: AsJson = False) -> None:
    """Let a roster be issued that somebody else submitted; the worker issues it."""
    with opened_node() as node:
        with node.database.write() as session:
            service.approve(session, roster_id, at=clock.now(), who=_operator())
        _say(node, roster_id, as_json=as_json)


@roster_cli.command("reject")
def roster_reject(
    roster_id: RosterId,
    reason: Annotated[str, typer.Option(help="Why; whoever submitted it is told.")],
    as_json: AsJson = False,
) -> None:
    """Say no to a roster that waits for approval."""
    with opened_node() as node:
        with node.database.write() as session:
            service.reject(session, roster_id, reason=reason, at=clock.now(), who=_operator())
        _say(node, roster_id, as_json=as_json)


@roster_cli.command("cancel")
def roster_cancel(roster_id: RosterId, as_json: AsJson = False) -> None:
    """Stop a roster; the records that are out stay out."""
    with opened_node() as node:
        with node.database.write() as session:
            service.cancel(session, roster_id, at=clock.now(), who=_operator())
        _say(node, roster_id, as_json=as_json)


@roster_cli.command("template")
def roster_template(
    form: Annotated[Form, typer.Argument(help="What to write.")],
    output: Annotated[Path, typer.Option(help="Where to write; - for standard output.")] = Path(
        "-"
    ),
) -> None:
    """Write an empty roster to fill in."""
    makers: dict[Form, Callable[[], bytes]] = {
        Form.CSV: template.as_csv,
        Form.XLSX: template.as_xlsx,
        Form.JSON: template.as_json,
    }
    _write(output, makers[form]())


def _write(output: Path, data: bytes) -> None:
    if str(output) == "-":
        sys.stdout.buffer.write(data)
    else:
        write_file(output, data)
        typer.echo(f"wrote {output}", err=True)


def _operator() -> str:
    """Who is at the terminal: a roster is approved by somebody else than its submitter."""
    return f"operator:{getpass.getuser()}"
