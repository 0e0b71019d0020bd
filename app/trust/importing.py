"""Taking in what another node says of its issuers: a bundle that a person chose, signed.

1. The first bundle of a publisher needs its key, given by another way, or the plain wish to trust
   the first that comes. Later ones must be signed by a key of the publisher that was known before
   and is neither retired nor compromised; a key given anew stands in for all of those.
2. A bundle older than the last is refused; the same one again changes nothing; another one under
   the same version is refused, since a publisher never makes two.
3. A node takes from a publisher what it says of *its own* issuers. Those it names on behalf of
   others (``via``) serve whoever verifies with that very file: trust does not travel through nodes.
4. Who is vouched for by one publisher cannot be claimed by a second, and nobody's bundle says
   anything of this node's own issuers, nor of those it has yet to make. A key never changes its
   value. Each of these ends the import.
5. What the publisher no longer says is no longer believed: an issuer it leaves out is not trusted,
   a key it leaves out verifies nothing. What was once retired or compromised stays so for good.
6. A status list is taken from the publisher of its issuer alone, and never for an older one. A
   list of another publisher's issuer is not replaced, unless its address is at the host of the new
   one's issuer and not of its own.

All of it is the caller's one transaction, and audited.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.problems import Conflict, DomainError, NotFound
from app.proof.errors import ProofError
from app.proof.keys import from_multibase
from app.trust import store
from app.trust.keys import OWN, earliest
from app.trust.listed import ListSaid, at_home, list_said
from app.trust.model import Issuer, IssuerKey, Publisher, Role, State
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, dump_bundle
from app.verification.signed_bundle import ANY_ID, OpenedBundle, open_bundle

_LONGEST = 400
"""Of an id or an address in a bundle."""
_FUTURE = timedelta(minutes=5)
"""How far a publisher's clock may be ahead."""


