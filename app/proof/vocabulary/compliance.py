"""The terms of statements of home compliance, which such a statement brings with it.

No published vocabulary says "met the requirements of this cycle under that version of the rules".
A term that no context defines would be dropped by JSON-LD and signed by nobody; a context of ours
under an address would have to be fetched or allow-listed by every verifier. So the table stands in
the statement itself, word for word the same in each: whoever verifies by JSON-LD needs nothing from
us, and whoever does not reads the members as they are.
"""

from app.proof.parse import Object
from app.proof.vocabulary.terms import ID, XSD, Term, Vocabulary, context

_NS = "urn:opencpd:compliance:"


def _term(name: str, kind: str = "") -> Term:
    return Term(_NS + name, kind)


COMPLIANCE = Vocabulary(
    url="",
    stands_for=(),
    terms={
        "ComplianceStatement": _term("ComplianceStatement"),
        "Registrant": Term(
            _NS + "Registrant",
            scope={
                "requirementsMet": _term("requirementsMet"),
                "cycleFirstDay": _term("cycleFirstDay", XSD + "date"),
                "cycleLastDay": _term("cycleLastDay", XSD + "date"),
                "judgedOn": _term("judgedOn", XSD + "date"),
                "policyId": _term("policyId"),
                "policyVersion": _term("policyVersion", XSD + "integer"),
                "policyHash": _term("policyHash"),
                "purpose": _term("purpose"),
                "audience": _term("audience", ID),
                "identifier": _term("identifier", ID),
            },
        ),
        "RegisterNumberHash": Term(
            _NS + "RegisterNumberHash",
            scope={
                "identityType": _term("identityType"),
                "identityHash": _term("identityHash"),
                "salt": _term("salt"),
            },
        ),
    },
)
"""Has no address: it is written out in every statement."""

COMPLIANCE_CONTEXT: Object = context(COMPLIANCE)
