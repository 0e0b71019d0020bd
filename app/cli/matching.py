"""Commands for courses that may be one: what waits, what was decided, names of societies."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from app.catalogue.naming import service as naming
from app.catalogue.reviewing import finding, pairs, store
from app.catalogue.reviewing import service as reviewing
from app.catalogue.reviewing.model import Kind
from app.catalogue.reviewing.service import Word
from app.cli.common import AsJson, opened_node, say_json, say_table
from app.platform import clock

match_cli = typer.Typer(help="Courses that may be one.", no_args_is_help=True)

PairId = Annotated[str, typer.Argument(metavar="PAIR", help="See `opencpd match list`.")]
Note = Annotated[str, typer.Option(help="Why; kept with the decision.")]
BY = "system:match"


def _title(session: Session, record_id: str) -> str:
    record = store.records(session, [record_id])[record_id]
    return next(iter(record.data.title.values()), record.remote_id)


@match_cli.command("list")
def match_list(
    kind: Annotated[Kind | None, typer.Option(help="Only pairs of this kind.")] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the pairs that wait for a person, the likeliest first."""
    with opened_node() as node, node.database.read() as session:
        found = pairs.queue(session, kind=kind, society_id=None, after=None, limit=most)
        rows = [
            (one.id, one.kind.value, one.score, _title(session, one.record_a),
             _title(session, one.record_b))
            for one in found
        ]  # fmt: skip
    if as_json:
        say_json(found)
    else:
        say_table(("pair", "kind", "score", "one", "other"), rows)


@match_cli.command("show")
def match_show(pair_id: PairId, as_json: AsJson = False) -> None:
    """Show one pair: both source records, field by field, and why they are alike."""
    with opened_node() as node, node.database.read() as session:
        found = reviewing.get_suggestion(session, pair_id)
        both = store.records(session, [found.record_a, found.record_b])
    left, right = both[found.record_a], both[found.record_b]
    if as_json:
        say_json({"pair": found, "records": [left, right]})
        return
    typer.echo(f"{found.kind.value} {found.score}/100: {', '.join(found.evidence)}")
    one, other = asdict(left.data), asdict(right.data)
    rows: list[tuple[Any, ...]] = [
        (each, getattr(left, each), getattr(right, each))
        for each in ("society_id", "source_id", "remote_id", "course_id", "id")
    ]
    rows += [
        (f"{name} *" if one[name] != other[name] else name, one[name], other[name])
        for name in one
        if one[name] not in (None, (), {}) or other[name] not in (None, (), {})
    ]
    say_table(("field (* differs)", "one", "other"), rows)


@match_cli.command("accept")
def match_accept(
    pair_id: PairId,
    keep: Annotated[str | None, typer.Option(help="The course whose id remains.")] = None,
    original: Annotated[
        str | None, typer.Option(help="Of two languages: the record that was there first.")
    ] = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Make one course of a pair, or link it where it is one course in two languages."""
    with opened_node() as node, node.database.write() as session:
        found = reviewing.get_suggestion(session, pair_id)
        made = reviewing.accept(
            session, reviewing.found_of(found), Word(BY, clock.now(), note), keep=keep,
            original=original,
        )  # fmt: skip
    if as_json:
        say_json(made)
    else:
        typer.echo(f"{made.verdict.value}: {made.kept_course or 'linked'}  (decision {made.id})")


@match_cli.command("never")
def match_never(pair_id: PairId, note: Note = "", as_json: AsJson = False) -> None:
    """Remember that the two are not one course."""
    with opened_node() as node, node.database.write() as session:
        found = reviewing.get_suggestion(session, pair_id)
        made = reviewing.never(session, reviewing.found_of(found), Word(BY, clock.now(), note))
    if as_json:
        say_json(made)
    else:
        typer.echo(f"never one  (decision {made.id})")


@match_cli.command("split")
def match_split(
    record_id: Annotated[str, typer.Argument(metavar="RECORD", help="A source record's id.")],
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Take a source record out of its course, for good."""
    with opened_node() as node, node.database.write() as session:
        course_id = reviewing.split(session, record_id, Word(BY, clock.now(), note))
    if as_json:
        say_json({"course": course_id})
    else:
        typer.echo(f"it is the course {course_id} now")


@match_cli.command("decisions")
def match_decisions(
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was decided, the newest first."""
    with opened_node() as node, node.database.read() as session:
        found = store.decisions(session, before=None, limit=most)
    if as_json:
        say_json(found)
        return
    rows = [
        (one.id, one.verdict.value, f"{one.at:%Y-%m-%d}", one.by, one.rule, one.score,
         "lifted" if one.lifted_at else "", one.note)
        for one in found
    ]  # fmt: skip
    say_table(("decision", "verdict", "day", "by", "rule", "score", "", "note"), rows)


@match_cli.command("lift")
def match_lift(
    decision_id: Annotated[str, typer.Argument(metavar="DECISION")],
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Undo a decision."""
    with opened_node() as node, node.database.write() as session:
        known = reviewing.lift(session, decision_id, Word(BY, clock.now(), note))
    if as_json:
        say_json(known)
    else:
        typer.echo(f"lifted: {known.verdict.value}")


@match_cli.command("search")
def match_search(as_json: AsJson = False) -> None:
    """Look now for likes of what changed; the worker does it by itself."""
    with opened_node() as node:
        done = finding.look_at_all(node.database, at=clock.now())
    if as_json:
        say_json({"looked_at": done})
    else:
        typer.echo(f"{done} source records looked at")


@match_cli.command("aliases")
def match_aliases(
    society: Annotated[str | None, typer.Option(help="Whose name to add.")] = None,
    name: Annotated[str | None, typer.Option(help="A name, in any script.")] = None,
    domain: Annotated[str | None, typer.Option(help="Such as engineers.example.")] = None,
    ror: Annotated[str | None, typer.Option(help="Such as https://ror.org/05dxps055.")] = None,
    remove: Annotated[str | None, typer.Option(help="The id of an alias to take away.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the names by which societies are known; add one, or take one away."""
    given = {"name": name, "domain": domain, "ror": ror}
    wanted = {kind: value for kind, value in given.items() if value}
    if wanted and society is None:
        raise typer.BadParameter("say whose it is with --society")
    with opened_node() as node, node.database.write() as session:
        for kind, value in wanted.items():
            naming.add(session, str(society), kind, value, by=BY, at=clock.now())
        if remove:
            naming.remove(session, remove, by=BY, at=clock.now())
        found = naming.listing(session)
    if as_json:
        say_json(found)
    else:
        rows = [(one.id, one.society_id, one.kind.value, one.value) for one in found]
        say_table(("alias", "society", "kind", "value"), rows)
