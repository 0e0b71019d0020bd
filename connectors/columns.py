"""Which column of a table is which field of ours: told, or guessed from the header.

Headers are compared by their words alone, whatever their case and punctuation. A guess is made
only from the lists below; an unknown header fills no field, and its cell stays in the raw item.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

TEXTS = ("title", "summary", "description", "outcomes", "prerequisites")
"""Fields that may be given in several languages, as ``title@zh``."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "course id", "identifier", "record id", "reference", "ref", "编号"),
    "code": ("code", "course code", "module code", "课程代码", "课程编号", "課程代碼", "課程編號"),
    "title": (
        "title", "name", "course", "course title", "course name", "event", "event name",
        "event title", "activity", "课程", "课程名称", "标题", "課程",
        "課程名稱", "標題", "titre", "titel", "título", "название", "العنوان", "عنوان",
    ),
    "url": (
        "url", "link", "web page", "webpage", "web address", "website", "course url",
        "course link", "registration link", "landing page", "网址", "链接", "網址", "連結",
    ),
    "summary": ("summary", "abstract", "subtitle", "short description", "abtract", "简介", "摘要"),
    "description": (
        "description", "about", "details", "course description", "full description", "content",
        "描述", "课程描述", "beschreibung", "descripción", "описание", "الوصف", "تفصیل",
    ),
    "outcomes": ("outcomes", "learning outcomes", "objectives", "learning objectives"),
    "prerequisites": ("prerequisites", "requirements", "entry requirements", "prior knowledge"),
    "kind": ("kind", "type", "types", "course type", "event type", "activity type"),
    "metadata_language": ("metadata language", "language of description"),
    "teaching_languages": (
        "language", "languages", "teaching language", "language of instruction",
        "course language", "语言", "授课语言", "sprache", "langue", "idioma", "язык",
        "اللغة", "زبان",
    ),
    "provider": ("provider", "organizer", "organiser", "organisation", "organization",
                 "institution", "society", "主办单位"),
    "doi": ("doi",),
    "fields": ("isced", "isced f", "isced field", "field of education", "isced code"),
    "subjects": ("subjects", "subject", "keywords", "tags", "topics", "topic",
                 "discipline", "关键词"),
    "skills": ("skills", "skills gained"),
    "competences": ("competences", "competencies", "competence"),
    "standards": ("standards", "standard", "technical standards", "codes and standards"),
    "level": ("level", "difficulty", "course level", "级别"),
    "credit": (
        "cpd", "cpd hours", "cpd points", "cpd credits", "cpd units", "cpd value", "pdh", "pdhs",
        "ceu", "ceus", "credits", "credit", "credit hours", "credit value", "ects", "学时", "学分",
    ),
    "credit_unit": ("credit unit", "cpd unit", "unit"),
    "credit_framework": ("credit framework", "framework", "accredited by", "accreditation"),
    "credit_category": ("cpd category", "credit category"),
    "approval_no": ("approval no", "approval number", "accreditation number"),
    "duration": ("duration", "length", "hours", "contact hours", "时长"),
    "effort": ("effort", "workload", "study hours"),
    "delivery": ("delivery", "mode", "delivery mode", "format", "course mode", "attendance",
                 "mode of delivery", "授课方式"),
    "online": ("online",),
    "licence": ("licence", "license", "rights"),
    "access": ("access",),
    "image": ("image", "image url", "picture", "thumbnail"),
    "start": ("start", "start date", "starts", "date", "from", "begins", "开始日期"),
    "end": ("end", "end date", "ends", "to", "until", "finish", "结束日期"),
    "enrol_start": ("registration opens", "enrolment start", "enrollment start"),
    "enrol_end": ("registration closes", "registration deadline", "enrolment end", "deadline",
                  "application deadline", "enrollment end"),
    "timezone": ("timezone", "time zone"),
    "place": ("venue", "location", "place", "地点"),
    "city": ("city", "town"),
    "country": ("country", "country code", "国家"),
    "instructors": ("instructors", "instructor", "speaker", "speakers", "trainer", "trainers",
                    "lecturer", "teacher", "讲师"),
    "price": ("price", "cost", "fee", "fees", "course fee", "价格", "费用"),
    "member_price": ("member price", "price for members", "members fee", "member fee"),
    "currency": ("currency", "货币"),
    "price_category": ("cost basis", "price category", "free or paid"),
    "created": ("created", "date created"),
    "modified": ("modified", "updated", "last updated", "date modified"),
}  # fmt: skip

