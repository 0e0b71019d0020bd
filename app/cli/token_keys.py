"""Commands for the keys that access tokens are signed with."""

from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, say_json, say_table
from app.identity.oauth.token_keys import FolderKeys
from app.platform import clock

token_keys_cli = typer.Typer(help="The keys of access tokens.", no_args_is_help=True)


@token_keys_cli.command("list")
def token_keys_list(as_json: AsJson = False) -> None:
    """List the keys: which one signs, and until when the others verify."""
    with opened_node() as node:
        keys = FolderKeys.open(node.settings.data_dir / "keys").all()
    if as_json:
        told = [{"id": key.id, "since": key.since, "verifies_until": key.until} for key in keys]
        say_json(told)
        return
    rows = [
        (
            key.id,
            f"{key.since:%F %H:%M}",
            "signs" if not key.until else f"until {key.until:%F %H:%M}",
        )
        for key in keys
    ]
    say_table(("key", "since", ""), rows)


@token_keys_cli.command("rotate")
def token_keys_rotate(
    drop: Annotated[
        bool, typer.Option("--drop", help="Refuse at once whatever the other keys signed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign access tokens with a new key from now on; no process needs a restart."""
    with opened_node() as node:
        keys = FolderKeys.open(node.settings.data_dir / "keys")
        fresh = keys.rotate(at=clock.now(), drop=drop)
    if as_json:
        say_json({"id": fresh.id, "since": fresh.since})
    else:
        typer.echo(f"{fresh.id} signs from now on")
