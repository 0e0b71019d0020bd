"""Checking single values and lists of them: texts by language, codes, dates, addresses.

Every function takes what anybody may have sent, of any type, and gives only what is clean; what it
mended or left out stands in the findings. None of them raises.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from app.catalogue import addresses, codes, dates, durations, languages, texts
from app.catalogue.findings import Findings
from app.catalogue.model import Delivery, LanguageMap

T = TypeVar("T")

MAX_LANGUAGES = 40
MAX_ENTRIES = 50
_LINE = 300
_DELIVERIES = ", ".join(Delivery)


def language_map(
    value: object,
    clean: Callable[..., str | None],
    *,
    limit: int,
    path: str,
    default: str | None,
    found: Findings,
) -> LanguageMap:
    """Texts by language tag. ``default`` is the language of texts that do not say theirs."""
    if value is None or value == {}:
        return {}
    if isinstance(value, str):
        value = {languages.UNKNOWN: value}
    if not isinstance(value, Mapping):
        if value is not None:
            found.warn("W-TYPE", path=path, message="Texts by language were expected.", value=value)
        return {}
    made: dict[str, str] = {}
    for key, text in _first(value.items(), MAX_LANGUAGES, path=path, found=found):
        tag = languages.tag(key) if isinstance(key, str) else None
        if tag is None:
            found.warn(
                "W-LANG-UNKNOWN",
                path=path,
                message="This is no language tag.",
                value=key,
                hint="Use BCP 47, such as en or zh-Hans.",
            )
        if tag in {None, languages.UNKNOWN}:
            tag = default or languages.UNKNOWN
        cleaned = clean(text, limit=limit, path=f"{path}.{tag}", found=found)
        if cleaned is not None:
            made.setdefault(str(tag), cleaned)
    return made


def line(value: object, *, path: str, found: Findings, limit: int = _LINE) -> str | None:
    """One line of text."""
    return texts.line(value, limit=limit, path=path, found=found)


def entries(value: object, *, path: str, found: Findings, limit: int = MAX_ENTRIES) -> list[Any]:
    """The members of a list; a single value counts as a list of one."""
    if value is None:
        return []
    if isinstance(value, list | tuple) and len(value) <= limit:
        return list(value)
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        return [value]
    return list(_first(value, limit, path=path, found=found))


def lines(value: object, *, path: str, found: Findings) -> tuple[str, ...]:
    """A list of texts, each once."""
    listed = entries(value, path=path, found=found)
    made = (line(one, path=f"{path}[{n}]", found=found) for n, one in enumerate(listed))
    return tuple(dict.fromkeys(one for one in made if one))


def coded(
    value: object,
    read: Callable[[str], T | None],
    *,
    code: str,
    hint: str,
    path: str,
    found: Findings,
) -> tuple[T, ...]:
    """A list of codes, each once; what ``read`` does not know is left out with a warning."""
    made: dict[T, None] = {}
    for n, one in enumerate(entries(value, path=path, found=found)):
        known = one_coded(one, read, code=code, hint=hint, path=f"{path}[{n}]", found=found)
        if known is not None:
            made.setdefault(known)
    return tuple(made)


def one_coded(
    value: object,
    read: Callable[[str], T | None],
    *,
    code: str,
    hint: str,
    path: str,
    found: Findings,
) -> T | None:
    """One code, or nothing and a warning."""
    if value is None:
        return None
    text = line(value, path=path, found=found, limit=addresses.MAX_LENGTH)
    if text is None:
        return None
    known = read(text)
    if known is None:
        found.warn(code, path=path, message="Not understood, so left out.", value=text, hint=hint)
    return known


def url(value: object, *, path: str, found: Findings) -> str | None:
    """An http(s) address."""
    text = line(value, path=path, found=found, limit=addresses.MAX_LENGTH)
    if text is None:
        return None
    usable = addresses.shown(text)
    if usable is None and (usable := addresses.with_scheme(text)):
        found.warn(
            "W-URL-NO-SCHEME",
            path=path,
            message="https:// was put before it.",
            value=text,
            hint="Write the whole address.",
        )
    if usable is None:
        found.warn(
            "W-URL-INVALID",
            path=path,
            message="Not a usable address, so left out.",
            value=text,
            hint="Use http or https, without user name.",
        )
    return usable


def public_url(value: object, *, path: str, found: Findings) -> str | None:
    """An http(s) address that everybody can reach, as far as its writing tells."""
    usable = url(value, path=path, found=found)
    if usable is None or addresses.is_public(usable):
        return usable
    found.warn(
        "W-URL-NOT-PUBLIC",
        path=path,
        message="Nobody else can reach this address, so it was left out.",
        value=usable,
        hint="Give an address on the public web.",
    )
    return None


_DATE_FAULTS = {
    "W-DATE-FORMAT": "Write it in ISO 8601, such as 2026-03-01.",
    "W-DATE-AMBIGUOUS": "Day and month may be either way round: write 2026-03-01.",
    "W-DATE-NO-DAY": "Name the day, such as 2026-03-01.",
    "W-DATE-ZONE": "Write the offset of the time zone, such as +01:00.",
}


def date(value: object, *, path: str, found: Findings) -> str | None:
    """A date or a time."""
    text = line(value, path=path, found=found)
    if text is None:
        return None
    known = dates.moment(text)
    if known is None:
        code = dates.fault(text)
        found.warn(
            code,
            path=path,
            message="Not one day for certain, so left out.",
            value=text,
            hint=_DATE_FAULTS[code],
        )
    return known


_DURATION_FAULTS = {
    "W-DURATION-FORMAT": "Not understood, so left out.",
    "W-DURATION-NO-UNIT": "A number without its unit, so left out.",
    "W-DURATION-RANGE": "It says from and to, so that no one duration could be told.",
    "W-DURATION-RATE": "It says how much in each week or day, so that no duration could be told.",
    "W-DURATION-TEACHING-HOURS": "How long a teaching hour is differs, so it was left out.",
}


def period(value: object, *, path: str, found: Findings) -> str | None:
    """A duration."""
    text = line(value, path=path, found=found)
    if text is None:
        return None
    read = durations.read(text)
    if read.code:
        found.warn(
            read.code,
            path=path,
            value=text,
            message=_DURATION_FAULTS.get(read.code, f"Read as {read.iso}."),
            hint="Write it in ISO 8601, such as PT12H.",
        )
    return read.iso


def delivery(value: object, *, live: bool, path: str, found: Findings) -> str | None:
    """How it is given. ``live`` says what a bare "online" most likely means here."""
    if isinstance(value, str) and value.strip().casefold() == "online":
        guess = Delivery.ONLINE_LIVE if live else Delivery.ONLINE_ASYNC
        found.warn(
            "W-DELIVERY-GUESSED",
            path=path,
            message=f"Read as {guess}.",
            value=value,
            hint="Say online-live or online-async.",
        )
        return str(guess)
    return one_coded(
        value,
        codes.delivery,
        code="W-DELIVERY-UNKNOWN",
        path=path,
        found=found,
        hint=f"Use one of {_DELIVERIES}.",
    )


def language(value: object, *, path: str, found: Findings) -> str | None:
    """One language."""
    return one_coded(
        value,
        languages.tag,
        code="W-LANG-UNKNOWN",
        path=path,
        found=found,
        hint="Use BCP 47, such as en or zh-Hans.",
    )


def country(value: object, *, path: str, found: Findings) -> str | None:
    """ISO 3166-1 alpha-2."""
    return one_coded(
        value,
        codes.country,
        code="W-COUNTRY",
        path=path,
        found=found,
        hint="Use ISO 3166-1, such as KE.",
    )


def mapping(value: object, *, path: str, found: Findings) -> Mapping[str, Any]:
    """An object; an empty one when it is none."""
    if isinstance(value, Mapping):
        return value
    found.warn("W-TYPE", path=path, message="An object was expected here.", value=value)
    return {}


def _first(values: Iterable[T], limit: int, *, path: str, found: Findings) -> Iterator[T]:
    for n, value in enumerate(values):
        if n == limit:
            found.warn("W-TOO-MANY", path=path, message=f"Only the first {limit} were taken.")
            return
        yield value
