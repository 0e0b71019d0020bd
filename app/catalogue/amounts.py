"""Numbers with a unit: amounts of money and credit. A number never travels alone.

Exact decimals as text, never floats.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import pycountry

_PLAIN_NUMBER = re.compile(r"^\d{1,12}(?:\.\d{1,6})?$")
_THOUSANDS = re.compile(r"^\d{1,3}(?:[ ,'’\u00a0\u202f]\d{3})+(?:\.\d{1,6})?$")
_DOTTED_THOUSANDS = re.compile(r"^\d{1,3}(?:(?:\.\d{3})+,\d{1,2}|(?:\.\d{3}){2,})$")
_INDIAN_THOUSANDS = re.compile(r"^\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?$")
_DECIMAL_COMMA = re.compile(r"^\d{1,12},\d{1,2}$")
_GROUPING = re.compile(r"[ ,'’\u00a0\u202f]")
_THREE_AFTER_DOT = re.compile(r"^[1-9]\d{0,2}\.\d{3}$")
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_SYMBOLS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₦": "NGN", "₩": "KRW",
    "₫": "VND", "฿": "THB", "₴": "UAH", "₪": "ILS", "₱": "PHP", "₵": "GHS", "ZŁ": "PLN",
    "US$": "USD", "U$S": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "NT$": "TWD", "MX$": "MXN",
    "KSH": "KES", "KSHS": "KES", "USH": "UGX", "USHS": "UGX", "TSH": "TZS", "TSHS": "TZS",
    "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY", "元": "CNY", "人民币": "CNY", "EURO": "EUR",
    "EUROS": "EUR", "РУБ": "RUB", "РУБЛЕЙ": "RUB", "РУБЛЯ": "RUB", "円": "JPY",
    "NAIRA": "NGN", "S/": "PEN",
}  # fmt: skip
_SHARED = {
    "$": "USD AUD CAD NZD HKD SGD TWD MXN CLP COP ARS JMD TTD BBD BSD BZD FJD GYD LRD NAD SBD SRD "
    "XCD ZWG",
    "¥": "CNY JPY", "￥": "CNY JPY", "KR": "SEK NOK DKK ISK", "RS": "INR PKR LKR NPR MUR SCR",
    "RS.": "INR PKR LKR NPR MUR SCR", "R": "ZAR", "SHS": "KES TZS UGX", "SH": "KES TZS UGX SOS",
    "FCFA": "XOF XAF", "CFA": "XOF XAF", "DH": "AED MAD", "DHS": "AED MAD",
    "ر.س": "SAR", "د.إ": "AED", "ج.م": "EGP", "جنيه": "EGP SDG", "روپے": "PKR INR",
    "DOLLARS": "USD AUD CAD NZD", "POUNDS": "GBP EGP", "LE": "EGP SLE",
}  # fmt: skip
_OF_COUNTRY = {
    "US": "USD", "AU": "AUD", "CA": "CAD", "NZ": "NZD", "HK": "HKD", "SG": "SGD", "TW": "TWD",
    "MX": "MXN", "CL": "CLP", "CO": "COP", "AR": "ARS", "JM": "JMD", "TT": "TTD", "BB": "BBD",
    "FJ": "FJD", "GY": "GYD", "LR": "LRD", "NA": "NAD", "CN": "CNY", "JP": "JPY", "SE": "SEK",
    "NO": "NOK", "DK": "DKK", "IS": "ISK", "IN": "INR", "PK": "PKR", "LK": "LKR", "NP": "NPR",
    "MU": "MUR", "SC": "SCR", "ZA": "ZAR", "KE": "KES", "TZ": "TZS", "UG": "UGX", "SO": "SOS",
    "SN": "XOF", "CI": "XOF", "BJ": "XOF", "BF": "XOF", "ML": "XOF", "NE": "XOF", "TG": "XOF",
    "CM": "XAF", "GA": "XAF", "TD": "XAF", "CG": "XAF", "AE": "AED", "MA": "MAD", "SA": "SAR",
    "EG": "EGP", "SD": "SDG", "GB": "GBP", "SL": "SLE", "ZW": "ZWG",
}  # fmt: skip
_ONLY_ONE = {mark: codes for mark, codes in _SHARED.items() if " " not in codes}
_FREE = frozenset(
    {"free", "free of charge", "no charge", "no cost", "no fee", "complimentary", "gratis",
     "kostenlos", "kostenfrei", "gratuit", "gratuite", "gratuito", "gratuita", "grátis", "免费",
     "免費", "бесплатно", "مجاني", "مجانا", "مجاناً", "مفت"}
)  # fmt: skip
_MONEY = re.compile(
    r"^(?P<before>[^\d\s,+-][^\d\s+-]{0,11})?\s*(?P<number>\d[\d.,'’\s\u00a0\u202f]{0,20})"
    r"(?:[.,]?[-–—]{1,2})?\s*(?P<after>[^\d\s.,+/-][^\d\s,+-]{0,11})?$"
)
_RANGE = re.compile(r"\d\s*(?:-|–|—|to|bis|à)\s*[^\d\s]{0,4}\s*\d")
_CREDIT_UNITS = {
    word: unit
    for unit, words in {
        "hour": "h,hr,hrs,hour,hours,cpd hour,cpd hours,cpd-hours,hours cpd,hours of cpd,"
        "hour of cpd,cpd hr,cpd hrs,h cpd,cpe hour,cpe hours,pd hour,pd hours,stunde,stunden,std,"
        "heure,heures,hora,horas,час,часа,часов,小时,ساعة,ساعات,گھنٹے,fortbildungsstunden,"
        "heures de formation,horas de formación,learning hours",
        "contact-hour": "contact hour,contact hours,contact-hour,contact-hours,contacthour",
        "class-hour": "class-hour,class-hours,class hour,class hours,学时,學時,课时,課時,学时数,"
        "академический час,академических часов,академических часа,ак ч,ак. ч,ак. ч.,academic hour,"
        "academic hours,unterrichtseinheit,unterrichtseinheiten,unterrichtsstunden,ue,ustd",
        "PDH": "pdh,pdhs,pdh's,pdh credit,pdh credits,professional development hour,"
        "professional development hours",
        "PDU": "pdu,pdus,professional development unit,professional development units",
        "CEU": "ceu,ceus,continuing education unit,continuing education units",
        "CPD-point": "cpd-point,cpd-points,cpd point,cpd points,cpd credit,cpd credits,cpd unit,"
        "cpd units,fortbildungspunkt,fortbildungspunkte,cpd-punkte,points de formation,puntos cpd,"
        "баллов cpd",
        "ECTS": "ec,ects,ects credit,ects credits,ects point,ects points,ects-points,ects-punkte,"
        "ects-credits,ects cr,leistungspunkte (ects),crédits ects,créditos ects,credits ects,"
        "зет ects",
    }.items()
    for word in words.split(",")
}
_AMBIGUOUS_UNITS = frozenset(
    {"cpd", "credit", "credits", "unit", "units", "point", "points", "punkte", "crédits",
     "créditos", "баллы", "баллов", "学分", "نقطة", "نقاط", "cpe", "cpes", "cpd value", "cpds"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Money:
    """What was read of an amount; ``code`` is that of the warning to give."""

    amount: str | None
    currency: str | None = None
    code: str | None = None
    mark: str | None = None
    """The sign for the currency, where it may be one of several."""


def decimal(text: str) -> str | None:
    """A number of zero or more as decimal text without needless zeros; ``None`` if it is none."""
    text = text.strip()
    if _DECIMAL_COMMA.match(text):
        text = text.replace(",", ".")
    elif _THOUSANDS.match(text) or _INDIAN_THOUSANDS.match(text):
        text = _GROUPING.sub("", text)
    elif _DOTTED_THOUSANDS.match(text):
        text = text.replace(".", "").replace(",", ".")
    if not text.isascii() or not _PLAIN_NUMBER.match(text):
        return None
    try:
        value = Decimal(text).normalize()
    except InvalidOperation:
        return None
    return f"{value:f}"


@lru_cache(maxsize=512)
def currency(text: str, country: str | None = None) -> str | None:
    """The ISO 4217 code.

    A sign that several currencies share is read only where the country is known; a bare ``$`` is
    none.
    """
    text = text.strip().rstrip(".").upper()
    if text in _SYMBOLS:
        return _SYMBOLS[text]
    if shared := _SHARED.get(text):
        own = _OF_COUNTRY.get(country or "")
        return own if own in shared.split() else _ONLY_ONE.get(text)
    known = pycountry.currencies.get(alpha_3=text)
    return str(known.alpha_3) if known else None


def shared_sign(text: str) -> bool:
    """Whether several currencies are written so."""
    return text.strip().rstrip(".").upper() in _SHARED


def money(text: str, country: str | None = None) -> Money:
    """The number and the currency inside ``50 EUR``, ``€ 50`` or ``50``."""
    text = text.strip()
    if text.casefold().rstrip(".!") in _FREE:
        return Money("0")
    split = _MONEY.match(re.sub(r" ?/[=-]$", "", text))
    if not split:
        return Money(None, None, "W-PRICE-RANGE" if _RANGE.search(text) else "W-PRICE-AMOUNT")
    number = split["number"].strip().rstrip(".,")
    mark = split["before"] or split["after"]
    known = currency(mark, country) if mark else None
    if _THREE_AFTER_DOT.match(number) and known not in _THREE_DECIMALS:
        return Money(None, known, "W-PRICE-AMBIGUOUS")
    amount = decimal(number)
    if amount is None or (split["before"] and split["after"]):
        return Money(None, known, "W-PRICE-AMOUNT")
    return Money(amount, known, None, mark if known is None else None)


def credit_unit(text: str) -> str | None:
    """The unit in our vocabulary, ``None`` when it is not in it."""
    return _CREDIT_UNITS.get(re.sub(r"[\s_]+", " ", text).strip(" ().:").casefold())


def is_ambiguous(unit: str) -> bool:
    """Whether bodies mean different things by this unit ("1.5 CPD", "3 credits")."""
    return unit.strip(" ().:").casefold() in _AMBIGUOUS_UNITS


def credit_value(text: str) -> tuple[str | None, str | None]:
    """The number and the unit's words inside ``12 PDH``, ``CPD hours: 1.5`` or ``12``."""
    text = text.strip()
    if split := re.match(r"^([\d.,]*\d)(?:\s*[-–:]?\s*([^\d\s–-].*))?$", text, re.DOTALL):
        return decimal(split[1]), split[2] or None
    if split := re.match(r"^([^\d:=]{2,40}?)\s*[:=]?\s*([\d.,]*\d)$", text):
        return decimal(split[2]), split[1]
    return None, None
