"""JSON-LD contexts of our own making, so that nothing is fetched to sign or to verify.

A context states facts: which term stands for which IRI, with which type, in which kind of
container, inside which class. Those facts are written down here as tables, and a context is built
from them. Each table names the SHA-256 of the published document that it stands for; a test proves
that both expand every term to the same statements.

Left out on purpose: terms that two published documents under one URL define differently, terms of
tokens that no record here may carry, and contexts inside contexts.
"""

from app.proof.jcs import canonical_json
from app.proof.parse import JSON
from app.proof.vocabulary.compliance import COMPLIANCE, COMPLIANCE_CONTEXT
from app.proof.vocabulary.credentials_v2 import CREDENTIALS_V2, DATA_INTEGRITY_V2
from app.proof.vocabulary.open_badges_v3 import OPEN_BADGES_V3
from app.proof.vocabulary.terms import Vocabulary, context

KNOWN: dict[str, JSON] = {
    **{v.url: context(v) for v in (CREDENTIALS_V2, OPEN_BADGES_V3, DATA_INTEGRITY_V2)},
    canonical_json(COMPLIANCE_CONTEXT).decode("utf-8"): COMPLIANCE_CONTEXT,
}
"""The built-in contexts by their URL; the one that statements bring with them, by its text."""

__all__ = [
    "COMPLIANCE",
    "COMPLIANCE_CONTEXT",
    "CREDENTIALS_V2",
    "DATA_INTEGRITY_V2",
    "KNOWN",
    "OPEN_BADGES_V3",
    "Vocabulary",
    "context",
]
