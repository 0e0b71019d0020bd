"""Commands about the search server: the keys a node needs of it, and how its settings differ.

The master key is read from standard input or from ``OPENCPD_MEILI_MASTER_KEY``, never from the
command line, which others on the machine can read. It is kept nowhere.
"""

import os
import sys
from typing import Annotated

import typer

from app.cli.common import AsJson, not_understood, opened_node, say_json, say_table
from app.platform.settings import Settings
from app.search.meili import Difference, MeilisearchIndex, make

cli = typer.Typer()

MASTER_KEY = "OPENCPD_MEILI_MASTER_KEY"


@cli.command()
def keys(
    as_json: AsJson = False,
    url: Annotated[str | None, typer.Option(help="By default OPENCPD_MEILI_URL.")] = None,
) -> None:
    """Make the two keys that a node needs of its Meilisearch server; the same when made again.

    Takes the server's master key from standard input, or from OPENCPD_MEILI_MASTER_KEY.
    """
    url = url or Settings().meili_url
    if url is None:
        raise not_understood("Set OPENCPD_MEILI_URL to the address of the server, or give --url.")
    made = make(url, _master_key())
    if as_json:
        say_json({each.role.setting: each.key for each in made})
        return
    for each in made:
        typer.echo(f"{each.role.setting}={each.key}")
    for each in made:
        done = "made" if each.changed else "was there already"
        typer.echo(f"the {each.role.name} key {done}: {', '.join(each.role.actions)}", err=True)
    typer.echo(
        "Put both into the settings of workers; processes that only serve pages need the second "
        "alone. Keep the master key out of either.",
        err=True,
    )


def _master_key() -> str:
    given = os.environ.get(MASTER_KEY, "")
    if not given.strip() and not sys.stdin.isatty():
        given = sys.stdin.readline(4096)
    if not given.strip():
        raise not_understood(f"Give the master key on standard input or in {MASTER_KEY}.")
    return given.strip()


@cli.command()
def settings(as_json: AsJson = False) -> None:
    """Show where the search server's settings differ from this version's; exit code 1 if they do.

    A worker applies by itself what can be applied, and rebuilds the index for the rest.
    """
    with opened_node() as node:
        if not isinstance(node.index, MeilisearchIndex):
            raise not_understood(
                "The embedded index has no settings: OPENCPD_MEILI_URL is not set."
            )
        found = node.index.differences()
    if as_json:
        say_json({"differences": [{**_told(each), "at_once": each.at_once} for each in found]})
    elif found:
        rows = [(*_told(each).values(), _how(at_once=each.at_once)) for each in found]
        say_table(("index", "setting", "is", "should be", "applied"), rows)
    else:
        typer.echo("the search settings are those of this version")
    if found:
        raise typer.Exit(1)


def _told(each: Difference) -> dict[str, object]:
    return {
        "index": each.index,
        "name": each.name,
        "present": each.present,
        "wanted": each.wanted,
    }


def _how(*, at_once: bool) -> str:
    return "at once" if at_once else "by a rebuild"
