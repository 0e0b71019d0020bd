"""Commands for records: verify one, revoke one, carry what verifying needs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, plain, read_file, say_json, write_file
from app.platform import clock
from app.proof.errors import ProofError
from app.records import service as records
from app.records.model import RevocationReason
from app.trust import service as trust
from app.verification import Bundle, Outcome, Report, dump_bundle, load_bundle, verify

cli = typer.Typer()
status_cli = typer.Typer(help="The standing of issued records.", no_args_is_help=True)
trust_cli = typer.Typer(help="Whose signature counts.", no_args_is_help=True)


@cli.command("verify")
def verify_record(
    file: Annotated[Path, typer.Argument(help="A record: JSON or JWT; - for standard input.")],
    bundle: Annotated[
        Path | None, typer.Option(help="A trust bundle; by default what this node knows.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a record, offline. Exit code 0 accepted, 1 not accepted, 2 not readable."""
    record, known = read_file(file), _bundle(bundle)
    report = verify(record, bundle=known, at=clock.now())
    if as_json:
        say_json({"outcome": report.outcome, **plain(report)})
    else:
        _say_report(report)
    unreadable = report.check("record.readable").outcome is not Outcome.PASS
    raise typer.Exit(2 if unreadable else 0 if report.outcome is Outcome.PASS else 1)


def _bundle(file: Path | None) -> Bundle:
    if file is not None:
        try:
            return load_bundle(read_file(file))
        except ProofError as error:
            typer.echo(f"{file} is not a trust bundle: {error}", err=True)
            raise typer.Exit(2) from error
    with opened_node() as node, node.database.read() as session:
        return trust.bundle(session, at=clock.now())


def _say_report(report: Report) -> None:
    marks = {Outcome.PASS: "ok", Outcome.FAIL: "FAIL", Outcome.UNKNOWN: "?"}
    for check in report.checks:
        typer.echo(f"{check.number} {marks[check.outcome]:<4} {check.code}: {check.detail}")
    if report.outcome is Outcome.PASS and report.record:
        record = report.record
        typer.echo(
            f"\nACCEPTED: {record.title}\nissued by {record.issuer_name} to {record.holder_id}"
        )
    else:
        said = "NOT ACCEPTED" if report.outcome is Outcome.FAIL else "NOT ACCEPTED: undecided"
        typer.echo(f"\n{said}")


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
