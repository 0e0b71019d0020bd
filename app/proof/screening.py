"""What no signed JSON-LD document may have, seen before any of it is interpreted.

Bounds the work, and refuses what JSON-LD drops or merges without a word: nulls, empty lists, the
same value twice, names that are no plain terms, nodes that the document names for itself.
"""

import re

from app.proof.errors import ProofError
from app.proof.numbers import LARGEST, lexical
from app.proof.parse import JSON, Object

TERM_MEMBERS = frozenset({"type", "proofPurpose"})
"""The members whose values are terms of a context."""
EMBEDDING = "verifiableCredential"
"""The member whose values are documents with contexts of their own."""
MOST_BLANK = 200
"""The most nodes without an id."""
_MOST_VALUES = 2000
_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_TEXT_MEMBERS = frozenset({"@value", "@language", "@direction"})
_DIRECTIONS = ("ltr", "rtl")


def walk(value: JSON, name: str) -> list[tuple[str, JSON]]:
    """Every value of the document with the name of the member it is in; contexts are none."""
    found = [(name, value)]
    for member, held in found:  # grows as it goes, level by level
        if isinstance(held, dict):
            found += [(inner, part) for inner, part in held.items() if inner != "@context"]
        elif isinstance(held, list):
            found += [(member, part) for part in held]
    return found


def check_budget(body: Object) -> None:
    """Bound the work, and refuse what JSON-LD leaves out of the statements without a word."""
    values = blank = mentions = 0
    for name, value in walk(body, ""):
        values += 1
        mentions += isinstance(value, str) and value == body.get("id")
        if isinstance(value, dict):
            blank += "id" not in value
            _check_members(name, value)
        elif isinstance(value, list):
            _check_list(name, value)
        elif value is None:
            raise ProofError("rdf-null", f"{name!r} is null, which no signature covers.")
        elif isinstance(value, str) and value.startswith("_:"):
            raise ProofError("rdf-blank-id", f"{name!r} names a blank node.")
        elif isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise ProofError("rdf-number", f"{name!r} has a number larger than 2^53 - 1.")
    if mentions > 1:
        raise ProofError("rdf-self", "The document names itself: its members could wander there.")
    if values > _MOST_VALUES or blank > MOST_BLANK:
        raise ProofError("rdf-too-large", "The document has too many parts to be a record.")


def _check_members(where: str, value: Object) -> None:
    """Only plain terms as names, but for a text with its language."""
    if "@value" in value:
        language, direction = value.get("@language", "en"), value.get("@direction", "ltr")
        if not value.keys() <= _TEXT_MEMBERS or not isinstance(value["@value"], str):
            message = "A text with a language has @value, @language and @direction only."
            raise ProofError("rdf-keyword", message)
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise ProofError("rdf-keyword", f"{language!r} is not a language tag.")
        if direction not in _DIRECTIONS:
            raise ProofError("rdf-keyword", f"{direction!r} is not a direction (ltr, rtl).")
        return
    for name in value:
        if not _MEMBER.fullmatch(name) and (name, where) != ("@context", EMBEDDING):
            raise ProofError("rdf-keyword", f"The member {name!r} is not a plain term.")


def _check_list(name: str, values: list[JSON]) -> None:
    """A set of statements knows no empty list, no list of lists and no value twice."""
    if not values or any(isinstance(value, list) for value in values):
        raise ProofError("rdf-list", f"{name!r} is an empty list or a list of lists.")
    entries = [key for value in values if (key := entry(value)) is not None]
    if len(set(entries)) != len(entries):
        raise ProofError("rdf-duplicate", f"{name!r} has the same entry twice.")


def entry(value: JSON) -> str | None:
    """What makes an entry of a list one of its own; nothing for an object without an id.

    Entries with one key here become one value or one node in the statements. Objects without an
    id stay as many as they are.
    """
    if isinstance(value, dict):
        if "@value" in value:
            tags = [str(value.get(tag, "")).lower() for tag in ("@language", "@direction")]
            return "\0".join((*tags, str(value["@value"]))) if any(tags) else str(value["@value"])
        inner = value.get("id")
        return inner if isinstance(inner, str) else None
    return value if isinstance(value, str) else lexical(value)
