"""Technical standards in running text: ISO 9001:2015, EN 1992-1-1, GB/T 50476, ГОСТ 27751-2014.

A standard is found by its number: from each number the text before it is read backwards for the
name of a body, and then the body's own form (``words/standards.tsv``) is read forwards. So a text
without numbers costs nothing, and a body's name costs nothing where no number follows. A number
that may be a year, a film speed or a count is left where the form alone does not settle it
("IEEE 2023", "EN 2024", "API 3"). The form is read, not the catalogue of any standards body:
whether ISO 9001 exists is not asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from app.catalogue.model import Standard

MAX_TEXT = 20_000
MAX_NUMBERS = 150
_BEFORE = 36
_SHORT_LINE = 60
_THIS_CENTURY = 50
_DASH = "[-\u2010-\u2015]"
_YEAR = r"(?:19[3-9]|20[0-4])\d"
_PIECES = {
    "<NAT>": r"DIN|BS|NF|UNE|UNI|ÖNORM|OENORM|SN|SS|DS|NS|NBN|NEN|PN|STN|ČSN|CSN|SR|TS|I\.S\.|IS|"
    "AS/NZS|AS|NZS|ГОСТ Р|ГОСТ|GOST R|GOST|SANS|MS|SLS|PS|KS|JIS|SFS|EVS|LVS|GB/T|ABNT NBR|NBR",
    "<INT>": "EN ISO/IEC|EN ISO|EN IEC|ISO/IEC/IEEE|ISO/IEC TR|ISO/IEC TS|ISO/IEC|ISO/ASTM|ISO/TR|"
    "ISO/TS|ISO/PAS|ISO TR|ISO TS|ISO|Iso|iso|IEC/IEEE|IEC/TR|IEC/TS|IEC TR|IEC TS|IEC|EN|ИСО/МЭК|"
    "ИСО|МЭК|ЕН",
    "<PARTS>": r"(?P<parts>(?:<D>(?!<YEAR>(?!\d))\d{1,3}(?!\d)){0,3})",
    "<ANYYEAR>": r"(?: ?(?:[:：]|<D>) ?(?P<year><YEAR>)(?!\d))?",
    "<COLONYEAR>": r"(?: ?[:：] ?(?P<year><YEAR>)(?!\d))?",
    "<DASHYEAR>": r"(?: ?<D> ?(?P<year><YEAR>)(?!\d))?",
    "<SHORTYEAR>": r"(?:<D>(?P<year><YEAR>|\d{2})(?!\d))?",
    "<YEAR>": _YEAR,
    "<D>": _DASH,
}
_NUMBER = re.compile(
    r"[0-9](?:(?<=[A-ZА-ЯЁ/规范.)].)|(?<=[A-ZА-ЯЁ/规范.)][ \u00a0.:-].)|(?<=ode .)|(?<=odes .)|"
    r"(?<=Std .)|(?<=код .)|(?<=digo .)|(?<=dard .)|(?<=pec .)|(?<=tion .)|(?<=[Ii]so .))"
)
"""The first digit of a number before which a body's name may end; most are just numbers."""
_LOWER = re.compile(r"[a-zа-яà-ÿ]")
_UPPER_WORD = re.compile(r"[A-ZÀ-ÞА-Я]{4}")
_SHOUTED = frozenset({"EN", "IS", "AS", "DIN", "PAS", "BS", "PS", "TS", "SP", "SL"})
"""Names that are words of some language when a whole line is in capitals."""
_SHORT_EN = frozenset(
    {"54", "81", "124", "166", "196", "197", "206", "287", "295", "338", "388", "397"}
)
"""The European standards below 1000 that are spoken of without part or year; rooms have numbers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A standard and where it stands in the text."""

    standard: Standard
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Form:
    """How one family writes its standards, read from the body's name on."""

    pattern: re.Pattern[str]
    bare: re.Pattern[str] | None
    """What the number must be where neither part nor year stands with it."""


def find(text: str) -> Iterator[Found]:
    """The standards that ``text`` names, in its order; one named twice comes twice."""
    text = text[:MAX_TEXT]
    reached = 0
    for n, number in enumerate(_NUMBER.finditer(text)):
        if n == MAX_NUMBERS:
            return
        at = number.start()
        if at < reached:
            continue
        found = _at(text, at, reached)
        if found is not None:
            reached = found.end
            yield found


