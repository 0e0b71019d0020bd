"""Commands for whose signature counts: carry a bundle out, take one in, look into one."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, read_file, say_json, say_table, write_file
from app.platform import clock
from app.platform.problems import Invalid
from app.proof.errors import ProofError
from app.proof.times import write_time
from app.trust import importing, publishing, receipts
from app.trust import service as trust
from app.verification.bundle import Bundle, KeyEntry
from app.verification.signed_bundle import OpenedBundle, open_bundle

trust_cli = typer.Typer(help="Whose signature counts.", no_args_is_help=True)


@trust_cli.command("export")
def trust_export(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write; - for standard output.")
    ],
) -> None:
    """Write what verifying offline needs, signed: issuers, keys with history, status lists."""
    with opened_node() as node, node.database.write() as session:
        made = publishing.export_bundle(session, node.signer, at=clock.now(), who="operator")
    if str(output) == "-":
        sys.stdout.buffer.write(made.body)
    else:
        write_file(output, made.body)
        typer.echo(f"wrote {output}, version {made.version}", err=True)


@trust_cli.command("import")
def trust_import(
    file: Annotated[Path, typer.Argument(help="A signed bundle; - for standard input.")],
    publisher_key: Annotated[
        str | None, typer.Option(help="The publisher's key (z...), got by another way.")
    ] = None,
    first_use: Annotated[
        bool, typer.Option(help="Believe a publisher's first bundle without its key.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Believe what another node says of its issuers. Older bundles are refused."""
    data = read_file(file)
    with opened_node() as node, node.database.write() as session:
        done = importing.import_bundle(
            session,
            data,
            at=clock.now(),
            publisher_key=publisher_key,
            first_use=first_use,
            who="operator",
        )
    if as_json:
        say_json(done)
        return
    if not done.pinned:
        typer.echo(
            f"note: nobody vouches for {done.publisher} but the bundle itself, signed by "
            f"{done.key}; compare that key with the publisher by another way",
            err=True,
        )
    if done.version == done.previous_version:
        typer.echo(f"version {done.version} of {done.publisher} was imported before")
        return
    typer.echo(f"believes version {done.version} of {done.publisher}; {done.lists} status lists")
    for what, ids in (
        ("new", done.added),
        ("changed", done.updated),
        ("not trusted any more", done.withdrawn),
        ("not taken, spoken for by another", done.second_hand),
    ):
        for issuer_id in ids:
            typer.echo(f"  {what}: {issuer_id}")


@trust_cli.command("show")
def trust_show(
    file: Annotated[
        Path | None, typer.Argument(help="A signed bundle; without it, what this node knows.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who may sign, with which keys, and which status lists there are."""
    if file is None:
        with opened_node() as node, node.database.read() as session:
            bundle = trust.bundle(session, at=clock.now())
    else:
        opened = _open(file)
        bundle = opened.bundle
        typer.echo(
            f"signed by {opened.key.id} {opened.key.multibase}, which only the file itself says",
            err=True,
        )
    if as_json:
        say_json(_told(bundle))
    else:
        _say(bundle)


@trust_cli.command("publishers")
def trust_publishers(as_json: AsJson = False) -> None:
    """List the nodes whose bundles are believed, with the version of the last one."""
    with opened_node() as node, node.database.read() as session:
        found = importing.publishers(session)
    if as_json:
        say_json(found)
        return
    say_table(
        ("publisher", "version", "made", "imported"),
        [(one.id, one.version, one.issued_at, one.imported_at) for one in found],
    )


@trust_cli.command("forget")
def trust_forget(
    publisher: Annotated[str, typer.Argument(help="The publisher's id, did:web:...")],
) -> None:
    """Believe a publisher no more, nor the issuers it vouched for."""
    with opened_node() as node, node.database.write() as session:
        count = importing.forget(session, publisher, at=clock.now(), who="operator")
    typer.echo(f"forgot {publisher}; {count} issuers are not trusted any more")


@trust_cli.command("receipt")
def trust_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt; - for standard input.")],
    record: Annotated[
        Path | None, typer.Option(help="The record that it must be about, byte for byte.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a verification receipt of a node or a society that this node knows."""
    about = None if record is None else read_file(record)
    with opened_node() as node, node.database.read() as session:
        bundle = trust.bundle(session, at=clock.now())
    found = receipts.read(read_file(file), bundle=bundle, record=about, at=clock.now())
    if as_json:
        say_json(found)
        return
    typer.echo(f"{found.verifier} found {found.outcome.value} on {write_time(found.made_at)}")
    for check in found.checks:
        typer.echo(f"{check.number:>2} {check.outcome.value:<8} {check.code} {check.error or ''}")


def _open(file: Path) -> OpenedBundle:
    try:
        return open_bundle(read_file(file), publisher_keys=None, least_version=None)
    except ProofError as error:
        raise Invalid(f"{file}: {error.message}") from error


def _told(bundle: Bundle) -> object:
    return {
        "publisher": bundle.publisher,
        "version": bundle.version,
        "issued_at": bundle.issued_at,
        "issuers": [
            {
                "id": issuer.id,
                "name": issuer.name,
                "keys": [
                    {
                        "id": held.key.id,
                        "publicKeyMultibase": held.key.multibase,
                        "valid_from": held.valid_from,
                        "retired_at": held.retired_at,
                        "compromised_since": held.compromised_since,
                    }
                    for held in issuer.keys
                ],
            }
            for issuer in bundle.issuers.values()
        ],
        "status_lists": [
            {"url": listed.url, "fetched_at": listed.fetched_at, "bytes": len(listed.body)}
            for listed in bundle.status_lists.values()
        ],
    }


def _say(bundle: Bundle) -> None:
    made = write_time(bundle.issued_at)
    typer.echo(f"{bundle.publisher or 'nobody'}, version {bundle.version}, made {made}")
    rows = [
        (issuer.name, held.key.id, held.key.multibase, _state(held))
        for issuer in bundle.issuers.values()
        for held in issuer.keys
    ]
    say_table(("issuer", "key", "public key", "state"), rows)
    typer.echo(f"{len(bundle.status_lists)} status lists")


def _state(held: KeyEntry) -> str:
    if held.compromised_since is not None:
        return f"compromised since {write_time(held.compromised_since)}"
    return "current" if held.retired_at is None else f"retired {write_time(held.retired_at)}"
