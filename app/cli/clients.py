"""Commands for the programs that act for an organisation, or for people who allow it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, plain, read_object, say_json, say_table
from app.identity.clients import service
from app.identity.clients.rules import NewClient
from app.identity.clients.service import LONGEST_OVERLAP, Made
from app.identity.clients.wire import ClientOut
from app.identity.model import AuthMethod, ClientKind
from app.identity.service import get_organisation
from app.platform import clock

client_cli = typer.Typer(help="Programs that may use the API.", no_args_is_help=True)

WHO = "system:client"
ClientId = Annotated[str, typer.Argument(help="The client's id.")]
_LONGEST_HOURS = int(LONGEST_OVERLAP.total_seconds()) // 3600


@client_cli.command("new")
def client_new(
    organisation: Annotated[str, typer.Argument(help="Whose client it is, such as cse.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; repeatable.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "client",
    method: Annotated[
        AuthMethod | None, typer.Option(help="How it proves who it is; a secret as HTTP Basic.")
    ] = None,
    jwks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its public keys, for private_key_jwt.")
    ] = None,
    jwks_uri: Annotated[
        str | None, typer.Option(metavar="URL", help="Or where they are published.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="It acts for people, who come back here; repeatable."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="It runs on people's devices and keeps no secret.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="What it publishes stays in the sandbox.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make credentials for a program; the secret is shown this once."""
    service_kind = ClientKind.WEB if redirect_uri else ClientKind.SERVICE
    keyed = jwks is not None or jwks_uri is not None
    usual = AuthMethod.PRIVATE_KEY_JWT if keyed else AuthMethod.SECRET_BASIC
    new = NewClient(
        organisation_id=organisation,
        name=name,
        scopes=frozenset(scope),
        kind=ClientKind.NATIVE if public else service_kind,
        method=method or (AuthMethod.NONE if public else usual),
        jwks=read_object(jwks) if jwks else None,
        jwks_uri=jwks_uri,
        redirect_uris=tuple(redirect_uri or ()),
        sandbox=sandbox,
    )
    with opened_node() as node, node.database.write() as session:
        made = service.add(session, new, at=clock.now(), who=WHO)
    _say_made(made, as_json=as_json)


@client_cli.command("list")
def client_list(
    organisation: Annotated[str, typer.Argument(help="Whose clients, such as cse.")],
    as_json: AsJson = False,
) -> None:
    """List an organisation's programs, those that were revoked too."""
    with opened_node() as node, node.database.read() as session:
        get_organisation(session, organisation)
        found = service.of_organisation(session, organisation)
    if as_json:
        say_json([ClientOut.of(one).model_dump() for one in found])
        return
    rows = [
        (one.id, one.name, one.kind, one.method, " ".join(sorted(one.scopes)),
         "revoked" if one.revoked_at else "sandbox" if one.sandbox else "")
        for one in found
    ]  # fmt: skip
    say_table(("id", "name", "kind", "method", "scopes", ""), rows)


@client_cli.command("show")
def client_show(client_id: ClientId, as_json: AsJson = False) -> None:
    """Show a program; its secret is not known to the node."""
    with opened_node() as node, node.database.read() as session:
        told = ClientOut.of(service.find(session, client_id)).model_dump()
    if as_json:
        say_json(told)
        return
    for member, value in plain(told).items():
        shown = " ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"{member:<22} {'' if shown is None else shown}".rstrip())


@client_cli.command("rotate-secret")
def client_rotate_secret(
    client_id: ClientId,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=_LONGEST_HOURS, help="How long the old secret lasts, too.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Give a program another secret, shown this once; the old one lasts a little longer."""
    with opened_node() as node, node.database.write() as session:
        client = service.find(session, client_id)
        overlap = timedelta(hours=overlap_hours)
        made = service.rotate_secret(session, client, at=clock.now(), who=WHO, overlap=overlap)
    _say_made(made, as_json=as_json)


@client_cli.command("set-keys")
def client_set_keys(
    client_id: ClientId,
    jwks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its public keys, a JWK set.")
    ] = None,
    jwks_uri: Annotated[
        str | None, typer.Option(metavar="URL", help="Or where they are published.")
    ] = None,
) -> None:
    """Give a program these public keys and no others."""
    given = read_object(jwks) if jwks else None
    with opened_node() as node, node.database.write() as session:
        client = service.find(session, client_id)
        service.set_keys(session, client, jwks=given, jwks_uri=jwks_uri, at=clock.now(), who=WHO)
    typer.echo(f"{client_id} has other keys")


@client_cli.command("revoke")
def client_revoke(client_id: ClientId) -> None:
    """End a program's access at once, its tokens with it."""
    with opened_node() as node, node.database.write() as session:
        service.revoke(session, service.find(session, client_id), at=clock.now(), who=WHO)
    typer.echo(f"revoked {client_id}")


def _say_made(made: Made, *, as_json: bool) -> None:
    client = made.client
    if as_json:
        told = {"kind": client.kind, "method": client.method, "scopes": sorted(client.scopes)}
        say_json({"client_id": client.id, "client_secret": made.secret, **told})
        return
    typer.echo(f"client_id      {client.id}")
    if made.secret:
        typer.echo(f"client_secret  {made.secret}")
    if client.former_secret_ends_at:
        typer.echo(
            f"the secret before it is good until {client.former_secret_ends_at:%F %H:%M} UTC"
        )
