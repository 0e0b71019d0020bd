"""``opencpd certificate``: a record as a page to print, or as a picture that carries it."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import not_understood, opened_node, read_file, write_file
from app.platform import clock
from app.proof.errors import ProofError
from app.records import service as records
from app.records.certificate import service
from app.records.certificate.service import Form, Wish
from app.trust import service as trust
from app.verification import Bundle
from app.verification.forms import find_record
from app.wiring import Node

cli = typer.Typer()


@cli.command("certificate")
def make_certificate(
    record: Annotated[
        str, typer.Argument(help="A record's id on this node, or a file: JSON, PNG, SVG or PDF.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write: a .pdf, .png or .svg file.")
    ],
    language: Annotated[
        str | None, typer.Option(help="BCP 47 tag of the page; by default that of the course.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The holder's name for the page; it is not signed.")
    ] = None,
) -> None:
    """Make the PDF certificate of a record, or its badge as PNG or SVG."""
    ending = output.suffix.lower().removeprefix(".")
    if ending not in {form.value for form in Form}:
        raise not_understood(f"{output} must end in .pdf, .png or .svg")
    with opened_node() as node:
        body = service.make(
            node.press,
            _record(node, record),
            Wish(Form(ending), language, name),
            bundle=_bundle(node),
            public_url=node.settings.public_url,
            node_name=node.settings.node_name,
            at=clock.now(),
        )
    write_file(output, body)
    typer.echo(f"wrote {output}", err=True)


def _bundle(node: Node) -> Bundle:
    with node.database.read() as session:
        return trust.bundle(session, at=clock.now())


def _record(node: Node, given: str) -> bytes:
    """The record of this id, or the one in this file."""
    if given != "-" and not Path(given).exists():
        with node.database.read() as session:
            return records.get_record(session, given.removeprefix("urn:uuid:")).json
    try:
        return find_record(read_file(Path(given)))
    except ProofError as error:
        raise not_understood(f"{given} holds no record: {error.message}") from error
