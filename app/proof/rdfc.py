"""The canonical form of a JSON-LD document: the statements it makes, in one agreed order.

RDFC-1.0 (W3C RDF Dataset Canonicalization) over the statements that ``app.proof.jsonld`` reads.
Canonicalising takes factorial time on look-alike blank nodes, so the document is bounded, and
siblings that cannot be told apart are refused before the work begins, but for the few that cost
nothing.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from math import factorial, prod

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad

from app.proof.errors import ProofError
from app.proof.jsonld import statements
from app.proof.parse import JSON, Object
from app.proof.screening import MOST_BLANK
from app.proof.vocabulary import KNOWN

_MOST_ORDERS = 5000


class Digest(StrEnum):
    """The hash that labels the blank nodes."""

    SHA256 = "sha256"
    SHA384 = "sha384"


_ALGORITHMS = {
    Digest.SHA256: CanonicalizationAlgorithm.RDFC_1_0,
    Digest.SHA384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}


def canonicalise(
    document: Object, *, contexts: Mapping[str, JSON] = KNOWN, digest: Digest = Digest.SHA256
) -> str:
    """Give the canonical N-Quads of a document without its proof, or raise ``ProofError``."""
    try:
        quads = statements(document, contexts=contexts)
    except RecursionError as error:
        raise ProofError("rdf-too-large", "The document nests too deep to be a record.") from error
    _check_distinct(quads)
    dataset = Dataset(quads)
    dataset.canonicalize(_ALGORITHMS[digest])
    return "".join(sorted(f"{quad} .\n" for quad in dataset))


def _check_distinct(quads: list[Quad]) -> None:
    """Refuse blank nodes with many neighbours that look alike, as RDFC-1.0 looks first.

    Only such neighbours are tried in every order (RDFC-1.0, section 4.8.3, step 5.4). Without
    them the work grows with the square of the document, and that is bounded.
    """
    looks: dict[BlankNode, list[str]] = {}
    related: dict[BlankNode, set[tuple[str, BlankNode]]] = {}
    for quad in quads:
        places = {"s": quad.subject, "o": quad.object, "g": quad.graph_name}
        blanks = {place: term for place, term in places.items() if isinstance(term, BlankNode)}
        for here in blanks.values():
            parts = [_seen_from(here, term) for term in places.values()]
            looks.setdefault(here, []).append(f"{quad.predicate} {' '.join(parts)}")
            for place, other in blanks.items():
                if other != here:
                    key = "g" if place == "g" else f"{place} {quad.predicate}"
                    related.setdefault(here, set()).add((key, other))
    if len(looks) > MOST_BLANK:  # the cells of ordered lists are blank nodes too
        raise ProofError("rdf-too-large", "The document has too many parts to be a record.")
    look = {node: "\n".join(sorted(lines)) for node, lines in looks.items()}
    orders = prod(
        factorial(count)
        for neighbours in related.values()
        for count in Counter((place, look[other]) for place, other in neighbours).values()
    )
    if orders > 1 and orders * len(looks) ** 2 > _MOST_ORDERS:
        raise ProofError("rdf-look-alike", "The document has parts that cannot be told apart.")


def _seen_from(here: BlankNode, term: object) -> str:
    if isinstance(term, BlankNode):
        return "_:a" if term == here else "_:z"
    return str(term)
