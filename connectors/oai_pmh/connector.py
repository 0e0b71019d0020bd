"""OAI-PMH 2.0 repositories: Dublin Core and LOM records, with the traps of real servers.

The cursor is JSON. Within a list it holds the resumption token; after the last page it holds the
date from which the next run asks for changes, five minutes before the time the repository itself
gave at the list's beginning. A repository that keeps no deletions (``deletedRecord=no``) gets no
such date: it is listed in full each time, and what is missing has been withdrawn.

A page that does not parse to its end, a repeated resumption token and an answer without a list
are errors (OAI-PMH 2.0 §3.5, §3.6): only the repository can end a list.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors import xml
from connectors.contract import (
    MAX_CURSOR_BYTES,
    CourseDraft,
    CursorExpired,
    Deletions,
    Fetch,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.oai_pmh import dublin_core, lom, rdf_xml

OVERLAP = timedelta(minutes=5)
"""A record stamped before the list began may have been stored after it."""

_ERROR_STATUSES = (400, 403, 404, 409, 410, 422)
_DAY = "YYYY-MM-DD"
_PROMISES = {
    "persistent": Deletions.TOMBSTONES,
    "transient": Deletions.TOMBSTONES,
    "no": Deletions.SNAPSHOT,
}
_MAPPINGS = {"dc": dublin_core.course, "lom": lom.course, "rdf": rdf_xml.course}


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a list stands. ``begins`` is its ``from``; ``following`` the next list's."""

    deletions: Deletions
    by_day: bool
    token: str | None = None
    begins: str | None = None
    following: str | None = None

    def cursor(self) -> str | None:
        """As JSON; ``None`` when it cannot be resumed or is too long to keep."""
        if self.token is None and self.begins is None:
            return None
        encoded = json.dumps(asdict(self), separators=(",", ":"))
        return encoded if len(encoded.encode()) <= MAX_CURSOR_BYTES else None

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        try:
            held = json.loads(cursor)
            return cls(**{**held, "deletions": Deletions(held["deletions"])})
        except (ValueError, KeyError, TypeError) as error:
            raise CursorExpired("the cursor is not one of this connector's") from error


class OaiPmh:
    """Reads one OAI-PMH repository, or one set of it: Dublin Core or LOM.

    ``deletions`` is what the configuration says; without that it is ``NEVER`` until the
    repository's ``Identify`` has been read, which happens before the first page.
    """

    contract: ClassVar[int] = 1
    deletions: Deletions = Deletions.NEVER

    class Config(BaseModel):
        """Which repository and what of it."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        base_url: HttpUrl = Field(description="The repository's OAI-PMH address")
        metadata_prefix: str = Field(
            default="oai_dc",
            pattern=r"^[A-Za-z0-9_.!~*'()-]+$",
            description="oai_dc, or the repository's name for LOM: lom, oai_lom, nl_lom",
        )
        set: str | None = Field(default=None, description="Only this set (its setSpec)")
        deletions: Deletions | None = Field(
            default=None, description="What absence means, when Identify is wrong about it"
        )
        tokens_need_prefix: bool = Field(
            default=False, description="Send metadataPrefix beside resumption tokens (pycsw)"
        )

    def __init__(self, config: Config) -> None:
        self._config = config
        self._url = str(config.base_url)
        if config.deletions is not None:
            self.deletions = config.deletions

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """List the records, or those changed since the list that ``since`` stands after."""
        notes: tuple[tuple[str, str], ...] = ()
        if since is None:
            position, notes = self._identify(fetch)
        else:
            position = _Position.read(since)
        self.deletions = position.deletions
        asked: set[str] = set()
        while True:
            if position.token is not None:
                asked.add(position.token)
            root, warnings = self._ask(fetch, self._arguments(position))
            page, position = self._page(root, position, notes + warnings)
            if position.token in asked:
                raise SourceMisconfigured(
                    f"{self._url} hands out the resumption token {position.token!r} again: its "
                    "list never ends"
                )
            yield page
            if page.complete:
                return
            notes = ()

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one record by the shape of its metadata."""
        root = raw.element if isinstance(raw, _Raw) else _parsed(raw)
        mapping = _MAPPINGS.get(xml.name(root))
        if mapping is None:
            raise RejectRecord(
                f"records of the form <{xml.name(root)}> are not understood; ask the repository "
                "for oai_dc or LOM (metadata_prefix)",
                code="E-FORMAT-UNKNOWN",
                path="metadata",
            )
        datestamp = raw.get("datestamp")
        return mapping(
            root,
            own=(("oai", str(raw.get("identifier", ""))),),
            modified=str(datestamp) if datestamp else None,
        )

    def _identify(self, fetch: Fetch) -> tuple[_Position, tuple[tuple[str, str], ...]]:
        root, warnings = self._ask(fetch, {"verb": "Identify"})
        said = xml.text(xml.find(root, "identify", "deletedrecord")).lower()
        granularity = xml.text(xml.find(root, "identify", "granularity"))
        if said not in _PROMISES and self._config.deletions is None:
            message = f"Identify does not say what absence means (deletedRecord is {said!r})"
            warnings += (("W-OAI-IDENTIFY", message),)
        promise = self._config.deletions or _PROMISES.get(said, Deletions.NEVER)
        return _Position(promise, by_day=granularity in ("", _DAY)), warnings

    def _arguments(self, position: _Position) -> dict[str, str]:
        arguments = {"verb": "ListRecords"}
        if position.token is not None:
            arguments["resumptionToken"] = position.token
            if self._config.tokens_need_prefix:
                arguments["metadataPrefix"] = self._config.metadata_prefix
            return arguments
        arguments["metadataPrefix"] = self._config.metadata_prefix
        if self._config.set is not None:
            arguments["set"] = self._config.set
        if position.begins is not None:
            arguments["from"] = position.begins
        return arguments

    def _ask(
        self, fetch: Fetch, arguments: Mapping[str, str]
    ) -> tuple[xml.Element, tuple[tuple[str, str], ...]]:
        """One answer's root element. An OAI error is read whatever the HTTP status."""
        fetched = fetch(self._url, arguments, accept=_ERROR_STATUSES)
        try:
            document = xml.parse(fetched.body, where=self._url)
        except SourceUnavailable as error:
            if fetched.status in _ERROR_STATUSES:
                raise SourceMisconfigured(f"{self._url} answered {fetched.status}") from error
            raise
        root = document.root
        if xml.name(root) != "oai-pmh":
            raise SourceMisconfigured(f"{self._url}: not OAI-PMH: the root is <{xml.name(root)}>")
        errors = {e.get("code", ""): xml.text(e) for e in xml.find_all(root, "error")}
        if fetched.status in _ERROR_STATUSES and not errors:
            raise SourceMisconfigured(f"{self._url} answered {fetched.status} without a reason")
        if "badResumptionToken" in errors:
            raise CursorExpired(f"{self._url}: {errors['badResumptionToken'] or 'token unknown'}")
        if errors and set(errors) != {"noRecordsMatch"}:
            told = "; ".join(f"{code} {message}".strip() for code, message in errors.items())
            hint = ""
            if "resumptionToken" in arguments and "badArgument" in errors:
                hint = " (tokens_need_prefix may mend this)"
            raise SourceMisconfigured(f"{self._url}: {told}{hint}")
        return root, document.warnings

    def _page(
        self, root: xml.Element, position: _Position, warnings: tuple[tuple[str, str], ...]
    ) -> tuple[Page, _Position]:
        """The page in an answer, and where the list stands after it."""
        listed = xml.find(root, "listrecords")
        if listed is None and xml.find(root, "error") is None:
            raise SourceUnavailable(f"{self._url}: the answer holds neither a list nor an error")
        if position.following is None and position.deletions is not Deletions.SNAPSHOT:
            following = _following(root, by_day=position.by_day)
            position = replace(position, following=following)
            if following is None:
                warnings += (("W-OAI-DATE", "no responseDate; the next run lists everything"),)
        token = None if listed is None else xml.find(listed, "resumptiontoken")
        size = "" if token is None else token.get("completeListSize", "")
        whole = position.begins is None and size.isascii() and size.isdecimal()
        records = () if listed is None else xml.find_all(listed, "record")
        after = replace(position, token=xml.text(token) or None)
        complete = after.token is None
        if complete:
            after = replace(after, begins=after.following, following=None)
        page = Page(
            items=tuple(_item(record) for record in records),
            cursor=after.cursor(),
            complete=complete,
            expected=int(size) if whole else None,
            warnings=warnings,
        )
        return page, after


