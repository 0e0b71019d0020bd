"""From a template and values to an answer: the environments, the headers, the files beside a page.

Every page leaves with a content security policy that runs nothing but our own script, and says
what it varies by and which language it speaks. A page whose messages are translated speaks the
reader's language, any other English: no page is half in one and half in the other. Never touches a
domain.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

from app import __version__
from app.web import decision_words, wording
from app.web.counting.words import RuleWords
from app.web.labels import N_
from app.web.languages.choosing import (
    ENGLISH,
    LANGUAGES,
    Language,
    alternates,
    choose,
    in_language,
    keep_language,
)
from app.web.languages.messages import translations_of

HERE = Path(__file__).parent
TRANSLATED = frozenset(
    {
        "search.html",
        "course.html",
        "error.html",
        "account_searches.html",
        "account_search_new.html",
        "unsubscribe.html",
    }
)
"""The pages all of whose messages are there in every language; a test holds them to it."""
_ONLY_ENGLISH = N_("This page is in English only so far.")
FRAGMENT = "X-Fragment"
"""The header by which our script asks for the part of a page that changes."""

OFFLINE_SCRIPT = "offline.js"
_OFFLINE_PARTS = (
    "start", "errors", "encoding", "json", "values", "keys", "token", "profile", "bundle", "lists",
    "standing", "facts", "checks", "memory", "said", "report", "page",
)  # fmt: skip


def _offline_script() -> bytes:
    """The script of the page that verifies offline, from its parts; they share their names."""
    parts = [(HERE / "offline" / f"{name}.js").read_text("utf-8") for name in _OFFLINE_PARTS]
    return "\n".join(['(() => {\n"use strict";\n', *parts, "})();\n"]).encode()


def _served(path: Path) -> bytes:
    """A file of ours as it is served: styles and scripts without comments and indentation."""
    text = path.read_text("utf-8")
    if path.suffix == ".css":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    elif path.suffix != ".js":
        return path.read_bytes()
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


STATIC = {
    path.name: _served(path) for path in sorted((HERE / "static").iterdir()) if path.is_file()
} | {OFFLINE_SCRIPT: _offline_script()}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": f"Accept-Language, Accept, {FRAGMENT}",
    "Cache-Control": "no-cache",
}


def static_address(name: str) -> str:
    """The address of a static file; it changes with the file, so it may be kept for ever."""
    return f"/static/{name}?v={hashlib.sha256(STATIC[name]).hexdigest()[:12]}"


def data_block(value: Mapping[str, Any]) -> Markup:
    """JSON for a ``<script type="application/ld+json">``; nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def wants_page(request: Request) -> bool:
    """Whether it is a browser that asks, and for something people look at."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        ("/api/", "/feeds/")
    )


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    """What templates put values into words with, by the names they use."""
    translations = translations_of(language)
    words = wording.Wording(language.locale, translations)
    filters: dict[str, Callable[..., Any]] = {
        "label": words.label,
        "language": words.language,
        "own_language": wording.own_language,
        "part": words.part,
        "problem": words.problem,
        "number": words.number,
        "kilometres": words.kilometres,
        "day": words.day,
        "moment": words.moment,
        "days": words.days,
        "duration": words.duration,
        "price": words.price,
        "result": words.result,
        "credit": words.credit,
        "listed": words.listed,
        "best": wording.best,
        "lang": wording.lang,
        "isolated": wording.isolated,
        "marked": wording.marked,
        "rich": wording.rich,
        "data_block": data_block,
        "alternates": alternates,
        "in_language": in_language,
        "host": lambda url: urlsplit(url).hostname or url,
    }
    filters |= decision_words.filters(language.locale)
    rules = RuleWords(language.locale, translations)
    filters |= {
        "headline": rules.headline,
        "way_outcome": rules.outcome,
        "way_modes": rules.ways,
        "units": rules.amount,
        "reasons": rules.reasons,
        "need": rules.need,
        "rule_line": rules.line,
        "rule_label": rules.label,
    }
    return filters


class Site:
    """What every page of a node shares: its name, its addresses, its languages."""

    def __init__(
        self, *, node_name: str, docs_url: str | None = "/api/docs", public_url: str = ""
    ) -> None:
        self.node_name = node_name
        self.docs_url = docs_url
        self.public_url = public_url
        self.locale = ENGLISH.locale
        self.translations = translations_of(ENGLISH)
        self._making = Lock()
        self._environments: dict[Language, Environment] = {}

    @property
    def environment(self) -> Environment:
        """What pages are made with that are there in English alone."""
        return self.environment_of(ENGLISH)

    def environment_of(self, language: Language) -> Environment:
        """What pages of a language are made with: made when it is first asked for, then kept."""
        made = self._environments.get(language)
        if made is None:
            with self._making:
                made = self._environments.get(language) or self._make(language)
                self._environments[language] = made
        return made

    def _make(self, language: Language) -> Environment:
        made = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        made.install_gettext_translations(translations_of(language), newstyle=True)  # type: ignore[attr-defined] # added by the extension
        made.filters |= _filters(language)
        made.globals |= {
            "site": self,
            "version": __version__,
            "static": static_address,
            "menu_languages": LANGUAGES,  # pages have values of their own named `languages`
            "locale_tag": language.tag,
            "direction": language.direction,
        }
        made.globals["icon"] = vars(made.get_template("_icons.html").module)["icon"]
        return made

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> HTMLResponse:
        """A page, or its changing part when our script asked for that (``_name.html``)."""
        chosen = choose(request)
        spoken = chosen.language if template in TRANSLATED else ENGLISH
        fragment = request.headers.get(FRAGMENT) == "1"
        name = f"_{template}" if fragment and f"_{template}" in self._templates else template
        html = (
            self.environment_of(spoken)
            .get_template(name)
            .render(
                path=request.url.path,
                language_chosen=chosen,
                only_english=translations_of(chosen.language).gettext(_ONLY_ENGLISH)
                if spoken != chosen.language
                else "",
                **(values or {}),
            )
        )
        if chosen.in_address:
            html = keep_language(html, chosen.language)
        marks = {"Content-Language": spoken.tag}
        if not chosen.in_address:
            marks["Vary"] = f"{HEADERS['Vary']}, Cookie"
        if name != template:
            marks[FRAGMENT] = "1"
        return HTMLResponse(html, status, HEADERS | marks | dict(headers or {}))

    @cached_property
    def _templates(self) -> frozenset[str]:
        return frozenset(self.environment.list_templates())
