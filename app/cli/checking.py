"""``opencpd source check``: look at a source, an address or a file, and store nothing."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import AsJson, not_understood, opened_node, read_file, say_json
from app.cli.sources import SHOWN, Pairs, given_settings
from app.harvest import service as harvest
from app.harvest.inspecting.bounds import Bounds
from app.harvest.inspecting.looking import Asked, Looked, look, look_at_source
from app.harvest.inspecting.model import Finding, Group, Verdict
from app.harvest.inspecting.uploads import UploadedFile
from app.harvest.inspecting.wire import LookedOut
from app.platform.problems import DomainError
from app.wiring import Node

cli = typer.Typer()

_EXIT = {Verdict.CLEAN: 0, Verdict.WARNINGS: 0, Verdict.ERRORS: 1, Verdict.UNREADABLE: 2}


@cli.command("check")
def source_check(
    source_id: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="The source's id.")
    ] = None,
    url: Annotated[str, typer.Option(help="Look at a feed at this address instead.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="Look at this file instead; - is standard input.")
    ] = None,
    connector: Annotated[
        str, typer.Option(help="Which connector reads it; left out, the format is found out.")
    ] = "",
    settings: Pairs = None,
    config: Annotated[
        Path | None, typer.Option(help="The connector's settings as a JSON file.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Items to look at, at the most.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Say what a source, an address or a file holds and what is wrong with it; nothing is stored.

    Exit code: 0 nothing to mend or warnings alone, 1 errors, 2 it cannot be read.
    """
    if (source_id is not None) + bool(url) + (file is not None) != 1:
        raise not_understood("Name a source, or give --url or --file; one of them.")
    bounds = Bounds(items=most, seconds=600.0, requests=100_000, bytes=1024**3)
    with opened_node() as node:
        if source_id is not None:
            looked = _source(node, source_id, bounds)
        else:
            given = UploadedFile(file.name, read_file(file)) if file else None
            asked = Asked(url, given, connector, given_settings(config, settings))
            looked = _given(node, asked, bounds)
    if as_json:
        say_json(LookedOut.of(looked).model_dump(mode="json"))
    else:
        _say(looked)
    raise typer.Exit(_EXIT[looked.inspection.verdict])


def _source(node: Node, source_id: str, bounds: Bounds) -> Looked:
    with node.database.read() as session:
        source = harvest.get_source(session, source_id)
    return look_at_source(source, registry=node.registry, make_fetch=node.make_fetch, bounds=bounds)


def _given(node: Node, asked: Asked, bounds: Bounds) -> Looked:
    try:
        return look(asked, registry=node.registry, make_trial=node.make_fetch.trial, bounds=bounds)
    except DomainError as error:
        typer.echo(f"{error.code}: {error.detail}", err=True)
        for field in error.fields:
            typer.echo(f"  {field.pointer}: {field.detail}", err=True)
        raise typer.Exit(2) from error


def _say(looked: Looked) -> None:
    found = looked.inspection
    tally = found.counters
    typer.echo(f"{found.verdict.value}: read by {looked.connector}. {looked.why}".rstrip())
    announced = "" if found.expected is None else f" of {found.expected}"
    typer.echo(
        f"{tally.seen}{announced} items: {tally.taken} can be taken, {tally.rejected} rejected, "
        f"{tally.warned} with warnings, {tally.gone} gone, {tally.repeated} repeated"
    )
    if found.cut:
        typer.echo(f"not read to its end: enough {found.cut.value}")
    if found.stop:
        typer.echo(f"stopped: {found.stop.code}: {found.stop.message} {found.stop.mend}")
    if found.quality.mean is not None:
        missing = ", ".join(f"{name} {count}" for name, count in found.quality.missing.items())
        typer.echo(f"quality {found.quality.mean} of 100; missing: {missing or 'nothing'}")
    for one in found.preview:
        typer.echo(f"  {one.title}")
    for group in found.groups:
        _say_group(group)


def _say_group(group: Group) -> None:
    first = group.findings[0]
    where = f" {first.place or first.path}:" if first.place or first.path else ""
    told = f"{where} {first.message} {first.mend or ''}".rstrip()
    typer.echo(f"{group.severity.value} {group.code} x {group.count}:{told}")
    for one in group.findings[:SHOWN]:
        typer.echo(f"    {_said(one)}")
    if group.count > SHOWN:
        typer.echo(f"    and {group.count - SHOWN} more; --json lists the first of them")


def _said(one: Finding) -> str:
    line = f" (line {one.line})" if one.line is not None else ""
    value = f": {one.value}" if one.value else ""
    return f"{one.record or 'the whole feed'}{line}{value}"
