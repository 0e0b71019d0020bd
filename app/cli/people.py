"""Commands for organisations and the people in them, for whoever has the node's terminal."""

from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, say_json, say_table
from app.identity import organisations, store
from app.identity.people import operators, rules, service
from app.identity.people import store as people
from app.identity.people.model import Member
from app.identity.service import get_organisation
from app.platform import clock
from app.platform.problems import NotFound
from app.records.enrolment import NewOrganisation, Office

organisation_cli = typer.Typer(help="Organisations of this node.", no_args_is_help=True)
member_cli = typer.Typer(help="People who work for an organisation.", no_args_is_help=True)
operator_cli = typer.Typer(help="People who run this node.", no_args_is_help=True)

WHO = "operator"

OrganisationArgument = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation, such as cse.")
]
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


@organisation_cli.command("add")
def organisation_add(
    organisation_id: Annotated[str, typer.Argument(metavar="ID", help="A short name, as pec.")],
    kind: Annotated[str, typer.Option(help="society or registry.")],
    name: Annotated[str, typer.Option(help="What it is called.")],
    language: Annotated[str, typer.Option(help="The language of the name.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Add a registry or a society; `society add` also takes names in several languages."""
    new = NewOrganisation(id=organisation_id, kind=kind, name=name, language=language)
    with opened_node() as node, node.database.write() as session:
        office = Office(node.signer, node.settings.public_url)
        made = office.add(session, new, at=clock.now(), who=WHO)
    if as_json:
        say_json(made)
    else:
        typer.echo(f"added {made.id}")


@organisation_cli.command("list")
def organisation_list(as_json: AsJson = False) -> None:
    """List the organisations and how many members each has."""
    with opened_node() as node, node.database.read() as session:
        found = store.organisations(session)
        counts = organisations.member_counts(session, found)
    rows = [(one.id, one.kind.value, one.name, counts.get(one.id, 0)) for one in found]
    columns = ("id", "kind", "name", "members")
    if as_json:
        say_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        say_table(columns, rows)


@member_cli.command("add")
def member_add(
    organisation: OrganisationArgument,
    email: Email,
    role: Annotated[list[str], typer.Option(help="What the person is there; repeatable.")],
) -> None:
    """Make a person a member, or give a member these roles and no others.

    The account is made when there is none; whoever reads the address's mail can sign in to it.
    """
    with opened_node() as node, node.database.write() as session:
        get_organisation(session, organisation)
        at, wanted = clock.now(), rules.roles(role)
        person = service.person_of_email(session, email, at=at)
        service.set_roles(session, organisation, person.id, wanted, at=at, who=WHO)
    typer.echo(f"{organisation}: {rules.email(email)} is {', '.join(sorted(wanted))}")


@member_cli.command("list")
def member_list(organisation: OrganisationArgument, as_json: AsJson = False) -> None:
    """List an organisation's members."""
    with opened_node() as node, node.database.read() as session:
        get_organisation(session, organisation)
        found = people.members(session, organisation)
    if as_json:
        say_json([{**_plain(one), "roles": sorted(one.roles)} for one in found])
    else:
        rows = [(one.email, one.name, ", ".join(sorted(one.roles)), one.since) for one in found]
        say_table(("e-mail", "name", "roles", "since"), rows)


@member_cli.command("remove")
def member_remove(organisation: OrganisationArgument, email: Email) -> None:
    """End a membership; the last owner stays."""
    with opened_node() as node, node.database.write() as session:
        person = people.person_by_email(session, rules.email(email))
        if person is None:
            raise NotFound(f"Nobody has the address {email}.")
        service.end_membership(session, organisation, person.id, at=clock.now(), who=WHO)
    typer.echo(f"{organisation}: {rules.email(email)} is no member any more")


@operator_cli.command("add")
def operator_add(email: Email) -> None:
    """Let a person run this node by its pages; the first one makes the organisation for it."""
    with opened_node() as node, node.database.write() as session:
        operators.add(session, email, node_name=node.settings.node_name, at=clock.now(), who=WHO)
    door = f"{node.settings.public_url}/sign-in"
    typer.echo(f"{rules.email(email)} runs this node: sign in at {door}")


def _plain(one: Member) -> dict[str, object]:
    return {"person": one.person_id, "email": one.email, "name": one.name, "since": one.since}
