"""Believing another node's bundle: the rules of ``app.trust.importing``, one after the other."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.identity import audit
from app.platform.problems import Conflict, DomainError, NotFound
from app.proof import jose
from app.proof.encoding import base64url_decode
from app.proof.keys import Algorithm, PublicKey
from app.proof.times import write_time
from app.trust import importing, keys, service, store
from app.trust.importing import BundleRefused, Imported, import_bundle
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry, load_bundle
from app.verification.signed_bundle import UnsignedBundle
from tests.conftest import NOW
from tests.simulator.signing import MemorySigner
from tests.unit.trust.conftest import TrustNode

pytestmark = pytest.mark.slow

PARTNER = "did:web:partner.example"
PEC = f"{PARTNER}:societies:pec"
CSE = "did:web:node.example:societies:cse"
URL = "https://partner.example/societies/pec/status/1"


def take(node: TrustNode, data: bytes, *, at: datetime | None = None, **how: Any) -> Imported:
    node.now += timedelta(hours=1)
    with node.database.write() as session:
        return import_bundle(session, data, at=at or node.now, **how)


def refused(node: TrustNode, data: bytes, **how: Any) -> str:
    before = trusted(node)
    with pytest.raises(DomainError) as error:
        take(node, data, **how)
    assert trusted(node) == before
    return error.value.code


def trusted(node: TrustNode) -> Bundle:
    """What the node believes, without the time at which it was asked."""
    with node.database.read() as session:
        made = service.bundle(session, at=node.now)
    lists = {url: replace(held, fetched_at=NOW) for url, held in made.status_lists.items()}
    return replace(made, version=1, issued_at=NOW, status_lists=lists)


def key_of(node: TrustNode) -> str:
    with node.database.read() as session:
        key = service.node_issuer(session).signing_key(Algorithm.ES256)
    assert key is not None
    return key.multibase


def opened(data: bytes) -> Bundle:
    return load_bundle(base64url_decode(json.loads(data)["payload"]))


def resigned(
    partner: TrustNode, data: bytes, key: PublicKey | None = None, **changes: Any
) -> bytes:
    """The partner's bundle, changed and signed again, by its first key."""
    unsigned = UnsignedBundle(replace(opened(data), **changes))
    key = key or partner.signer.public(f"{PARTNER}#es256-1")
    return unsigned.attach([(key, partner.signer.sign(key.id, unsigned.signing_input(key)))])


def a_list(partner: TrustNode, *, at: datetime, issuer: str = PEC) -> bytes:
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": write_time(at),
        "credentialSubject": {"id": f"{URL}#list", "type": "BitstringStatusList"},
    }
    to_sign = jose.signing_input(document, kid=f"{PEC}#es256-1")
    return jose.assemble(to_sign, partner.signer.sign(f"{PEC}#es256-1", to_sign)).encode()


# 1


def test_the_first_bundle_needs_the_publishers_key_or_the_plain_wish(
    node: TrustNode, partner: TrustNode
) -> None:
    data = partner.export()
    with pytest.raises(BundleRefused, match=r"--publisher-key.*es256-1, zDn") as error:
        take(node, data)
    assert error.value.code == "bundle-publisher-unknown"
    assert refused(node, data, publisher_key=key_of(node)) == "bundle-signer"
    done = take(node, data, publisher_key=key_of(partner))
    assert (done.publisher, done.pinned, done.previous_version) == (PARTNER, True, None)
    assert set(done.added) == {PARTNER, PEC}
    assert trusted(node).issuers[PEC].via == PARTNER


def test_trust_on_first_use_says_that_it_is_that(node: TrustNode, partner: TrustNode) -> None:
    assert not take(node, partner.export(), first_use=True).pinned
    assert take(node, partner.export()).pinned


def test_a_later_bundle_is_signed_by_a_key_that_was_known_before(
    node: TrustNode, partner: TrustNode
) -> None:
    take(node, partner.export(), first_use=True)
    thief = MemorySigner()
    forged = thief.create(f"{PARTNER}#es256-1", algorithm=Algorithm.ES256)
    bundle = opened(partner.export())
    node_entry = IssuerEntry(PARTNER, "The node", (KeyEntry(forged, partner.now),))
    unsigned = UnsignedBundle(replace(bundle, issuers={PARTNER: node_entry}))
    data = unsigned.attach([(forged, thief.sign(forged.id, unsigned.signing_input(forged)))])
    assert refused(node, data) == "bundle-signer"
    assert refused(node, data, first_use=True) == "bundle-signer"