NAMES_ITS_UNIT = frozenset({
    "cpd hours", "cpd points", "cpd credits", "cpd units", "pdh", "pdhs", "ceu", "ceus", "ects",
    "credit hours", "contact hours", "study hours", "hours", "学时", "学分",
})  # fmt: skip
"""Headers (as ``words``) that say the unit of the numbers below them."""

_PARTS: Mapping[str, Mapping[str, str]] = {
    "credits": {
        "value": "credit", "unit": "credit_unit", "framework": "credit_framework",
        "category": "credit_category", "approval_no": "approval_no",
    },
    "runs": {
        "start": "start", "end": "end", "enrol_start": "enrol_start", "enrol_end": "enrol_end",
        "timezone": "timezone", "place_name": "place", "place_country": "country",
        "instructors": "instructors",
    },
    "offers": {"amount": "price", "currency": "currency", "category": "price_category"},
}  # fmt: skip
"""Which of our columns a part of a course comes from, where it has not the name of its field."""

_FIELD = {
    synonym: (field, rank)
    for field, names in SYNONYMS.items()
    for rank, synonym in enumerate(names)
}
_LANGUAGE = re.compile(r"(.+?)\s*[@_(\[ -]\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\s*[)\]]?$")


@lru_cache(maxsize=4096)
def words(header: str) -> str:
    """A header as its words in lower case."""
    return " ".join(re.findall(r"\w+", header.casefold().replace("_", " ")))


@lru_cache(maxsize=4096)
def guess(header: str) -> tuple[str, int] | None:
    """The field a header names (``title@zh`` with a language), and how far down its list."""
    if found := _FIELD.get(words(header)):
        return found
    told = _LANGUAGE.match(header[:200].casefold().strip())
    field, rank = _FIELD.get(words(told[1]), ("", 0)) if told else ("", 0)
    return (f"{field}@{told[2]}", rank) if told and field in TEXTS else None


def known(field: str) -> bool:
    """Whether a mapping may name this field."""
    base, at, language = field.partition("@")
    return base in SYNONYMS and (not at or (base in TEXTS and bool(language)))


def assign(headers: Iterable[str], told: Mapping[str, str]) -> dict[str, str]:
    """Field -> header. What is told goes first, then the first of each list of words.

    The order of ``headers`` plays no part: a stored row may come back in another one.
    """
    listed = sorted(headers)
    by_words = {words(header): header for header in reversed(listed)}
    fields = {field: by_words[words(h)] for field, h in told.items() if words(h) in by_words}
    taken = set(fields.values())
    guesses = [(guess(header), header) for header in listed if header not in taken]
    for (field, _), header in sorted((g, header) for g, header in guesses if g is not None):
        fields.setdefault(field, header)
    return fields


def field_of(path: str, fields: Mapping[str, str]) -> str | None:
    """The column's field that a place in a course (``credits[0].unit``) comes from, if any does."""
    parts = [part for part in re.split(r"[.\[\]]+", path[:200]) if part]
    if not parts:
        return None
    field, last = parts[0], parts[-1]
    if field == "offers" and parts[1:] == ["1", "amount"]:
        field = "member_price"
    elif field in _PARTS:
        field = _PARTS[field].get(last, "")
    elif f"{field}@{last}" in fields:
        field = f"{field}@{last}"
    return field if field in fields else None


def header_of(path: str, fields: Mapping[str, str]) -> str | None:
    """The header over that column; a path that is a header itself stands for itself."""
    if path in fields.values():
        return path
    field = field_of(path, fields)
    return None if field is None else fields[field]
