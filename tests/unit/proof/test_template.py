"""Templates give the bytes of the full path, or leave the document to it."""

import copy
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from app.proof import data_integrity, rdfc, shapes, template
from app.proof.errors import ProofError
from app.proof.parse import dump
from app.proof.rdfc import Digest
from app.proof.vocabulary import KNOWN
from tests.simulator.issuer import CONTEXTS, ISSUED, SimulatedIssuer
from tests.unit.proof.documents import HOSTILE, ODD, RECORD, changed_records, refilled_records

pytestmark = pytest.mark.slow

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))
DIGESTS = st.sampled_from(Digest)


def full(document: dict[str, Any], digest: Digest = Digest.SHA256) -> str | None:
    """What the full path says; nothing when it refuses."""
    try:
        return rdfc.canonicalise(document, digest=digest)
    except ProofError:
        return None


def filled(
    document: dict[str, Any], digest: Digest = Digest.SHA256, *, like: dict[str, Any] | None = None
) -> str | None:
    """What a template says that was compiled from another document of the shape."""
    shape = shapes.read(document, KNOWN)
    if shape is None:
        return None
    made = template._compile(shape, like or document, KNOWN)
    if made is None:
        return None
    try:
        text = made.fill(shape.values, digest=digest)
        if text is not None:
            text.encode()
    except UnicodeEncodeError:
        return None
    return text


def agrees(document: dict[str, Any], digest: Digest) -> None:
    quick = filled(document, digest)
    if quick is not None:
        assert quick == full(document, digest)


@QUICK
@given(refilled_records(), DIGESTS)
def test_a_record_of_the_usual_shape_has_the_same_bytes_either_way(
    document: dict[str, Any], digest: Digest
) -> None:
    agrees(document, digest)


@QUICK
@given(changed_records(), DIGESTS)
def test_a_changed_record_has_the_same_bytes_or_goes_the_full_way(
    document: dict[str, Any], digest: Digest
) -> None:
    agrees(document, digest)


@QUICK
@given(HOSTILE, DIGESTS)
def test_a_hostile_document_has_the_same_bytes_or_goes_the_full_way(
    document: dict[str, Any], digest: Digest
) -> None:
    agrees(document, digest)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("made", [refilled_records(), changed_records(), HOSTILE])
def test_thousands_of_documents_have_the_same_bytes_either_way(made: Any) -> None:
    MANY(given(made, DIGESTS)(agrees))()


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_in_any_place_is_written_or_refused_alike(text: str) -> None:
    for path in (
        ("name",),
        ("id",),
        ("issuer", "url"),
        ("issuer", "id"),
        ("credentialSubject", "role"),
        ("credentialSubject", "achievement", "id"),
        ("credentialSubject", "achievement", "tag", 0),
        ("credentialStatus", "statusListCredential"),
    ):
        document = copy.deepcopy(RECORD)
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = text
        agrees(document, Digest.SHA256)


def test_the_usual_record_does_go_the_quick_way() -> None:
    other = SimulatedIssuer(society="other").record(index=5, name='Walls, "100 %" \\ \u5b89\n')
    other["credentialSubject"]["creditsEarned"] = 80.1
    quick = filled(other, like=RECORD)
    assert quick is not None
    assert quick == full(other)
    options = {"@context": CONTEXTS, "type": "DataIntegrityProof", "created": "2026-11-20"}
    assert filled(options) == full(options) is not None


def test_every_character_is_escaped_as_the_full_path_escapes_it() -> None:
    codes = (*range(0x800), *range(0xD700, 0xD800), *range(0xE000, 0x10100), 0x10FFFE, 0x10FFFF)
    for sign in map(chr, codes):
        plain = template._SPECIAL.search(sign) is None
        written = sign if plain else sign.translate(template._ESCAPES)
        assert str(Literal(sign)) == f'"{written}"'


@settings(max_examples=60, deadline=None)
@given(st.from_regex(template._IRI, fullmatch=True))
def test_an_iri_that_a_template_takes_is_left_as_it_is_by_the_parser(iri: str) -> None:
    assume(len(iri) < 200)
    text = dump({"@context": {"p": {"@id": "urn:p", "@type": "@id"}}, "@id": "urn:s", "p": iri})
    (quad,) = parse(text, format=RdfFormat.JSON_LD, base_iri="x-undefined://document/")
    assert quad.object.value == iri  # type: ignore[union-attr]  # an IRI


TWO = {"type": ["Result"], "value": "1"}


@pytest.mark.parametrize(
    "results",
    [
        [TWO, TWO],
        [{"type": ["Result"], "id": "urn:x:a"}, {"type": ["Result"], "id": "urn:x:b"}],
        [{**TWO, "alignment": {"name": "a"}}, {**TWO, "alignment": {"name": "b"}}],
    ],
    ids=["twins", "named", "told apart further in"],
)
def test_nodes_that_look_alike_at_first_go_the_full_way(results: list[Any]) -> None:
    document = copy.deepcopy(RECORD)
    document["credentialSubject"]["result"] = results
    assert full(document) is not None
    assert (filled(document) is None) == ("id" not in results[0])


def test_values_that_make_nodes_alike_only_now_go_the_full_way() -> None:
    document = copy.deepcopy(RECORD)
    document["credentialSubject"]["result"] = [{**TWO, "value": "1"}, {**TWO, "value": "2"}]
    assert filled(document) == full(document)
    document["credentialSubject"]["result"][1]["value"] = "1"
    assert filled(document) is None
    assert full(document) is not None


