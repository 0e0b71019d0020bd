"""Languages as sources write them ("eng", "zh_CN", "Chinese (Simplified)") to BCP 47 tags.

For Chinese the script is what a reader needs to know, so ``zh-CN`` becomes ``zh-Hans``; for other
languages the tag stays as exact as the source made it.
"""

import re
from functools import lru_cache

import langcodes

UNKNOWN = "und"
_NAMED = re.compile(r"^(?P<name>[^()]+?)\s*\((?P<qualifier>[^()]+)\)$")
_CHINESE_SCRIPT = {
    **dict.fromkeys(("CN", "SG", "simplified", "simplified han", "简体"), "Hans"),
    **dict.fromkeys(("TW", "HK", "MO", "traditional", "traditional han", "繁體", "繁体"), "Hant"),
}


@lru_cache(maxsize=4096)
def tag(text: str) -> str | None:
    """The BCP 47 tag of a language as somebody wrote it; ``None`` when it is none we know."""
    text = text.strip()
    if not text or len(text) > 60:
        return None
    return _from_code(text.replace("_", "-")) or _from_name(text)


def _from_code(code: str) -> str | None:
    if not code.isascii() or not langcodes.tag_is_valid(code):
        return None
    standard = langcodes.Language.get(langcodes.standardize_tag(code, macro=True))
    if standard.language == "zh" and not standard.script:
        script = _CHINESE_SCRIPT.get(standard.territory or "")
        return f"zh-{script}" if script else "zh"
    return "zh-" + str(standard.script) if standard.language == "zh" else standard.to_tag()


def _from_name(name: str) -> str | None:
    if named := _NAMED.match(name):
        script = _CHINESE_SCRIPT.get(named["qualifier"].strip().casefold())
        base = _from_name(named["name"])
        if script and base == "zh":
            return f"zh-{script}"
    if len(name) < 3 and name.isascii():
        return None
    try:
        return langcodes.standardize_tag(langcodes.find(name).to_tag(), macro=True)
    except LookupError:
        return None
