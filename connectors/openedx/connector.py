"""Open edX sites: the course list of the platform itself, or of a catalogue in front of it.

All list page by page. The platform lists runs: those of one course (``MITx+6.002x``) become one
course here, whatever pages they stand on.
What the site keeps out of its own catalogue (hidden, unpublished, not visible there) is absent.
The next page is asked for only where the list itself is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar
from urllib.parse import urljoin, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    Rejected,
    SourceMisconfigured,
    Upsert,
)
from connectors.members import integer, members, text
from connectors.openedx import course
from connectors.openedx_keys import course_key, listed

PAGE_COURSES = 100
MAX_PAGES = 5_000
MAX_ENTRIES = 100_000
MAX_BYTES = 64 * 1024 * 1024
"""Of what waits to be handed on; it is several times as large in memory."""
API = "/api/courses/v1/courses/"

_Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class OpenEdx:
    """Reads the courses of one Open edX site, from the platform or its catalogue service."""

    contract: ClassVar[int] = 1
    deletions: ClassVar[Deletions] = Deletions.SNAPSHOT
    file_field: ClassVar[str] = "url"

    class Config(BaseModel):
        """Which list, and how to be let in where it is not public."""

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        url: HttpUrl = Field(
            description="The site's address, or that of a list: .../api/courses/v1/courses/ of the "
            "platform, .../api/v1/courses/ or .../api/v1/course_runs/ of its catalogue service"
        )
        org: _Short | None = Field(
            default=None, description="Only courses of this organisation's key, such as MITx"
        )
        include_hidden: bool = Field(
            default=False, description="Also take courses that the site's own catalogue hides"
        )
        token_url: HttpUrl | None = Field(
            default=None,
            description="Where a token is had for a list that is not public, such as "
            "https://lms.example.org/oauth2/access_token",
        )
        client_id: _Short | None = Field(default=None, description="The client of that token")
        client_secret: Annotated[SecretStr, Field(min_length=8, max_length=400)] | None = Field(
            default=None, description="The client's secret"
        )

        @model_validator(mode="after")
        def _whole(self) -> "OpenEdx.Config":
            given = (self.token_url, self.client_id, self.client_secret)
            if any(given) and not all(given):
                raise ValueError("token_url, client_id and client_secret go together")
            return self

    def __init__(self, config: Config) -> None:
        self._config = config

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the list; there is no place to go on from.

        Courses that come with their runs are handed on page by page. Where the list is one of runs,
        they wait for its end, since the next page may hold another run of any of them.
        """
        found = _Found(self._config.include_hidden)
        headers = {"Accept": "application/json", **_authorised(fetch, self._config)}
        for document, size in self._documents(fetch, headers):
            found.take(document, size)
            if items := found.ready():
                yield Page(tuple(items), None, expected=found.expected())
        rest = found.rest()
        for start in range(0, max(len(rest), 1), PAGE_COURSES):
            end = start + PAGE_COURSES
            yield Page(
                items=tuple(rest[start:end]),
                cursor=None,
                complete=end >= len(rest),
                expected=found.expected(),
                warnings=found.warnings() if start == 0 else (),
            )

    def _documents(self, fetch: Fetch, headers: Mapping[str, str]) -> Iterator[tuple[Any, int]]:
        """Each page of the list and its size. Raises ``SourceMisconfigured`` if it never ends."""
        url = str(self._config.url)
        params: dict[str, str] = {}
        if not urlsplit(url).path.strip("/"):
            url, params = url.partition("?")[0].rstrip("/") + API, {"page_size": "100"}
        if self._config.org:
            params["org"] = self._config.org
        asked: set[str] = set()
        for _ in range(MAX_PAGES):
            fetched = fetch(url, params, headers=headers)
            if fetched.body[:64].lstrip().startswith(b"<"):
                raise SourceMisconfigured(
                    f"{url}: a web page came where JSON was expected; give the site's address alone"
                )
            document = fetched.json()
            asked |= {url, fetched.url}
            yield document, len(fetched.body)
            following = _following(document, fetched)
            if following is None:
                return
            if following in asked:
                raise SourceMisconfigured(f"{url}: the next page leads back to {following}")
            url, params = following, {}
        raise SourceMisconfigured(f"{self._config.url}: the list is too long; narrow it with `org`")

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one course, kept with its runs."""
        return course.course(raw, site=str(self._config.url))


@dataclass(slots=True)
class _Found:
    """What the pages have listed so far and was not handed on yet."""

    include_hidden: bool
    courses: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    before: list[Any] = field(default_factory=list)
    has_runs: bool = False
    entries: int = 0
    given: int = 0
    hidden: int = 0
    size: int = 0
    count: int | None = None

    def take(self, document: Any, size: int) -> None:
        """One page. Raises ``SourceMisconfigured`` for what is no list, or the same again."""
        entries = listed(document)
        if entries is None:
            raise SourceMisconfigured("the answer holds no list of courses; check the address")
        if entries and entries == self.before:
            raise SourceMisconfigured("the same page came twice: the list does not go on")
        self.before = entries
        self.entries += len(entries)
        self.size += size
        if self.entries > MAX_ENTRIES or self.size > MAX_BYTES:
            raise SourceMisconfigured(
                f"the list is too long after {self.entries} entries; narrow it with `org`"
            )
        self.count = _count(document, self.count)
        for entry in entries:
            self._one(entry)

    def _one(self, entry: Any) -> None:
        told = members(entry)
        key = course_key(told)
        raw = dict(told) if told else {"entry": entry}
        if key is None:
            message = "the entry has no course key such as course-v1:MITx+6.002x+2T2026"
            self.rejected.append(Rejected(_made_up(entry), raw, "E-ID-MISSING", message))
            return
        held = self.courses.setdefault(key, {"course": {}, "runs": []})
        if not course.lists_its_runs(told):
            self.has_runs = True
            held["runs"].append(told)
        elif held["course"] and held["course"] != told:
            message = f"the list holds another course with the key {key}"
            self.rejected.append(Rejected(_made_up(entry), raw, "W-DUP-ID", message))
        else:
            held["course"] = told

    def ready(self) -> list[Upsert | Rejected]:
        """What the pages to come cannot add to."""
        return [] if self.has_runs else self.rest()

    def rest(self) -> list[Upsert | Rejected]:
        """All that was not handed on yet, without what the site's catalogue hides."""
        items: list[Upsert | Rejected] = []
        for key, held in self.courses.items():
            shown = held if self.include_hidden else course.without_hidden(held)
            if shown is None:
                self.hidden += 1
            else:
                items.append(Upsert(key, shown))
        items += self.rejected
        self.given += len(items)
        self.courses, self.rejected, self.size = {}, [], 0
        return items

    def expected(self) -> int | None:
        """How many items there should be: the list's own count speaks of its entries."""
        return None if self.count is None else max(0, self.given + self.count - self.entries)

    def warnings(self) -> tuple[tuple[str, str], ...]:
        if not self.hidden:
            return ()
        told = f"left out because the site's catalogue hides them: {self.hidden}"
        return (("W-OPENEDX-HIDDEN", told),)


