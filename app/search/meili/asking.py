"""A document and a query in Meilisearch's own terms. Pure; sends nothing.

Meilisearch sees the terms of our analyser, in fields of their own, and never the texts: it has no
stemmer, takes Chinese apart by a dictionary and "corrects" numbers. A query and its stemmed forms
are asked as one federated search, whose total and facet counts are those of the union. Stems stand
in fields of their own, where typing errors are not forgiven: a stem is short, and half the language
is one letter away from it. So do runs of characters, which travel as their code points. Codes are a
filter: met exactly, or not at all.

A group of synonyms has a name among the words that no text has, and the server's own synonyms say
what it stands for. A query of words that have synonyms is asked once more with the groups' names
instead, so they cost one query, not one for each language, and weigh what we want them to.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from string import ascii_lowercase
from typing import Any
from zlib import crc32

from app.search import conditions
from app.search.analyse import QueryTerms
from app.search.index import Document, Query, Sort
from app.search.searchable import framework_key, kept, searchable
from app.search.synonyms import Group, Part, groups, parts

SORTS: Mapping[Sort, list[str]] = {
    Sort.SOONEST: ["next_run:asc", "walk:asc"],
    Sort.NEWEST: ["added:desc", "walk:desc"],
    Sort.CHANGED: ["modified:desc", "walk:desc"],
    Sort.TITLE: ["title_key:asc", "id:asc"],
}
BROWSE = ["rank:desc", "walk:desc"]
EXACT_FIELDS = ("title_stems", "title_han", "body_stems", "body_han")
"""Where a word is met as it stands, or not at all."""
_ANYBODYS = {"credit", "level", "licence", "standard"}
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]*")
SPLIT_NO_LONGER = 3
"""How long a word is at most that the server must not look for in two parts."""
STEM_WEIGHT = 0.9
SYNONYM_WEIGHT = 0.6
MOST_MEANT = 2
"""In how many languages the words beside those that have synonyms are tried."""
LOOSE_WEIGHT = 0.5
MAX_QUERIES = 40


def stored(document: Document) -> dict[str, Any]:
    """What Meilisearch keeps of ``document``."""
    found = searchable(document)
    return {
        "id": document["id"],
        "document": kept(document),
        "title_terms": " ".join(found.title.words),
        "title_stems": " ".join(found.title.stems),
        "title_han": _encoded(found.title.han),
        "body_terms": " ".join(found.body.words),
        "body_stems": " ".join(found.body.stems),
        "body_han": _encoded(found.body.han),
        "codes": list(dict.fromkeys((*found.title.codes, *found.body.codes))),
        **{name: [marked(name, one) for one in values] for name, values in found.facets.items()},
        "squares": list(found.squares),
        "starts": list(found.starts),
        "worth": list(found.worth),
        "most": dict(found.most),
        "walk": found.walk,
        "rank": found.rank,
        "added": found.added,
        "modified": found.modified,
        "next_run": found.next_run,
        "title_key": found.title_key,
    }


def _encoded(han: Sequence[str]) -> str:
    return " ".join("".join(f"h{ord(character):05x}" for character in term) for term in han)


def filters(query: Query, terms: QueryTerms, *, without: str = "") -> str:
    """The filter expression of the codes and of all else that must hold, except ``without``."""
    words = [("codes", alternatives) for alternatives in terms.codes]
    words += [
        (name, tuple(marked(name, value) for value in values))
        for name, values in conditions.words(query).items()
    ]
    clauses = [
        f"{name} IN [{', '.join(json.dumps(value, ensure_ascii=False) for value in values)}]"
        for name, values in words
        if name != without
    ]
    clauses += [
        f"{name} {least} TO {most}" for name, (least, most) in conditions.spans(query).items()
    ]
    return " AND ".join(clauses)


def marked(facet: str, value: str) -> str:
    """A value of a facet as the server keeps it; ``unmarked`` is the way back.

    The server takes values for one that differ in capitals or accents alone. In facets whose values
    are anybody's words each value that could be taken for another carries a mark of its own.
    """
    if facet not in _ANYBODYS or _PLAIN.fullmatch(value):
        return value
    return f"{value}~{crc32(value.encode()):08x}"


def unmarked(facet: str, kept_value: str) -> str:
    """The value of a facet that the server keeps so."""
    if facet not in _ANYBODYS or _PLAIN.fullmatch(kept_value):
        return kept_value
    return kept_value.rpartition("~")[0]


def stages(terms: QueryTerms) -> list[list[dict[str, Any]]]:
    """The federated queries to try in turn: every word, then any word.

    Typing errors need no stage of their own: the engine forgives them and ranks them below.
    """
    han = " ".join(_whole(pair) for pair in _encoded(terms.han).split())
    asked = parts(terms)
    ends = "" if asked and asked[-1].words and asked[-1].words[-1].prefix else " "
    words = " ".join(
        word.text if word.prefix or len(word.text) > SPLIT_NO_LONGER else _whole(word.text)
        for word in terms.words
    )
    strict = [_asked(f"{han} {words}".strip() + ends, 1.0)]
    strict += [
        _asked(f"{han} {text}".strip() + " ", STEM_WEIGHT, where=EXACT_FIELDS)
        for text in _stemmed(terms)
    ]
    strict += [_asked(f"{text} ", SYNONYM_WEIGHT) for text in _meant(asked)]
    if len(terms.words) + len(terms.han) < 2:
        return [strict]
    loose = [dict(query, matchingStrategy="last") for query in strict]
    loose += [_asked(f"{word.text} ", LOOSE_WEIGHT) for word in terms.words]
    stems = dict.fromkeys(_whole(stem) for word in terms.words for stem in word.stems)
    exact = (*stems, *han.split())
    loose += [_asked(f"{term} ", LOOSE_WEIGHT, where=EXACT_FIELDS) for term in exact]
    named = [synonym_name(part.group) for part in asked if part.group]
    loose += [_asked(f"{name} ", LOOSE_WEIGHT * SYNONYM_WEIGHT) for name in named]
    return [strict, loose[:MAX_QUERIES]]


def _meant(asked: Sequence[Part]) -> list[str]:
    """The query with the names of groups; what has none is tried as its stems."""
    if not any(part.group for part in asked):
        return []
    kept = [part for part in asked if not part.bridge]
    tried = max((len(word.stems) for part in kept for word in part.words), default=1)
    texts = {
        " ".join(
            synonym_name(part.group) if part.group else _itself(part, language) for part in kept
        ): None
        for language in range(max(tried, 1))
    }
    return list(texts)[:MOST_MEANT]


def _itself(part: Part, language: int) -> str:
    stems = [w.stems[language] if language < len(w.stems) else w.text for w in part.words]
    return " ".join(_whole(term) for term in (*stems, *_encoded(part.han).split()))


def synonym_name(group: Group) -> str:
    """What a group is called in a query: four letters, too few to be forgiven a typing error."""
    return _names()[group.name]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    letters = product(ascii_lowercase, repeat=2)
    return {group.name: "qz" + "".join(next(letters)) for group in groups()}


def synonyms() -> dict[str, list[str]]:
    """What every group's name stands for, for the server to know; one of many words is a phrase."""
    return {
        synonym_name(group): list(
            dict.fromkeys(
                " ".join((*words, *_encoded(form.han).split()))
                for form in group.sought
                for words in form.stems or (form.words,)
            )
        )
        for group in groups()
    }


