"""Reading the values of schema.org's properties, each of which may be written in many ways.

A value may be alone or in a list, bare or in an object (``{"@value": ...}``), a text or a thing
with a name; whatever stands there, these give texts or nothing, and raise nothing.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

MAX_LISTED = 200

_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")

Node = Mapping[str, Any]


def listed(value: Any) -> list[Any]:
    """The values of a property; those of an ordered list (``@list``) as well."""
    if isinstance(value, dict) and len(value) == 1:
        value = next((value[key] for key in ("@list", "@set") if key in value), value)
    if isinstance(value, list):
        return [one for one in value[:MAX_LISTED] if one not in (None, "", False)]
    return [] if value in (None, "", False) else [value]


def first(node: Node, *names: str) -> Any:
    """The first of these properties that has a value."""
    return next((found[0] for name in names if (found := listed(node.get(name)))), None)


def given(node: Node, *names: str) -> Any:
    """All that the first of these properties that has a value says."""
    return next((node.get(name) for name in names if listed(node.get(name))), None)


def nodes(value: Any) -> Iterator[Node]:
    """The things among the values of a property."""
    for one in listed(value):
        if isinstance(one, dict):
            yield one


def text(value: Any) -> str:
    """A text; of a thing its value or name. Entities, which JSON has not, are undone."""
    if isinstance(value, list):
        value = next(iter(listed(value)), None)
    if isinstance(value, dict):
        value = next(
            (
                value[key]
                for key in ("@value", "name", "value")
                if isinstance(value.get(key), _PLAIN)
            ),
            None,
        )
    if isinstance(value, bool) or not isinstance(value, _PLAIN):
        return ""
    written = str(value)
    if "<" not in written:  # in HTML entities have their place
        written = _ENTITY.sub(lambda found: html.unescape(found[0]), written)
    return written.strip()


_PLAIN = (str, int, float)


def texts(value: Any) -> tuple[str, ...]:
    """Every text, each once."""
    return tuple(dict.fromkeys(found for one in listed(value) if (found := text(one))))


def by_language(value: Any, language: str) -> dict[str, str]:
    """Texts by language; several in one language are lines of one text."""
    made: dict[str, list[str]] = {}
    for one in listed(value):
        said = one.get("@language") if isinstance(one, dict) else None
        if found := text(one):
            made.setdefault(said if isinstance(said, str) and said else language, []).append(found)
    return {tag: "\n".join(dict.fromkeys(lines)) for tag, lines in made.items()}


def address(value: Any, base: str) -> str | None:
    """The first http address of a value: a text, or a thing's ``url`` or the like."""
    for one in listed(value):
        held = one
        if isinstance(one, dict):
            held = first(one, "contentUrl", "url", "@id", "@value")
        if not isinstance(held, str) or not held.strip():
            continue
        try:
            joined = urljoin(base, held.strip().replace("&amp;", "&"))
        except ValueError:
            continue
        if _WEB.match(joined):
            return joined
    return None


def languages(value: Any) -> tuple[str, ...]:
    """Languages however spelt: a code, a name, a ``Language`` with both, several in one text."""
    found: list[str] = []
    for one in listed(value):
        if isinstance(one, dict):
            said = first(one, "alternateName", "identifier", "@value", "name")
            found.append(text(said) or text(one))
        else:
            found.append(text(one))
    return tuple(dict.fromkeys(one for one in found if one))


def truth(value: Any) -> bool | None:
    """A boolean however spelt."""
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, bool):
        return value
    said = text(value).rsplit("/", 1)[-1].casefold()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(said)


def decimal(value: Any) -> float | None:
    """A coordinate."""
    try:
        found = float(text(value)[:40])
    except ValueError:
        return None
    return found if -180 <= found <= 180 else None