def test_nodes_that_come_to_have_one_id_are_one_node_either_way() -> None:
    document = copy.deepcopy(RECORD)
    achievement = document["credentialSubject"]["achievement"]
    achievement["id"] = document["issuer"]["id"]
    assert filled(document, like=RECORD) == full(document)
    achievement["resultDescription"][0]["id"] = achievement["resultDescription"][1]["id"]
    assert filled(document, like=RECORD) is full(document) is None  # one entry twice


def test_the_same_shape_under_another_context_is_another_shape() -> None:
    """Two documents under one URL, the second asked about after the first was learnt."""
    known: Any = KNOWN[CONTEXTS[1]]
    other = {**KNOWN, CONTEXTS[1]: {**known, "url": {"@id": "https://evil.example/url"}}}
    for _ in range(3):
        ours = template.canonical_bytes(RECORD, contexts=KNOWN)
        theirs = template.canonical_bytes(RECORD, contexts=other)
        assert ours.decode() == rdfc.canonicalise(RECORD, contexts=KNOWN)
        assert theirs.decode() == rdfc.canonicalise(RECORD, contexts=other)
        assert ours != theirs


def test_what_the_full_way_refuses_is_refused_however_often_it_comes() -> None:
    for change in ({"unheard": 1}, {"name": None}, {"name": []}, {"name": ["a", "a"]}):
        for _ in range(4):
            with pytest.raises(ProofError):
                template.canonical_bytes(RECORD | change)
    for name in ("\ud800", "a", "\ud800"):
        document = RECORD | {"name": name}
        assert full(document) is None or name == "a"
        for _ in range(3):
            if name == "a":
                assert template.canonical_bytes(document).decode() == full(document)
                continue
            with pytest.raises(ProofError):
                template.canonical_bytes(document)


def test_a_document_too_deep_for_the_stack_is_refused() -> None:
    deep: dict[str, Any] = {"name": "x"}
    listed: Any = "x"
    for _ in range(1200):
        deep, listed = {"result": deep}, [listed]
    for document in (RECORD | deep, RECORD | {"name": listed}):
        with pytest.raises(ProofError):
            template.canonical_bytes(document)


def test_what_is_remembered_of_shapes_is_bounded() -> None:
    shelf = template._Shelf(largest=40_000, most=8)
    for number in range(20):
        document = RECORD | {"name": ["x"] * 0 + [str(n) for n in range(number + 2)]}
        shape = shapes.read(document, KNOWN)
        assert shape is not None
        assert shelf.find(shape, document, KNOWN) is None  # the first time
        assert shelf.find(shape, document, KNOWN) is not None
        assert shelf.find(shape, document, KNOWN) is not None
    assert shelf._size <= 40_000
    assert len(shelf._held) < 5
    assert len(shelf._seen) == 8


def test_ever_new_shapes_cost_no_more_than_the_full_way() -> None:
    def documents() -> list[dict[str, Any]]:
        return [RECORD | {"relatedResource": [{"mediaType": "x", f"n{n}": "y"}]} for n in range(12)]

    def spent(work: Any) -> float:
        started = time.process_time()
        for document in documents():
            with pytest.raises(ProofError):
                work(document)
        return time.process_time() - started

    ways = [(spent(rdfc.canonicalise), spent(template.canonical_bytes)) for _ in range(3)]
    assert min(quick / slow for slow, quick in ways) < 2.2


def test_threads_that_meet_over_one_shape_get_the_right_bytes() -> None:
    shelf_was = template._KEPT
    template._KEPT = template._Shelf(largest=200_000, most=64)
    wrong: list[str] = []

    def work(offset: int) -> None:
        for number in range(30):
            name = f"{offset}-{number}"
            document = RECORD | {"name": [name, *map(str, range(number % 3))]}
            if template.canonical_bytes(document).decode() != rdfc.canonicalise(document):
                wrong.append(name)

    try:
        threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        template._KEPT = shelf_was
    assert not wrong


def test_a_long_text_costs_little_on_a_shape_that_is_known() -> None:
    issuer = SimulatedIssuer()
    documents = [issuer.status_document(name=letter * 40_000) for letter in "abcdef"]
    for document in documents[:2]:
        template.canonical_bytes(document)
    started = time.process_time()
    for document in documents:
        template.canonical_bytes(document)
    assert (time.process_time() - started) / len(documents) < 0.01  # it takes 0.4 ms


def test_chains_of_proofs_are_learnt_too() -> None:
    issuer = SimulatedIssuer()
    signed = issuer.secure(issuer.record())
    signed["proof"][0]["id"] = "urn:p:1"
    for _ in range(3):
        prepared = data_integrity.prepare_proof(
            signed,
            verification_method=issuer.proof_key.id,
            created=ISSUED,
            options={"previousProof": "urn:p:1"},
        )
        chain = prepared.attach(issuer.sign(issuer.proof_key.id, prepared.hash_data))
        claimed = data_integrity.read_proofs(chain)[1]
        data_integrity.verify_one(chain, claimed, key=issuer.proof_key)
    document = {**issuer.record(), "proof": signed["proof"]}
    assert filled(document) == full(document) is not None


def test_a_template_that_is_wrong_is_found_out_and_never_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = template._compile

    def wrong(*given: Any) -> template.Template | None:
        made = right(*given)
        assert made is not None
        whole = replace(made.whole, text=made.whole.text.replace("schema.org", "evil.example"))
        return replace(made, whole=whole)

    monkeypatch.setattr(template, "_compile", wrong)
    monkeypatch.setattr(template, "_KEPT", template._Shelf(largest=200_000, most=8))
    for _ in range(4):
        assert template.canonical_bytes(RECORD).decode() == full(RECORD)
    assert list(template._KEPT._held.values()) == [None]
