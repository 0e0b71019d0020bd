"""``/feeds/search.rss`` and ``/feeds/search.json``: what is new in a search, for whoever asks.

The address carries the search as the page's does, and ``hl``, the language titles are wanted in;
nothing of it is kept here and nothing is private, so everybody who follows the same search shares
one answer in the caches between. Newest is what joined the catalogue last. A search that only finds
courses with some of its words finds none here: who waits for all of them is not told of others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid
from app.platform.requests import client_address
from app.search import Hit, Query, SearchIndex, Sort
from app.search.parameters import lasting, written
from app.search.query import parse
from app.web.languages.choosing import ENGLISH, PARAMETER, find
from app.web.languages.messages import translations_of
from app.web.rendering import Site
from app.web.room import Room
from app.web.searches.addresses import feed_address
from app.web.searches.feed import JSON_FEED, RSS, Feed, Item, as_json, as_rss
from app.web.searches.said import in_words
from app.web.wording import accepted_languages, best

ENDINGS: Mapping[str, tuple[str, Callable[[Feed], bytes]]] = {
    "rss": (RSS, as_rss),
    "json": (JSON_FEED, as_json),
}
USUAL = 50
"""How many courses a feed tells where ``per_page`` does not say."""
LONGEST_TAG = 35
FROM_ONE_PLACE = "120/minute"
KEPT = "public, max-age=600"


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering needs."""

    database: Database
    index: SearchIndex
    site: Site
    public_url: str

    def feed(self, given: Mapping[str, list[str]], ending: str) -> Feed:
        """The feed that these parameters ask for. Raises ``Invalid``, ``SearchUnavailable``."""
        asked = dict(given)
        language = _language(asked.pop(PARAMETER, []))
        query = _query(asked, language)
        results = self.index.search(query)
        with self.database.read() as session:
            societies = catalogue.list_societies(session)
        wanted = (language,)
        names = {one.id: name.text for one in societies if (name := best(one.names, wanted))}
        params, spoken = lasting(asked), find(language) or ENGLISH
        said = in_words(
            params,
            label=self.site.environment_of(spoken).filters["label"],
            names=names,
            translations=translations_of(spoken),
        )
        _ = translations_of(spoken).gettext
        about = _("Courses that joined the catalogue of {node} last, the newest first.")
        search = written(params)
        more = {name: "".join(given.get(name, [])) for name in ("per_page", PARAMETER)}
        return Feed(
            title=f"{said} · {self.site.node_name}" if said else self.site.node_name,
            about=about.format(node=self.site.node_name),
            language=language,
            page_url=f"{self.public_url}/?{search}" if search else f"{self.public_url}/",
            url=f"{self.public_url}{feed_address(asked, ending, **more)}",
            items=[] if results.loose else [self._item(hit, language) for hit in results.hits],
        )

    def _item(self, hit: Hit, language: str) -> Item:
        document, wanted = hit.document, (language,)
        title = best(document["title"], wanted)
        # In the language of the title where there is one, so that an item is in one language.
        summary = best(document["summary"], (title.tag, language) if title else wanted)
        by = best(document["society_names"], wanted)
        return Item(
            id=f"opencpd:course:{hit.id}",
            url=f"{self.public_url}/courses/{hit.id}",
            title=title.text if title else hit.id,
            summary=summary.text if summary else "",
            language=title.tag if title else "",
            by=by.text if by else document["society"],
            added=datetime.fromisoformat(document["added"]),
            modified=datetime.fromisoformat(document["modified"]),
        )


def build_router(room: Room, index: SearchIndex) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])
    desk = Desk(room.database, index, room.site, room.public_url)

    def answer(request: Request, ending: str) -> Response:
        # Reading harms nobody, so a reader is not turned away for want of a place to count.
        who = client_address(request)
        room.limits.take("search feeds", who, rate=FROM_ONE_PLACE, uncounted="pass")
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        feed = desk.feed(given, ending)
        media_type, write = ENDINGS[ending]
        return _conditional(request, write(feed), media_type, feed.changed)

    @router.api_route("/feeds/search.rss", methods=["GET", "HEAD"])
    def search_as_rss(request: Request) -> Response:
        return answer(request, "rss")

    @router.api_route("/feeds/search.json", methods=["GET", "HEAD"])
    def search_as_json(request: Request) -> Response:
        return answer(request, "json")

    return router


def _query(given: Mapping[str, list[str]], language: str) -> Query:
    """The search, whose page and order are ours. Raises ``Invalid``."""
    query = parse(given, locale=language)
    per_page = query.per_page if any(given.get("per_page", ())) else USUAL
    return replace(query, sort=Sort.NEWEST, page=1, per_page=per_page, facets=())


def _language(given: list[str]) -> str:
    """The one language that is wanted; English where none is. Raises ``Invalid``."""
    if not any(given):
        return "en"
    found = accepted_languages(given[0])
    if len(given) == 1 and len(given[0]) <= LONGEST_TAG and found == (given[0],):
        return given[0]
    mend = "Give one language tag such as en or zh-Hant."
    raise Invalid(
        "The search cannot be understood.",
        fields=[FieldProblem(PARAMETER, "not-a-choice", mend)],
    )


def _conditional(
    request: Request, body: bytes, media_type: str, changed: datetime | None
) -> Response:
    """The answer, or that it is what the reader has already (RFC 9110 §13).

    A date is compared for being the same, not for being earlier: when the newest course leaves the
    catalogue, what a feed says changes and its date goes back.
    """
    headers = {"ETag": f'"{sha256(body).hexdigest()[:24]}"', "Cache-Control": KEPT}
    if changed is not None:
        whole = changed.astimezone(UTC).replace(microsecond=0)
        headers["Last-Modified"] = format_datetime(whole, usegmt=True)
    if _has(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _has(request: Request, headers: Mapping[str, str]) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:  # then the date is not looked at (§13.1.3)
        known = {one.strip().removeprefix("W/") for one in tags.split(",")}
        return "*" in known or headers["ETag"] in known
    since, changed = request.headers.get("if-modified-since"), headers.get("Last-Modified")
    if since is None or changed is None:
        return False
    try:
        return parsedate_to_datetime(since) == parsedate_to_datetime(changed)
    except (ValueError, TypeError):
        return False
