"""From a Dublin Core record (``oai_dc``) to a course.

Elements are read by local name. ``dc:date`` is left out: it does not say which date it is.
A title's language is what ``xml:lang`` says, never ``dc:language``, which is the resource's own.
"""

import html
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from connectors import xml
from connectors.contract import CourseDraft, RejectRecord

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DOI = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi:|info:doi/)\s*(10\.\d{4,9}/\S+)", re.IGNORECASE
)
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_EU_REPO = "info:eu-repo/semantics/"
_LICENCE = re.compile(r"https?://(?:www\.)?(?:creativecommons\.org|spdx\.org)/", re.IGNORECASE)


def course(
    root: xml.Element, *, own: tuple[tuple[str, str], ...] = (), modified: str | None = None
) -> CourseDraft:
    """Map one record. Raises ``RejectRecord`` when it has no title.

    ``own`` are identifiers that the record has beside its metadata, and go before those;
    ``modified`` is when it was last changed.
    """
    said = _elements(root)
    titles = _by_language(said.get("title", ()), joiner=None)
    if not titles:
        raise RejectRecord(
            "the record has no dc:title; give each course one",
            code="E-TITLE-MISSING",
            path="metadata/dc/title",
        )
    identifiers = tuple(_identifier(value) for value in _values(said, "identifier"))
    rights = _values(said, "rights")
    access = [value.removeprefix(_EU_REPO) for value in rights if value.startswith(_EU_REPO)]
    return CourseDraft(
        title={language: " ".join(text.split()) for language, text in titles.items()},
        url=_landing(identifiers),
        description={
            language: unescaped(text)
            for language, text in _by_language(said.get("description", ()), joiner="\n\n").items()
        },
        kind=next((kind.removeprefix(_EU_REPO) for kind in _values(said, "type")), None),
        teaching_languages=tuple(dict.fromkeys(_values(said, "language"))),
        provider=next(iter(_values(said, "publisher")), None),
        identifiers=tuple(dict.fromkeys((*own, *identifiers))) if own else identifiers,
        subjects=tuple(dict.fromkeys(_values(said, "subject"))),
        licence=_licence(rights),
        access=next(iter(access), None),
        modified=modified,
    )


def unescaped(text: str) -> str:
    """Text whose markup was escaped once too often, as markup."""
    return html.unescape(text) if "&lt;" in text and "<" not in text else text


_Said: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""By element: the language and the text of each that says something."""


def _elements(root: xml.Element) -> _Said:
    said: dict[str, list[tuple[str, str]]] = {}
    for found in root.iterchildren("*"):
        if text := xml.text(found):
            said.setdefault(xml.name(found), []).append((found.get(_LANG) or "und", text))
    return said


def _values(said: _Said, element: str) -> list[str]:
    return [text for _, text in said.get(element, ())]


def _by_language(said: Sequence[tuple[str, str]], *, joiner: str | None) -> dict[str, str]:
    """Texts by language; several in one language are joined, or the first is kept."""
    texts: dict[str, str] = {}
    for language, text in said:
        if language not in texts:
            texts[language] = text
        elif joiner is not None:
            texts[language] += joiner + text
    return texts


def _identifier(value: str) -> tuple[str, str]:
    if doi := _DOI.match(value):
        return "doi", doi[1]
    if _WEB.match(value):
        return "url", value
    scheme = value.partition(":")[0].lower()
    return (scheme if scheme in ("oai", "urn", "isbn") else "other"), value


def _landing(identifiers: Sequence[tuple[str, str]]) -> str | None:
    """The first web address; a DOI's when there is no other."""
    for scheme, value in identifiers:
        if scheme == "url":
            return value
    return next(
        (f"https://doi.org/{value}" for scheme, value in identifiers if scheme == "doi"), None
    )


def _licence(rights: Sequence[str]) -> str | None:
    for value in rights:
        if _LICENCE.match(value):
            return value
    return next((value for value in rights if not value.startswith("info:eu-repo/")), None)
