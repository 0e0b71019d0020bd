"""In which encoding a text without a mark is written, told from its bytes alone.

Only where nobody says it: a mark at the beginning, the server or the configuration go first. The
tables meant here are short, a name and a few words in a row, and general detectors need more: one
read Chinese, German and half-English Russian tables of this size wrongly. So few questions are
asked, of the encodings that spreadsheets of our societies save in, and a guess is always told.
"""

import re
from collections.abc import Iterable

_LOOKED_AT = 200_000
_MIXED = 2
"""So many good letters for one bad byte make a text UTF-8 all the same."""

_RUNS = re.compile(rb"[\x80-\xff]+")
_PAIRED = re.compile(rb"[\x81-\xfe]+")
_KANA = re.compile("[\u3040-\u30ff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CASE_BREAK = re.compile("[\u0430-\u044f\u0451-\u045f][\u0410-\u042f\u0401-\u040f]")
"""A small Cyrillic letter before a capital: what Russian words do not have."""


def utf_16(body: bytes) -> str | None:
    """Which UTF-16 it is, when it is one without a mark: its NULs stand at one parity."""
    head = body[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most < 0.05 * len(head) / 2 or least > most / 3:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def guessed(body: bytes) -> tuple[str, str]:
    """The text of bytes that are not UTF-8, and what they were taken for."""
    mixed = _nearly_utf_8(body)
    if mixed is not None:
        return mixed, "UTF-8, with single bytes of cp1252"
    head = body[:_LOOKED_AT]
    head = head[: head.rfind(b"\n") + 1] or head
    name = _of_pairs(head) or _of_letters(head) or "cp1252"
    return body.decode(name, "replace"), name


def _nearly_utf_8(body: bytes) -> str | None:
    """Text of UTF-8 into which a few bytes of something else were pasted."""
    text = body.decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= letter <= "\udcff" for letter in text)
    good = len(_BEYOND_ASCII.findall(text)) - bad
    if good < _MIXED * bad:
        return None
    return re.sub(
        "[\udc80-\udcff]",
        lambda found: bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace"),
        text,
    )


def _of_pairs(head: bytes) -> str | None:
    """The East Asian encodings, in which letters take two bytes."""
    japanese = _strictly(head, "cp932")
    if japanese is not None and _share(japanese, _KANA) >= 0.2:
        return "cp932"
    runs = _PAIRED.findall(head)
    pairs = [run[i] for run in runs for i in range(0, len(run) - 1, 2)]
    even = sum(len(run) % 2 == 0 for run in runs)
    if pairs and even >= 0.9 * len(runs):
        hangul = sum(0xB0 <= lead <= 0xC8 for lead in pairs)
        korean = len(pairs) >= 12 and hangul >= 0.98 * len(pairs)
        return "cp949" if korean and _strictly(head, "cp949") else "gb18030"
    taiwanese = _strictly(head, "cp950")
    if taiwanese is not None and _common_in_big5(taiwanese) >= 0.8:
        return "cp950"
    return None


def _of_letters(head: bytes) -> str | None:
    """The encodings of one byte a letter whose words have no ASCII in them."""
    runs = _RUNS.findall(head)
    high = sum(map(len, runs))
    if sum(len(run) for run in runs if len(run) >= 3) < 0.5 * high:
        return None  # letters with accents stand alone
    for name in ("cp1251", "koi8_r"):
        text = head.decode(name, "replace")
        breaks = len(_CASE_BREAK.findall(text))
        if _share(text, _CYRILLIC) >= 0.9 and breaks <= 0.05 * high:
            return name
    return "cp1256" if _share(head.decode("cp1256", "replace"), _ARABIC) >= 0.8 else None


def _common_in_big5(text: str) -> float:
    leads = [letter.encode("cp950")[0] for letter in _BEYOND_ASCII.findall(text)]
    return _part(0xA1 <= lead <= 0xC6 for lead in leads)


def _share(text: str, kind: re.Pattern[str]) -> float:
    """How much of what is not ASCII is of this kind."""
    return _part(kind.match(letter) is not None for letter in _BEYOND_ASCII.findall(text))


def _part(answers: Iterable[bool]) -> float:
    told = list(answers)
    return sum(told) / len(told) if told else 0.0


def _strictly(head: bytes, name: str) -> str | None:
    try:
        return head.decode(name)
    except UnicodeDecodeError:
        return None
