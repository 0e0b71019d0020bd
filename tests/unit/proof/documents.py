"""Documents of every kind, ordinary and hostile, for tests of their canonical form."""

import copy
from typing import Any

from hypothesis import strategies as st

from tests.simulator.issuer import CONTEXTS, SimulatedIssuer

RECORD = SimulatedIssuer().record()
IRIS = [
    "https://a.example/x",
    "https://a.example/x?y=1&z=2#f",
    "http://a.example:8080",
    "https://A.example//x/%C3%A9",
    "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
    "did:web:a.example:societies:x#key-1",
    "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "https://www.w3.org/2018/credentials#VerifiableCredential",
]
ODD = [
    "",
    " ",
    "x",
    "_:b0",
    "relative/path",
    "//a.example/x",
    "https://a.example/../x",
    "https://a.example/./x",
    "https://a.example/x/..",
    "https://a.example/.x",
    "https://a.example/%zz",
    "https://a.example/a b",
    "https://a.example/\u00e9",
    "https://a.example:99999/x",
    "https://[::1]/x",
    "https://",
    "https://a..b/",
    "urn:x",
    "urn::x",
    "did:web:",
    "data:text/plain,x",
    "name:x",
    "OpenBadgeCredential",
    "x-undefined:x",
    "x-undefined://document/x",
    "<x-undefined:x>",
    "urn:x-place:0",
    "urn:x-place:1",
    "7000000000000",
    "7.0000000000005E12",
    "9.000000005E8",
    "%s",
    "100%",
    "%(x)s",
    'a"b\\c\n\r\t\b\f',
    "\x00\x07\x1f\x7f",
    "\ufffe\uffff\U0001f600",
    "\ud800",
    "\u0645\u0631\u062d\u0628\u0627",
    " .\n_:c14n0 <x> <y> .",
    "@id",
    "true",
    "12",
    "1.25E1",
]
SCALARS: st.SearchStrategy[Any] = (
    st.sampled_from([*IRIS, *ODD])
    | st.text(max_size=8)
    | st.text(st.characters(max_codepoint=0x80), max_size=8)
    | st.integers(-(10**6), 10**6)
    | st.sampled_from([2**53 - 1, 2**53, -(2**53)])
    | st.floats(width=64)
    | st.decimals(0, 999, places=2).map(float)
    | st.booleans()
)
TEXTS = st.fixed_dictionaries(
    {"@value": st.sampled_from(["x", "y", *ODD])},
    optional={
        "@language": st.sampled_from(["en", "EN", "zh-Hans", "ar", "not a tag", ""]),
        "@direction": st.sampled_from(["ltr", "rtl", "up"]),
    },
)
NAMES = [
    *("id", "type", "name", "description", "image", "url", "issuer", "credentialSubject"),
    *("result", "alignment", "value", "status", "tag", "achievement", "resultDescription"),
    *("narrative", "criteria", "creditsEarned", "identifier", "relatedResource", "allowedValue"),
    *("hashed", "unheard", "@context", "@value", "@id", "proof", "verifiableCredential", "a b"),
]
CLASSES = [
    *("VerifiableCredential", "OpenBadgeCredential", "AchievementCredential", "Achievement"),
    *("Alignment", "Result", "ResultDescription", "Profile", "Unheard", "https://a.example/C"),
    *("AchievementSubject", "urn:x-place:0", "DataIntegrityProof", "bad class"),
]
KINDS = st.sampled_from(CLASSES) | st.lists(st.sampled_from(CLASSES), max_size=3)


def _objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
    return st.builds(lambda held, kind: {**held, **kind}, members, KINDS.map(_typed))


def _typed(kind: Any) -> dict[str, Any]:
    return {"type": kind} if kind else {}


VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | TEXTS | st.none(),
    lambda inner: _objects(inner) | st.lists(inner, max_size=3),
    max_leaves=8,
)
CONTEXT_LISTS = st.sampled_from([CONTEXTS] * 6 + [CONTEXTS[:1], CONTEXTS[0], [], CONTEXTS[::-1]])
HOSTILE = st.builds(
    lambda body, kind, contexts: {"@context": contexts, **body, **_typed(kind)},
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
    KINDS,
    CONTEXT_LISTS,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document but its contexts, longest last."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items if isinstance(value, dict | list) else ():
        if key != "@context":
            found += (
                places(inner, (*path, key)) if isinstance(inner, dict | list) else [(*path, key)]
            )
    return found


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    """Change one place."""
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def held(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


PLACES = places(RECORD)
TEXT_PLACES = [path for path in PLACES if isinstance(held(RECORD, path), str)]


@st.composite
def changed_records(draw: st.DrawFn) -> dict[str, Any]:
    """A record with some of its places changed, members removed or added, lists cut or repeated."""
    document = copy.deepcopy(RECORD)
    for path in draw(st.lists(st.sampled_from(PLACES), max_size=4)):
        try:
            old = held(document, path)
            way = draw(st.sampled_from(["scalar", "scalar", "value", "other", "drop", "twice"]))
            if way == "drop":
                container = held(document, path[:-1])
                del container[path[-1]]
            elif way == "other":
                put(document, path, copy.deepcopy(held(RECORD, draw(st.sampled_from(PLACES)))))
            elif way == "twice":
                put(document, path, [old, copy.deepcopy(old)])
            else:
                put(document, path, draw(SCALARS if way == "scalar" else VALUES))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return document


@st.composite
def refilled_records(draw: st.DrawFn) -> dict[str, Any]:
    """A record of the usual shape with other texts and numbers in it."""
    document = copy.deepcopy(RECORD)
    likely = st.sampled_from(IRIS) | st.sampled_from(ODD) | st.text(max_size=12)
    for path in draw(st.lists(st.sampled_from(TEXT_PLACES), max_size=12)):
        old = held(document, path)
        iri = ":" in old and " " not in old
        put(document, path, draw(st.sampled_from(IRIS) if iri else likely))
    subject = document["credentialSubject"]
    subject["creditsEarned"] = draw(st.decimals(0, 999, places=2).map(float))
    subject["achievement"]["creditsAvailable"] = draw(st.integers(0, 10**9) | st.floats(0, 1e9))
    return document
