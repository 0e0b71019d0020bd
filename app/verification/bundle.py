"""The trust bundle: everything a verification knows beside the record. It fits on a stick.

A JSON file, ``"format": "opencpd-trust-bundle"``, ``"format_version": 1``: who may sign (issuers),
with which key and from when to when, and the status lists as their issuers served them. ``version``
grows with every bundle of one publisher, so that an older one can be told.

Whoever can change a bundle decides who is believed. A signature over the whole file goes around it
(its bytes are the payload) and is checked by whoever loads it, before it is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.keys import PublicKey, from_multibase
from app.proof.parse import BUNDLE, JSON, Object, dump, load_object
from app.proof.times import read_time, write_time
from app.verification.reading import number, objects, optional_text, text

FORMAT = "opencpd-trust-bundle"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of an issuer and its history. Retired and compromised are different states."""

    key: PublicKey
    valid_from: datetime
    retired_at: datetime | None = None
    """Signs nothing after this; what it signed before stays good."""
    compromised_since: datetime | None = None
    """Somebody else may have signed with it; nothing it signed is good by itself."""


@dataclass(frozen=True, slots=True)
class IssuerEntry:
    """A society that may sign."""

    id: str
    name: str
    keys: tuple[KeyEntry, ...]


@dataclass(frozen=True, slots=True)
class StatusListEntry:
    """A status list, byte for byte as its issuer served it; it carries its own signature."""

    url: str
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Bundle:
    """Issuers by id and status lists by URL, as they stood at one time."""

    version: int
    issued_at: datetime
    issuers: Mapping[str, IssuerEntry] = field(default_factory=dict)
    status_lists: Mapping[str, StatusListEntry] = field(default_factory=dict)


def dump_bundle(bundle: Bundle) -> bytes:
    """Write a bundle as a file; the same bundle gives the same bytes."""
    lists = sorted(bundle.status_lists.values(), key=lambda entry: entry.url)
    issuers = sorted(bundle.issuers.values(), key=lambda entry: entry.id)
    return dump(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "version": bundle.version,
            "issued_at": write_time(bundle.issued_at),
            "issuers": [_dump_issuer(entry) for entry in issuers],
            "status_lists": [_dump_list(entry) for entry in lists],
        }
    )


def load_bundle(data: bytes) -> Bundle:
    """Read a bundle, or raise ``ProofError``. Its signature, if any, is checked before this."""
    members = load_object(data, limits=BUNDLE)
    if members.get("format") != FORMAT or members.get("format_version") != FORMAT_VERSION:
        raise ProofError("bundle-format", f"The file is no {FORMAT} of version {FORMAT_VERSION}.")
    issuers = [_load_issuer(entry) for entry in objects(members, "issuers")]
    lists = [_load_list(entry) for entry in objects(members, "status_lists")]
    bundle = Bundle(
        version=number(members, "version"),
        issued_at=read_time(text(members, "issued_at")),
        issuers={entry.id: entry for entry in issuers},
        status_lists={entry.url: entry for entry in lists},
    )
    if len(bundle.issuers) != len(issuers) or len(bundle.status_lists) != len(lists):
        raise ProofError("bundle-duplicate", "An issuer or a status list is in the bundle twice.")
    return bundle


def _dump_issuer(entry: IssuerEntry) -> JSON:
    return {"id": entry.id, "name": entry.name, "keys": [_dump_key(key) for key in entry.keys]}


def _dump_key(entry: KeyEntry) -> JSON:
    key: Object = {
        "id": entry.key.id,
        "publicKeyMultibase": entry.key.multibase,
        "valid_from": write_time(entry.valid_from),
    }
    if entry.retired_at is not None:
        key["retired_at"] = write_time(entry.retired_at)
    if entry.compromised_since is not None:
        key["compromised_since"] = write_time(entry.compromised_since)
    return key


def _dump_list(entry: StatusListEntry) -> JSON:
    try:
        body = entry.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProofError("bundle-list", f"The list {entry.url} is not text.") from error
    return {"url": entry.url, "fetched_at": write_time(entry.fetched_at), "body": body}


def _load_issuer(members: Object) -> IssuerEntry:
    issuer_id = text(members, "id")
    keys = tuple(_load_key(key, issuer_id=issuer_id) for key in objects(members, "keys"))
    if len({entry.key.id for entry in keys}) != len(keys):
        raise ProofError("bundle-duplicate", f"A key of {issuer_id} is in the bundle twice.")
    return IssuerEntry(issuer_id, text(members, "name"), keys)


def _load_key(members: Object, *, issuer_id: str) -> KeyEntry:
    key_id = text(members, "id")
    if without_fragment(key_id) != issuer_id:
        raise ProofError("bundle-key", f"The key {key_id} is not one of {issuer_id}.")
    return KeyEntry(
        key=from_multibase(
            text(members, "publicKeyMultibase"), key_id=key_id, controller=issuer_id
        ),
        valid_from=read_time(text(members, "valid_from")),
        retired_at=_optional_time(members, "retired_at"),
        compromised_since=_optional_time(members, "compromised_since"),
    )


def _load_list(members: Object) -> StatusListEntry:
    body = text(members, "body").encode("utf-8")
    return StatusListEntry(text(members, "url"), body, read_time(text(members, "fetched_at")))


def _optional_time(members: Object, name: str) -> datetime | None:
    found = optional_text(members, name)
    return None if found is None else read_time(found)
