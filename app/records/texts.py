"""What a text, a language tag or an address must be to stand in a record. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.platform.problems import FieldProblem

LONGEST = {"title": 300, "description": 2000, "url": 400, "result": 60, "standard": 100}
_LANGUAGE = re.compile(r"[a-z]{2,4}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_IN_WEB = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_WEB = re.compile(rf"https?://{_IN_WEB}+(?:#{_IN_WEB}*)?")
_BLANK = re.compile(r"^(?:_:\s*)+")
# Controls and separators change what is shown or how others canonicalise; surrogates are no
# characters. Marks that help a direction along (U+200E, U+200F, U+061C) may stay.
_NOT_TEXT = {"Cc", "Cs", "Zl", "Zp"}
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, *, longest: int) -> str:
    """A text of somebody else's in one line, without what a record may not hold.

    ``_:`` at its beginning would name a blank node in the statements that are signed.
    """
    kept = "".join(" " if _is_hidden(character) else character for character in text)
    return _BLANK.sub("", " ".join(kept.split()))[:longest].rstrip()


def is_language(tag: str) -> bool:
    """Whether ``tag`` is a language tag that a record may hold."""
    return _LANGUAGE.fullmatch(tag) is not None


def is_web_address(url: str) -> bool:
    """Whether ``url`` is an absolute http(s) address that may stand in a record."""
    if len(url) > LONGEST["url"] or not _WEB.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        # A name or password would be signed, and read by everybody.
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def text_problems(pointer: str, text: str, *, longest: int) -> Iterator[FieldProblem]:
    """What keeps ``text`` out of a record."""
    if not text.strip():
        yield FieldProblem(pointer, "text-missing", "It is empty.")
    if len(text) > longest:
        yield FieldProblem(pointer, "text-long", f"Use up to {longest} characters.")
    # Printable text holds nothing hidden: a quick answer for nearly all of it.
    if not text.isprintable() and any(_is_hidden(character) for character in text):
        yield FieldProblem(pointer, "text-control", "Take out control characters and line breaks.")
    if text.startswith("_:"):
        yield FieldProblem(pointer, "text-blank-node", "Begin it with something else than '_:'.")


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _NOT_TEXT or character in _OVERRIDES
