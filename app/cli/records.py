"""Commands for records: revoke one, carry what verifying needs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import opened_node, write_file
from app.platform import clock
from app.records import service as records
from app.records.model import RevocationReason
from app.trust import service as trust
from app.verification import dump_bundle

status_cli = typer.Typer(help="The standing of issued records.", no_args_is_help=True)
trust_cli = typer.Typer(help="Whose signature counts.", no_args_is_help=True)


@status_cli.command("revoke")
def status_revoke(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    reason: Annotated[RevocationReason, typer.Option(help="Why.")],
) -> None:
    """Revoke a record; the published status list says so at once."""
    with opened_node() as node:
        records.revoke(
            node.database, node.signer, record_id, reason=reason, at=clock.now(), who="operator"
        )
    typer.echo(f"revoked {record_id}")


@trust_cli.command("export")
def trust_export(
    output: Annotated[Path, typer.Option(help="Where to write; - for standard output.")],
) -> None:
    """Write what verifying offline needs: issuers, keys with history, status lists."""
    with opened_node() as node, node.database.read() as session:
        data = dump_bundle(trust.bundle(session, at=clock.now()))
    if str(output) == "-":
        sys.stdout.buffer.write(data)
    else:
        write_file(output, data)
        typer.echo(f"wrote {output}", err=True)
