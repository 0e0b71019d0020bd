"""Commands for the audit trail: whether it is whole, and giving it to others."""

import sys
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, not_understood, opened_node, say_json
from app.identity.audit import chain, reading
from app.identity.audit.chain import Link
from app.platform.db import Database

audit_cli = typer.Typer(help="The audit trail: who changed what.", no_args_is_help=True)


class Ending(StrEnum):
    """How the trail is written."""

    NDJSON = "ndjson"
    CSV = "csv"


@audit_cli.command("verify")
def audit_verify(
    head: Annotated[
        str | None,
        typer.Option(metavar="POSITION:HASH", help="A head noted earlier; it must be part of it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the chain anew; names the first row that was changed, removed or slipped in."""
    noted = _link(head) if head else None
    with opened_node() as node, node.database.read() as session:
        found = chain.verify(session, noted=noted)
    if as_json:
        say_json(found)
    elif found.fault is None:
        place = f"head {found.head.position}:{found.head.hash}" if found.head else "no head yet"
        typer.echo(f"{found.rows} rows hold, {found.waiting} wait to be sealed; {place}")
    if found.fault is not None:
        typer.echo(f"{found.fault.code}: {found.fault.detail}", err=True)
        raise typer.Exit(1)


@audit_cli.command("head")
def audit_head(as_json: AsJson = False) -> None:
    """Seal what waits and print the chain's head, to be noted elsewhere."""
    with opened_node() as node:
        _seal(node.database)
        with node.database.read() as session:
            found = chain.head(session)
    if as_json:
        say_json(found)
    else:
        typer.echo(f"{found.position}:{found.hash}" if found else "nothing is sealed yet")


@audit_cli.command("export")
def audit_export(
    file: Annotated[Path, typer.Argument(help="Where to; - is standard output.")],
    form: Annotated[Ending, typer.Option("--as", help="How it is written.")] = Ending.NDJSON,
    organisation: Annotated[str | None, typer.Option(help="Only what concerns this one.")] = None,
) -> None:
    """Write the trail with its chain, so that somebody else can verify it."""
    with opened_node() as node:
        _seal(node.database)
        pieces = reading.FORMS[form][1](reading.sealed(node.database, organisation))
        try:
            with nullcontext(sys.stdout.buffer) if str(file) == "-" else file.open("wb") as out:
                for piece in pieces:
                    out.write(piece)
        except OSError as error:
            raise not_understood(f"{file} cannot be written: {error.strerror}") from error


def _seal(database: Database) -> None:
    busy = True
    while busy:
        with database.write() as session:
            busy = chain.seal(session) == chain.AT_ONCE


def _link(text: str) -> Link:
    position, _, digest = text.partition(":")
    try:
        if len(bytes.fromhex(digest)) == 32:
            return Link(int(position), digest.lower())
    except ValueError:
        pass
    raise typer.BadParameter(
        "write it as `opencpd audit head` does: 120:6f3a...", param_hint="--head"
    )
