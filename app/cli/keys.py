"""Commands for the keys that this node signs with.

A change of keys is followed at once by signing the status lists anew: a list that a compromised
key signed is not believed any more, and one that a retired key signed could not be renewed with it.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.common import AsJson, opened_node, plain, say_json, say_table
from app.platform import clock
from app.platform.problems import Invalid
from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.keys import SIGNING, Algorithm
from app.proof.times import read_time, write_time
from app.recognition.compliance import lists
from app.recognition.compliance.lists import Desk
from app.records import service as records
from app.records import status
from app.trust import keys
from app.trust import service as trust
from app.trust.model import Issuer, IssuerKey
from app.wiring import Node, change_passphrase

keys_cli = typer.Typer(help="The keys this node signs with.", no_args_is_help=True)

Society = Annotated[
    str | None,
    typer.Option("--society", "--registry", help="The society or registry whose keys are meant."),
]
OfNode = Annotated[bool, typer.Option("--node", help="The node's own keys.")]
Kind = Annotated[
    Algorithm | None, typer.Option(help="Ed25519 (embedded proofs) or ES256 (tokens).")
]
KeyId = Annotated[str, typer.Argument(help="The key's id, did:web:...#..., as keys list shows it.")]

_FORMS = {Algorithm.ED25519: "JSON", Algorithm.ES256: "token"}
"""Which form of a record a key of each kind signs."""


@dataclass(slots=True)
class _Done:
    """What a change of keys came to."""

    new: list[IssuerKey] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    compromised: str | None = None
    records: int = 0
    form: str = ""
    """In which of its two forms each of those records carries the key's signature."""
    status_lists: int | None = None

    def say(self) -> None:
        """Tell it to a person."""
        lines = [f"new {held.key.id} {held.key.multibase}" for held in self.new]
        lines += [f"retired {key_id}" for key_id in self.retired]
        if self.compromised is not None:
            lines.append(f"compromised {self.compromised}")
        if self.records:
            lines.append(
                f"{self.records} records carry its signature in their {self.form} form, which is "
                f"not accepted any more. They are listed by: opencpd keys touched "
                f"{self.compromised}\nIssue those that stand again as corrections, such as with a "
                "roster that has the column supersedes."
            )
        if self.status_lists is not None:
            lines.append(f"{self.status_lists} status lists signed anew")
        typer.echo("\n".join(lines))


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
def keys_new(
    kind: Kind = None, society: Society = None, node: OfNode = False, as_json: AsJson = False
) -> None:
    """Give an issuer one more key, which signs from now on; its others stay as they are."""
    if kind is None:
        raise Invalid("Say which kind of key: --kind Ed25519 or --kind ES256.")

    def change(opened: Node, session: Session, at: datetime) -> _Done:
        issuer = _issuer(session, society, node=node)
        held = keys.add(
            session, opened.signer, issuer_id=issuer.id, algorithm=kind, at=at, who="operator"
        )
        return _Done(new=[held])

    _change(change, relist=lambda _: society, as_json=as_json)


@keys_cli.command("rotate")
def keys_rotate(
    kind: Kind = None, society: Society = None, node: OfNode = False, as_json: AsJson = False
) -> None:
    """Sign with new keys from now on; what the old ones signed stays good."""
    kinds = SIGNING if kind is None else (kind,)

    def change(opened: Node, session: Session, at: datetime) -> _Done:
        issuer = _issuer(session, society, node=node)
        done = keys.rotate(
            session, opened.signer, issuer_id=issuer.id, algorithms=kinds, at=at, who="operator"
        )
        retired = [held.key.id for one in done for held in one.retired]
        return _Done(new=[one.fresh for one in done], retired=retired)

    _change(change, relist=lambda _: society, as_json=as_json)


