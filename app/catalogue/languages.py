"""Languages as sources write them ("eng", "zh_CN", "Chinese (Simplified)") to BCP 47 tags.

For Chinese the script is what a reader needs to know, so ``zh-CN`` becomes ``zh-Hans``; for other
languages the tag stays as exact as the source made it.
"""

import re
from functools import lru_cache

import langcodes

UNKNOWN = "und"
_NO_LANGUAGE = frozenset({"all", "mul", "mis", "zxx", "x", "i"})
_SEVERAL = frozenset({"mul", "mis", "zxx"})
"""That it is several, uncoded or none: true, but nothing a text can be tagged with."""
_NAMED = re.compile(r"^(?P<name>[^()]{1,40})\((?P<qualifier>[^()]{1,40})\)$")
_PARTED = re.compile(r"^(?P<name>[^,:-]{2,40})(?:,| -|:) ?(?P<qualifier>[^,:-]{2,40})$")
_LOCALE = re.compile(
    r"^([A-Za-z]{2,3}[_-][A-Za-z]{2})\.(?:utf-?8|iso[\w-]{1,12})(?:@\w+)?$", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"^https?://(?:www\.)?(?:lexvo\.org|id\.loc\.gov|publications\.europa\.eu)/[\w/.-]*/([A-Za-z]{2,3})$"
)
_WORD = re.compile(r"\b(?:language|sprache|langue|idioma|язык)\b", re.IGNORECASE)
_CHINESE_SCRIPT = {
    **dict.fromkeys(("CN", "SG", "simplified", "simplified han", "简体", "hans"), "Hans"),
    **dict.fromkeys(("TW", "HK", "MO", "traditional", "traditional han", "hant"), "Hant"),
    **dict.fromkeys(("繁體", "繁体"), "Hant"),
}  # fmt: skip
_TERRITORIES = {
    "us": "US", "usa": "US", "united states": "US", "uk": "GB", "gb": "GB", "britain": "GB",
    "united kingdom": "GB", "british": "GB", "american": "US", "australia": "AU", "canada": "CA",
    "brazil": "BR", "brasil": "BR", "brazilian": "BR", "portugal": "PT", "mexico": "MX",
    "méxico": "MX", "spain": "ES", "españa": "ES", "latin america": "419",
    "latinoamérica": "419", "france": "FR", "germany": "DE", "deutschland": "DE",
    "austria": "AT", "österreich": "AT", "switzerland": "CH", "schweiz": "CH", "egypt": "EG",
}  # fmt: skip


@lru_cache(maxsize=4096)
def tag(text: str) -> str | None:
    """The BCP 47 tag of a language as somebody wrote it; ``None`` when it is none we know."""
    text = text.strip()
    if not text or len(text) > 90:
        return None
    if found := _LOCALE.match(text) or _ADDRESS.match(text):
        text = found[1]
    return _from_code(text.replace("_", "-")) or _from_name(text)


def _from_code(code: str) -> str | None:
    if not code.isascii() or code[:2] in {"x-", "X-"} or not langcodes.tag_is_valid(code):
        return None
    standard = langcodes.Language.get(langcodes.standardize_tag(code, macro=True))
    if not standard.language or standard.language in _NO_LANGUAGE or standard.private:
        return UNKNOWN if standard.language in _SEVERAL or code.casefold() == UNKNOWN else None
    if standard.language == "zh" and not standard.script:
        script = _CHINESE_SCRIPT.get(standard.territory or "")
        return f"zh-{script}" if script else "zh"
    return "zh-" + str(standard.script) if standard.language == "zh" else standard.to_tag()


def _from_name(name: str) -> str | None:
    if named := _NAMED.match(name) or _PARTED.match(name):
        base = _from_name(named["name"].strip())
        qualifier = named["qualifier"].strip().casefold()
        script, territory = _CHINESE_SCRIPT.get(qualifier), _TERRITORIES.get(qualifier)
        if base == "zh":
            return f"zh-{script}" if script else base
        if base and territory and "-" not in base:
            return f"{base}-{territory}"
        if named.re is _NAMED:
            return base
    name = _WORD.sub("", name).strip()
    if len(name) < (3 if name.isascii() else 2) or len(name) > 40 or not name.isprintable():
        return None  # what cannot be printed the library's table of names cannot be asked for
    try:
        known = langcodes.standardize_tag(langcodes.find(name).to_tag(), macro=True)
    except LookupError:
        return None
    return None if known in _NO_LANGUAGE else known
