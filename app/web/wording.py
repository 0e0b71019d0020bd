"""How values are put into words: dates, durations, prices, languages, texts in several languages.

Pure and total: whatever a feed brought, a filter gives something to show and never raises. Numbers,
dates and names of languages and countries come from CLDR through Babel. Follows DESIGN §11.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from gettext import NullTranslations
from typing import Protocol

import nh3
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_interval
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape

from app.catalogue import CourseRun, Offer
from app.verification import Result
from app.web import labels
from app.web.feeds import labels as feed_labels

MAX_ACCEPT_LANGUAGE = 500
MAX_AMOUNT = 10**15
MINUTES = {"ext:ContactMinutes", "ext:WorkloadMinutes"}
RESULT_TABLES = {"ext:ActivityKind": "kind", "ext:DeliveryMode": "delivery"}
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DURATION = re.compile(
    r"P(?:(?P<year>\d{1,6})Y)?(?:(?P<month>\d{1,6})M)?(?:(?P<week>\d{1,6})W)?"
    r"(?:(?P<day>\d{1,6})D)?(?:T(?:(?P<hour>\d{1,6}(?:\.\d{1,6})?)H)?(?:(?P<minute>\d{1,6})M)?"
    r"(?:\d{1,6}(?:\.\d{1,9})?S)?)?",
    re.ASCII,
)
_FRACTION = {"ar": 100}
_BETWEEN = {"zh": ("、", "；"), "ar": ("، ", "؛ "), "ur": ("، ", "؛ ")}
"""What stands between the items of a bare enumeration. CLDR's lists end in a word for "and"."""
_HTML_TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "h3", "h4", "a", "blockquote",
              "code", "pre", "dl", "dt", "dd", "sub", "sup"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its language; ``tag`` is empty when the language is not known."""

    text: str
    tag: str


class Highlighted(Protocol):
    """The part of a search highlight that is shown."""

    @property
    def text(self) -> str: ...
    @property
    def ranges(self) -> tuple[tuple[int, int], ...]: ...


def accepted_languages(header: str | None) -> tuple[str, ...]:
    """The tags of an ``Accept-Language`` header, the most wanted first (RFC 9110 §12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in (header or "")[:MAX_ACCEPT_LANGUAGE].split(","):
        tag, _, parameter = part.strip().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        if _TAG.fullmatch(tag) and re.fullmatch(r"[01](\.\d{0,3})?", weight) and float(weight):
            wanted.append((-float(weight), tag))
    return tuple(tag for _, tag in sorted(wanted, key=lambda pair: pair[0]))


def own_language(tag: str) -> str:
    """A language by its own name: Deutsch, 中文."""
    if tag.partition("-")[0] == "und":
        return "–"
    try:
        name = Locale.parse(tag, sep="-").get_display_name(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        name = None
    return name or tag


def texts(values: Mapping[str, str], wanted: Sequence[str]) -> list[Text]:
    """Every text of a language map: the reader's languages first, then English, then the others."""

    def place(tag: str) -> tuple[int, int]:
        for number, want in enumerate([*wanted, "en"]):
            if tag.lower() == want.lower():
                return number, 0
            if tag.split("-", maxsplit=1)[0].lower() == want.split("-")[0].lower():
                return number, 1
        return len(wanted) + 1, 0

    order = sorted((tag for tag in values if values[tag]), key=place)
    return [Text(values[tag], "" if tag == "und" else tag) for tag in order]


def best(values: Mapping[str, str], wanted: Sequence[str]) -> Text | None:
    """The text to show when one is enough."""
    return next(iter(texts(values, wanted)), None)


def lang(tag: str | None, *, direction: bool = True) -> Markup:
    """The attributes of an element that holds a text of somebody else's.

    Its language, and that its direction is its own; without ``direction`` where the element's
    parent takes its direction from this text.
    """
    known = Markup(' lang="{}"').format(tag) if tag and tag != "und" else Markup("")
    return Markup(' dir="auto"') + known if direction else known


def isolated(text: str) -> Markup:
    """Somebody else's text among ours, so that its direction turns nothing around it."""
    return Markup("<bdi>{}</bdi>").format(text)


def marked(highlight: Highlighted) -> Markup:
    """The text with its matches in ``<mark>``; every piece is escaped by itself."""
    pieces, last = [], 0
    for start, end in sorted(highlight.ranges):
        begin = max(start, last)
        if begin >= end:
            continue
        pieces += [escape(highlight.text[last:begin]),
                   Markup("<mark>{}</mark>").format(highlight.text[begin:end])]  # fmt: skip
        last = end
    return Markup("").join([*pieces, escape(highlight.text[last:])])


def rich(html: str) -> Markup:
    """A description's HTML. The catalogue has cleaned it already; a page trusts nobody's HTML."""
    clean = nh3.clean(html, tags=_HTML_TAGS, attributes={"a": {"href"}},
                      url_schemes={"http", "https"}, link_rel="noopener nofollow")  # fmt: skip
    return Markup(clean if "<" in clean else f"<p>{clean}</p>")  # noqa: S704 - cleaned just above


def _moment(value: str) -> date | datetime | None:
    try:
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    except ValueError:
        return None


def _amount(value: str | None) -> Decimal | None:
    """A number that can be shown with its digits; ``1E100`` and ``NaN`` are none."""
    try:
        amount = Decimal(value or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < MAX_AMOUNT else None


def plural_number(amount: Decimal, locale: Locale) -> int:
    """The whole number whose plural form goes with an amount; gettext knows no fractions.

    Whole numbers stand for themselves. A fraction takes the singular below two in French, the form
    of a hundred in Arabic, and that of two in the other languages that are spoken here (CLDR).
    """
    if amount == amount.to_integral_value():
        return int(abs(amount))
    if locale.language == "fr":
        return int(abs(amount))
    return _FRACTION.get(locale.language, 2)


def listed(items: Iterable[str], locale: Locale, *, clauses: bool = False) -> str:
    """Several things side by side; markup among them stays what it is.

    ``clauses`` that may have commas of their own stand farther apart.
    """
    comma, semicolon = _BETWEEN.get(locale.language, (", ", "; "))
    between, found = semicolon if clauses else comma, list(items)
    if any(isinstance(item, Markup) for item in found):
        return escape(between).join(found)
    return between.join(found)


class Wording:
    """The filters that depend on the page's language."""

    def __init__(self, locale: Locale, translations: NullTranslations) -> None:
        self.locale = locale
        self._gettext = translations.gettext
        self._ngettext = translations.ngettext

    def label(self, value: str | None, table: str) -> str:
        """What people call a code of the named table; an unknown code is shown as it is."""
        if not value:
            return ""
        if table == "language":
            return self.language(value)
        if table == "country":
            return str(self.locale.territories.get(value.upper(), value))
        tables = feed_labels.TABLES if table.startswith("feed_") else labels.TABLES
        known = tables.get(table, {}).get(value)
        return self._gettext(known) if known else value

    def problem(self, code: str, detail: str) -> str:
        """What is wrong with a parameter, told by its code in another language than English.

        The detail, which says what would be right, is there in English alone.
        """
        if self.locale.language == "en":
            return detail
        known = labels.PROBLEM.get(code)
        if known:
            return self._gettext(known)
        return Markup('<span lang="en" dir="ltr">{}</span>').format(detail)

    def language(self, tag: str) -> str:
        try:
            name = Locale.parse(tag, sep="-").get_display_name(self.locale)
        except (ValueError, UnknownLocaleError, TypeError):
            name = None
        return name or tag

    def part(self, path: str) -> str:
        """A field of a course as its provenance names it: ``title.zh``, ``credits.1``."""
        name, _, rest = path.partition(".")
        label = self.label(name, "part")
        if not rest:
            return label
        return f"{label} ({rest if rest.isdigit() else self.language(rest)})"

    def number(self, value: float | str) -> str:
        amount = _amount(str(value))
        return str(value) if amount is None else str(format_decimal(amount, locale=self.locale))

    def kilometres(self, value: float) -> str:
        return format_unit(value, "length-kilometer", "short", locale=self.locale)

    def moment(self, value: datetime) -> str:
        return f"{format_datetime(value, 'd MMMM y, HH:mm', locale=self.locale)} UTC"

    def day(self, value: str | date | None, *, length: str = "long") -> str:
        """A date, or a date and time with its zone, from ISO 8601."""
        moment = _moment(value) if isinstance(value, str) else value
        if moment is None:
            return str(value or "")
        if isinstance(moment, datetime):
            shown = format_datetime(moment, "d MMM y, HH:mm", locale=self.locale)
            return f"{shown} {moment.tzname() or ''}".strip()
        return format_date(moment, length, locale=self.locale)

    def days(self, run: CourseRun) -> str:
        """When a course run takes place."""
        start, end = _moment(run.start or ""), _moment(run.end or "")
        if start and end:
            return str(format_interval(start, end, "yMMMd", locale=self.locale))
        return self.day(run.start or run.end, length="medium")

    def duration(self, value: str | None) -> str:
        """``PT12H`` as ``12 hours``."""
        match = _DURATION.fullmatch(value or "")
        if not match:
            return value or ""
        said = [
            format_unit(Decimal(amount), f"duration-{unit}", "long", locale=self.locale)
            for unit, amount in match.groupdict().items()
            if amount and Decimal(amount)
        ]
        return self.listed(said) or (value or "")

    def listed(self, items: Iterable[str]) -> str:
        return listed(items, self.locale)

    def credit(self, value: str, unit: str | None) -> str:
        """``12`` and ``contact-hour`` as ``12 contact hours``; other units as they are."""
        amount = self.number(value)
        if unit and unit in labels.UNIT:
            one, many = labels.UNIT[unit]
            number = plural_number(_amount(value) or Decimal(2), self.locale)
            return self._ngettext(one, many, number) % {"amount": amount}
        return f"{amount} {unit}" if unit else amount

    def result(self, result: Result) -> tuple[str, str]:
        """A measured fact of a record: what it is, and its value in its unit."""
        name = self.label(result.kind, "result")
        value = result.value or result.status or ""
        if result.kind in MINUTES and value.isdigit():
            value = self.duration(f"PT{value}M")
        elif result.kind == "ext:Assessed":
            value = self.label(value, "answer")
        else:
            value = self.label(value, RESULT_TABLES.get(result.kind, ""))
        return (result.name if name == result.kind else name), value

    def price(self, offer: Offer) -> str:
        """An offer's price, as far as it is known."""
        amount = _amount(offer.amount)
        if offer.category == "free" or (amount is not None and not amount):
            return self.label("free", "price")
        if amount is None:
            return self.label(offer.category, "price")
        if not offer.currency:
            return self.number(str(amount))
        # The code, not the sign: "$" is the money of twenty countries.
        whole = amount == amount.to_integral_value()
        pattern = "¤¤ #,##0" if whole else "¤¤ #,##0.00"
        return str(
            format_currency(
                amount, offer.currency, pattern, locale=self.locale, currency_digits=False
            )
        )