def test_who_was_away_while_the_publishers_key_changed_still_recognises_it(
    node: TrustNode, partner: TrustNode
) -> None:
    take(node, partner.export(), first_use=True)
    for _ in range(2):
        with partner.database.write() as session:
            keys.rotate(session, partner.signer, issuer_id=PARTNER, at=partner.now)
    done = take(node, partner.export())
    assert done.key == f"{PARTNER}#es256-1"
    assert take(node, partner.export()).key == f"{PARTNER}#es256-3"


def test_after_a_compromise_the_publishers_new_key_is_given_by_another_way(
    node: TrustNode, partner: TrustNode
) -> None:
    take(node, partner.export(), first_use=True)
    with partner.database.write() as session:
        keys.compromise(
            session, partner.signer, f"{PARTNER}#es256-1", since=partner.now, at=partner.now
        )
    data = partner.export()
    assert refused(node, data) == "bundle-signer"
    assert take(node, data, publisher_key=key_of(partner)).pinned
    # From now on nothing signed with the stolen key is taken.
    stolen = partner.signer.public(f"{PARTNER}#es256-1")
    clean = {
        **opened(data).issuers,
        PARTNER: IssuerEntry(PARTNER, "x", (KeyEntry(stolen, partner.now),)),
    }
    later = resigned(partner, partner.export(), version=2**40, issuers=clean)
    assert refused(node, later) == "bundle-signer"
    assert take(node, partner.export())


# 2


def test_an_older_bundle_is_refused_and_both_versions_are_named(
    node: TrustNode, partner: TrustNode
) -> None:
    old = partner.export()
    new = partner.export()
    take(node, new, first_use=True)
    with pytest.raises(BundleRefused, match=rf"{opened(old).version}.*{opened(new).version}") as e:
        take(node, old)
    assert e.value.code == "bundle-older"
    assert refused(node, old, publisher_key=key_of(partner)) == "bundle-older"


def test_the_same_bundle_again_changes_nothing_and_another_of_its_version_is_refused(
    node: TrustNode, partner: TrustNode
) -> None:
    data = partner.export()
    take(node, data, first_use=True)
    before = trusted(node)
    again = take(node, data)
    assert (again.version, again.previous_version) == (opened(data).version,) * 2
    assert (again.added, again.updated, again.lists) == ((), (), 0)
    assert trusted(node) == before
    other = resigned(partner, data, issued_at=partner.now - timedelta(days=1))
    assert refused(node, other) == "bundle-two-of-a-version"


def test_a_bundle_from_the_future_is_refused(node: TrustNode, partner: TrustNode) -> None:
    assert refused(node, partner.export(after=timedelta(days=1)), first_use=True) == "bundle-future"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"issuers":[]}', b"\xff", b"[" * 10_000])
def test_a_file_that_is_no_bundle_is_refused(node: TrustNode, data: bytes) -> None:
    assert refused(node, data, first_use=True)
    assert refused(node, data, publisher_key=key_of(node))
    assert refused(node, data, publisher_key="no key")


def test_names_that_could_not_be_stored_are_refused(node: TrustNode, partner: TrustNode) -> None:
    data = partner.export()
    for name in ("did:web:a\0", "did:web:a b", "did:web:" + "a" * 400):
        issuers = {**opened(data).issuers, name: IssuerEntry(name, "x", ())}
        assert refused(node, resigned(partner, data, issuers=issuers), first_use=True) == (
            "bundle-name"
        )
    issuers = {**opened(data).issuers, "did:web:x": IssuerEntry("did:web:x", "a\x1b[31m", ())}
    assert refused(node, resigned(partner, data, issuers=issuers), first_use=True) == "bundle-name"


# 3


def test_trust_does_not_travel_through_a_node(node: TrustNode, partner: TrustNode) -> None:
    third = "did:web:third.example"
    held = KeyEntry(
        MemorySigner().create(f"{third}#es256-1", algorithm=Algorithm.ES256), partner.now
    )
    data = partner.export()
    issuers = {**opened(data).issuers, third: IssuerEntry(third, "Third", (held,), via=third)}
    done = take(node, resigned(partner, data, issuers=issuers), first_use=True)
    assert done.second_hand == (third,)
    assert third not in trusted(node).issuers


# 4


def test_nobodys_bundle_says_anything_of_this_nodes_own_issuers(
    node: TrustNode, partner: TrustNode
) -> None:
    forged = MemorySigner().create(f"{CSE}#ed25519-1", algorithm=Algorithm.ED25519)
    data = partner.export()
    taken_over = IssuerEntry(CSE, "Taken over", (KeyEntry(forged, partner.now),))
    issuers = {**opened(data).issuers, CSE: taken_over}
    assert refused(node, resigned(partner, data, issuers=issuers), first_use=True) == "conflict"
    own_list = StatusListEntry("https://node.example/1", a_list(partner, at=node.now), node.now)
    with node.database.write() as session:
        service.store_status_list(session, own_list.url, b"ours", at=node.now)
    take(node, resigned(partner, data, status_lists={own_list.url: own_list}), first_use=True)
    assert trusted(node).status_lists[own_list.url].body == b"ours"