def _asked(text: str, weight: float, *, where: Sequence[str] = ()) -> dict[str, Any]:
    asked = {"q": text, "matchingStrategy": "all", "federationOptions": {"weight": weight}}
    return {**asked, "attributesToSearchOn": list(where)} if where else asked


def _stemmed(terms: QueryTerms) -> list[str]:
    """The query's words as stems, once for each language in which that makes a difference."""
    languages = max((len(word.stems) for word in terms.words), default=0)
    forms = {
        " ".join(
            _whole(word.stems[n] if n < len(word.stems) else word.text) for word in terms.words
        ): None
        for n in range(languages)
    }
    return list(forms)


def _whole(word: str) -> str:
    """A word that is not taken for two: ``gis`` would find every text with ``g`` and ``is`` in it.

    The server knows which field words stand in, not how far apart (``proximityPrecision``).
    """
    return f'"{word}"'


def order(query: Query, terms: QueryTerms) -> list[str]:
    """What the hits are sorted by; empty for their relevance."""
    if query.walk is not None:
        return ["walk:asc", "id:asc"]
    if query.sort is Sort.CREDITS and query.credits:
        return [f"most.{framework_key(query.credits.framework)}:desc", "walk:asc"]
    return SORTS.get(query.sort) or (BROWSE if terms.empty else [])
