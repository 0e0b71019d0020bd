"""Commands for a registry's register: registrants from a file, and who is registered.

Adopting a policy is no command: it takes the registry's own people, not who runs the node.
"""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, read_file, say_json, say_table
from app.identity.registries import find_registry
from app.platform import clock
from app.recognition.adoption import service as adoption
from app.recognition.register import importing, service
from app.recognition.register.model import Imported

registry_cli = typer.Typer(
    help="Registries: their registrants and the policies they adopted.", no_args_is_help=True
)
RegistryId = Annotated[str, typer.Argument(metavar="REGISTRY", help="Its id, such as pec.")]
MOST_SHOWN = 1000


@registry_cli.command("import")
def registry_import(
    registry_id: RegistryId,
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSON or NDJSON; - for standard input.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enter registrants from a file: number, name, language, registered_on, ended_on.

    Exit code 1 when a row is faulty; the other rows are entered all the same.
    """
    data = read_file(file)
    with opened_node() as node:
        done = importing.import_registrants(
            node.database,
            registry_id,
            data,
            at=clock.now(),
            who="system:registry import",
            dry_run=dry_run,
        )
    if as_json:
        say_json(done)
    else:
        _say(done, dry_run=dry_run)
    if done.faulty:
        raise typer.Exit(1)


def _say(done: Imported, *, dry_run: bool) -> None:
    for one in done.faults:
        typer.echo(f"row {one.row}, {one.column or 'all of it'}: {one.mend}", err=True)
    if done.more_faults:
        typer.echo(f"and {done.more_faults} faults more", err=True)
    counts = f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged"
    typer.echo(f"{counts}, {done.faulty} faulty{' (nothing written)' if dry_run else ''}")


@registry_cli.command("list")
def registry_list(
    registry_id: RegistryId,
    text: Annotated[str, typer.Option(help="Only those that hold these words.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_SHOWN, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List registrants, by number."""
    with opened_node() as node, node.database.read() as session:
        find_registry(session, registry_id)
        found = service.page(session, registry_id, text=text, cursor=None, limit=limit)
    if as_json:
        say_json(found.items)
        return
    rows = [(one.number, one.name, one.registered_on, one.ended_on) for one in found.items]
    say_table(("number", "name", "registered on", "ended on"), rows)
    if found.next_cursor:
        typer.echo("there are more; narrow them with --text", err=True)


@registry_cli.command("policies")
def registry_policies(registry_id: RegistryId, as_json: AsJson = False) -> None:
    """List the versions of a registry's policies and how far each has come."""
    with opened_node() as node, node.database.read() as session:
        find_registry(session, registry_id)
        found = adoption.versions(session, registry_id)
    if as_json:
        say_json(found)
        return
    columns = ("policy", "version", "status", "valid from", "to", "hash")
    rows = [
        (one.policy_id, one.version, one.status, one.valid.first, one.valid.last, one.hash[:12])
        for one in found
    ]
    say_table(columns, rows)