def test_a_key_never_changes_its_value(node: TrustNode, partner: TrustNode) -> None:
    take(node, partner.export(), first_use=True)
    other = MemorySigner().create(f"{PEC}#es256-1", algorithm=Algorithm.ES256)
    data = partner.export()
    issuers = {
        **opened(data).issuers,
        PEC: IssuerEntry(PEC, "x", (KeyEntry(other, partner.now),)),
    }
    with pytest.raises(Conflict, match=r"another key under the id .*pec#es256-1"):
        take(node, resigned(partner, data, issuers=issuers))


def test_who_is_vouched_for_by_one_publisher_cannot_be_claimed_by_a_second(
    node: TrustNode, partner: TrustNode
) -> None:
    take(node, partner.export(), first_use=True)
    second = "did:web:second.example"
    signer = MemorySigner()
    key = signer.create(f"{second}#es256-1", algorithm=Algorithm.ES256)
    own = signer.create(f"{PEC}#mine", algorithm=Algorithm.ES256)
    claimed = {
        second: IssuerEntry(second, "Second", (KeyEntry(key, node.now),)),
        PEC: IssuerEntry(PEC, "x", (KeyEntry(own, node.now),)),
    }
    unsigned = UnsignedBundle(Bundle(1, node.now, claimed, {}, second))
    data = unsigned.attach([(key, signer.sign(key.id, unsigned.signing_input(key)))])
    with pytest.raises(Conflict, match=r"vouched for by did:web:partner.example.*trust forget"):
        take(node, data, first_use=True)
    assert second not in trusted(node).issuers


# 5


def test_an_issuer_that_the_publisher_leaves_out_is_not_trusted_any_more(
    node: TrustNode, partner: TrustNode
) -> None:
    take(node, partner.export(), first_use=True)
    data = partner.export()
    alone = {PARTNER: opened(data).issuers[PARTNER]}
    done = take(node, resigned(partner, data, issuers=alone))
    assert done.withdrawn == (PEC,)
    assert PEC not in trusted(node).issuers
    back = take(node, partner.export())
    assert back.added == (PEC,)
    assert PEC in trusted(node).issuers


def test_what_was_retired_or_compromised_is_never_unsaid(
    node: TrustNode, partner: TrustNode
) -> None:
    first = partner.export()
    with partner.database.write() as session:
        keys.rotate(session, partner.signer, issuer_id=PEC, at=partner.now)
        keys.compromise(
            session, partner.signer, f"{PEC}#es256-1", since=partner.now, at=partner.now
        )
    take(node, partner.export(), first_use=True)

    def history() -> dict[str, tuple[datetime | None, datetime | None]]:
        held = trusted(node).issuers[PEC].keys
        return {one.key.id: (one.retired_at, one.compromised_since) for one in held}

    said = history()
    at = partner.now - timedelta(seconds=1)
    assert said[f"{PEC}#es256-1"] == (at, at)
    assert said[f"{PEC}#ed25519-1"] == (at, None)
    # It leaves the key out, and then brings it back as if nothing had been.
    clean = opened(first).issuers[PEC]
    without = {**opened(first).issuers, PEC: replace(clean, keys=clean.keys[:1])}
    take(node, resigned(partner, partner.export(), issuers=without))
    assert history() == {f"{PEC}#ed25519-1": (at, None)}
    take(node, resigned(partner, partner.export(), issuers=opened(first).issuers))
    assert history() == {f"{PEC}#ed25519-1": (at, None), f"{PEC}#es256-1": (at, at)}


def test_a_forgotten_publisher_vouches_for_nobody(node: TrustNode, partner: TrustNode) -> None:
    take(node, partner.export(), first_use=True)
    with node.database.write() as session:
        assert importing.forget(session, PARTNER, at=node.now) == 2
    assert {PARTNER, PEC}.isdisjoint(trusted(node).issuers)
    assert refused(node, partner.export()) == "bundle-publisher-unknown"
    with pytest.raises(NotFound, match="known: nobody"), node.database.write() as session:
        importing.forget(session, PARTNER, at=node.now)


# 6


