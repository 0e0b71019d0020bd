"""Cleaning texts that somebody else wrote: characters, HTML, length.

Nothing here guesses a meaning. A cleaned text holds no control character, no lone surrogate and no
sign that reverses the direction of what follows it; a cleaned description is HTML of a few harmless
elements, safe to put into a page.
"""

import html
import re
import unicodedata

import nh3

from app.catalogue.findings import Findings

_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_BLOCK = re.compile(r"</?(?:br|p|div|[uo]l|li|h[1-6]|tr)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]+);")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n\s*\n")
_ELEMENTS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "sub", "sup", "a", "blockquote"}
_WORD = re.compile(r"[^\W_]+")


def characters(text: str) -> str:
    """``text`` in NFC without characters that no text needs."""
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("", text.replace("\r\n", "\n")))


def line(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """Plain text on one line; ``None`` when nothing is left."""
    cleaned = _plain(value, limit=limit, path=path, found=found)
    return _SPACES.sub(" ", cleaned).strip() or None if cleaned else None


def block(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """Plain text that keeps its lines; ``None`` when nothing is left."""
    cleaned = _plain(value, limit=limit, path=path, found=found)
    return cleaned.strip() or None if cleaned else None


def rich(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    """HTML of harmless elements, made from HTML or from plain text; ``None`` when empty."""
    text = _text(value, limit=limit, path=path, found=found)
    if not text or not text.strip():
        return None
    if _TAG.search(text):
        cleaned = nh3.clean(
            text,
            tags=_ELEMENTS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        ).strip()
        return cleaned if plain(cleaned) else None
    paragraphs = _BLANK_LINES.split(html.escape(html.unescape(text), quote=False).strip())
    return "".join(f"<p>{one.strip()}</p>" for one in paragraphs if one.strip()) or None


def plain(rich_text: str) -> str:
    """The words of a cleaned description, without its elements."""
    spaced = re.sub(r"</?(?:p|br|li|ul|ol|blockquote)\b[^>]*>", " ", rich_text)
    return _SPACES.sub(" ", html.unescape(nh3.clean(spaced, tags=set()))).strip()


def title_key(title: str) -> str:
    """What two writings of one title have in common: its letters and digits, case folded."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(_WORD.findall(folded))


def _plain(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    text = _text(value, limit=limit, path=path, found=found)
    if not text or not (_TAG.search(text) or _ENTITY.search(text)):
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
    return characters(html.unescape(nh3.clean(spaced, tags=set())))


def _text(value: object, *, limit: int, path: str, found: Findings) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float):
            found.warn("W-TYPE", path=path, message="A text was expected here.", value=value)
            return None
        value = str(value)
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
