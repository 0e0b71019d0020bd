"""In which language a page answers: what its address says, else a cookie, else the browser.

An address that names the language (``?hl=zh``) shows the same page to everybody, so it can be
shared, kept and found by search engines. The cookie is what the language menu sets. Whatever is
asked for and not spoken here is passed over, never refused. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from babel import Locale
from starlette.requests import Request

from app.web.wording import accepted_languages

PARAMETER = "hl"
"""The parameter of an address; ``language`` is taken: it is the teaching language of courses."""
COOKIE = "opencpd-language"
_MOST = 40
_LINK = re.compile(
    r'(<(?:a\b[^<>]*?\shref|form\b(?=[^<>]*\smethod="post")[^<>]*?\saction)=")(/(?!/)[^"]*)'
)
"""A link or a form that leads to this site; a form that asks by its address has a field for it.
What others wrote stands escaped in our pages, so none of their texts can look like one."""
_APART = ("/static/", "/api/")
"""What speaks no language of people, and takes no parameter it does not know."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages can speak."""

    code: str
    """As addresses and the cookie have it."""
    name: str
    """What it calls itself."""
    locale: Locale

    @property
    def tag(self) -> str:
        """By BCP 47, as ``lang`` and ``Content-Language`` have it."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        return str(self.locale.text_direction)


ENGLISH = Language("en", "English", Locale("en"))
LANGUAGES = {
    one.code: one
    for one in (
        ENGLISH,
        Language("es", "Español", Locale("es")),
        Language("fr", "Français", Locale("fr")),
        Language("ru", "Русский", Locale("ru")),
        Language("ar", "العربية", Locale("ar")),
        Language("ur", "اردو", Locale("ur")),
        Language("zh", "简体中文", Locale("zh", script="Hans")),
    )
}
"""By their codes, in the order of the menu."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A reader's language, and how it came to be that one."""

    language: Language
    in_address: bool = False
    by_cookie: bool = False


def find(asked: str | None) -> Language | None:
    """The language of a tag, whatever its script or country: ``zh-TW`` reads Chinese here too."""
    return LANGUAGES.get(re.split("[-_]", (asked or "")[:_MOST], maxsplit=1)[0].lower())


def choose(request: Request) -> Chosen:
    """The language to answer in."""
    if asked := find(request.query_params.get(PARAMETER)):
        return Chosen(asked, in_address=True)
    if kept := find(request.cookies.get(COOKIE)):
        return Chosen(kept, by_cookie=True)
    accepted = map(find, accepted_languages(request.headers.get("accept-language")))
    return Chosen(next(filter(None, accepted), ENGLISH))


def wanted_languages(request: Request) -> tuple[str, ...]:
    """For texts that are there in several languages: the chosen one first, then the browser's."""
    accepted = accepted_languages(request.headers.get("accept-language"))
    chosen = choose(request)
    if chosen.in_address or chosen.by_cookie:
        return (chosen.language.tag, *accepted)
    return accepted


def in_language(address: str, code: str | None) -> str:
    """The same address of this site in a language; without one, where the reader's is taken."""
    parts = urlsplit(address)
    pairs = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER
    ]
    if code:
        pairs.append((PARAMETER, code))
    return parts._replace(query=urlencode(pairs)).geturl()


def keep_language(html: str, language: Language) -> str:
    """A page whose links and forms go on in the language that its own address names."""

    def kept(found: re.Match[str]) -> str:
        if found[2].startswith(_APART) or f"{PARAMETER}=" in found[2]:
            return found[0]
        path, mark, fragment = found[2].partition("#")
        joint = "&amp;" if "?" in path else "?"
        return f"{found[1]}{path}{joint}{PARAMETER}={language.code}{mark}{fragment}"

    return _LINK.sub(kept, html)


@dataclass(frozen=True, slots=True)
class Alternate:
    """The address of a page in one language; ``tag`` is ``x-default`` for the reader's own."""

    tag: str
    address: str


def alternates(address: str) -> Sequence[Alternate]:
    """The addresses of one page in every language, as search engines want to be told."""
    return (
        *(Alternate(one.tag, in_language(address, one.code)) for one in LANGUAGES.values()),
        Alternate("x-default", in_language(address, None)),
    )
