"""Commands for those who take part: the societies."""

from typing import Annotated

import typer

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.cli.common import AsJson, opened_node, pairs, say_json, say_table
from app.platform import clock
from app.records import enrolment
from app.records.rosters import service as rosters

society_cli = typer.Typer(help="Member societies.", no_args_is_help=True)


@society_cli.command("add")
def society_add(
    society_id: Annotated[str, typer.Argument(metavar="ID", help="A short name, such as cse.")],
    name: Annotated[list[str], typer.Option(metavar="LANG=NAME", help="Repeatable.")],
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, such as KE.")] = None,
    url: Annotated[str | None, typer.Option(help="Its web site.")] = None,
    issues: Annotated[bool, typer.Option(help="Make keys, so that it can issue records.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a society; with --issues also the keys of its records."""
    new = NewSociety(names=pairs(name, option="--name"), id=society_id, country=country, url=url)
    with opened_node() as node, node.database.write() as session:
        made = enrolment.enrol(
            session,
            new,
            signer=node.signer,
            public_url=node.settings.public_url,
            at=clock.now(),
            issues=issues,
        )
    if as_json:
        say_json(made)
    else:
        typer.echo(f"added {society_id}")


@society_cli.command("set")
def society_set(
    society_id: Annotated[str, typer.Argument(metavar="ID", help="The society, such as cse.")],
    approval: Annotated[
        bool, typer.Option(help="Whether a second person must approve its rosters.")
    ],
) -> None:
    """Say what a society wants of this node."""
    with opened_node() as node, node.database.write() as session:
        rosters.set_approval(session, society_id, approval=approval, at=clock.now(), who="operator")
    typer.echo(f"{society_id}: rosters {'wait' if approval else 'do not wait'} for approval")


@society_cli.command("list")
def society_list(as_json: AsJson = False) -> None:
    """List the societies."""
    with opened_node() as node, node.database.read() as session:
        found = catalogue.list_societies(session)
    if as_json:
        say_json(found)
    else:
        rows = [(s.id, s.country, " · ".join(s.names.values())) for s in found]
        say_table(("id", "country", "names"), rows)
