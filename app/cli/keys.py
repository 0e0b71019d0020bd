"""Commands for the keys that this node signs with.

A change of keys is followed at once by signing the status lists anew: a list that a compromised
key signed is not believed any more, and one that a retired key signed could not be renewed with it.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.common import AsJson, opened_node, say_json, say_table
from app.platform import clock
from app.platform.problems import Invalid
from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.keys import SIGNING, Algorithm
from app.proof.times import read_time
from app.records import service as records
from app.records import status
from app.trust import keys
from app.trust import service as trust
from app.trust.model import Issuer, IssuerKey
from app.wiring import Node, change_passphrase

keys_cli = typer.Typer(help="The keys this node signs with.", no_args_is_help=True)

Society = Annotated[str | None, typer.Option(help="The society whose keys are meant.")]
OfNode = Annotated[bool, typer.Option("--node", help="The node's own keys.")]
Kind = Annotated[
    Algorithm | None, typer.Option(help="Ed25519 (embedded proofs) or ES256 (tokens).")
]
KeyId = Annotated[str, typer.Argument(help="The key's id, did:web:...#..., as keys list shows it.")]


@keys_cli.command("list")
def keys_list(society: Society = None, node: OfNode = False, as_json: AsJson = False) -> None:
    """Every key with its state and history; narrowed to one society or to the node."""
    with opened_node() as opened, opened.database.read() as session:
        if society is None and not node:
            issuers = trust.own_issuers(session)
        else:
            issuers = (_issuer(session, society, node=node),)
    found = [held for issuer in issuers for held in issuer.keys]
    if as_json:
        say_json([_told(held) for held in found])
        return
    columns = ("key", "kind", "state", "signs from", "until", "compromised since")
    say_table(columns, [_row(held) for held in found])


@keys_cli.command("new")
def keys_new(kind: Kind = None, society: Society = None, node: OfNode = False) -> None:
    """Give an issuer one more key, which signs from now on; its others stay as they are."""
    if kind is None:
        raise Invalid("Say which kind of key: --kind Ed25519 or --kind ES256.")

    def change(opened: Node, session: Session, at: datetime) -> list[str]:
        issuer = _issuer(session, society, node=node)
        held = keys.add(
            session, opened.signer, issuer_id=issuer.id, algorithm=kind, at=at, who="operator"
        )
        return [f"new {held.key.id} {held.key.multibase}"]

    _change(change, relist=lambda _: society)


@keys_cli.command("rotate")
def keys_rotate(kind: Kind = None, society: Society = None, node: OfNode = False) -> None:
    """Sign with new keys from now on; what the old ones signed stays good."""
    kinds = SIGNING if kind is None else (kind,)

    def change(opened: Node, session: Session, at: datetime) -> list[str]:
        issuer = _issuer(session, society, node=node)
        done = keys.rotate(
            session, opened.signer, issuer_id=issuer.id, algorithms=kinds, at=at, who="operator"
        )
        return [
            line
            for one in done
            for line in (
                f"new {one.fresh.key.id} {one.fresh.key.multibase}",
                *(f"retired {held.key.id}" for held in one.retired),
            )
        ]

    _change(change, relist=lambda _: society)


@keys_cli.command("retire")
def keys_retire(
    key: KeyId,
    last: Annotated[
        bool, typer.Option("--last", help="Although the issuer has no other of its kind.")
    ] = False,
) -> None:
    """Sign nothing more with a key; what it signed until now stays good."""

    def change(opened: Node, session: Session, at: datetime) -> list[str]:
        keys.retire(session, key, at=at, who="operator", last=last)
        return [f"retired {key}"]

    _change(change, relist=lambda session: None if last else _owner(session, key))


@keys_cli.command("compromise")
def keys_compromise(
    key: KeyId,
    since: Annotated[
        str | None,
        typer.Option(help="When somebody else may have got it, 2026-11-23T12:00:00Z; or now."),
    ] = None,
) -> None:
    """Say that somebody else may have a key: nothing that it signed is good by itself any more."""

    def change(opened: Node, session: Session, at: datetime) -> list[str]:
        done = keys.compromise(
            session, opened.signer, key, since=_time(since) or at, at=at, who="operator"
        )
        touched = records.count_signed_with(session, key)
        said = [f"compromised {key}"]
        if done.successor is not None:
            said.append(f"new {done.successor.key.id} {done.successor.key.multibase}")
        if touched:
            said.append(
                f"{touched} records were signed with it and are not accepted any more; issue them "
                "again as corrections (a roster with the column supersedes)"
            )
        return said

    _change(change, relist=lambda session: _owner(session, key))


@keys_cli.command("passphrase")
def keys_passphrase(
    new: Annotated[
        Path | None,
        typer.Option(help="A file that holds the new one; else OPENCPD_NEW_KEY_PASSPHRASE."),
    ] = None,
) -> None:
    """Encrypt the key files with another passphrase. Afterwards set it, and start the node anew."""
    with opened_node() as node:
        changed = change_passphrase(
            node, file=new, text=os.environ.get("OPENCPD_NEW_KEY_PASSPHRASE")
        )
    typer.echo(f"{changed} key files have the new passphrase; set it and start the node anew")


def _issuer(session: Session, society: str | None, *, node: bool) -> Issuer:
    if (society is None) == (not node):
        raise Invalid("Say whose keys are meant: --society NAME, or --node.")
    return trust.node_issuer(session) if society is None else trust.issuer_of(session, society)


def _change(
    change: Callable[[Node, Session, datetime], list[str]],
    *,
    relist: Callable[[Session], str | None],
) -> None:
    """Make a change and sign the society's status lists anew, all or nothing; then say it."""
    at = clock.now()
    with opened_node() as node, node.database.write() as session:
        said = change(node, session, at)
        society_id = relist(session)
        if society_id is not None:
            count = status.renew_all(session, node.signer, society_id=society_id, at=at)
            said.append(f"{count} status lists signed anew")
    typer.echo("\n".join(said))


def _owner(session: Session, key_id: str) -> str | None:
    """The society that a key signs for; ``None`` for the node's own."""
    return keys.own_issuer(session, without_fragment(key_id)).society_id


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_time(text)
    except ProofError as error:
        raise Invalid(f"--since: {error.message}") from error


def _told(held: IssuerKey) -> object:
    return {
        "id": held.key.id,
        "kind": held.key.algorithm,
        "publicKeyMultibase": held.key.multibase,
        "state": held.state,
        "valid_from": held.valid_from,
        "retired_at": held.retired_at,
        "compromised_since": held.compromised_since,
    }


def _row(held: IssuerKey) -> tuple[object, ...]:
    times = (held.valid_from, held.retired_at, held.compromised_since)
    return (
        held.key.id,
        held.key.algorithm.value,
        held.state.value,
        *(time and time.strftime("%Y-%m-%d %H:%M") for time in times),
    )