def parse(text: str) -> Standard | None:
    """The standard that ``text`` is, all of it; ``None`` when it is none."""
    text = " ".join(text.split())
    found = next(find(text), None) if len(text) <= _SHORT_LINE else None
    return found.standard if found and (found.start, found.end) == (0, len(text)) else None


def _at(text: str, at: int, reached: int) -> Found | None:
    """The standard whose number begins at ``at``, whole or after a letter."""
    before, forms = _forms()
    first = max(reached, at - _BEFORE)
    while head := before.search(text, first, at):
        for form in forms:
            match = form.pattern.match(text, head.start())
            if match and match.end() > at and _is_meant(text, match, form):
                return Found(_standard(match), match.start(), match.end())
        first = head.start() + 1
    return None


def _is_meant(text: str, match: re.Match[str], form: _Form) -> bool:
    """Whether the number is a standard's, and the letters a body's name."""
    named = match.groupdict()
    number = named["number"] or named.get("number2") or ""
    stated = named.get("year") or named.get("year2") or named.get("parts")
    body = str(named["body"] or named.get("body2"))
    if not stated and not _enough(body, number, form):
        return False
    if body == "GB" and re.search(r"\d ?$", text[max(0, match.start() - 2) : match.start()]):
        return False  # 8 GB 2400 MHz
    if body not in _SHOUTED:
        return True
    around = text[max(0, match.start() - 30) : match.start()] + text[match.end() : match.end() + 30]
    shouted = _UPPER_WORD.search(around) and not _LOWER.search(around)
    return not shouted or bool(named.get("year"))


def _enough(body: str, number: str, form: _Form) -> bool:
    """Whether the number says which standard it is, without a part or a year."""
    if body == "EN" and len(number) < len("1990"):
        return number in _SHORT_EN
    if body.endswith("EN") and number.startswith("199"):
        return True
    return form.bare is None or bool(form.bare.match(number))


def _standard(match: re.Match[str]) -> Standard:
    """In one writing: a space after the body, a year as its body parts it."""
    named = match.groupdict()
    body = " ".join(str(named["body"] or named.get("body2")).split())
    number = re.sub(r"[\u2010-\u2015]", "-", str(named["number"] or named.get("number2")))
    parts = re.sub(_DASH, "-", named.get("parts") or "").strip("-") or None
    year = named.get("year") or named.get("year2")
    if body.casefold().endswith("iso"):
        body = body.upper()
    if body.casefold().startswith(("eurocod", "еврокод", "欧洲", "eurocó")):
        body, number = "EN", f"199{number}"
    written = f"{body}{'-' if body.startswith('MIL') else ' '}{number}" + (
        f"-{parts}" if parts else ""
    )
    if year:
        mark = match.string[match.start("year" if named.get("year") else "year2") - 1]
        written += f".{year}" if mark == "." else f":{year}" if mark in " :：" else f"-{year}"
        if len(year) == 2:
            year = f"{20 if int(year) < _THIS_CENTURY else 19}{year}"
    return Standard(body=body, number=number, part=parts, year=year, text=written)


@cache
def _forms() -> tuple[re.Pattern[str], tuple[_Form, ...]]:
    """What is looked for before a number, and the forms to read from there, in their order."""
    table = files("app.catalogue.recognising").joinpath("words/standards.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    either = "|".join(_filled(row[0]) for row in rows)
    before = re.compile(
        rf"(?<![A-Za-zÀ-ÿА-Яа-яЁё0-9])(?:{either})(?![a-rt-zа-я])[\w \u00a0:.&/-]{{0,20}}$"
    )
    forms = (
        _Form(re.compile(_filled(row[1])), re.compile(_filled(row[2])) if len(row) > 2 else None)
        for row in rows
    )
    return before, tuple(forms)


def _filled(pattern: str) -> str:
    for _ in range(3):
        for name, piece in _PIECES.items():
            pattern = pattern.replace(name, piece)
    return pattern
