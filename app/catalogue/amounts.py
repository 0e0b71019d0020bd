"""Numbers with a unit: durations, amounts of money, credit. A number never travels alone.

Exact decimals as text, never floats; durations as ISO 8601.
"""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import pycountry

_ISO_DURATION = re.compile(
    r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$"
)
_WORDED = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zа-я一-鿿]+)\.?", re.IGNORECASE)
_SECONDS = {"hour": 3600, "minute": 60, "second": 1}
_UNIT_WORDS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时", "часов", "час", "часа"), "hour"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分钟", "минут"), "minute"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "second"),
    **dict.fromkeys(("d", "day", "days", "天"), "D"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "周"), "W"),
    **dict.fromkeys(("month", "months", "mo", "个月"), "M"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "年"), "Y"),
}
_PLAIN_NUMBER = re.compile(r"^\d{1,12}(?:\.\d{1,6})?$")
_THOUSANDS = re.compile(r"^\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+(?:\.\d{1,6})?$")
_DECIMAL_COMMA = re.compile(r"^\d{1,12},\d{1,2}$")
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "US$": "USD",
    "KSh": "KES",
    "RMB": "CNY",
}
_CREDIT_UNITS = {
    word: unit
    for unit, words in {
        "hour": "h,hr,hrs,hour,hours,cpd hour,cpd hours,学时",
        "contact-hour": "contact hour,contact hours,contact-hour,contact-hours",
        "PDH": "pdh,pdhs,professional development hour,professional development hours",
        "CEU": "ceu,ceus,continuing education unit,continuing education units",
        "CPD-point": "point,points,cpd,cpd-point,cpd point,cpd points,cpd unit,cpd units",
        "ECTS": "ec,ects,ects credit,ects credits,ects point,ects points",
    }.items()
    for word in words.split(",")
}


def decimal(text: str) -> str | None:
    """A number of zero or more as decimal text without needless zeros; ``None`` if it is none."""
    text = text.strip()
    if _DECIMAL_COMMA.match(text):
        text = text.replace(",", ".")
    elif _THOUSANDS.match(text):
        text = re.sub(r"[ ,\u00a0\u202f]", "", text)
    if not text.isascii() or not _PLAIN_NUMBER.match(text):
        return None
    try:
        value = Decimal(text).normalize()
    except InvalidOperation:
        return None
    return f"{value:f}"


def duration(text: str) -> tuple[str | None, bool]:
    """The duration in ISO 8601, and whether it had to be read from words."""
    text = text.strip()
    if len(text) > 60:
        return None, False
    if text[:1] in "pP" and (found := _ISO_DURATION.match(text.upper())):
        years, months, weeks, days, *clock = found.groups()
        amounts = {"Y": years, "M": months, "W": weeks, "D": days}
        amounts |= dict(zip(("hour", "minute", "second"), clock, strict=True))
        return _iso({unit: _exact(amount) for unit, amount in amounts.items() if amount}), False
    rest = _WORDED.sub("", text).replace("and", "").strip(" ,+")
    worded = [(_exact(n), _UNIT_WORDS.get(w.casefold())) for n, w in _WORDED.findall(text)]
    if not worded or rest or any(unit is None for _, unit in worded):
        return None, False
    units = {str(unit): amount for amount, unit in worded}
    return (_iso(units), True) if len(units) == len(worded) else (None, False)


@lru_cache(maxsize=512)
def currency(text: str) -> str | None:
    """The ISO 4217 code; ``None`` when unknown, as for a bare ``$``, which many countries use."""
    text = text.strip()
    if text in _SYMBOLS:
        return _SYMBOLS[text]
    known = pycountry.currencies.get(alpha_3=text.upper())
    return str(known.alpha_3) if known else None


def money(text: str) -> tuple[str | None, str | None]:
    """The number and the currency inside ``50 EUR``, ``€ 50`` or ``50``."""
    text = text.strip()
    if text.casefold() in {"free", "free of charge", "gratis", "免费", "бесплатно"}:
        return "0", None
    split = re.match(r"^([^\d\s.,+-]*)\s*([\d.,\s\u00a0\u202f]*\d)\s*([^\d\s.,+-]*)$", text)
    if not split:
        return None, None
    before, number, after = split.groups()
    return decimal(number), currency(before or after) if before or after else None


def credit_unit(text: str) -> str | None:
    """The unit in our vocabulary, ``None`` when it is not in it."""
    return _CREDIT_UNITS.get(re.sub(r"\s+", " ", text).strip().casefold())


def credit_value(text: str) -> tuple[str | None, str | None]:
    """The number and the unit's words inside ``12 PDH`` or ``12``."""
    split = re.match(r"^([\d.,]*\d)\s*(.*)$", text.strip(), re.DOTALL)
    return (decimal(split[1]), split[2] or None) if split else (None, None)


def _exact(amount: str) -> Decimal:
    return Decimal(amount.replace(",", "."))


def _iso(units: dict[str, Decimal]) -> str | None:
    """One writing for one duration: whole years to days, hours and minutes; none if it is zero."""
    seconds = sum(
        (units.get(name, Decimal(0)) * size for name, size in _SECONDS.items()), Decimal(0)
    )
    days = units.get("D", Decimal(0))
    seconds += days % 1 * 24 * 3600
    whole = {**units, "D": Decimal(int(days))}
    if any(whole.get(unit, Decimal(0)) % 1 for unit in "YMW"):
        return None
    date = "".join(f"{int(whole[unit])}{unit}" for unit in "YMWD" if whole.get(unit))
    minutes = round(seconds / 60)
    time = "".join(
        f"{amount}{unit}" for amount, unit in ((minutes // 60, "H"), (minutes % 60, "M")) if amount
    )
    if len(date) > 12 or minutes > 100_000_000:
        return None
    return f"P{date}" + (f"T{time}" if time else "") if date or time else None
