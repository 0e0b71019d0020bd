"""A course as schema.org JSON-LD, for search engines and for whoever reads pages by machine.

Pure: the page's address is given. Language maps become ``@language`` values. What schema.org has no
word for (credit units beside ECTS, standards) is left to our own API.
"""

from typing import Any

from app.catalogue import languages, texts
from app.catalogue.model import Course, CourseRun, Delivery, LanguageMap, Offer, Price, Society

_ATTENDANCE = {
    Delivery.ONSITE: "https://schema.org/OfflineEventAttendanceMode",
    Delivery.BLENDED: "https://schema.org/MixedEventAttendanceMode",
}
_ONLINE = "https://schema.org/OnlineEventAttendanceMode"
_SPDX = "https://spdx.org/licenses/"


def course_jsonld(
    course: Course, society: Society, *, page_url: str, pages: str | None = None
) -> dict[str, Any]:
    """The ``Course`` node with its instances and offers.

    ``pages`` is what the addresses of courses begin with, for those of its translations.
    """
    data = course.data
    plain = {tag: texts.plain(text) for tag, text in data.description.items()}
    node = {
        "@context": "https://schema.org",
        "@type": "Course",
        "@id": page_url,
        "name": _texts(data.title),
        "description": _texts(plain or data.summary or data.title),
        "url": page_url,
        "sameAs": data.url,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": scheme, "value": value}
            for scheme, value in data.identifiers
        ],
        "provider": {"@type": "Organization", "name": _texts(society.names), "url": society.url},
        "inLanguage": list(data.teaching_languages),
        "availableLanguage": list(data.teaching_languages),
        "educationalLevel": data.level,
        "keywords": list(data.subjects),
        "teaches": _texts(data.outcomes),
        "coursePrerequisites": _texts(data.prerequisites),
        "timeRequired": data.effort or data.duration,
        "license": _licence(data.licence),
        "isAccessibleForFree": _is_free(data.offers),
        "image": data.image,
        "dateCreated": data.created,
        "dateModified": data.modified,
        "numberOfCredits": next((c.value for c in data.credits if c.unit == "ECTS"), None),
        **_translations(course, pages),
        "hasCourseInstance": [_instance(run) for run in data.runs],
        "offers": [_offer(offer) for offer in data.offers],
    }
    return _filled(node)


def _translations(course: Course, pages: str | None) -> dict[str, Any]:
    """The original names its translations, each of which names the original."""
    if pages is None:
        return {}
    if course.translation_of:
        of = {"@type": "Course", "@id": f"{pages}{course.translation_of}"}
        return {"translationOfWork": of}
    made = [{"@type": "Course", "@id": f"{pages}{one}"} for one in course.translations]
    return {"workTranslation": made}


def _instance(run: CourseRun) -> dict[str, Any]:
    place = {
        "@type": "Place",
        "name": run.place_name,
        "address": {"@type": "PostalAddress", "addressCountry": run.place_country}
        if run.place_country
        else None,
        "latitude": run.latitude,
        "longitude": run.longitude,
    }
    mode = Delivery(run.delivery) if run.delivery else None
    return _filled(
        {
            "@type": "CourseInstance",
            "startDate": run.start,
            "endDate": run.end,
            "courseMode": run.delivery,
            "eventAttendanceMode": _ATTENDANCE.get(mode, _ONLINE) if mode else None,
            "inLanguage": run.language,
            "location": place if run.place_name or run.place_country else None,
            "instructor": [{"@type": "Person", "name": name} for name in run.instructors],
            "offers": [_offer(offer) for offer in run.offers],
            "url": run.url,
        }
    )


def _offer(offer: Offer) -> dict[str, Any]:
    return _filled(
        {
            "@type": "Offer",
            "price": offer.amount,
            "priceCurrency": offer.currency,
            "category": offer.category,
            "url": offer.url,
        }
    )


def _is_free(offers: tuple[Offer, ...]) -> bool | None:
    prices = {offer.category for offer in offers} - {None}
    return prices == {Price.FREE} if prices else None


def _licence(licence: str | None) -> str | None:
    if licence is None or "://" in licence:
        return licence
    return f"{_SPDX}{licence}.html" if " " not in licence and "-" in licence else licence


def _texts(by_language: LanguageMap) -> list[dict[str, str]]:
    return [
        {"@value": text} if tag == languages.UNKNOWN else {"@language": tag, "@value": text}
        for tag, text in by_language.items()
    ]


def _filled(node: dict[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, value in node.items():
        kept = _filled(value) if isinstance(value, dict) else value
        if kept not in (None, [], {}):
            filled[name] = kept
    return filled