def _count(document: Any, before: int | None) -> int | None:
    told = members(document)
    count = integer(members(told.get("pagination")).get("count"))
    count = integer(told.get("count")) if count is None else count
    return count if count is not None and count >= 0 else before


def _following(document: Any, fetched: Fetched) -> str | None:
    """The next page's address. Raises ``SourceMisconfigured`` when it is somewhere else."""
    told = members(document)
    link = members(told.get("pagination")).get("next") or told.get("next")
    if not link:
        return None
    if not isinstance(link, str):
        raise SourceMisconfigured(f"{fetched.url}: next is no address")
    try:
        following = urljoin(fetched.url, link)
        here, there = urlsplit(fetched.url), urlsplit(following)
        if (here.scheme, there.scheme) == ("https", "http") and here.netloc == there.netloc:
            # A site behind a proxy often thinks that it is asked over http.
            return there._replace(scheme="https").geturl()
    except ValueError as error:
        raise SourceMisconfigured(f"{fetched.url}: next is no address: {error}") from error
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise SourceMisconfigured(f"{fetched.url}: the next page is elsewhere, at {there.netloc}")
    return following


def _authorised(fetch: Fetch, config: OpenEdx.Config) -> dict[str, str]:
    """The header of a client that has a token (RFC 6749 §4.4); none for a public list."""
    if config.token_url is None or config.client_id is None or config.client_secret is None:
        return {}
    form = {
        "grant_type": "client_credentials",
        "client_id": config.client_id,
        "client_secret": config.client_secret.get_secret_value(),
        "token_type": "jwt",
    }
    fetched = fetch(str(config.token_url), data=form, accept=(400, 401, 403))
    if fetched.status >= 400:
        raise SourceMisconfigured(
            f"{config.token_url} gives no token ({fetched.status}): check client_id and "
            "client_secret, and that the client may use client credentials"
        )
    token = text(members(fetched.json()).get("access_token"))
    if not token or not token.isascii() or not token.isprintable():
        raise SourceMisconfigured(f"{config.token_url} answered without an access_token")
    return {"Authorization": f"JWT {token}"}


def _made_up(entry: Any) -> str:
    given = json.dumps(entry, sort_keys=True, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(given.encode()).hexdigest()
