"""Durations as sources write them, to ISO 8601. A number never travels without its unit.

What leaves open how long it is stays open: a range, a rate ("3 hours a week") and a number alone
give no duration but the code of a warning. A teaching hour (学时, академический час, UE) is not an
hour, and how long it is differs by country.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

MAX_LENGTH = 80
_ISO = re.compile(
    r"^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6}(?:[.,]\d{1,6})?)D)?"
    r"(?:T(?:(\d{1,9}(?:[.,]\d{1,6})?)H)?(?:(\d{1,9}(?:[.,]\d{1,6})?)M)?"
    r"(?:(\d{1,9}(?:[.,]\d{1,6})?)S)?)?$"
)
_CLOCK = re.compile(r"^(\d{1,3}):([0-5]\d):([0-5]\d)$")
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?|\d{0,3}[½¼¾]"
_WORDED = re.compile(
    rf"({_NUMBER})[ -]?([a-zäöüáéíóúñа-яё一-鿿\u0600-\u06ff]{{1,16}}"
    r"(?: [a-zа-яё一-鿿\u0600-\u06ff]{2,12})?)\.?",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\b(?:and|und|et|y|и|و|approx|approximately|about|ca|circa|total|in total)\b|[ ,;+.~≈:]"
)
_RANGE = re.compile(
    r"\d\s*(?:-|–|—|to|bis|à|a|до|至|~)\s*\d|\b(?:up to|at least|minimum|max|bis zu|jusqu)",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"/ ?(?:wk|w|week|woche|semaine|semana|day|tag|jour|d[ií]a|month|monat|mois|mes|нед|день)|"
    r"\b(?:per|each|every|\d\w* an?|hours? an?|pro|par|por|je|в|на) (?:week|day|month|woche|"
    r"tag|monat|semaine|jour|mois|semana|d[ií]a|mes|неделю|день|месяц)|weekly|wöchentlich|hebdomadaire|каждую|每周|每天|أسبوعيا",
    re.IGNORECASE,
)
_OPEN = (
    ("W-DURATION-NO-UNIT", re.compile(rf"^(?:{_NUMBER})$")),
    ("W-DURATION-RATE", _RATE),
    ("W-DURATION-RANGE", _RANGE),
)
_WORD_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "half": "0.5",
    "ein": "1", "eine": "1", "zwei": "2", "drei": "3", "un": "1", "une": "1",
    "deux": "2", "trois": "3", "una": "1", "dos": "2", "tres": "3", "один": "1", "два": "2",
    "две": "2", "три": "3", "一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5",
}  # fmt: skip
_SPELT = re.compile(rf"^({'|'.join(_WORD_NUMBERS)})(?:[ -](?:a )?|(?<=[一-鿿]))(?=[^\W\d_])")
_UNITS = {
    word: unit
    for unit, words in {
        "hour": "h,hr,hrs,hour,hours,clock hour,clock hours,std,stunde,stunden,heure,heures,hora,"
        "horas,ч,час,часа,часов,小时,小時,个小时,ساعة,ساعات,ساعتان,گھنٹہ,گھنٹے,گھنٹہ,uur,uren",
        "minute": "m,min,mins,minute,minutes,minuten,minuto,minutos,мин,минута,минуты,минут,分钟,"
        "分鐘,دقيقة,دقائق,منٹ,minuut",
        "second": "s,sec,secs,second,seconds,sekunde,sekunden,seconde,secondes,segundo,segundos,秒",
        "D": "d,day,days,full day,full days,tag,tage,tagen,jour,jours,día,días,dia,dias,день,дня,"
        "дней,天,日,يوم,أيام,دن,dag,dagen",
        "W": "w,wk,wks,week,weeks,woche,wochen,semaine,semaines,semana,semanas,неделя,недели,"
        "недель,нед,周,星期,个星期,أسبوع,أسابيع,ہفتہ,ہفتے,weken",
        "M": "mo,mos,month,months,monat,monate,monaten,mois,mes,meses,месяц,месяца,месяцев,мес,月,"
        "个月,شهر,أشهر,شهور,ماہ,مہینے,maand,maanden",
        "Y": "y,yr,yrs,year,years,jahr,jahre,an,ans,année,années,año,años,год,года,лет,年,سنة,"
        "سنوات,سال,jaar",
    }.items()
    for word in words.split(",")
}
_TEACHING_HOURS = frozenset(
    {"学时", "課時", "课时", "學時", "节课", "class hour", "class hours", "academic hour",
     "academic hours", "teaching hour", "teaching hours", "lesson", "lessons", "ue", "ustd",
     "unterrichtsstunden", "unterrichtseinheiten", "unterrichtseinheit", "le", "ак ч",
     "академический час", "академических часов", "академических часа", "ач", "ساعة معتمدة",
     "credit hour", "credit hours", "sws"}
)  # fmt: skip
_SECONDS = {"hour": 3600, "minute": 60, "second": 1}


@dataclass(frozen=True, slots=True)
class Duration:
    """What was read: a duration, the code of a warning, or both."""

    iso: str | None
    code: str | None = None


def read(text: str) -> Duration:
    """The duration in ISO 8601; ``W-DURATION-WORDS`` when it had to be read from words."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        return Duration(None, "W-DURATION-FORMAT")
    if text[:1] in "pP" and (found := _ISO.match(text.upper())):
        iso = _iso(_of_iso(found))
        return Duration(iso, None if iso else "W-DURATION-FORMAT")
    if found := _CLOCK.match(text):
        units = dict(zip(("hour", "minute", "second"), map(Decimal, found.groups()), strict=True))
        iso = _iso(units)
        return Duration(iso, "W-DURATION-WORDS" if iso else "W-DURATION-FORMAT")
    return _worded(text.casefold())


def _of_iso(found: re.Match[str]) -> dict[str, Decimal]:
    names = ("Y", "M", "W", "D", "hour", "minute", "second")
    given = zip(names, found.groups(), strict=True)
    return {unit: _exact(amount) for unit, amount in given if amount}


def _worded(text: str) -> Duration:
    for code, pattern in _OPEN:
        if pattern.search(text):
            return Duration(None, code)
    text = _SPELT.sub(lambda found: f"{_WORD_NUMBERS[found[1]]} ", text)
    read: dict[str, Decimal] = {}
    rest = text
    for match in _WORDED.finditer(text):
        unit, ends = _unit(match)
        if unit == "teaching":
            return Duration(None, "W-DURATION-TEACHING-HOURS")
        if unit is None or unit in read:
            return Duration(None, "W-DURATION-FORMAT")
        read[unit] = _exact(match[1])
        if unit == "D" and read[unit] % 1:
            return Duration(None, "W-DURATION-FORMAT")  # half a day of teaching is not 12 hours
        rest = rest.replace(text[match.start() : ends], " ", 1)
    iso = _iso(read) if read and not _JOINT.sub("", rest) else None
    return Duration(iso, "W-DURATION-WORDS" if iso else "W-DURATION-FORMAT")


def _unit(match: re.Match[str]) -> tuple[str | None, int]:
    """The unit, of two words or one, and where its words end."""
    words = match[2]
    first = words.split(" ", 1)[0]
    for known in (words, first):
        ends = match.start(2) + len(known)
        if known in _TEACHING_HOURS:
            return "teaching", ends
        if known in _UNITS:
            return _UNITS[known], ends
    return None, match.end()


def _exact(amount: str) -> Decimal:
    for sign, part in (("½", "0.5"), ("¼", "0.25"), ("¾", "0.75")):
        if amount.endswith(sign):
            return Decimal(amount[:-1] or "0") + Decimal(part)
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