class _Raw(dict[str, Any]):
    """A record as JSON that still has its metadata at hand: mapped soon, it is not parsed twice."""

    __slots__ = ("element",)
    element: xml.Element

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        """A copy is the JSON alone."""
        return dict, (dict(self),)


def _parsed(raw: Mapping[str, Any]) -> xml.Element:
    try:
        body = str(raw["metadata"]).encode(errors="replace")
        return xml.parse(body, where="the metadata").root
    except (SourceUnavailable, SourceMisconfigured, KeyError) as error:
        raise RejectRecord(
            f"the metadata is not XML: {error}", code="E-XML-BROKEN", path="metadata"
        ) from error


def _item(record: xml.Element) -> Upsert | Tombstone | Rejected:
    header = xml.find(record, "header")
    identifier = "" if header is None else xml.text(xml.find(header, "identifier"))
    if header is None or not identifier:
        given = xml.as_text(record)
        made_up = "sha256:" + hashlib.sha256(given.encode()).hexdigest()
        return Rejected(
            made_up, {"record": given}, "E-ID-MISSING", "the record's header has no identifier"
        )
    if header.get("status", "").strip().lower() == "deleted":
        return Tombstone(identifier)
    raw = _Raw(
        identifier=identifier,
        datestamp=xml.text(xml.find(header, "datestamp")),
        sets=[xml.text(spec) for spec in xml.find_all(header, "setspec")],
    )
    holder = xml.find(record, "metadata")
    metadata = None if holder is None else next(holder.iterchildren("*"), None)
    if metadata is None:
        return Rejected(identifier, dict(raw), "E-METADATA-MISSING", "the record holds no metadata")
    raw["metadata"], raw.element = xml.as_text(metadata), metadata
    return Upsert(identifier, raw)


def _following(root: xml.Element, *, by_day: bool) -> str | None:
    """The ``from`` of the next list, in the repository's granularity."""
    try:
        told = datetime.fromisoformat(xml.text(xml.find(root, "responsedate")))
    except ValueError:
        return None
    moment = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC) - OVERLAP
    return moment.strftime("%Y-%m-%d" if by_day else "%Y-%m-%dT%H:%M:%SZ")