class BundleRefused(DomainError):
    """A bundle that is not taken; ``code`` is that of what is wrong with it."""

    code = "bundle-refused"
    status = 422

    def __init__(self, detail: str, *, code: str = "bundle-refused") -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed. Issuers by their id."""

    publisher: str
    key: str
    """The key that signed the bundle."""
    pinned: bool
    """Whether that key was known before, or given; if not, the publisher was believed untested."""
    version: int
    previous_version: int | None
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    """Trusted before, and no longer."""
    second_hand: tuple[str, ...] = ()
    """Named on behalf of others, and not taken."""
    lists: int = 0


def import_bundle(
    session: Session,
    data: bytes,
    *,
    at: datetime,
    publisher_key: str | None = None,
    first_use: bool = False,
    who: str = "system",
) -> Imported:
    """Believe a bundle. Raises ``BundleRefused`` or ``Conflict``; then nothing may be kept."""
    try:
        opened, known = _opened(session, data, publisher_key, first_use=first_use)
    except ProofError as error:
        raise BundleRefused(error.message, code=error.code) from error
    _check_texts(opened.bundle)
    digest = hashlib.sha256(dump_bundle(opened.bundle)).hexdigest()
    if opened.bundle.issued_at - at > _FUTURE:
        raise BundleRefused(
            f"The bundle says it was made on {opened.bundle.issued_at.isoformat()}, which is to "
            "come; one of the two clocks is wrong.",
            code="bundle-future",
        )
    done = Imported(
        publisher=opened.publisher,
        key=opened.key.id,
        pinned=opened.pinned,
        version=opened.bundle.version,
        previous_version=known.version if known else None,
    )
    if known is not None and known.version == opened.bundle.version:
        if known.digest != digest:
            raise BundleRefused(
                f"{known.id} made two different bundles of version {known.version}; ask it why.",
                code="bundle-two-of-a-version",
            )
        return done
    done = _believe(session, opened.bundle, done, at=at)
    store.put_publisher(
        session,
        Publisher(done.publisher, done.version, digest, opened.bundle.issued_at, at),
    )
    _note(session, done, digest, at=at, who=who)
    return done


def publishers(session: Session) -> tuple[Publisher, ...]:
    """The nodes whose bundles are believed."""
    return tuple(store.publishers(session))


def forget(session: Session, publisher_id: str, *, at: datetime, who: str = "system") -> int:
    """Believe a publisher no more; says how many issuers are no longer trusted."""
    if store.find_publisher(session, publisher_id) is None:
        known = ", ".join(publisher.id for publisher in store.publishers(session)) or "nobody"
        raise NotFound(f"No bundle of {publisher_id} was imported; known: {known}.")
    vouched = store.issuers(session, publisher_id=publisher_id)
    for issuer in vouched:
        _withdraw(session, issuer)
    store.delete_publisher(session, publisher_id)
    audit.record(
        session,
        who=who,
        action="publisher.forget",
        subject=_subject(publisher_id),
        at=at,
        before={"issuers": [issuer.id for issuer in vouched]},
    )
    return len(vouched)


def _opened(
    session: Session, data: bytes, publisher_key: str | None, *, first_use: bool
) -> tuple[OpenedBundle, Publisher | None]:
    """Rules 1 and 2. Raises ``ProofError``."""
    if publisher_key is not None:
        given = from_multibase(publisher_key, key_id=ANY_ID, controller=ANY_ID)
        opened = open_bundle(data, publisher_keys=[given], least_version=None)
        keys = [given]
    else:
        opened = open_bundle(data, publisher_keys=None, least_version=None)
        keys = []
    known = store.find_publisher(session, opened.publisher)
    if known is None:
        if publisher_key is None and not first_use:
            raise ProofError(
                "bundle-publisher-unknown",
                f"This is the first bundle of {opened.publisher}. Ask its people for the key they "
                f"sign with and give it as --publisher-key (the bundle claims {opened.key.id}, "
                f"{opened.key.multibase}), or trust the first that comes with --first-use.",
            )
        return opened, None
    remembered = [
        held.key
        for issuer in store.issuers(session, ids=[known.id])
        for held in issuer.keys
        if held.state is State.CURRENT and held.listed
    ]
    least = known.version
    return open_bundle(data, publisher_keys=keys or remembered, least_version=least), known


def _check_texts(bundle: Bundle) -> None:
    """Refuse names that could not be stored, or shown."""
    for entry in bundle.issuers.values():
        ids = (entry.id, entry.via or "", *entry.status_issuers)
        for text in (*ids, *(held.key.id for held in entry.keys), *bundle.status_lists):
            if len(text) > _LONGEST or not text.isprintable() or " " in text:
                raise BundleRefused(
                    f"The bundle has a name that is none: {text[:80]!r}.", code="bundle-name"
                )
        if not entry.name.isprintable():
            raise BundleRefused(f"The name of {entry.id} cannot be shown.", code="bundle-name")


def _believe(session: Session, bundle: Bundle, done: Imported, *, at: datetime) -> Imported:
    """Rules 3 to 6."""
    own = [issuer.id for issuer in store.issuers(session, roles=OWN)]
    said = {entry.id: entry for entry in bundle.issuers.values() if entry.via is None}
    if taken := [one for one in sorted(said) if _is_of(one, own)]:
        raise Conflict(f"The bundle claims {taken[0]}, which is an issuer of this node.")
    known = {issuer.id: issuer for issuer in store.issuers(session, ids=list(said))}
    vouched = store.issuers(session, publisher_id=done.publisher)
    added = [_take(session, entry, known.get(entry.id), by=done.publisher, at=at)
             for entry in said.values()]  # fmt: skip
    gone = [issuer for issuer in vouched if issuer.id not in said]
    for issuer in gone:
        _withdraw(session, issuer)
    return replace(
        done,
        added=tuple(entry for entry, new in zip(said, added, strict=True) if new),
        updated=tuple(entry for entry, new in zip(said, added, strict=True) if not new),
        withdrawn=tuple(issuer.id for issuer in gone),
        second_hand=tuple(sorted(bundle.issuers.keys() - said.keys())),
        lists=_take_lists(session, bundle, said, by=done.publisher, at=at),
    )


def _is_of(issuer_id: str, own: Collection[str]) -> bool:
    """Whether an id is one of ours, or lies below one: a society's lies below its node's."""
    return any(issuer_id == one or issuer_id.startswith(f"{one}:") for one in own)


def _take(
    session: Session, entry: IssuerEntry, known: Issuer | None, *, by: str, at: datetime
) -> bool:
    """Believe one issuer of a bundle; says whether it was not trusted before."""
    if known is None:
        known = Issuer(
            entry.id, Role.FOREIGN, None, entry.name[:300], None, (), by, entry.status_issuers
        )
        store.insert_issuer(session, known, at=at)
        new = True
    else:
        if known.publisher_id not in {None, by}:
            raise Conflict(
                f"{entry.id} is vouched for by {known.publisher_id}, and this bundle of {by} "
                f"claims it too. Decide between them: opencpd trust forget {known.publisher_id}"
            )
        new = known.publisher_id is None
        store.update_issuer(
            session,
            entry.id,
            name=entry.name[:300],
            publisher_id=by,
            status_issuers=entry.status_issuers,
        )
    held = {one.key.id: one for one in known.keys}
    for said in entry.keys:
        _take_key(session, said, held.pop(said.key.id, None))
    for unsaid in held.values():
        if unsaid.listed:
            store.update_key(session, replace(unsaid, listed=False))
    return new


def _take_key(session: Session, said: KeyEntry, held: IssuerKey | None) -> None:
    if held is None:
        store.insert_key(
            session,
            IssuerKey(said.key, said.valid_from, said.retired_at, said.compromised_since),
        )
        return
    if held.key.multibase != said.key.multibase:
        raise Conflict(f"The bundle has another key under the id {said.key.id} than is known.")
    store.update_key(
        session,
        replace(
            held,
            retired_at=earliest(held.retired_at, said.retired_at),
            compromised_since=earliest(held.compromised_since, said.compromised_since),
            listed=True,
        ),
    )


def _withdraw(session: Session, issuer: Issuer) -> None:
    store.update_issuer(
        session,
        issuer.id,
        name=issuer.name,
        publisher_id=None,
        status_issuers=issuer.status_issuers,
    )


def _take_lists(
    session: Session, bundle: Bundle, said: Mapping[str, IssuerEntry], *, by: str, at: datetime
) -> int:
    taken = 0
    have = {copy.url: copy for copy in store.status_lists(session, urls=list(bundle.status_lists))}
    others = {
        issuer.id
        for issuer in store.issuers(session)
        if issuer.trusted and issuer.publisher_id != by
    }
    named = said.keys() | {one for entry in said.values() for one in entry.status_issuers}
    for listed in bundle.status_lists.values():
        new, old = list_said(listed.body), have.get(listed.url)
        if new is None or new.issuer not in named - others or (old is not None and old.own):
            continue
        fetched_at = min(listed.fetched_at, at)
        if old is not None and not _replaces(new, fetched_at, old, others=others):
            continue
        store.put_status_list(
            session,
            store.StatusListCopy(listed.url, own=False, body=listed.body, fetched_at=fetched_at),
        )
        taken += 1
    return taken


def _replaces(
    new: ListSaid, fetched_at: datetime, old: store.StatusListCopy, *, others: Collection[str]
) -> bool:
    """Whether a list takes the place of the one held.

    By whose it is, by its issuer's word of its time, then by our clock. ``others`` are issuers
    that somebody else than the bundle's publisher vouches for.
    """
    before = list_said(old.body)
    if before is None:
        return True
    if before.issuer == new.issuer:
        return (new.valid_from, fetched_at) > (before.valid_from, old.fetched_at)
    if before.issuer not in others:
        return True
    return at_home(old.url, issuer=new.issuer) and not at_home(old.url, issuer=before.issuer)


def _subject(publisher_id: str) -> str:
    return f"publisher:{publisher_id}"[:200]


def _note(session: Session, done: Imported, digest: str, *, at: datetime, who: str) -> None:
    audit.record(
        session,
        who=who,
        action="bundle.import",
        subject=_subject(done.publisher),
        at=at,
        before={"version": done.previous_version},
        after={
            "version": done.version,
            "sha256": digest,
            "key": done.key,
            "pinned": done.pinned,
            "added": list(done.added),
            "withdrawn": list(done.withdrawn),
            "lists": done.lists,
        },
    )
