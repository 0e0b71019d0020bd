"""What the embedded engine's index holds: its fields, and a document as their values.

A facet is held twice. Its values, each by itself, are what a filter looks up. What is counted is
the set of all its values in a document, as one value: a column with exactly one value for each
document is counted some twenty times faster, and most facets have few different sets (``facets``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import tantivy

from app.search import conditions
from app.search.index import FACETS, Document
from app.search.searchable import kept, searchable

SEPARATOR = "\x1f"
"""Stands between the values of a set; no value that can be asked for has such a character."""

PARTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in FACETS},
    "field": ("field_broad", "field_narrow", "field_detailed"),
}
"""By facet, the columns that share its values out among them.

A course of one detailed field has a broad and a narrow one too. Together they would make as many
different sets as the detailed ones make alone, and three times as many values.
"""

MAX_SET = 16
"""Values in one set; a document that has more of them has several sets."""

_WALK_BITS = 52


def sets(part: str) -> str:
    """The column with the sets of ``part``."""
    return f"{part}_sets"


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("title", "body", "title_stems", "body_stems"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("codes", conditions.SQUARES):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    parts = [part for name in FACETS for part in PARTS[name]]
    for name in dict.fromkeys((*FACETS, *parts, *(sets(part) for part in parts), "title_key")):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in (*conditions.SPANS, "most"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("soonest", "newest", "changed", "rank"):
        builder.add_integer_field(name, fast=True)
    builder.add_bytes_field("document", stored=True)
    return builder.build()


SCHEMA = schema()


def stored(document: Document) -> tantivy.Document:
    """``document`` as the engine takes it."""
    found = searchable(document)
    made = tantivy.Document()
    made.add_text("id", document["id"])
    for name, terms in (("title", found.title), ("body", found.body)):
        made.add_text(name, " ".join((*terms.words, *terms.han)))
        made.add_text(f"{name}_stems", " ".join(terms.stems))
    texts = {"codes": (*found.title.codes, *found.body.codes), conditions.SQUARES: found.squares}
    for name, words in texts.items():
        for word in dict.fromkeys(words):
            made.add_text(name, word)
    for name, values in found.facets.items():
        plain = (value.replace(SEPARATOR, " ") for value in values)
        for column, value in _columns(name, tuple(dict.fromkeys(plain))):
            made.add_text(column, value)
    spans = {"starts": found.starts, "worth": found.worth, "walk": (found.walk,)}
    spans["most"] = tuple(found.most.values())
    for name, numbers in spans.items():
        for number in numbers:
            made.add_integer(name, number)
    made.add_text("title_key", f"{found.title_key}{SEPARATOR}{document['id']}")
    next_run = date.fromisoformat(found.next_run).toordinal()
    made.add_integer("soonest", _place(next_run, bits=22, walk=found.walk))
    made.add_integer("newest", _place(found.added, bits=33, walk=found.walk))
    made.add_integer("changed", _place(found.modified, bits=33, walk=found.walk))
    made.add_integer("rank", _place(found.rank, bits=31, walk=found.walk))
    written = json.dumps(kept(document), ensure_ascii=False, separators=(",", ":"))
    made.add_bytes("document", written.encode())
    return made


def _columns(name: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    for value in values:
        yield name, value
    for part in PARTS[name]:
        own = sorted(value for value in values if _part(name, value) == part)
        if part != name:
            yield from ((part, value) for value in own)
        for start in range(0, max(1, len(own)), MAX_SET):
            yield sets(part), SEPARATOR.join(own[start : start + MAX_SET])


def _part(name: str, value: str) -> str:
    parts = PARTS[name]
    return parts[min(max(len(value) - 2, 0), len(parts) - 1)]


def _place(key: int, *, bits: int, walk: int) -> int:
    """``key``, of so many bits, with as much of the course's place in the walk as 63 bits hold.

    So that courses of equal key have an order of their own, the same on every page, however the
    engine's segments lie.
    """
    rest = 63 - bits
    return min(key, (1 << bits) - 1) << rest | walk >> (_WALK_BITS - rest)
