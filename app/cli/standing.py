"""Commands for the standing of issued records: change it, for one or for many, and show it."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, not_understood, opened_node, progress, read_file, say_json
from app.platform import clock
from app.records import service as records
from app.records import status
from app.records.standing import batch
from app.records.standing import service as standing
from app.records.standing.model import Action, History, Order, Outcome, Reason, Result, Search
from app.wiring import Node

status_cli = typer.Typer(help="The standing of issued records.", no_args_is_help=True)

WHO = "operator"
_DONE = {Action.REVOKE: "revoked", Action.SUSPEND: "suspended", Action.REINSTATE: "reinstated"}
_DAY = ("%Y-%m-%d",)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for: records by their ids, or a search in one society."""

    order: Order
    ids: Sequence[str]
    society_id: str | None
    search: Search
    expected: int | None
    dry_run: bool
    as_json: bool


def _add(action: Action, text: str) -> None:
    """One command for each action; they differ in nothing else."""

    @status_cli.command(action.value, help=text)
    def command(
        reason: Annotated[Reason, typer.Option(help="Why.")],
        records: Annotated[list[str] | None, typer.Argument(help="Records' ids.")] = None,
        reference: Annotated[
            str | None, typer.Option(help="Your case number, such as 2026/117; not published.")
        ] = None,
        file: Annotated[
            Path | None, typer.Option(help="Ids, one a line; - for standard input.")
        ] = None,
        society: Annotated[
            str | None, typer.Option(help="Search its records by what follows.")
        ] = None,
        course: Annotated[str | None, typer.Option(help="A course's id.")] = None,
        course_run: Annotated[str | None, typer.Option(help="One delivery of it.")] = None,
        holder: Annotated[str | None, typer.Option(help="A holder's id.")] = None,
        roster: Annotated[str | None, typer.Option(help="A roster's id.")] = None,
        issued_from: Annotated[
            datetime | None, typer.Option(formats=_DAY, help="The first day, in UTC.")
        ] = None,
        issued_until: Annotated[
            datetime | None, typer.Option(formats=_DAY, help="The last day, in UTC.")
        ] = None,
        expected: Annotated[
            int | None,
            typer.Option(min=0, help="How many the search must find; asked if left out."),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would be changed, and change nothing.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        wanted = _Wanted(
            order=Order(action, reason, reference),
            ids=[*map(_bare, records or ()), *(_lines(file) if file else ())],
            society_id=society,
            search=Search(
                course_id=course,
                course_run=course_run,
                holder_id=holder,
                roster_id=roster,
                issued_from=issued_from.date() if issued_from else None,
                issued_until=issued_until.date() if issued_until else None,
            ),
            expected=expected,
            dry_run=dry_run,
            as_json=as_json,
        )
        _change(wanted)


_add(Action.REVOKE, "Revoke records for good; the status lists say so at once.")
_add(Action.SUSPEND, "Suspend records: they do not hold until they are reinstated.")
_add(Action.REINSTATE, "Let suspended records hold again.")


@status_cli.command("show")
def status_show(
    record: Annotated[str, typer.Argument(help="The record's id.")], as_json: AsJson = False
) -> None:
    """Show where a record stands, how that came about, and the lists that say so."""
    record_id = _bare(record)
    with opened_node() as node, node.database.read() as session:
        history = standing.history(session, record_id)
        society_id = records.get_record(session, record_id).society_id
        place = standing.place(session, record_id)
        lists = status.listed_urls(session, society_id=society_id, number=place.list_no)
    if as_json:
        say_json({"history": history, "lists": lists, "index": place.index})
        return
    _say_history(history)
    typer.echo(f"entry {place.index} of {lists[0]}")


@status_cli.command("check")
def status_check(as_json: AsJson = False) -> None:
    """Compare the status lists that are published with the records; exit code 1 if they differ."""
    with opened_node() as node, node.database.read() as session:
        differing = status.differing(session)
    if as_json:
        say_json({"differing": differing})
    elif differing:
        for url in differing:
            typer.echo(f"differs from the records: {url}")
        typer.echo("mend it with: opencpd status publish", err=True)
    else:
        typer.echo("every status list says what the records say")
    raise typer.Exit(1 if differing else 0)


@status_cli.command("publish")
def status_publish(
    society: Annotated[str | None, typer.Option(help="Of this one alone.")] = None,
) -> None:
    """Make every status list anew from the records, signed with the keys of now."""
    with opened_node() as node:
        done = status.publish_all(node.database, node.signer, society_id=society, at=clock.now())
    typer.echo(f"published the lists of {done} numbers")


def _change(wanted: _Wanted) -> None:
    searching = wanted.search != Search() or wanted.society_id is not None
    if searching == bool(wanted.ids):
        raise not_understood("Name records, or --society with a search; one of the two.")
    if searching and wanted.society_id is None:
        raise not_understood("Name the society whose records are searched: --society.")
    with opened_node() as node:
        if searching:
            outcomes = _by_search(node, wanted, str(wanted.society_id))
        elif wanted.dry_run:
            with node.database.read() as session:
                outcomes = batch.preview(session, [(one, wanted.order) for one in wanted.ids])
        else:
            with progress(wanted.order.action) as show:
                outcomes = batch.change_many(
                    node.database,
                    node.signer,
                    [(record_id, wanted.order) for record_id in wanted.ids],
                    at=clock.now(),
                    who=WHO,
                    progress=lambda done: show(f"{done} records"),
                )
    _say_outcomes(outcomes, wanted)


def _by_search(node: Node, wanted: _Wanted, society_id: str) -> Sequence[Outcome]:
    """Count, have the count confirmed, then change as many and no others."""
    with node.database.read() as session:
        found = batch.count(session, wanted.search, wanted.order, society_id=society_id)
    expected = wanted.expected
    if wanted.dry_run or (expected is None and not sys.stdin.isatty()):
        if wanted.as_json:
            say_json({"found": found})
        else:
            typer.echo(f"{found} records would be {_DONE[wanted.order.action]}")
        if not wanted.dry_run:
            raise not_understood(f"Nothing was changed; confirm with --expected {found}.")
        raise typer.Exit
    if expected is None:
        typer.confirm(f"{found} records will be {_DONE[wanted.order.action]}. Go on?", abort=True)
        expected = found
    with progress(wanted.order.action) as show:
        return batch.change_found(
            node.database,
            node.signer,
            wanted.search,
            wanted.order,
            society_id=society_id,
            expected=expected,
            at=clock.now(),
            who=WHO,
            progress=lambda done: show(f"{done} of {expected}"),
        )


def _say_outcomes(outcomes: Sequence[Outcome], wanted: _Wanted) -> None:
    """What was refused, one a line; then how many were what. Exit code 1 when any was refused."""
    results = Counter(one.result for one in outcomes)
    counts = {result.value: results[result] for result in Result}
    if wanted.as_json:
        say_json({"dry_run": wanted.dry_run, **counts, "outcomes": outcomes})
    else:
        for one in outcomes:
            if one.result is Result.REFUSED:
                typer.echo(f"refused {one.record_id}: {one.detail}", err=True)
        done = _DONE[wanted.order.action]
        said = f"would be {done}" if wanted.dry_run else done
        typer.echo(
            f"{said}: {counts['changed']}, were so before: {counts['unchanged']}, "
            f"refused: {counts['refused']}"
        )
    if results[Result.REFUSED]:
        raise typer.Exit(1)


def _say_history(history: History) -> None:
    typer.echo(f"{history.record_id}: {history.standing}")
    if history.predecessor:
        typer.echo(f"corrects {history.predecessor}")
    if history.successor:
        typer.echo(f"corrected by {history.successor}")
    typer.echo(f"{history.issued_at:%Y-%m-%d %H:%M} issued")
    for one in history.changes:
        case = f", case {one.reference}" if one.reference else ""
        typer.echo(f"{one.at:%Y-%m-%d %H:%M} {one.after} by {one.who}: {one.reason}{case}")


def _lines(file: Path) -> list[str]:
    """The ids in a file; blank lines and those that begin with # are left out."""
    try:
        text = read_file(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_understood(f"{file} is not text; give one id a line.") from error
    lines = [line.strip() for line in text.splitlines()]
    return [_bare(line) for line in lines if line and not line.startswith("#")]


def _bare(record_id: str) -> str:
    """An id as it stands in the record, too: urn:uuid:..."""
    return record_id.strip().removeprefix("urn:uuid:")
