"""Codes and closed vocabularies: country, delivery, kind, access, ISCED-F, EC1 to EC13.

Each function takes what a source wrote and gives our word for it, or ``None``; none guesses.
ISCED-F 2013 (UNESCO), competences of the IEA's Graduate Attributes and Professional Competences,
ISO 3166.
"""

import re
from functools import cache, lru_cache

import pycountry
from babel import Locale

from app.catalogue.model import Access, Delivery, Kind, Price

_COUNTRY_WORDS = {
    "UK": "GB", "GREAT BRITAIN": "GB", "ENGLAND": "GB", "USA": "US", "RUSSIA": "RU", "IRAN": "IR",
    "SOUTH KOREA": "KR", "REPUBLIC OF KOREA": "KR", "TURKEY": "TR", "UAE": "AE", "HOLLAND": "NL",
    "SCOTLAND": "GB", "WALES": "GB", "NORTHERN IRELAND": "GB", "U.S.A.": "US", "U.S.": "US",
    "U.K.": "GB", "HONG KONG": "HK", "香港": "HK", "台湾": "TW", "IVORY COAST": "CI", "DRC": "CD",
    "中国": "CN", "پاکستان": "PK",
}  # fmt: skip
_DELIVERY = {
    Delivery.ONLINE_ASYNC: "online-async asynchronous async e-learning elearning mooc on-demand "
    "self-paced recorded asynchron asynchrone asíncrono asincrónico e-learning-kurs selbstlernkurs "
    "асинхронно асинхронный 慕课 录播 点播 online-self-paced web-based e-formation",
    Delivery.ONLINE_LIVE: "online-live synchronous sync webinar live-online virtual live-webinar "
    "virtual-classroom livestream onlineeventattendancemode online-seminar live-webcast webcast "
    "virtuell synchron synchrone sincrónico webinaire webinario вебинар 直播 线上直播 網絡直播 "
    "ندوة-عبر-الإنترنت ويبينار ویبینار instructor-led-online",
    Delivery.ONSITE: "onsite on-site in-person face-to-face presence classroom offline campus f2f "
    "offlineeventattendancemode präsenz präsenzveranstaltung vor-ort présentiel en-présentiel "
    "presencial en-persona очно очная очный офлайн 面授 线下 現場 现场 線下 حضوري حضوريا بالحضور "
    "instructor-led-classroom in-house on-campus",
    Delivery.BLENDED: "blended hybrid mixed mixedeventattendancemode blended-learning hybride "
    "mixte híbrido semipresencial mixto очно-заочная смешанный гибридный 混合 混合式 线上线下 مدمج "
    "هجين مختلط",
    Delivery.SELF_STUDY: "self-study selfstudy reading distance correspondence selbststudium "
    "fernlehre fernstudium autoformation autoestudio a-distancia à-distance заочно заочная "
    "дистанционно самообучение 自学 函授 تعلم-ذاتي عن-بعد distance-learning",
}
_KIND = {
    Kind.COURSE: "course mooc training class workshop lesson courseinstance short-course kurs "
    "seminar lehrgang schulung weiterbildung formation cours stage atelier curso taller курс "
    "семинар тренинг 课程 課程 培训 培訓 دورة ورشة کورس online-course training-course masterclass",
    Kind.PROGRAMME: "programme program educationaloccupationalprogram curriculum degree programm "
    "studiengang diplôme programa программа 项目 专业 برنامج certificate-programme",
    Kind.WEBINAR: "webinar webinaire webinario вебинар 网络研讨会 ندوة-عبر-الإنترنت ویبینار",
    Kind.EVENT_SERIES: "event-series eventseries series vortragsreihe veranstaltungsreihe",
    Kind.SELF_STUDY: "self-study selfstudy tutorial learningresource",
    Kind.CONFERENCE: "conference symposium congress konferenz tagung kongress fachtagung "
    "conférence colloque congrès congreso conferencia конференция конгресс симпозиум 会议 大会 "
    "研讨会 مؤتمر کانفرنس",
    Kind.MICROCREDENTIAL: "microcredential micro-credential nanodegree microcredencial "
    "micro-certification",
}
_ACCESS = {
    Access.OPEN: "open public open-to-all openaccess free offen öffentlich ouvert abierto público "
    "открытый 公开 开放 مفتوح anyone everyone",
    Access.REGISTRATION: "registration register registration-of-interest enrolment login "
    "registration-required anmeldung inscription inscripción регистрация 注册 报名 تسجيل",
    Access.MEMBERS: "members member members-only restricted closed restrictedaccess "
    "closedaccess embargoedaccess member-only nur-für-mitglieder mitglieder membres "
    "réservé-aux-membres miembros solo-miembros только-для-членов 会员 仅限会员 أعضاء للأعضاء-فقط",
}
_PRICE = {
    Price.FREE: "free gratis free-of-charge no-cost complimentary kostenlos kostenfrei gratuit "
    "gratuito бесплатно 免费 免費 مجاني مفت",
    Price.PAID: "paid charge fee cost partially-free kostenpflichtig payant de-pago платно "
    "платный 收费 付费 مدفوع",
    Price.SUBSCRIPTION: "subscription subscribe membership abonnement abo suscripción подписка "
    "订阅 اشتراك",
}
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
        return None if len(text) < 2 else _country_names().get(text.casefold())


@cache
def _country_names() -> dict[str, str]:
    """Countries by their names in the languages that sources write them in."""
    return {
        name.casefold(): code
        for language in ("ur", "ko", "ja", "tr", "it", "nl", "pt", "ar", "zh_Hant", "zh", "ru",
                         "es", "fr", "de", "en")
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha() and pycountry.countries.get(alpha_2=code)
    }  # fmt: skip


@lru_cache(maxsize=2048)
def jurisdiction(text: str) -> str | None:
    """ISO 3166-1 alpha-2 or ISO 3166-2 (``US-TX``)."""
    if len(text) <= 6 and text.strip().upper() in _SUBDIVISIONS:
        return text.strip().upper()
    return country(text)


def isced(text: str) -> str | None:
    """An ISCED-F 2013 code of two to four digits, also out of an address that ends in it."""
    code = text.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    code = code.casefold().removeprefix("isced-f").strip(" :-")
    return code if _ISCED.match(code) else None


def competence(text: str) -> str | None:
    """``EC1`` to ``EC13``."""
    found = _COMPETENCE.match(text.strip())
    return f"EC{found[1]}" if found else None
