"""Commands for grants: who may act in a society's stead."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, say_json, say_table
from app.identity import grants, rules
from app.platform import clock

grant_cli = typer.Typer(help="Leave to act in a society's stead.", no_args_is_help=True)

Society = Annotated[str, typer.Argument(help="Whose leave it is, such as cse.")]


@grant_cli.command("add")
def grant_add(
    society: Society,
    grantee: Annotated[str, typer.Argument(help="Who may act, such as training-house.")],
    action: Annotated[str, typer.Option(help="What it may do.")] = "records:issue",
    begin: Annotated[
        datetime | None, typer.Option("--from", help="In UTC; by default from now on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="In UTC; by default until it is ended.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let another organisation do one thing in a society's stead."""
    with opened_node() as node, node.database.write() as session:
        given, new = grants.add_grant(
            session,
            society,
            grantee_id=grantee,
            action=action,
            valid_from=None if begin is None else begin.replace(tzinfo=UTC),
            valid_until=None if until is None else until.replace(tzinfo=UTC),
            at=clock.now(),
            who="operator",
        )
    if as_json:
        say_json(given)
    else:
        typer.echo(f"{'gave' if new else 'had given'} grant {given.id}")


@grant_cli.command("list")
def grant_list(society: Society, as_json: AsJson = False) -> None:
    """List a society's grants, those that have ended too."""
    with opened_node() as node, node.database.read() as session:
        found = grants.list_grants(session, society)
    if as_json:
        say_json(found)
        return
    at = clock.now()
    rows = [
        (g.id, g.grantee_id, g.action, g.valid_from, g.valid_until, rules.holds(g, at=at))
        for g in found
    ]
    say_table(("grant", "who", "may", "from", "until", "holds"), rows)


@grant_cli.command("end")
def grant_end(
    society: Society,
    grant_id: Annotated[str, typer.Argument(metavar="GRANT", help="The grant's id.")],
) -> None:
    """End a grant at once; what was done under it stays done."""
    with opened_node() as node, node.database.write() as session:
        grants.end_grant(session, society, grant_id, at=clock.now(), who="operator")
    typer.echo(f"ended {grant_id}")
