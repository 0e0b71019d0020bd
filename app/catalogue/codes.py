"""Codes and closed vocabularies: country, licence, delivery, kind, access, ISCED-F, EC1 to EC13.

Each function takes what a source wrote and gives our word for it, or ``None``; none guesses.
ISCED-F 2013 (UNESCO), competences of the IEA's Graduate Attributes and Professional Competences,
ISO 3166, SPDX.
"""

import re
from functools import lru_cache

import pycountry

from app.catalogue.model import Access, Delivery, Kind, Price

_COUNTRY_WORDS = {
    "UK": "GB", "GREAT BRITAIN": "GB", "ENGLAND": "GB", "USA": "US", "RUSSIA": "RU", "IRAN": "IR",
    "SOUTH KOREA": "KR", "TURKEY": "TR", "UAE": "AE", "中国": "CN", "پاکستان": "PK",
}  # fmt: skip
_DELIVERY = {
    Delivery.ONLINE_ASYNC: "online-async asynchronous async e-learning elearning mooc on-demand "
    "self-paced recorded",
    Delivery.ONLINE_LIVE: "online-live synchronous sync webinar live-online virtual "
    "virtual-classroom livestream onlineeventattendancemode",
    Delivery.ONSITE: "onsite on-site in-person face-to-face presence classroom offline campus "
    "offlineeventattendancemode",
    Delivery.BLENDED: "blended hybrid mixed mixedeventattendancemode",
    Delivery.SELF_STUDY: "self-study selfstudy reading distance correspondence",
}
_KIND = {
    Kind.COURSE: "course mooc training class workshop lesson courseinstance",
    Kind.PROGRAMME: "programme program educationaloccupationalprogram curriculum degree",
    Kind.WEBINAR: "webinar",
    Kind.EVENT_SERIES: "event-series eventseries series",
    Kind.SELF_STUDY: "self-study selfstudy tutorial learningresource",
    Kind.CONFERENCE: "conference symposium congress",
    Kind.MICROCREDENTIAL: "microcredential micro-credential nanodegree",
}
_ACCESS = {
    Access.OPEN: "open public open-to-all openaccess free",
    Access.REGISTRATION: "registration register registration-of-interest enrolment login",
    Access.MEMBERS: "members member members-only restricted closed restrictedaccess "
    "closedaccess embargoedaccess",
}
_PRICE = {
    Price.FREE: "free gratis free-of-charge no-cost",
    Price.PAID: "paid charge fee cost partially-free",
    Price.SUBSCRIPTION: "subscription subscribe membership",
}
_CC_ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-nd|-sa)?)/(?P<version>\d\.\d)"
    r"|publicdomain/(?P<zero>zero|mark)/1\.0)",
    re.IGNORECASE,
)
_CC_WORDS = re.compile(
    r"^(?:cc|creative commons)[ -]*(?P<kind>by(?:[ -]nc)?(?:[ -](?:nd|sa))?)[ -]*"
    r"(?P<version>\d\.\d)$",
    re.IGNORECASE,
)
_SPDX = {
    name.casefold(): name
    for name in (
        "CC0-1.0", "MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "GPL-3.0-or-later",
        "LGPL-3.0-only", "AGPL-3.0-only", "BSD-2-Clause", "BSD-3-Clause", "MPL-2.0", "GFDL-1.3",
        "ODbL-1.0", "OGL-UK-3.0", "PDDL-1.0", "Unlicense",
    )
}  # fmt: skip
_SUBDIVISIONS = frozenset(one.code for one in pycountry.subdivisions)
_ISCED = re.compile(r"^(?:0\d|10|99)\d{0,2}$")
_COMPETENCE = re.compile(r"^EC[ -]?0?([1-9]|1[0-3])$", re.IGNORECASE)


def _words(
    table: dict[Delivery, str] | dict[Kind, str] | dict[Access, str] | dict[Price, str],
) -> dict[str, str]:
    return {word: str(ours) for ours, words in table.items() for word in words.split()}


_DELIVERY_WORDS = _words(_DELIVERY)
_KIND_WORDS = _words(_KIND)
_ACCESS_WORDS = _words(_ACCESS)
_PRICE_WORDS = _words(_PRICE)


def _word(text: str) -> str:
    """The last part of an address or the text itself, lower case, its spaces as hyphens."""
    last = text.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    return re.sub(r"[\s_]+", "-", last.casefold())


def delivery(text: str) -> str | None:
    """A value of ``Delivery``. A bare "online" may be live or not, so it is none."""
    return _DELIVERY_WORDS.get(_word(text))


def kind(text: str) -> str | None:
    """A value of ``Kind``."""
    return _KIND_WORDS.get(_word(text))


def access(text: str) -> str | None:
    """A value of ``Access``."""
    return _ACCESS_WORDS.get(_word(text))


def price(text: str) -> str | None:
    """A value of ``Price``."""
    return _PRICE_WORDS.get(_word(text))


@lru_cache(maxsize=2048)
def country(text: str) -> str | None:
    """ISO 3166-1 alpha-2 of a country's code or name."""
    text = text.strip()
    if len(text) > 80:
        return None
    if text.upper() in _COUNTRY_WORDS:
        return _COUNTRY_WORDS[text.upper()]
    try:
        return str(pycountry.countries.lookup(text).alpha_2)
    except LookupError:
        return None


@lru_cache(maxsize=2048)
def jurisdiction(text: str) -> str | None:
    """ISO 3166-1 alpha-2 or ISO 3166-2 (``US-TX``)."""
    if len(text) <= 6 and text.strip().upper() in _SUBDIVISIONS:
        return text.strip().upper()
    return country(text)


def licence(text: str) -> str | None:
    """The SPDX identifier of a licence given as an address or a name."""
    text = text.strip()
    if found := _CC_ADDRESS.search(text):
        if found["zero"]:
            return "CC0-1.0" if found["zero"].lower() == "zero" else None
        return f"CC-{found['kind'].upper()}-{found['version']}"
    if found := _CC_WORDS.match(text):
        return f"CC-{re.sub('[ -]+', '-', found['kind']).upper()}-{found['version']}"
    name = re.sub(r"\s+", "-", text.casefold())
    return _SPDX.get(name) or _SPDX.get(name.removesuffix("-license").removesuffix("-licence"))


def isced(text: str) -> str | None:
    """An ISCED-F 2013 code of two to four digits, also out of an address that ends in it."""
    code = text.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    code = code.casefold().removeprefix("isced-f").strip(" :-")
    return code if _ISCED.match(code) else None


def competence(text: str) -> str | None:
    """``EC1`` to ``EC13``."""
    found = _COMPETENCE.match(text.strip())
    return f"EC{found[1]}" if found else None