@keys_cli.command("retire")
def keys_retire(
    key: KeyId,
    last: Annotated[
        bool, typer.Option("--last", help="Although the issuer has no other of its kind.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign nothing more with a key; what it signed until now stays good."""

    def change(opened: Node, session: Session, at: datetime) -> _Done:
        keys.retire(session, key, at=at, who="operator", last=last)
        return _Done(retired=[key])

    _change(change, relist=lambda session: None if last else _owner(session, key), as_json=as_json)


@keys_cli.command("compromise")
def keys_compromise(
    key: KeyId,
    since: Annotated[
        str | None,
        typer.Option(help="When somebody else may have got it, 2026-11-23T12:00:00Z; or now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say that somebody else may have a key: nothing that it signed is good by itself any more."""

    def change(opened: Node, session: Session, at: datetime) -> _Done:
        done = keys.compromise(
            session, opened.signer, key, since=_time(since) or at, at=at, who="operator"
        )
        return _Done(
            new=[] if done.successor is None else [done.successor],
            compromised=key,
            records=records.count_signed_with(session, key),
            form=_FORMS[done.key.key.algorithm],
        )

    _change(change, relist=lambda session: _owner(session, key), as_json=as_json)


@keys_cli.command("touched")
def keys_touched(key: KeyId, as_json: AsJson = False) -> None:
    """List the records that a key signed: those to issue again when it is compromised."""
    with opened_node() as node, node.database.read() as session:
        form = _FORMS[keys.find(session, key).key.algorithm]
        for record in records.signed_with(session, key):
            standing = "revoked" if record.revoked_at else "stands"
            told = {
                "id": record.id,
                "form": form,
                "standing": standing,
                "issued_at": record.issued_at,
                "superseded_by": record.superseded_by,
            }
            typer.echo(
                json.dumps(plain(told), ensure_ascii=False)
                if as_json
                else f"{record.id}  {form:<5}  {standing:<7}  {write_time(record.issued_at)}"
            )


@keys_cli.command("history")
def keys_history(society: Society = None, node: OfNode = False, as_json: AsJson = False) -> None:
    """What became of the keys of one society or of the node: what, when, by whom."""
    with opened_node() as opened, opened.database.read() as session:
        found = keys.history(session, _issuer(session, society, node=node).id)
    if as_json:
        say_json(found)
        return
    rows = [
        (write_time(entry.at), entry.action, told.get("key"), told.get("at"), entry.who)
        for entry in found
        for told in (entry.after or {},)
    ]
    say_table(("when", "what", "key", "since", "who"), rows)


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
        raise Invalid("Say whose keys are meant: --society NAME, --registry NAME, or --node.")
    if society is None:
        return trust.node_issuer(session)
    # A society that has none is told so by name.
    return trust.organisation_issuer(session, society) or trust.issuer_of(session, society)


def _change(
    change: Callable[[Node, Session, datetime], _Done],
    *,
    relist: Callable[[Session], str | None],
    as_json: bool,
) -> None:
    """Make a change and sign the society's status lists anew, all or nothing; then say it."""
    at = clock.now()
    with opened_node() as node, node.database.write() as session:
        done = change(node, session, at)
        society_id = relist(session)
        if society_id is not None:
            done.status_lists = _relisted(node, session, society_id, at=at)
    if as_json:
        say_json(
            {
                "new": [_told(held) for held in done.new],
                "retired": done.retired,
                "compromised": done.compromised,
                "records": done.records,
                "status_lists": done.status_lists,
            }
        )
    else:
        done.say()


def _relisted(node: Node, session: Session, organisation_id: str, *, at: datetime) -> int:
    """Sign the lists of a society's records, or of a registry's statements, anew; says how many."""
    desk = Desk(node.statements, node.settings.public_url)
    records_lists = status.renew_all(session, node.signer, society_id=organisation_id, at=at)
    return records_lists + lists.renew_all(session, desk, organisation_id, at=at)


def _owner(session: Session, key_id: str) -> str | None:
    """The society that a key signs for; ``None`` for the node's own."""
    return keys.own_issuer(session, without_fragment(key_id)).organisation_id


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
