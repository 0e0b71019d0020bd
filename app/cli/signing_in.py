"""Commands for those with an account: help for whoever cannot get in."""

from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, say_json
from app.identity import audit
from app.identity.people import service as people
from app.identity.signin import links
from app.platform import clock

person_cli = typer.Typer(help="People who sign in.", no_args_is_help=True)


@person_cli.command("link")
def person_link(
    email: Annotated[str, typer.Argument(help="Whose account; made if there is none.")],
    as_json: AsJson = False,
) -> None:
    """Print a link that signs somebody in, once, for whoever gets no mail."""
    at = clock.now()
    with opened_node() as node, node.database.write() as session:
        person = people.person_of_email(session, email, at=at)
        secret = links.ask(session, email, then="/account", at=at)
        audit.record(
            session, who="operator", action="person.link", subject=f"person:{person.id}", at=at
        )
        address = f"{node.settings.public_url}/sign-in/link/{secret}"
    if as_json:
        say_json({"person": person.id, "link": address, "ends_at": at + links.LASTS})
    else:
        typer.echo(address)
