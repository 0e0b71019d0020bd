import copy
import time
from typing import Any

import pytest

from app.proof.errors import ProofError
from app.proof.rdfc import canonicalise
from app.proof.template import canonical_bytes
from tests.simulator.issuer import CONTEXTS, SimulatedIssuer


def record() -> dict[str, Any]:
    return SimulatedIssuer().record()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every object in a document."""
    found = [path] if isinstance(value, dict) else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list) and key != "@context":
            found += places(inner, (*path, key))
    return found


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


ADDED = {
    "cpdHours": 999,
    "jti": "urn:x",
    "endorsementJwt": ["a.b.c"],
    "extra": None,
    "@graph": [],
    "@included": [{"id": "urn:x"}],
    "@reverse": {"name": "x"},
    "@nest": {"name": "x"},
    "@index": "x",
    "@context": {"name": None},
    "https://schema.org/name": "Seismic design of masonry walls",
    "schema:name": "x",
    "": "x",
    "foo bar": "x",
    "image": "not an iri",
}


@pytest.mark.parametrize("path", places(SimulatedIssuer().record()), ids=str)
def test_no_member_can_be_added_anywhere_without_being_seen(path: tuple[Any, ...]) -> None:
    document = record()
    before = canonicalise(document)
    for name, value in ADDED.items():
        changed = copy.deepcopy(document)
        if name in at(changed, path):
            continue
        at(changed, path)[name] = value
        try:
            after = canonicalise(changed)
        except ProofError:
            continue
        assert after != before, name
        assert (name, value) != ("cpdHours", 999)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": None}, "rdf-null"),
        ({"name": []}, "rdf-list"),
        ({"name": [["a"]]}, "rdf-list"),
        ({"name": ["a", "a"]}, "rdf-duplicate"),
        ({"name": "_:b0"}, "rdf-blank-id"),
        ({"id": "_:b0"}, "rdf-blank-id"),
        ({"id": "relative"}, "rdf-dropped"),
        ({"id": "//evil.example/x"}, "rdf-dropped"),
        ({"id": "http://not an iri"}, "rdf-dropped"),
        ({"image": "Seismic design of masonry walls"}, "rdf-dropped"),
        ({"image": "http://a.example/%zz"}, "rdf-dropped"),
        ({"type": ["VerifiableCredential", "http://bad iri"]}, "rdf-dropped"),
        ({"type": ["VerifiableCredential", "Unheard"]}, "rdf-undefined"),
        ({"type": ["OpenBadgeCredential"]}, "rdf-undefined"),
        ({"name": {"@value": "x", "@language": "not a tag"}}, "rdf-keyword"),
        ({"name": {"@value": "x", "@direction": "up"}}, "rdf-keyword"),
        ({"name": {"@value": "x", "@direction": ["rtl"]}}, "rdf-keyword"),
        ({"name": {"@value": "x", "@language": "en", "name": "y"}}, "rdf-keyword"),
        ({"name": {"@value": 5}}, "rdf-keyword"),
        ({"name": ["x", {"@value": "x"}]}, "rdf-duplicate"),
        ({"name": [{"@value": "x", "@language": la} for la in ("en", "EN")]}, "rdf-duplicate"),
        ({"name": [1, 1.0]}, "rdf-duplicate"),
        ({"name": ["8.009999999999999E1", 80.1]}, "rdf-duplicate"),
        ({"name": 2**53}, "rdf-number"),
        ({"name": 1e21}, "rdf-number"),
        ({"name": float("nan")}, "rdf-number"),
        ({"name": float("inf")}, "rdf-number"),
        ({"relatedResource": ["urn:x", {"id": "urn:x"}]}, "rdf-duplicate"),
        ({"name": {"@value": "x", "@type": "urn:x"}}, "rdf-keyword"),
        ({"relatedResource": {"id": SimulatedIssuer().record()["id"]}}, "rdf-self"),
        ({"@context": CONTEXTS[:1]}, "rdf-undefined"),
        ({"@context": [*CONTEXTS, {"name": None}]}, "context-unknown"),
        ({"@context": [*CONTEXTS, "https://a.example/context"]}, "context-unknown"),
        ({"@context": None}, "context-unknown"),
        ({"@context": [CONTEXTS]}, "context-unknown"),
    ],
)
def test_what_a_signature_would_not_cover_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(ProofError) as refused:
        canonicalise(record() | change)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (80.1, "8.009999999999999E1"),
        (83.4, "8.340000000000001E1"),
        (12.5, "1.25E1"),
        (0.1, "1.0E-1"),
        (-0.00712, "-7.12E-3"),
        (1 / 3, "3.333333333333333E-1"),
        (12.0, "12"),
        (-0.0, "0"),
        (12, "12"),
        (9007199254740991, "9007199254740991"),
    ],
)
def test_numbers_are_written_as_other_signers_write_them(number: float, written: str) -> None:
    """JSON-LD 1.1 API, section 8.6; checked against the library that most other signers use."""
    document = record()
    document["credentialSubject"]["creditsEarned"] = number
    line = f'creditsEarned> "{written}"^^<https://www.w3.org/2001/XMLSchema#float> .'
    assert line in canonicalise(document)


def test_a_number_that_is_a_mask_of_another_keeps_its_own_value() -> None:
    document = record()
    subject = document["credentialSubject"]
    subject |= {"creditsEarned": 900000000.5, "role": "9.000000005E8", "term": "9.000000015E8"}
    subject["achievement"]["creditsAvailable"] = 900000001.5
    canonical = canonicalise(document)
    assert 'creditsEarned> "9.000000005E8"' in canonical
    assert 'creditsAvailable> "9.000000015E8"' in canonical


def test_the_direction_of_a_text_is_covered() -> None:
    """As the signers in use write it: JSON-LD 1.1 API, section 10.2 (``i18n-datatype``)."""
    arabic = {"@value": "\u0645", "@language": "ar-EG", "@direction": "rtl"}
    document = record() | {"name": [arabic, {"@value": "x", "@direction": "ltr"}]}
    canonical = canonicalise(document)
    assert '"\u0645"^^<https://www.w3.org/ns/i18n#ar-eg_rtl> .' in canonical
    assert '"x"^^<https://www.w3.org/ns/i18n#_ltr> .' in canonical
    assert canonical != canonicalise(record() | {"name": arabic | {"@direction": "ltr"}})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", 2**53, 1e300])
def test_what_no_json_of_ours_has_is_refused_and_passed_on_to_nobody(value: Any) -> None:
    for held in (value, [value], [value, "x"], {"name": value}):
        for canonical in (canonicalise, canonical_bytes):
            for _ in range(3):
                with pytest.raises(ProofError):
                    canonical(record() | {"name": held})
                with pytest.raises(ProofError):
                    canonical(record() | {"type": [*record()["type"], value]})


def test_a_text_with_a_language_is_covered() -> None:
    document = record() | {"name": {"@value": "\u62b1\u6b49", "@language": "zh-Hans"}}
    assert "@zh-hans" in canonicalise(document).lower()


def hostile_results(count: int) -> dict[str, Any]:
    """Look-alike results, each with look-alike alignments: hours of work for RDFC-1.0."""
    alignment = {"type": ["Alignment"], "targetName": "a"}
    document = record()
    document["credentialSubject"]["result"] = [
        {"type": ["Result"], "alignment": [copy.deepcopy(alignment) for _ in range(count)]}
        for _ in range(count)
    ]
    return document


def disguised(count: int) -> dict[str, Any]:
    """The same, but each differs deep inside, or in how a number is written."""
    document = record()
    document["credentialSubject"]["result"] = {
        "type": ["Result"],
        "alignment": [
            {"type": ["Alignment"], "alignment": {"alignment": {"alignment": {"name": str(n)}}}}
            for n in range(count)
        ],
    }
    return document


def listed(count: int) -> dict[str, Any]:
    """Look-alikes that differ only inside an ordered list, whose cells are blank nodes too."""
    document = record()
    document["credentialSubject"]["achievement"] = {
        "type": ["Achievement"],
        "resultDescription": [
            {"type": ["ResultDescription"], "allowedValue": [str(n)]} for n in range(count)
        ],
    }
    return document


def twin_lists(count: int) -> dict[str, Any]:
    """Two ordered lists with the same entries: each cell has a twin, and a long chain to follow."""
    document = record()
    document["credentialSubject"]["achievement"] = {
        "type": ["Achievement"],
        "resultDescription": [
            {
                "type": ["ResultDescription"],
                "name": name,
                "allowedValue": [str(n) for n in range(count)],
            }
            for name in "ab"
        ],
    }
    return document


@pytest.mark.parametrize(
    "document",
    [
        hostile_results(8),
        twin_lists(900),
        disguised(9),
        listed(9),
        record() | {"relatedResource": [{"name": str(n)} for n in range(500)]},
        record() | {"name": [str(n) for n in range(5000)]},
    ],
    ids=["nested", "twins", "disguised", "listed", "many-nodes", "many-values"],
)
def test_a_document_made_to_take_forever_is_refused_at_once(document: dict[str, Any]) -> None:
    started = time.process_time()
    with pytest.raises(ProofError) as refused:
        canonicalise(document)
    assert refused.value.code in {"rdf-look-alike", "rdf-duplicate", "rdf-too-large"}
    assert time.process_time() - started < 1  # the level is 50 ms; a busy machine gets more


def test_the_largest_document_that_is_let_through_is_done_in_time() -> None:
    document = record()
    document["credentialSubject"]["result"] = [
        {
            "type": ["Result"],
            "value": str(n // 2),
            "alignment": {"type": ["Alignment"], "targetName": f"{n}"},
        }
        for n in range(90)
    ]
    started = time.process_time()
    canonicalise(document)
    assert time.process_time() - started < 2