def test_a_list_is_taken_from_its_issuers_publisher_and_never_an_older_one(
    node: TrustNode, partner: TrustNode
) -> None:
    start = partner.now

    def bring(body: bytes, fetched_at: datetime) -> int:
        held = StatusListEntry(URL, body, fetched_at)
        data = resigned(partner, partner.export(), status_lists={URL: held})
        return take(node, data, first_use=True).lists

    old, new = (a_list(partner, at=start + timedelta(hours=n)) for n in (0, 2))
    assert bring(new, start) == 1
    assert bring(old, start + timedelta(days=9)) == 0
    assert trusted(node).status_lists[URL].body == new
    strangers = a_list(partner, at=start + timedelta(hours=3), issuer="did:web:other.example")
    assert bring(strangers, start) == 0
    assert bring(b"{}", start) == 0
    assert trusted(node).status_lists[URL].body == new
    newest = a_list(partner, at=start + timedelta(hours=4))
    assert bring(newest, start + timedelta(days=99)) == 1
    with node.database.read() as session:
        assert store.status_lists(session)[0].fetched_at <= node.now


def test_a_list_kept_by_somebody_else_is_taken_when_the_issuer_says_so(
    node: TrustNode, partner: TrustNode
) -> None:
    keeper = "did:web:keeper.example"
    body = a_list(partner, at=partner.now, issuer=keeper)
    held = {URL: StatusListEntry(URL, body, partner.now)}
    data = partner.export()
    lent = replace(opened(data).issuers[PEC], status_issuers=(keeper,))
    issuers = {**opened(data).issuers, PEC: lent}
    done = take(node, resigned(partner, data, status_lists=held, issuers=issuers), first_use=True)
    assert done.lists == 1
    assert trusted(node).issuers[PEC].status_issuers == (keeper,)


def test_an_import_is_audited_with_both_versions(node: TrustNode, partner: TrustNode) -> None:
    first = take(node, partner.export(), first_use=True, who="system:trust")
    second = take(node, partner.export())
    with node.database.read() as session:
        trail = audit.trail(session, f"publisher:{PARTNER}")
    assert [entry.before for entry in trail] == [{"version": None}, {"version": first.version}]
    assert trail[0].who == "system:trust"
    assert trail[1].after is not None
    assert trail[1].after["version"] == second.version > first.version


def second_publisher(
    node: TrustNode, *, lends: tuple[str, ...] = (), **held: StatusListEntry
) -> bytes:
    """A bundle of somebody else whom this node has come to trust for his own issuers."""
    second, signer = "did:web:second.example", MemorySigner()
    key = signer.create(f"{second}#es256-1", algorithm=Algorithm.ES256)
    entry = IssuerEntry(second, "Second", (KeyEntry(key, node.now),), status_issuers=lends)
    lists = {one.url: one for one in held.values()}
    unsigned = UnsignedBundle(Bundle(1, node.now, {second: entry}, lists, second))
    return unsigned.attach([(key, signer.sign(key.id, unsigned.signing_input(key)))])


@pytest.mark.parametrize("issuer", ["did:web:second.example", PEC, CSE])
def test_a_list_is_not_replaced_by_another_publisher(
    node: TrustNode, partner: TrustNode, issuer: str
) -> None:
    good = StatusListEntry(URL, a_list(partner, at=partner.now), partner.now)
    take(node, resigned(partner, partner.export(), status_lists={URL: good}), first_use=True)
    later = a_list(partner, at=partner.now + timedelta(days=1), issuer=issuer)
    theirs = StatusListEntry(URL, later, partner.now)
    done = take(node, second_publisher(node, lends=(issuer,), theirs=theirs), first_use=True)
    assert (done.lists, done.added) == (0, ("did:web:second.example",))
    assert trusted(node).status_lists[URL].body == good.body


def test_who_takes_the_address_of_a_list_first_does_not_keep_it(
    node: TrustNode, partner: TrustNode
) -> None:
    stranger = "did:web:second.example"
    squatting = StatusListEntry(URL, a_list(partner, at=partner.now, issuer=stranger), partner.now)
    assert take(node, second_publisher(node, theirs=squatting), first_use=True).lists == 1
    good = StatusListEntry(URL, a_list(partner, at=partner.now), partner.now)
    data = resigned(partner, partner.export(), status_lists={URL: good})
    assert take(node, data, first_use=True).lists == 1
    assert trusted(node).status_lists[URL].body == good.body


def test_nobody_claims_an_issuer_that_this_node_has_yet_to_make(
    node: TrustNode, partner: TrustNode
) -> None:
    data = partner.export()
    yet = f"{node.id}:societies:yet"
    key = partner.signer.create(f"{yet}#es256-1", algorithm=Algorithm.ES256)
    issuers = {
        **opened(data).issuers,
        yet: IssuerEntry(yet, "x", (KeyEntry(key, partner.now),)),
    }
    with pytest.raises(Conflict, match="an issuer of this node"):
        take(node, resigned(partner, data, issuers=issuers), first_use=True)
    node.add("yet")
