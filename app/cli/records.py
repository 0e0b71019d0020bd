"""Commands for what verifying needs: carry it along."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import opened_node, write_file
from app.platform import clock
from app.trust import publishing

trust_cli = typer.Typer(help="Whose signature counts.", no_args_is_help=True)


@trust_cli.command("export")
def trust_export(
    output: Annotated[Path, typer.Option(help="Where to write; - for standard output.")],
) -> None:
    """Write what verifying offline needs: issuers, keys with history, status lists."""
    with opened_node() as node, node.database.write() as session:
        data = publishing.export_bundle(session, node.signer, at=clock.now(), who="operator").body
    if str(output) == "-":
        sys.stdout.buffer.write(data)
    else:
        write_file(output, data)
        typer.echo(f"wrote {output}", err=True)
