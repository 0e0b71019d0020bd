"""Texts that hold several languages, as Moodle sites write them.

Two writings are in use: ``{mlang en}Bridges{mlang}{mlang de}Brücken{mlang}`` (the plugin
filter_multilang2, with ``other`` for all remaining languages) and the older
``<span lang="en" class="multilang">Bridges</span>``. What stands outside such parts belongs to
every language. Reads once through the text, whatever stands in it.
"""

import re
from collections.abc import Iterator

MAX_LANGUAGES = 40
UNKNOWN = "und"
_OTHER = "other"

_MARK = re.compile(
    r"\{\s{0,9}mlang(?P<langs>(?:\s[a-z0-9_,\s-]{0,200})?)\}|<(?P<close>/?)span\b(?P<rest>[^<>]*)>",
    re.IGNORECASE,
)
_LANG = re.compile(r"\blang\s*=\s*[\"']?([a-z0-9_-]{2,20})", re.IGNORECASE)
_MULTILANG = re.compile(r"\bclass\s*=\s*[\"']?multilang\b", re.IGNORECASE)
_SCRIPTS = {"sr_lt": "sr-Latn", "sr_cr": "sr-Cyrl"}
"""Moodle's own codes for a script."""
_TONES = frozenset({"du", "wp"})
"""Endings that name a manner of speaking (familiar, of the workplace), no country."""


def texts(text: str) -> dict[str, str]:
    """The text by language tag; ``und`` when it does not say, or for all other languages."""
    pieces = list(_pieces(text))
    named = dict.fromkeys(tag for langs, _ in pieces if langs for tag in langs)
    kept = [tag for tag in named if tag != _OTHER][:MAX_LANGUAGES]
    made = {tag: _joined(pieces, tag) for tag in kept}
    if not kept or _OTHER in named:
        made[UNKNOWN] = _joined(pieces, _OTHER)
    return {tag: told for tag, told in made.items() if told}


def one(text: str) -> str:
    """The text in one language, English if it has it: for places that take no language map."""
    found = texts(text)
    return found.get("en") or next(iter(found.values()), "")


def _joined(pieces: list[tuple[frozenset[str] | None, str]], tag: str) -> str:
    return "".join(part for langs, part in pieces if langs is None or tag in langs).strip()


def _pieces(text: str) -> Iterator[tuple[frozenset[str] | None, str]]:
    """The text in parts, each with its languages; ``None`` for what belongs to all of them."""
    at, block = 0, None
    spans: list[tuple[bool, frozenset[str] | None]] = []
    """Of each open span: whether it names languages, and which are meant inside."""
    for mark in _MARK.finditer(text):
        current = block or (spans[-1][1] if spans else None)
        if mark["rest"] is None:
            yield current, text[at : mark.start()]
            block = _tags(mark["langs"]) if mark["langs"].strip() else None
        else:
            if mark["close"]:
                names = spans.pop()[0] if spans else False
            else:
                langs = _opened(mark["rest"])
                names = langs is not None
                spans.append((names, langs or (spans[-1][1] if spans else None)))
            # Only marks of languages go; other spans are a part of the text.
            yield current, text[at : mark.start() if names else mark.end()]
        at = mark.end()
    yield block or (spans[-1][1] if spans else None), text[at:]


def _opened(attributes: str) -> frozenset[str] | None:
    found = _LANG.search(attributes)
    return _tags(found[1]) if found and _MULTILANG.search(attributes) else None


def _tags(langs: str) -> frozenset[str]:
    codes = [code for code in re.split(r"[,\s]+", langs.lower()) if code]
    return frozenset(code if code == _OTHER else tag(code) for code in codes[:MAX_LANGUAGES])


def tag(code: str) -> str:
    """A language pack's code (``zh_cn``, ``de_du``, ``en_us_wp``, ``sr_lt``) as a language tag."""
    language, *rest = re.split(r"[_-]", code.strip())
    for size in range(len(rest), 0, -1):
        if script := _SCRIPTS.get("_".join((language, *rest[:size])).lower()):
            return script
    kept = [language.lower()]
    for part in rest:
        if len(part) == 2 and part.lower() not in _TONES:
            kept.append(part.upper())
        elif len(part) == 4 and part.isalpha() and part.lower() != "kids":
            kept.append(part.title())
        elif part.isdecimal() and len(part) == 3:
            kept.append(part)
    return "-".join(kept)
