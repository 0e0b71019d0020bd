"""What an item must be to become a course, and the one form of everything in it.

``check`` takes what a feed sent, field by field as the connector contract names them, and gives the
checked data or the reasons why there is none. It is pure and total: whatever it is given, it
raises nothing and gives the same answer twice. Follows DESIGN §3 and §4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from app.catalogue import codes, languages, licences, parts, standards, texts, values
from app.catalogue.findings import Findings
from app.catalogue.model import Access, CourseData, CourseRun, Issue, Kind, LanguageMap, Standard
from app.catalogue.recognising import evidence, fields, tagging
from app.catalogue.recognising import standards as naming

NORMALISER = 3
"""Raised whenever ``check`` comes to give another answer, so that stored items are taken anew."""

TITLE, SUMMARY, TEXT, DESCRIPTION = 500, 2_000, 10_000, 50_000
_KINDS, _ACCESSES = ", ".join(Kind), ", ".join(Access)
_CLEAN = {"title": texts.line, "summary": texts.line, "description": texts.rich}
_STRONG_PREFIXES = {
    "doi": (
        "https://doi.org/",
        "http://doi.org/",
        "https://dx.doi.org/",
        "http://dx.doi.org/",
        "doi:",
    )
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer: ``data`` is ``None`` when an error rejects the item."""

    data: CourseData | None
    issues: tuple[Issue, ...]


def check(untrusted: Mapping[str, Any]) -> Checked:
    """Clean and judge one item.

    1. Languages first: they say what unmarked texts are written in.
    2. Texts; without a title there is no course.
    3. Everything else, of which nothing is indispensable.
    4. What was not stated and its words show: their language, then what they are about.
    """
    found = Findings()
    # 1
    stated = values.language(
        untrusted.get("metadata_language"), path="metadata_language", found=found
    )
    # 2
    title = _texts(untrusted, "title", TITLE, stated, found)
    if not title:
        found.error(
            "E-TITLE-MISSING",
            path="title",
            message="A course without a title cannot be listed.",
            hint="Give the title in at least one language.",
        )
        return Checked(None, tuple(found.issues))
    # 3
    data = _data(untrusted, title=title, stated=stated, found=found)
    # 4
    data = tagging.tagged(data, found=found)
    if languages.UNKNOWN in data.title:
        found.warn(
            "W-LANG-MISSING",
            path="metadata_language",
            message="The language of the title is not known.",
            hint="Say in which language the texts are written.",
        )
    if seen := evidence.recognise(data):
        data = replace(data, recognised=(*data.recognised, *seen))
    return Checked(data, tuple(found.issues))


def _data(
    item: Mapping[str, Any], *, title: LanguageMap, stated: str | None, found: Findings
) -> CourseData:
    runs = _runs(item.get("runs"), found)
    only = next(iter(title)) if len(title) == 1 else None
    return CourseData(
        title=title,
        url=_landing(item.get("url"), found),
        summary=_texts(item, "summary", SUMMARY, stated, found),
        description=_texts(item, "description", DESCRIPTION, stated, found),
        outcomes=_texts(item, "outcomes", TEXT, stated, found),
        prerequisites=_texts(item, "prerequisites", TEXT, stated, found),
        metadata_language=stated or (only if only != languages.UNKNOWN else None),
        teaching_languages=_languages(item.get("teaching_languages"), found),
        provider=values.line(item.get("provider"), path="provider", found=found),
        identifiers=_identifiers(item.get("identifiers"), found),
        delivery=_delivery(item.get("delivery"), runs, found),
        runs=runs,
        offers=parts.offers(item.get("offers"), path="offers", found=found),
        image=values.public_url(item.get("image"), path="image", found=found),
        created=values.date(item.get("created"), path="created", found=found),
        modified=values.date(item.get("modified"), path="modified", found=found),
        **_coded(item, found),
        **_measures(item, found),
    )


def _coded(item: Mapping[str, Any], found: Findings) -> dict[str, Any]:
    """What belongs to a vocabulary."""
    return {
        "kind": values.one_coded(
            item.get("kind"), codes.kind, code="W-KIND-UNKNOWN", path="kind", found=found,
            hint=f"Use one of {_KINDS}.",
        ),
        "access": values.one_coded(
            item.get("access"), codes.access, code="W-ACCESS-UNKNOWN", path="access", found=found,
            hint=f"Use one of {_ACCESSES}.",
        ),
        "fields": values.coded(
            item.get("fields"), _field, code="W-FIELD-CODE", path="fields", found=found,
            hint="Use ISCED-F 2013 codes of two to four digits, such as 0732.",
        ),
        "competences": values.coded(
            item.get("competences"), codes.competence, code="W-COMPETENCE", path="competences",
            hint="Use EC1 to EC13.", found=found,
        ),
        "standards": values.coded(
            item.get("standards"), _standard, code="W-STANDARD", path="standards",
            hint="Write it as ISO 9001:2015, GB 50010-2010 or EN 1992-1-1.", found=found,
        ),
        "subjects": values.lines(item.get("subjects"), path="subjects", found=found),
        "skills": values.lines(item.get("skills"), path="skills", found=found),
        "licence": _licence(item.get("licence"), found),
    }  # fmt: skip


