"""Technical standards as people write them, to body, number, part and year.

The form is read, not the catalogue of any standards body: whether ISO 9001 exists is not asked.
"""

import re

from app.catalogue.model import Standard

_STANDARD = re.compile(
    r"^(?P<body>[A-Z]{2,8}(?:/[A-Z]{1,8}){0,2}(?:[ ](?!\d)[A-Z]{2,8}(?:/[A-Z]{1,4})?){0,2})[ -]?"
    r"(?P<number>[A-Z]?\d{1,6}[A-Z]?(?:\.\d{1,4}){0,3}(?:/[A-Z]?\d{1,5}[A-Z]?)?)"
    r"(?P<parts>(?:-[0-9A-Z]{1,4}){0,3})"
    r"(?:[:—](?P<year>(?:19|20)\d{2}))?(?:[+/][A-Z]{1,3}\d{0,2}:\d{4})*$"
)
_YEAR = re.compile(r"^(19|20)\d{2}$")
_SHORT_YEARS = {"ASCE", "ASTM", "ACI", "AISC", "AWS", "ASHRAE", "ANSI"}
_THIS_CENTURY = 50


def parse(text: str) -> Standard | None:
    """``ISO/IEC 27001:2022``, ``GB 50010-2010``, ``EN 1992-1-1``; ``None`` when it is not one."""
    text = re.sub(r"\s+", " ", text.strip()).replace("\N{EN DASH}", "-").replace("：", ":")
    found = _STANDARD.match(text) if len(text) <= 60 else None
    if not found:
        return None
    body, number, year = found["body"], found["number"], found["year"]
    parts = [part for part in found["parts"].split("-") if part]
    dashed = ""
    if parts and not year and (read := _trailing_year(body, parts[-1])):
        dashed = parts.pop()
        year = read
    part = "-".join(parts) or None
    written = f"{body} {number}" + (f"-{part}" if part else "")
    if year:
        written += f"-{dashed}" if dashed else f":{year}"
    return Standard(body=body, number=number, part=part, year=year, text=written)


def _trailing_year(body: str, last: str) -> str | None:
    """The year that many bodies write after a hyphen: GB 50010-2010, ASCE 7-16."""
    if _YEAR.match(last):
        return last
    if re.split("[/ ]", body)[0] in _SHORT_YEARS and re.match(r"^\d{2}$", last):
        return f"{20 if int(last) < _THIS_CENTURY else 19}{last}"
    return None
