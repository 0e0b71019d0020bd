"""The connector contract: everything a feed format's plugin may rely on, on one page.

A connector reads one format. It yields pages of raw items and maps one raw item to a
``CourseDraft``. It stores nothing, retries nothing, keeps no time and opens no connection of its
own: the node that runs it owns the cursor, the retries, the storage, the schedule and the deletion.

Delivery is at least once. A page's cursor is stored in the transaction that stores its items, so
``pages(fetch, since=cursor)`` must go on after that page, on any day, in another process.

Errors are classed by what the node does about them::

    ConnectorError
    ├── SourceUnavailable     try again later from the same cursor (time-outs, 429, 5xx)
    ├── SourceMisconfigured   trying again cannot help: stop, tell a person (401, 404)
    ├── CursorExpired         start again without a cursor
    └── RejectRecord          this item only: keep it and the reason, go on

Any other exception out of ``pages`` means that the feed has changed its shape or the connector has
a fault: the cursor is kept, the run fails, a person is told. Any other exception out of
``normalise``, or something else than a ``CourseDraft``, rejects that one item with
``E-CONNECTOR-FAULT``: it is kept with the reason, the traceback is logged, the others go on.
Nothing here needs more than the standard library and pydantic.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

CONTRACT = 1
"""The version of this page; a connector states the one it was written for."""

MAX_CURSOR_BYTES = 4096


class ConnectorError(Exception):
    """The parent of everything a connector may raise on purpose."""


class SourceUnavailable(ConnectorError):
    """Try again later from the same cursor; ``retry_after`` in seconds when the source said so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceMisconfigured(ConnectorError):
    """Trying again cannot help; a person must change the configuration or the feed."""


class CursorExpired(ConnectorError):
    """The source no longer knows the cursor; start again without one."""


