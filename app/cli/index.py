"""Commands for the search index: how it stands, what it refuses, whether it is right."""

from typing import Annotated

import typer

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.cli.common import AsJson, opened_node, progress, say_json, say_table
from app.platform import clock, outbox
from app.platform.problems import NotFound
from app.search import checking, state

index_cli = typer.Typer(help="The search index.", no_args_is_help=True)

SHOWN = 1000
NAMED = 20


@index_cli.command("status")
def index_status(as_json: AsJson = False) -> None:
    """Show how far the index is behind, and which courses it refuses and why."""
    with opened_node() as node:
        health = node.index.health()
        with node.database.read() as session:
            courses = catalogue.count_courses(session)
            backlog = outbox.backlog(session, COURSE_CHANGED)
            known = state.get(session)
            failing = outbox.failing(session, COURSE_CHANGED, limit=SHOWN)
    if as_json:
        say_json({"engine": health, "courses": courses, "outbox": backlog, "state": known,
                  "failing": failing})  # fmt: skip
        return
    typer.echo(health.detail)
    typer.echo(f"{health.documents} documents of {courses} courses")
    typer.echo(f"{backlog.waiting} waiting since {backlog.oldest or '-'}, "
               f"{backlog.set_aside} set aside")  # fmt: skip
    if known.failures:
        typer.echo(f"not written to since {known.failing_since}: {known.reason}")
    typer.echo(f"built anew {known.rebuilt_at or 'never'}, compared {known.checked_at or 'never'}")
    if failing:
        say_table(
            ("course", "since", "attempts", "set aside", "reason"),
            [(one.key, one.since, one.attempts, one.set_aside_at, one.reason) for one in failing],
        )


@index_cli.command("retry")
def index_retry(
    course: Annotated[str | None, typer.Argument(help="Id of one course; without it, all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let the worker try again now what the index refused."""
    with opened_node() as node, node.database.write() as session:
        count = outbox.try_again(session, COURSE_CHANGED, course, at=clock.now())
        if course is not None and not count:
            raise NotFound(f"The index refused no course {course}; see `opencpd index status`.")
    if as_json:
        say_json({"tried": count})
    else:
        typer.echo(f"{count} courses are tried again")


@index_cli.command("check")
def index_check(
    mend: Annotated[bool, typer.Option("--mend", help="Have the worker mend it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the index with the catalogue, course by course; exit code 1 if they differ."""
    with opened_node() as node, progress("comparing"):
        found = checking.check(node.database, node.index, at=clock.now(), mend=mend)
    if as_json:
        say_json(found)
    else:
        typer.echo(f"{found.courses} courses, {found.documents} documents: "
                   f"{len(found.missing)} missing, {len(found.surplus)} too many, "
                   f"{len(found.stale)} out of date")  # fmt: skip
        for kind in ("missing", "surplus", "stale"):
            for key in getattr(found, kind)[:NAMED]:
                typer.echo(f"  {kind} {key}")
    if found.ids and not mend:
        raise typer.Exit(1)
