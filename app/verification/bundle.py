"""The trust bundle: everything a verification knows beside the record. It fits on a stick.

A JSON file, ``"format": "opencpd-trust-bundle"``, ``"format_version": 1``: who may sign (issuers),
with which key and from when to when, and the status lists as their issuers served them. ``version``
grows with every bundle of one ``publisher``, so that an older one can be told.

Whoever can change a bundle decides who is believed. ``app.verification.signed_bundle`` puts the
publisher's signature around the whole file; what is read here is not verified by that alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.keys import PublicKey, from_multibase
from app.proof.parse import BUNDLE, JSON, Object, dump, load_object
from app.proof.times import read_time, write_time
from app.verification.memory import Memory
from app.verification.reading import number, objects, optional_text, text, texts

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
    status_issuers: tuple[str, ...] = ()
    """Others, by their id, who may keep this issuer's status lists."""
    via: str | None = None
    """The publisher who vouches for this issuer, when that is not the bundle's own."""


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
    publisher: str | None = None
    """Who made the bundle; one of ``issuers``."""
    memory: Memory = field(default_factory=Memory, init=False, repr=False, compare=False)
    """Where a verifier keeps what it worked out of this bundle. No part of the bundle."""


def dump_bundle(bundle: Bundle) -> bytes:
    """Write a bundle as a file; the same bundle gives the same bytes."""
    lists = sorted(bundle.status_lists.values(), key=lambda entry: entry.url)
    issuers = sorted(bundle.issuers.values(), key=lambda entry: entry.id)
    named: Object = {} if bundle.publisher is None else {"publisher": bundle.publisher}
    return dump(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "version": bundle.version,
            "issued_at": write_time(bundle.issued_at),
            **named,
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
        publisher=optional_text(members, "publisher"),
    )
    if len(bundle.issuers) != len(issuers) or len(bundle.status_lists) != len(lists):
        raise ProofError("bundle-duplicate", "An issuer or a status list is in the bundle twice.")
    if bundle.publisher is not None and bundle.publisher not in bundle.issuers:
        raise ProofError("bundle-publisher", "The publisher is not among the bundle's issuers.")
    return bundle


def _dump_issuer(entry: IssuerEntry) -> JSON:
    issuer: Object = {
        "id": entry.id,
        "name": entry.name,
        "keys": [_dump_key(key) for key in entry.keys],
    }
    if entry.status_issuers:
        issuer["status_issuers"] = [*entry.status_issuers]
    if entry.via is not None:
        issuer["via"] = entry.via
    return issuer


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
    return IssuerEntry(
        id=issuer_id,
        name=text(members, "name"),
        keys=keys,
        status_issuers=_load_status_issuers(members),
        via=optional_text(members, "via"),
    )


def _load_status_issuers(members: Object) -> tuple[str, ...]:
    named = members.get("status_issuers", [])
    found = texts(named)
    if not isinstance(named, list) or len(found) != len(named):
        raise ProofError("member-kind", "'status_issuers' must be a list of texts.")
    return tuple(found)


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