class RejectRecord(ConnectorError):
    """This item cannot become a course. ``code`` is stable (``E-TITLE-MISSING``)."""

    def __init__(self, message: str, *, code: str = "E-RECORD-REJECTED", path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.path = path


class Deletions(StrEnum):
    """What a course's absence means: a promise, like OAI-PMH's ``deletedRecord``."""

    TOMBSTONES = "tombstones"  # the source says so itself; absence means nothing
    SNAPSHOT = "snapshot"  # a complete run lists everything; absence means withdrawn
    NEVER = "never"  # it never says; absence means nothing


@dataclass(frozen=True, slots=True)
class Upsert:
    """One course as the source has it now; ``raw`` is JSON, exactly what the source gave.

    ``line`` is where it begins in the file or page, counted from 1, when that helps its owner to
    find it; a table's row, an XML element's line.
    """

    source_id: str
    raw: Mapping[str, Any]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The source says that it has withdrawn this course."""

    source_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something the source listed that cannot even be read as an item (a broken row)."""

    source_id: str
    raw: Mapping[str, Any]
    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer of the source held.

    ``cursor`` resumes after this page; ``None`` when the source cannot be resumed here.
    ``complete`` only on the last page, and only if the source itself said that it was the last.
    ``expected`` is how many items the source says it has in all, when it says so.
    ``warnings`` are (code, message) pairs about the page itself, not about one item.
    ``next_run``, on a snapshot's last page, is where the next run may begin to read only what is
    new; without it a snapshot is followed by another one.
    """

    items: tuple[Upsert | Tombstone | Rejected, ...]
    cursor: str | None
    complete: bool = False
    expected: int | None = None
    warnings: tuple[tuple[str, str], ...] = ()
    next_run: str | None = None


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _refuse(constant: str) -> Any:
    """NaN and the infinities are Python's, not JSON's (RFC 8259 §6)."""
    raise ValueError(f"{constant} is not JSON")


def storable(value: Any) -> Any:
    """The value without NUL and unpaired surrogates, which escapes may put into JSON texts."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer over HTTP. Header names are in lower case; ``body`` is decoded from its codings."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; what a database cannot hold in a text becomes U+FFFD.

        Raises ``SourceUnavailable``: a cut answer may be whole next time.
        """
        try:
            return storable(json.loads(self.body, parse_constant=_refuse))
        except (ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{self.url}: the answer is not whole JSON: {error}") from error


class Fetch(Protocol):
    """The node's guarded way out.

    Raises ``SourceUnavailable`` for time-outs, broken connections, 429 and 5xx;
    ``SourceMisconfigured`` for addresses that are not allowed and for every other status of 400
    and above. A status listed in ``accept`` is handed back instead of raised.

    With ``data`` it is a POST of a form, for sources that want a secret or a query there. It must
    only read: it is asked again where a GET would be. The form goes out over https (over plain
    http only to networks that the operator allowed), and never to another origin than that of
    ``url``: a redirect there is refused. Within the origin, 307 and 308 repeat the form, other
    redirects are followed by a GET without it (RFC 9110 §15.4). A secret belongs into ``data`` or
    ``headers``, never into ``url`` or ``params``: those stand in messages and logs.
    """

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Fetch ``url`` with ``params`` added to its query; a POST if there is ``data``."""


@runtime_checkable
class Paced(Protocol):
    """A way out that can be asked to be slower: the node's is, those of tests need not be."""

    def slow_down(self, url: str, seconds: float) -> None:
        """Leave at least so many seconds between two requests to the host of ``url``."""


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """A price. ``amount`` is a decimal number as text; 0 means free."""

    amount: str | None = None
    currency: str | None = None
    category: str | None = None  # free, paid, subscription
    audience: str | None = None  # public, member
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RunDraft:
    """One dated delivery. Dates and times as the source wrote them, ISO 8601 where it can."""

    source_id: str | None = None
    start: str | None = None
    end: str | None = None
    enrol_start: str | None = None
    enrol_end: str | None = None
    timezone: str | None = None
    place_name: str | None = None
    place_country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    delivery: str | None = None
    language: str | None = None
    url: str | None = None
    instructors: tuple[str, ...] = ()
    offers: tuple[OfferDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditDraft:
    """Credit that a body gives; a number never travels without its unit."""

    value: str
    unit: str | None = None
    framework: str | None = None
    jurisdiction: str | None = None
    category: str | None = None
    approval_no: str | None = None


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """A course in the federation's vocabulary, unjudged: the node checks and normalises it.

    Texts are language maps ``{language tag: text}``; ``und`` when the source does not say.
    Plain strings may be as the source wrote them ("Chinese (Simplified)", "12 hours", "EUR").
    """

    title: Mapping[str, str]
    url: str | None = None
    summary: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)  # may hold HTML
    outcomes: Mapping[str, str] = field(default_factory=dict)
    prerequisites: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    metadata_language: str | None = None
    teaching_languages: tuple[str, ...] = ()
    provider: str | None = None  # as the source names it, when it is not the society itself
    identifiers: tuple[tuple[str, str], ...] = ()  # (scheme, value): doi, oai, url, code, ...
    fields: tuple[str, ...] = ()  # ISCED-F 2013 codes
    subjects: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()  # EC1..EC13
    standards: tuple[str, ...] = ()  # "ISO 9001:2015"
    level: str | None = None
    credits: tuple[CreditDraft, ...] = ()
    duration: str | None = None  # how long it lasts
    effort: str | None = None  # how much work it is
    delivery: tuple[str, ...] = ()
    licence: str | None = None
    access: str | None = None
    image: str | None = None
    runs: tuple[RunDraft, ...] = ()
    offers: tuple[OfferDraft, ...] = ()
    created: str | None = None
    modified: str | None = None


class Connector(Protocol):
    """What a plugin's class looks like.

    A class may say ``conditional: ClassVar[bool] = True``: where the first answer is the whole
    feed, and what ``pages`` gives depends on that answer and the configuration alone. Then the
    node sends the ETag or date of the file that it read last, and reads nothing when the source
    says that the file is the same.
    """

    @property
    def contract(self) -> int:
        """The version of the contract it was written for; a plain class attribute."""

    @property
    def Config(self) -> type[BaseModel]:  # noqa: N802  it is a class
        """Its configuration; a plain nested class, from which forms are made."""

    @property
    def deletions(self) -> Deletions:
        """What absence means; mostly a plain class attribute.

        A connector that learns it from its configuration or from the source sets it on the
        instance, at the latest before it yields its first page, and is ``NEVER`` until then. The
        node reads it after a run's last page. It withdraws what is absent only if the run began
        without a cursor, ended with ``complete`` and this is ``SNAPSHOT`` then.
        """

    def __init__(self, config: Any) -> None:
        """Take a checked ``Config``; no I/O here."""

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the source page by page, after the cursor ``since`` or from the beginning."""

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one raw item. Pure and repeatable; may raise ``RejectRecord``, nothing else."""
