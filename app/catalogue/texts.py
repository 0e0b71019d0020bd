"""Cleaning texts that somebody else wrote: characters, HTML, length.

Nothing here guesses a meaning. A cleaned text holds no control character, no lone surrogate and no
sign that reverses the direction of what follows it; a cleaned description is HTML of a few harmless
elements, safe to put into a page, whose links lead to http(s) addresses only. Entities are decoded
once: what is still one then was meant to be seen, or escaped twice, which is said.
"""

import html
import re
import unicodedata

import nh3

from app.catalogue.findings import Findings

_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_BLOCK = re.compile(r"</?(?:br|p|div|[uo]l|li|h[1-6]|tr)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_KNOWN_ENTITY = re.compile(
    r"&(?:#\d{2,7}|#x[0-9a-fA-F]{2,6}|amp|lt|gt|quot|apos|nbsp|[a-zA-Z]uml|szlig|hellip|"
    r"[a-zA-Z](?:acute|grave|circ|tilde|cedil)|[lr][sd]quo|[nm]dash);"
)
_ESCAPED_TAG = re.compile(
    r"&lt;/?(?:p|br|div|span|ul|ol|li|strong|em|b|i|a|h[1-6]|table|tr|td|script|style|img)\b",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_MISREAD = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00e2[\u0080-\u009f]|[\u00d0\u00d1][\u0080-\u00bf]"
    "[\u00d0\u00d1]|\u00ef\u00bb\u00bf|\ufffd"
)
"""UTF-8 read as Latin-1 or Windows-1252 ("BrÃ¼cke", "â€™"), and what could not be read at all."""
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n\s*\n")
ELEMENTS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "sub", "sup", "a", "blockquote"}
_GAP = re.compile(r"</?(?:p|br|li|ul|ol|blockquote)\b[^>]*>")
_WORD = re.compile(r"[^\W_]+")
_CLEANER = nh3.Cleaner(
    tags=ELEMENTS,
    attributes={"a": {"href"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
_STRIPPER = nh3.Cleaner(tags=set())


def characters(text: str) -> str:
    """``text`` in NFC without characters that no text needs."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("", text.replace("\r\n", "\n")))


def line(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """Plain text on one line; ``None`` when nothing is left."""
    if value is None:
        return None
    if type(value) is str and len(value) <= limit and _is_plain(value):
        return " ".join(value.split()) or None
    cleaned = _plain(value, limit=limit, path=path, found=found)
    return " ".join(cleaned.split()) or None if cleaned else None


def block(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """Plain text that keeps its lines; ``None`` when nothing is left."""
    cleaned = _plain(value, limit=limit, path=path, found=found)
    return cleaned.strip() or None if cleaned else None


def rich(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """HTML of harmless elements, made from HTML or from plain text; ``None`` when empty."""
    text = _text(value, limit=limit, path=path, found=found)
    if not text or not text.strip():
        return None
    is_html = "<" in text and _TAG.search(text) is not None
    if not is_html and _ESCAPED_TAG.search(text):
        found.warn(
            "W-TEXT-ESCAPED-HTML",
            path=path,
            message="HTML was escaped once too often; it was read as HTML.",
            value=text,
            hint="Send the HTML as it is, or plain text.",
        )
        text, is_html = html.unescape(text), True
    if is_html:
        cleaned = characters(_CLEANER.clean(text)).strip()
        _twice_escaped(html.unescape(cleaned), path=path, found=found)
        return cleaned if plain(cleaned) else None
    if "&" in text:
        text = characters(html.unescape(text))
        _twice_escaped(text, path=path, found=found)
    paragraphs = _BLANK_LINES.split(html.escape(text, quote=False).strip())
    return "".join(f"<p>{one.strip()}</p>" for one in paragraphs if one.strip()) or None


def plain(rich_text: str) -> str:
    """The words of a cleaned description, without its elements.

    In a cleaned one every ``<`` begins an element, so that nothing more than this is needed.
    """
    spaced = _TAG.sub("", _GAP.sub(" ", rich_text))
    return " ".join(html.unescape(spaced).split())


def title_key(title: str) -> str:
    """What two writings of one title have in common: its letters and digits, case folded."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(_WORD.findall(folded))


def _plain(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    text = _text(value, limit=limit, path=path, found=found)
    if not text or not _is_marked_up(text):
        return text
    found.warn(
        "W-TEXT-HTML",
        path=path,
        message="HTML was taken out of a plain text.",
        value=text,
        hint="Send plain text here; only the description may hold HTML.",
    )
    lines = [one.strip() for one in _BLOCK.split(text)]
    spaced = "\n".join(filter(None, lines)) if len(lines) > 1 else text
    decoded = characters(html.unescape(_STRIPPER.clean(spaced)))
    _twice_escaped(decoded, path=path, found=found)
    return decoded


def _is_plain(text: str) -> bool:
    """Whether nothing below can find anything in it, as in nearly all short texts."""
    return text.isascii() and text.isprintable() and "<" not in text and "&" not in text


def _is_marked_up(text: str) -> bool:
    return bool(("<" in text and _TAG.search(text)) or ("&" in text and _ENTITY.search(text)))


def _twice_escaped(text: str, *, path: str, found: Findings) -> None:
    if "&" in text and (known := _KNOWN_ENTITY.search(text)):
        found.warn(
            "W-TEXT-ESCAPED-TWICE",
            path=path,
            message="It still holds an entity once its entities are decoded.",
            value=text[max(0, known.start() - 20) : known.end() + 20],
            hint="Escape it once.",
        )


def _text(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float):
            found.warn("W-TYPE", path=path, message="A text was expected here.", value=value)
            return None
        value = str(value)
    if not value.isascii() and (misread := _MISREAD.search(value, 0, limit * 4)):
        found.warn(
            "W-TEXT-MISREAD",
            path=path,
            message="Some of its characters were read in another coding than they were written in.",
            value=value[max(0, misread.start() - 20) : misread.end() + 20],
            hint="Send UTF-8, and say so.",
        )
    text = characters(value[: limit * 4])
    if len(text) <= limit and len(value) <= limit * 4:
        return text
    found.warn(
        "W-TEXT-TOO-LONG",
        path=path,
        message=f"The text was cut after {limit} characters.",
        value=text,
        hint="Keep it shorter.",
    )
    return text[:limit]