def _field(text: str) -> str | None:
    """A field's code or its own name."""
    code = codes.isced(text)
    return code if code and fields.is_code(code) else fields.labelled(text)


def _standard(text: str) -> Standard | None:
    """As the body writes it, else by its form alone: a source that states it may know more."""
    return naming.parse(text) or standards.parse(text)


def _measures(item: Mapping[str, Any], found: Findings) -> dict[str, Any]:
    """What is counted."""
    given = (
        parts.credit(one, path=f"credits[{n}]", found=found)
        for n, one in enumerate(values.entries(item.get("credits"), path="credits", found=found))
    )
    return {
        "level": values.line(item.get("level"), path="level", found=found, limit=100),
        "credits": tuple(dict.fromkeys(one for one in given if one)),
        "duration": values.period(item.get("duration"), path="duration", found=found),
        "effort": values.period(item.get("effort"), path="effort", found=found),
    }


def _texts(
    item: Mapping[str, Any], name: str, limit: int, default: str | None, found: Findings
) -> LanguageMap:
    return values.language_map(
        item.get(name), _CLEAN.get(name, texts.block), limit=limit, path=name, default=default,
        found=found,
    )  # fmt: skip


def _landing(value: object, found: Findings) -> str | None:
    usable = values.url(value, path="url", found=found)
    if usable is None:
        found.warn(
            "W-URL-MISSING",
            path="url",
            message="There is no page to send a reader to.",
            hint="Give the address of the course's own page.",
        )
    return usable


def _languages(value: object, found: Findings) -> tuple[str, ...]:
    """Teaching languages; one text may name several."""
    made: dict[str, None] = {}
    for n, one in enumerate(values.entries(value, path="teaching_languages", found=found)):
        whole = languages.tag(one) if isinstance(one, str) else None
        several = [whole or one] if whole or not isinstance(one, str) else _split(one)
        for each in several:
            tag = values.language(each, path=f"teaching_languages[{n}]", found=found)
            if tag and tag != languages.UNKNOWN:
                made.setdefault(tag)
    return tuple(made)


def _split(text: str) -> list[str]:
    for mark in ";|/，、":
        text = text.replace(mark, ",")
    return [one for one in text.split(",")[: values.MAX_ENTRIES] if one.strip()]


def _delivery(value: object, runs: tuple[CourseRun, ...], found: Findings) -> tuple[str, ...]:
    """The course's own ways and those of its runs."""
    live = any(_at_an_hour(run) for run in runs)
    listed = enumerate(values.entries(value, path="delivery", found=found))
    own = (values.delivery(one, live=live, path=f"delivery[{n}]", found=found) for n, one in listed)
    return tuple(dict.fromkeys(one for one in (*own, *(r.delivery for r in runs)) if one))


def _at_an_hour(run: CourseRun) -> bool:
    """Whether a run has its hour and is over in a day or two; one that goes on only opens then."""
    if "T" not in (run.start or ""):
        return False
    first, last = (date.fromisoformat(str(day)[:10]) for day in (run.start, run.end or run.start))
    return last - first <= timedelta(days=2)


def _runs(value: object, found: Findings) -> tuple[CourseRun, ...]:
    listed = values.entries(value, path="runs", found=found, limit=parts.MAX_RUNS)
    made = (parts.run(one, path=f"runs[{n}]", found=found) for n, one in enumerate(listed))
    return tuple(dict.fromkeys(one for one in made if one))


def _identifiers(value: object, found: Findings) -> tuple[tuple[str, str], ...]:
    made: dict[tuple[str, str], None] = {}
    for n, one in enumerate(values.entries(value, path="identifiers", found=found)):
        path = f"identifiers[{n}]"
        if not isinstance(one, list | tuple) or len(one) != 2:
            found.warn(
                "W-TYPE", path=path, message="A scheme and a value were expected.", value=one
            )
            continue
        scheme = values.line(one[0], path=path, found=found, limit=40)
        text = values.line(one[1], path=path, found=found)
        if scheme and text:
            made.setdefault(_identifier(scheme.casefold(), text))
    return tuple(made)


def _identifier(scheme: str, value: str) -> tuple[str, str]:
    for prefix in _STRONG_PREFIXES.get(scheme, ()):
        if value.casefold().startswith(prefix):
            value = value[len(prefix) :]
    return scheme, value.casefold() if scheme == "doi" else value


def _licence(value: object, found: Findings) -> str | None:
    """An SPDX identifier, else the source's own address or words: a licence is never dropped."""
    text = values.line(value, path="licence", found=found)
    if text is None or not licences.said(text):
        return None
    read = licences.read(text)
    if read.code:
        found.warn(
            read.code,
            path="licence",
            message=_LICENCE_FAULTS.get(read.code) or f"Read as {read.text}.",
            value=text,
            hint="Give an SPDX identifier or the licence's address.",
        )
    return read.text


_LICENCE_FAULTS = {
    "W-LICENCE-UNKNOWN": "Kept as the source wrote it.",
    "W-LICENCE-NO-VERSION": "Which version of the licence it is was not said.",
    "W-LICENCE-RIGHTS": "This keeps rights, it gives no licence; kept as the source wrote it.",
}
