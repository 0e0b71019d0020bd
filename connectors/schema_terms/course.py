"""From schema.org's description of a course, programme, learning resource or event to a course.

``described`` is the course itself and, behind it, the events of the same name that are its dates.
Values stay as the page wrote them; what they are worth is judged by the node.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RejectRecord
from connectors.plain_text import plain
from connectors.schema_terms.jsonld import is_course, is_event, is_learning, types
from connectors.schema_terms.runs import delivery, lasts, offers, runs
from connectors.schema_terms.values import (
    Node,
    address,
    by_language,
    first,
    given,
    languages,
    listed,
    nodes,
    text,
    texts,
    truth,
)

SHORT = 80
"""A skill is named in so many characters; what is longer is an outcome told in a sentence."""

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?\s*[A-Za-z]")
_KINDS = {
    "EducationalOccupationalProgram": "programme", "WorkBasedProgram": "programme",
    "Course": "course", "CourseInstance": "course", "EducationEvent": "course",
    "EventSeries": "event-series", "ConferenceEvent": "conference",
    "LearningResource": "learningresource",
}  # fmt: skip
_RESOURCES = frozenset(
    {"course", "webinar", "tutorial", "workshop", "conference", "mooc", "lesson", "class"}
)


def course(described: Sequence[Node], page: Node) -> CourseDraft:
    """Map one course. Raises ``RejectRecord`` when it has no name."""
    node = described[0] if described else {}
    base = text(page.get("url"))
    teaching = _teaching(described)
    spoken = text(page.get("language")) or (teaching[0] if len(teaching) == 1 else "")
    language = spoken or "und"
    titles = by_language(given(node, "name", "headline"), language)
    titles = {tag: " ".join(plain(title).split()) for tag, title in titles.items()}
    if not any(titles.values()):
        raise RejectRecord(
            "the course has no name; give each one a name", code="E-TITLE-MISSING", path="name"
        )
    learnt = [one for one in texts(node.get("teaches")) if len(one) > SHORT]
    dated = runs(described, base)
    return CourseDraft(
        title=titles,
        url=address(node.get("url"), base) or text(page.get("canonical")) or base or None,
        summary=_summary(node, page, language),
        description=_long(described, language),
        outcomes={language: "\n".join(learnt)} if learnt else {},
        prerequisites=_prerequisites(node, language),
        kind=_kind(node),
        metadata_language=spoken or None,
        teaching_languages=teaching,
        provider=_provider(described),
        identifiers=tuple(_identifiers(node)),
        fields=tuple(_fields(node)),
        subjects=_subjects(described),
        skills=_skills(node),
        level=text(node.get("educationalLevel")) or _aligned(node, "educationallevel"),
        credits=tuple(dict.fromkeys(_credits(node))),
        duration=_first(lasts, described),
        effort=_first(lambda one: text(one.get("courseWorkload")), described)
        or text(node.get("timeRequired"))
        or None,
        delivery=_delivery(described),
        licence=_licence(node),
        image=address(first(node, "image", "thumbnailUrl"), base),
        runs=dated,
        offers=_offers(described, base, dated=bool(dated)),
        created=text(first(node, "dateCreated", "datePublished")) or None,
        modified=text(node.get("dateModified")) or None,
    )


def _instances(described: Sequence[Node]) -> Iterator[Node]:
    """The nodes themselves and the instances inside them."""
    for node in described:
        yield node
        yield from nodes(node.get("hasCourseInstance"))


def _first(read: Any, described: Sequence[Node]) -> str | None:
    return next((found for node in _instances(described) if (found := read(node))), None)


def _teaching(described: Sequence[Node]) -> tuple[str, ...]:
    found = (one for node in _instances(described) for one in languages(node.get("inLanguage")))
    return tuple(dict.fromkeys(found))


def _long(described: Sequence[Node], language: str) -> dict[str, str]:
    """The longest description that the course or one of its dates gives."""
    told = [by_language(node.get("description"), language) for node in described]
    return max(told, key=lambda one: sum(map(len, one.values())), default={})


def _summary(node: Node, page: Node, language: str) -> dict[str, str]:
    """Its own, else the page's when the page is about it alone and it says nothing."""
    own = by_language(given(node, "abstract", "disambiguatingDescription"), language)
    if not own and not listed(node.get("description")) and text(page.get("description")):
        own = {language: text(page.get("description"))}
    return {tag: found for tag, one in own.items() if (found := plain(one))}


def _prerequisites(node: Node, language: str) -> dict[str, str]:
    needed = listed(node.get("coursePrerequisites")) or listed(node.get("competencyRequired"))
    told = by_language(needed or node.get("programPrerequisites"), language)
    return {tag: found for tag, one in told.items() if (found := plain(one))}


def _kind(node: Node) -> str | None:
    said = texts(node.get("learningResourceType"))
    for one in said:
        if one.rsplit("/", 1)[-1].casefold() in _RESOURCES:
            return one
    known = next((_KINDS[one] for one in types(node) if one in _KINDS), None)
    return known or ("learningresource" if is_learning(node) else None)


