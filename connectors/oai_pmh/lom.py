"""From a Learning Object Metadata record (IEEE 1484.12.1) to a course.

LOM travels in three forms: IEEE's own (``string language=``), IMS's earlier one (lower-case names,
``langstring xml:lang=``) and one whose children were left in the namespace of OAI-PMH. All three
are read alike, by local name and whatever its case. ``x-none`` means that no language is given.
"""

import re
from collections.abc import Iterable, Iterator

from connectors import xml
from connectors.contract import CourseDraft, OfferDraft, RejectRecord
from connectors.oai_pmh.dublin_core import unescaped

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)\Z", re.IGNORECASE)
_ISCED = re.compile(r"isced", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"", "x-none", "none", "xx"})


def course(
    root: xml.Element, *, own: tuple[tuple[str, str], ...] = (), modified: str | None = None
) -> CourseDraft:
    """Map one record. Raises ``RejectRecord`` when it has no title.

    ``own`` are identifiers that the record has beside its metadata, and go before those;
    ``modified`` is when it was last changed.
    """
    titles = _texts(xml.find_all(root, "general", "title"))
    if not titles:
        raise RejectRecord(
            "the record has no general.title; give each course one",
            code="E-TITLE-MISSING",
            path="metadata/lom/general/title",
        )
    classified = list(_classifications(root))
    return CourseDraft(
        title={language: " ".join(text.split()) for language, text in titles.items()},
        url=_location(root),
        description=_texts(xml.find_all(root, "general", "description")),
        outcomes=_purpose_texts(root, "educational objective"),
        prerequisites=_purpose_texts(root, "prerequisite"),
        kind=_first(_vocabulary(root, "educational", "learningresourcetype")),
        metadata_language=_first(_languages(root, "metametadata", "language")),
        teaching_languages=tuple(_languages(root, "general", "language")),
        provider=_publisher(root),
        identifiers=tuple(dict.fromkeys((*own, *_identifiers(root)))),
        fields=tuple(id_ for _, source, id_, _ in classified if id_ and _ISCED.search(source)),
        subjects=tuple(dict.fromkeys(_subjects(root, classified))),
        skills=tuple(entry for purpose, _, _, entry in classified if purpose == "competency"),
        level=_level(root, classified),
        duration=_first(_plain(root, "technical", "duration")),
        effort=_first(_plain(root, "educational", "typicallearningtime")),
        licence=_licence(root),
        access=_first(id_ for purpose, _, id_, _ in classified if purpose == "access rights"),
        offers=_offers(root),
        modified=modified,
    )


def _first(values: Iterable[str]) -> str | None:
    return next((value for value in values if value), None)


def _plain(root: xml.Element, *path: str) -> Iterator[str]:
    """A duration: ``duration`` or ``datetime`` inside, or bare text."""
    for found in xml.find_all(root, *path):
        inner = xml.find(found, "duration")
        inner = xml.find(found, "datetime") if inner is None else inner
        yield xml.text(found if inner is None else inner)


def _vocabulary(root: xml.Element, *path: str) -> Iterator[str]:
    """Values of a vocabulary element: ``value``, with or without a langstring inside."""
    for found in xml.find_all(root, *path):
        yield xml.text(xml.find(found, "value"))


def _texts(elements: Iterable[xml.Element]) -> dict[str, str]:
    """Strings by language; several in one language are paragraphs of one text."""
    texts: dict[str, str] = {}
    for element in elements:
        for string in element.iterchildren("*"):
            text = unescaped(xml.text(string))
            if xml.name(string) not in ("string", "langstring") or not text:
                continue
            given = (string.get("language") or string.get(_LANG) or "").strip()
            language = "und" if given.lower() in _NO_LANGUAGE else given
            texts[language] = f"{texts[language]}\n\n{text}" if language in texts else text
    return texts


def _languages(root: xml.Element, *path: str) -> Iterator[str]:
    for found in xml.find_all(root, *path):
        if (text := xml.text(found)).lower() not in _NO_LANGUAGE:
            yield text


def _location(root: xml.Element) -> str | None:
    for found in xml.find_all(root, "technical", "location"):
        if _WEB.match(text := xml.text(found)):
            return text
    return next((value for scheme, value in _identifiers(root) if scheme == "url"), None)


def _identifiers(root: xml.Element) -> Iterator[tuple[str, str]]:
    for kind in ("identifier", "catalogentry"):
        for found in xml.find_all(root, "general", kind):
            scheme = xml.text(xml.find(found, "catalog")).lower()
            entry = xml.text(xml.find(found, "entry"))
            if doi := _DOI.match(entry):
                yield "doi", doi[1]
            elif _WEB.match(entry):
                yield "url", entry
            elif entry:
                yield scheme or "other", entry


def _publisher(root: xml.Element) -> str | None:
    """The organisation (or the name) on the publisher's vCard."""
    for found in xml.find_all(root, "lifecycle", "contribute"):
        if xml.text(xml.find(found, "role", "value")).lower() != "publisher":
            continue
        card = xml.text(xml.find(found, "entity")) or xml.text(xml.find(found, "centity"))
        for field in ("ORG", "FN"):
            line = re.search(rf"(?im)^[ \t]*{field}(?:;[^:\r\n]*)?:(.*)$", card)
            named = re.split(r"(?<!\\);", line[1]) if line else []  # RFC 6350 §6.6.4: units follow
            if organisation := _first(part.replace("\\", "").strip() for part in named):
                return organisation
    return None


def _classifications(root: xml.Element) -> Iterator[tuple[str, str, str, str]]:
    """(purpose, source, id, entry) of the most exact taxon of each path."""
    for found in xml.find_all(root, "classification"):
        purpose = xml.text(xml.find(found, "purpose", "value")).lower()
        for path in xml.find_all(found, "taxonpath"):
            taxons = list(xml.find_all(path, "taxon"))
            if taxons:
                source = xml.text(xml.find(path, "source"))
                last = taxons[-1]
                yield (
                    purpose,
                    source,
                    xml.text(xml.find(last, "id")),
                    xml.text(xml.find(last, "entry")),
                )


def _subjects(root: xml.Element, classified: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    for found in xml.find_all(root, "general", "keyword"):
        for text in _texts([found]).values():
            if text.lower() not in _NO_LANGUAGE:  # seen as a keyword in real records
                yield " ".join(text.split())
    for purpose, _, _, entry in classified:
        if purpose in ("discipline", "idea") and entry:
            yield entry


def _purpose_texts(root: xml.Element, purpose: str) -> dict[str, str]:
    return _texts(
        description
        for found in xml.find_all(root, "classification")
        if xml.text(xml.find(found, "purpose", "value")).lower() == purpose
        for description in xml.find_all(found, "description")
    )


def _level(root: xml.Element, classified: Iterable[tuple[str, str, str, str]]) -> str | None:
    stated = _first(entry for purpose, _, _, entry in classified if purpose == "educational level")
    return stated or _first(_vocabulary(root, "educational", "context"))


def _licence(root: xml.Element) -> str | None:
    """An address or a code for it, else the words about rights."""
    code = _first(_vocabulary(root, "rights", "copyrightandotherrestrictions"))
    words = _first(_texts(xml.find_all(root, "rights", "description")).values())
    if words and _WEB.match(words):
        return words
    return code if code and code.lower() not in ("yes", "no") else words


def _offers(root: xml.Element) -> tuple[OfferDraft, ...]:
    cost = _first(_vocabulary(root, "rights", "cost"))
    if cost is None or cost.lower() not in ("yes", "no"):
        return ()
    return (OfferDraft(category="paid" if cost.lower() == "yes" else "free"),)
