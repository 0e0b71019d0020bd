"""Commands that run a node: demo, serve, worker, migrate, connectors, search, reindex."""

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from app.cli import serving
from app.cli.common import AsJson, opened_node, progress, say_json, say_table
from app.demo import node as demo_node
from app.platform import clock
from app.search import indexer
from app.search.query import parse
from app.worker import Worker

cli = typer.Typer()


@cli.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the node keeps itself.")] = Path(
        "opencpd-demo"
    ),
    port: Annotated[int | None, typer.Option(help="By default the first free from 8000.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Set up and stop.")] = False,
) -> None:
    """Run a node with three made-up societies, to look at."""
    demo_node.run(folder, port=port, once=once, say=typer.echo)


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    worker: Annotated[bool, typer.Option(help="Work in this process too.")] = True,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="How many answer; about one for each processor.")
    ] = 1,
) -> None:
    """Serve the pages and the API."""
    with opened_node(say=_told()) as node, _listening(host, port) as listener:
        working = Worker(node) if worker else None
        for interruption in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interruption, signal.default_int_handler)
        if working:
            working.start()
        try:
            typer.echo(f"serving {node.settings.public_url} on {host} port {port}", err=True)
            serving.run(node, listener, processes=processes)
        except KeyboardInterrupt:  # so uvicorn, once it has ended, passes on what ended it
            pass
        finally:
            if working:
                working.stop()


def _told() -> Callable[[str], None] | None:
    """Shows mail that has nowhere to go, sign-in links too, to who sits there; not to a log."""
    return (lambda text: typer.echo(f"\n{text}", err=True)) if sys.stderr.isatty() else None


def _listening(host: str, port: int) -> socket.socket:
    """Take the address before any work begins, so that one that is taken ends in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        typer.echo(f"cannot listen on {host} port {port}: {reason}", err=True)
        raise typer.Exit(1) from error


@cli.command("worker")
def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due and stop.")] = False,
) -> None:
    """Do what is due: harvests, index, status lists."""
    with opened_node() as node:
        worker = Worker(node)
        for interruption in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interruption, lambda *_: worker.finish())
        worker.run(once=once)


@cli.command()
def migrate() -> None:
    """Bring the database to this version; `serve` and the other commands do it too."""
    with opened_node() as node:
        typer.echo(f"{node.database.engine.url!r} is up to date")


@cli.command()
def connectors(as_json: AsJson = False) -> None:
    """List the connectors that this node has loaded, and those that are broken."""
    with opened_node() as node:
        found, broken = node.registry.connectors, node.registry.broken
    if as_json:
        say_json({"connectors": sorted(found), "broken": broken})
        return
    for name in sorted(found):
        said = (found[name].__doc__ or "").strip().partition("\n")[0]
        typer.echo(f"{name}  {said}".rstrip())
    for one in broken:
        typer.echo(f"{one.name}  BROKEN: {one.reason}", err=True)


@cli.command()
def search(
    query: Annotated[str, typer.Argument(help="What to find.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    as_json: AsJson = False,
) -> None:
    """Search the courses."""
    with opened_node() as node:
        found = node.index.search(parse({"q": query, "per_page": str(limit)}))
    if as_json:
        say_json(found)
        return
    typer.echo(f"{found.total} found")
    rows = [
        (h.id, h.document["society"], " · ".join(h.document["title"].values())) for h in found.hits
    ]
    say_table(("course", "society", "title"), rows)


@cli.command()
def reindex(as_json: AsJson = False) -> None:
    """Build the search index anew from the catalogue, beside the live one, and swap."""
    with opened_node() as node, progress("indexing"):
        count = indexer.reindex(node.database, node.index, at=clock.now(), now=clock.now)
    if as_json:
        say_json({"indexed": count})
    else:
        typer.echo(f"{count} courses indexed")
