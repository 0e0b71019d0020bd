"""Credits and prices as lines a person can write: ``8 PDH; KE``, ``6000 KES; member``. Pure.

What is written is judged by the catalogue's rules, as a feed would be; this only takes it apart.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.catalogue.merging import MAPS
from app.web.reviewing import comparing

_AMOUNT = re.compile(r"^\s*(?P<number>[\d.,]+)\s*(?P<unit>.*?)\s*$")
MOST = 100


def read(field: str, text: str) -> list[dict[str, str]]:
    """One credit or price a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [(_credit if field == "credits" else _offer)(line) for line in lines[:MOST]]


def shown(field: str, said: Mapping[str, Any], language: str) -> str:
    """A field of a course as the form's text."""
    value = said.get(field)
    if value is None or not field:
        return ""
    if field in MAPS:
        return str(value.get(language, "")) if isinstance(value, Mapping) else ""
    if field == "credits":
        return "\n".join(_of_credit(one) for one in value)
    if field == "offers":
        return "\n".join(_of_offer(one) for one in value)
    return "\n".join(text for _, text in comparing.said(field, said))


def _credit(line: str) -> dict[str, str]:
    amount, *rest = (part.strip() for part in line.split(";"))
    found = _AMOUNT.match(amount)
    made = {"value": found["number"], "unit": found["unit"]} if found else {"value": amount}
    names = ("jurisdiction", "framework", "approval_no")
    return {**made, **{name: part for name, part in zip(names, rest, strict=False) if part}}


def _of_credit(one: Mapping[str, Any]) -> str:
    parts = [f"{one['value']} {one.get('unit') or ''}".strip()]
    parts += [one.get(name) or "" for name in ("jurisdiction", "framework", "approval_no")]
    return re.sub(r"[; ]+$", "", "; ".join(parts))


def _offer(line: str) -> dict[str, str]:
    amount, *rest = (part.strip() for part in line.split(";"))
    found = _AMOUNT.match(amount)
    made = {"amount": found["number"], "currency": found["unit"]} if found else {"amount": amount}
    if not found and amount.casefold() in {"free", "paid", "subscription"}:
        made = {"category": amount.casefold()}
    return {**made, **({"audience": rest[0]} if rest and rest[0] else {})}


def _of_offer(one: Mapping[str, Any]) -> str:
    if not one.get("amount"):
        return str(one.get("category") or "")
    said = f"{one['amount']} {one.get('currency') or ''}".strip()
    return f"{said}; {one['audience']}" if one.get("audience") else said
