"""``opencpd verify`` on a node: the command of ``app.verification``, with what the node knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import opened_node, write_file
from app.platform import clock
from app.trust import receipts
from app.trust import service as trust
from app.verification import Bundle, Options, Report, command
from app.web import offline_page
from app.web.rendering import Site
from app.wiring import Node

cli = typer.Typer()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a node adds to the command."""

    node: Node

    def bundle(self, *, at: datetime) -> Bundle:
        with self.node.database.read() as session:
            return trust.bundle(session, at=at)

    def receipt(self, report: Report, *, bundle: Bundle, options: Options) -> str:
        with self.node.database.read() as session:
            verifier = trust.node_issuer(session)
        return receipts.sign(
            report,
            node=verifier,
            signer=self.node.signer,
            bundle=bundle,
            made_at=clock.now(),
            options=options,
        )


@contextmanager
def _node() -> Iterator[_Known]:
    with opened_node() as node:
        yield _Known(node)


@cli.command(
    "verify",
    help=command.SUMMARY,
    add_help_option=False,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)
def verify_records(context: typer.Context) -> None:
    asked = command.ask(context.args)
    raise typer.Exit(command.run(asked, now=clock.now(), node=_node))


@cli.command("verify-page")
def write_page(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write.")] = Path(
        offline_page.FILE
    ),
) -> None:
    """Write the page that verifies a record in a browser, without a network: one file."""
    write_file(output, offline_page.single_file(Site(node_name="OpenCPD")).encode())
    typer.echo(f"wrote {output}", err=True)
