"""The test suite of RDFC-1.0: all 64 evaluations, 21 maps and the one poisoned graph.

The statements are not JSON-LD documents, so the engines under ``rdfc`` and ``template`` are tried.
"""

import time
from typing import Any

import pytest
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from app.proof import rdfc, template
from app.proof.errors import ProofError
from app.proof.rdfc import Digest
from tests.simulator.issuer import CONTEXTS, SimulatedIssuer
from tests.simulator.published import published, published_json

pytestmark = pytest.mark.feeds

ALGORITHM = {
    Digest.SHA256: CanonicalizationAlgorithm.RDFC_1_0,
    Digest.SHA384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}
POISON = 0.05
"""Seconds in which a graph made to take forever is refused."""


def entries(kind: str) -> list[dict[str, Any]]:
    manifest = published_json("rdf-canon", "manifest.jsonld")
    return [entry for entry in manifest["entries"] if entry["type"] == f"rdfc:RDFC10{kind}Test"]


def file(entry: dict[str, Any], name: str) -> Any:
    return published("rdf-canon", *entry[name].split("/"))


def given(entry: dict[str, Any]) -> list[Quad]:
    return list(parse(file(entry, "action").read_bytes(), format=RdfFormat.N_QUADS))


def digest(entry: dict[str, Any]) -> Digest:
    return Digest.SHA384 if entry.get("hashAlgorithm") == "SHA384" else Digest.SHA256


def general(quads: list[Quad], using: Digest) -> str:
    dataset = Dataset(quads)
    dataset.canonicalize(ALGORITHM[using])
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


def by_first_hashes(quads: list[Quad], using: Digest) -> str | None:
    """What templates do: labels by the nodes' own hashes, or nothing when two are the same."""
    if not quads:
        return ""
    made = template._Compiler(list(dict.fromkeys(quads)), {}).template(())
    return None if made is None else made.fill([], digest=using)


def test_every_evaluation_gives_the_published_form() -> None:
    found = entries("Eval")
    plain = 0
    for entry in found:
        wanted = file(entry, "result").read_text()
        assert general(given(entry), digest(entry)) == wanted, entry["id"]
        own = by_first_hashes(given(entry), digest(entry))
        if own is not None:
            plain += 1
            assert own == wanted, entry["id"]
    assert (len(found), plain) == (64, 33)  # in 33 no two nodes have the same hash


def test_every_map_names_the_nodes_as_published() -> None:
    found = entries("Map")
    for entry in found:
        labels = published_json("rdf-canon", *entry["result"].split("/"))

        def named(term: Any, labels: dict[str, str] = labels) -> Any:
            return BlankNode(labels[term.value]) if isinstance(term, BlankNode) else term

        renamed = {
            f"{Quad(named(q.subject), q.predicate, named(q.object), named(q.graph_name))} .\n"
            for q in given(entry)
        }
        assert general(given(entry), digest(entry)) == "".join(sorted(renamed)), entry["id"]
    assert len(found) == 21


def test_the_poisoned_graph_is_refused_at_once() -> None:
    (entry,) = entries("NegativeEval")
    quads = given(entry)
    took = []
    for _ in range(5):
        started = time.process_time()
        with pytest.raises(ProofError) as refused:
            rdfc._check_distinct(quads)
        took.append(time.process_time() - started)
        assert refused.value.code == "rdf-look-alike"
    assert min(took) < POISON
    assert by_first_hashes(quads, Digest.SHA256) is None


def test_the_poisoned_graph_is_refused_as_a_document_too() -> None:
    """A document can state it only by naming blank nodes; with ids it is harmless."""
    (entry,) = entries("NegativeEval")
    related: dict[str, list[str]] = {}
    for quad in given(entry):
        related.setdefault(str(quad.subject), []).append(str(quad.object))
    members = [{"id": one, "relatedResource": others} for one, others in related.items()]
    document = SimulatedIssuer().record() | {"@context": CONTEXTS, "relatedResource": members}
    started = time.process_time()
    for canonical in (rdfc.canonicalise, template.canonical_bytes):
        for _ in range(3):
            with pytest.raises(ProofError) as refused:
                canonical(document)
            assert refused.value.code == "rdf-blank-id"
    assert (time.process_time() - started) / 6 < POISON
