"""Other people's web sites: pages with courses, sitemaps, robots.txt, as answers by address."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable
from tests.simulator.feeds import Answer
from tests.simulator.fetching import fetched

SITE = "https://site.example"


def page(*blocks: Any, body: str = "", head: str = "", lang: str = "en") -> bytes:
    """A page with JSON-LD blocks; a text is put in as it is."""
    scripts = "".join(
        f'<script type="application/ld+json">'
        f"{block if isinstance(block, str) else json.dumps(block)}</script>"
        for block in blocks
    )
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">{head}{scripts}</head>'
        f"<body>{body}</body></html>"
    ).encode()


def course(name: str = "Wind loads", **more: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Course", "name": name, **more}


def sitemap(*pages: str | tuple[str, str]) -> bytes:
    """A sitemap; an entry may have the time of its last change beside it."""
    entries = ""
    for one in pages:
        url, changed = (one, "") if isinstance(one, str) else one
        told = f"<lastmod>{changed}</lastmod>" if changed else ""
        entries += f"<url><loc>\n  {url}\n</loc>{told}</url>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset '
        f'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    ).encode()


def index(*sitemaps: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in sitemaps)
    return (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}'
        "</sitemapindex>"
    ).encode()


class Website:
    """A ``Fetch`` over a site. What is not there answers 404; an error as an answer is raised.

    It can be asked to be slower, as the node's way out can.
    """

    def __init__(self, answers: Mapping[str, Answer | Exception], *, date: str = "") -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []
        self.pauses: dict[str, float] = {}
        self._date = {"Date": date} if date else {}

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        self.asked.append(url.removeprefix(SITE))
        answer = self.answers.get(url.removeprefix(SITE), (404, {}, b"not here"))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            answer = (200, self._date, answer)
        status, said, body = answer
        final = said.get("X-Final", url)
        found = fetched((status, said, body), final)
        if status >= 500 and status not in accept:
            raise SourceUnavailable(f"{url} answered {status}")
        if status >= 400 and status not in accept:
            raise SourceMisconfigured(f"{url} answered {status}")
        return found

    def slow_down(self, url: str, seconds: float) -> None:
        self.pauses[url] = seconds