def _provider(described: Sequence[Node]) -> str | None:
    """The first organisation that offers it, by the property that says so best."""
    for name in ("provider", "offeredBy", "sourceOrganization", "organizer", "publisher"):
        for node in described:
            for one in listed(node.get(name)):
                person = isinstance(one, dict) and "Person" in types(one)
                called = text(one)
                if called and not person and not called.lower().startswith(("http:", "https:")):
                    return called
    return None


def _identifiers(node: Node) -> Iterator[tuple[str, str]]:
    if code := text(node.get("courseCode")):
        yield "code", code
    for one in (*listed(node.get("identifier")), *listed(node.get("@id"))):
        value, scheme = text(one), ""
        if isinstance(one, dict):
            value = text(one.get("value")) or value
            scheme = text(one.get("propertyID")).rstrip("/").rsplit("/", 1)[-1].casefold()
        if doi := _DOI.match(value):
            yield "doi", doi[1]
        elif value and scheme:
            yield scheme[:40], value


def _alignments(node: Node) -> Iterator[tuple[str, str, str]]:
    """(kind, framework, what is aimed at): a code where there is one, else a name."""
    for one in nodes(node.get("educationalAlignment")):
        target = text(first(one, "shortCode", "targetName", "targetUrl", "name"))
        if target:
            kind = text(one.get("alignmentType")).casefold()
            yield kind, text(one.get("educationalFramework")), target


def _aligned(node: Node, kind: str) -> str | None:
    return next((target for said, _, target in _alignments(node) if said == kind), None)


def _fields(node: Node) -> Iterator[str]:
    """ISCED-F codes, of alignments and of terms of that set."""
    for _, framework, target in _alignments(node):
        if "isced" in framework.casefold():
            yield target
    for one in (*nodes(node.get("about")), *nodes(node.get("keywords"))):
        code = text(one.get("termCode"))
        if code and "isced" in str(one.get("inDefinedTermSet")).casefold():
            yield code


def _subjects(described: Sequence[Node]) -> tuple[str, ...]:
    """What the course, or if it says nothing one of its dates, is about."""
    told = (_about(node) for node in _instances(described))
    return next((found for found in told if found), ())


def _about(node: Node) -> tuple[str, ...]:
    """Subjects and key words; the latter may be one text with commas."""
    things = (
        one
        for one in listed(node.get("about"))
        if not (isinstance(one, dict) and (is_course(one) or is_event(one)))
    )
    found = [text(one) for one in things]
    for one in listed(node.get("keywords")):
        words = text(one)
        found += words.split(",") if isinstance(one, str) and "," in words else [words]
    found += [target for kind, _, target in _alignments(node) if kind == "educationalsubject"]
    return tuple(dict.fromkeys(bare for one in found if (bare := one.strip().lstrip("#").strip())))


def _skills(node: Node) -> tuple[str, ...]:
    named = (*texts(node.get("teaches")), *texts(node.get("assesses")))
    aimed = (target for kind, _, target in _alignments(node) if kind == "teaches")
    return tuple(dict.fromkeys(one for one in (*named, *aimed) if len(one) <= SHORT))


def _credits(node: Node) -> Iterator[CreditDraft]:
    """``numberOfCredits`` with its unit; and a credential whose name begins with a number."""
    for one in listed(node.get("numberOfCredits")):
        if isinstance(one, dict):
            value = text(first(one, "value", "@value", "name"))
            unit = text(first(one, "creditType", "unitText", "unitCode")) or None
            if value:
                yield CreditDraft(value, unit=unit)
        elif text(one) not in ("", "0"):
            yield CreditDraft(text(one))
    for said in texts(node.get("educationalCredentialAwarded")):
        if _NUMBER.match(said):
            yield CreditDraft(said)


def _delivery(described: Sequence[Node]) -> tuple[str, ...]:
    found = (one for node in _instances(described) for one in delivery(node))
    return tuple(dict.fromkeys(found))


def _licence(node: Node) -> str | None:
    for one in (*listed(node.get("license")), *listed(node.get("useRightsUrl"))):
        held = first(one, "url", "@id", "name") if isinstance(one, dict) else one
        if found := text(held):
            return found
    return None


def _offers(described: Sequence[Node], base: str, *, dated: bool) -> tuple[OfferDraft, ...]:
    """The course's own prices; without any, whether it says that it is free."""
    own = [
        one for node in described if not (dated and _by_date(node)) for one in offers(node, base)
    ]
    if not own and not any(offers(node, base) for node in _instances(described)):
        free = next(
            (
                said
                for one in described
                if (said := truth(one.get("isAccessibleForFree"))) is not None
            ),
            None,
        )
        own = [] if free is None else [OfferDraft(category="free" if free else "paid")]
    return tuple(dict.fromkeys(own))


def _by_date(node: Node) -> bool:
    """Whether the node is itself a delivery, so that its prices stand with that."""
    return bool(listed(node.get("startDate"))) and not listed(node.get("hasCourseInstance"))
