"""The real feeds as sources: which file answers which question, and what each file is.

A recording names the files of one feed in the order in which a request is matched against them: a
file answers a request whose address (or form) has the text beside it. A repository's list that was
recorded in part is ended by an empty last page of ours, so that a run comes to its end.
"""

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable
from tests.simulator.mappings import MAPPINGS

HOST = "https://feeds.example"
IDENTIFY = (
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><Identify>'
    b"<deletedRecord>persistent</deletedRecord>"
    b"<granularity>YYYY-MM-DDThh:mm:ssZ</granularity></Identify></OAI-PMH>"
)
END = (
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
    b"<resumptionToken/></ListRecords></OAI-PMH>"
)
_OURS = {
    "identify": (IDENTIFY, "text/xml"),
    "end": (END, "text/xml"),
    "end of rss": (b"<rss version='2.0'><channel><title>End</title></channel></rss>", "text/xml"),
    "end of json": (b'{"data": [], "elements": [], "links": {}}', "application/json"),
}
_ELSEWHERE = {
    "ol_events.json": ("https://openlearning.mit.edu/jsonapi/node/event", "offset", "end of json"),
    "coursera-catalog.json": ("https://api.coursera.example/courses", "start=2", "end of json"),
    "test_podcast.rss": (
        "http://feeds.soundcloud.com/users/soundcloud:users:something/sounds.rss",
        "before=",
        "end of rss",
    ),
    "edx-course-feed.rss.xml": (
        "https://www.edx.org/api/v2/report/course-feed/rss",
        "page=",
        "end of rss",
    ),
}
"""Feeds that name their following page: where they were, what asks for it, and what answers."""
_TYPES = {
    ".html": "text/html", ".xml": "application/xml", ".json": "application/json",
    ".ics": "text/calendar", ".csv": "text/csv", ".rss": "application/rss+xml",
    ".md": "text/markdown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recording:
    """One feed: its connector with a configuration, and its files by what asks for them."""

    folder: str
    name: str
    connector: str
    config: Mapping[str, Any]
    files: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class NotAFeed:
    """A file that lists no courses, and what it is."""

    folder: str
    name: str
    reason: str


class Disk:
    """A ``Fetch`` that answers from the recorded files."""

    def __init__(self, feeds: Path, recording: Recording) -> None:
        self._feeds = feeds
        self._recording = recording

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Answer with the first file that the request matches."""
        asked = "?".join((url, urlencode({**(params or {}), **(data or {})})))
        for text, name in self._recording.files:
            if text in asked:
                return self._answer(url, name, accept)
        if 404 in accept:
            return Fetched(url, 404, {}, b"")
        raise SourceMisconfigured(f"{url}: the source answered 404: it was not recorded")

    def _answer(self, url: str, name: str, accept: Sequence[int]) -> Fetched:
        if name in _OURS:
            made, kind_of = _OURS[name]
            return Fetched(url, 200, {"content-type": kind_of}, made)
        body = read(self._feeds / self._recording.folder / name)
        told = re.search(r"\.http(\d{3})\.", name)
        status = int(told[1]) if told else 200
        if status >= 400 and status not in accept:
            kind = SourceUnavailable if status >= 500 else SourceMisconfigured
            raise kind(f"{url} answered {status}")
        suffix = Path(name.removesuffix(".gz")).suffix
        return Fetched(url, status, {"content-type": _TYPES.get(suffix, "text/plain")}, body)


def read(path: Path) -> bytes:
    """A file's bytes, unpacked."""
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def recordings(feeds: Path) -> Iterator[Recording | NotAFeed]:
    """Everything in the folder of feeds, folder by folder; each file is named once."""
    for folder in sorted(one for one in feeds.iterdir() if one.is_dir()):
        names = sorted(one.name for one in folder.iterdir())
        yield from _RECIPES.get(folder.name, _unknown)(folder.name, names)


def _unknown(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (NotAFeed(folder, name, "nothing is known of this folder") for name in names)


def _one(folder: str, name: str, connector: str, **config: Any) -> Recording:
    usual = (f"{HOST}/{name.removesuffix('.gz')}", "", "")
    address, following, end = _ELSEWHERE.get(name, usual)
    files = ((following, end), ("", name)) if following else (("", name),)
    return Recording(folder, name, connector, {"url": address, **config}, files)


def _mapped(folder: str, name: str) -> Recording:
    return _one(folder, name, "json_feed", **MAPPINGS[f"{folder}/{name}"])


def _elm(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        if name.startswith("loq"):
            yield _one(folder, name, "xcri")
        else:
            yield NotAFeed(folder, name, "a credential that one person holds, not a catalogue")


def _links(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        language = name.removeprefix("free-courses-").partition(".")[0].replace("_", "-")
        constants = {"teaching_languages": language}
        yield _one(folder, name, "table", constants=constants)


def _calendars(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (_one(folder, name, "ical") for name in names)


def _sharekit(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    first, second = "sharekit-api.initial.0.json", "sharekit-api.initial.1.json"
    config = {"url": f"{HOST}/items", **MAPPINGS[f"{folder}/{first}"]}
    files = (("number]=2", second), ("number%5D=2", second), ("", first))
    yield Recording(folder, f"{first}, {second}", "json_feed", config, files)
    yield _mapped(folder, "sharekit-api.delta.0.json")


def _mit(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        if f"{folder}/{name}" in MAPPINGS:
            yield _mapped(folder, name)
        elif name.endswith(".rss"):
            yield _one(folder, name, "rss")
        else:
            yield _one(folder, name, "schema_org")


def _moocs(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        if name.startswith("mooin"):
            yield _one(folder, name, "moochub")
        elif name.endswith(".rss.xml"):
            yield _one(folder, name, "rss")
        else:
            yield _mapped(folder, name)


def _moochub(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (
        NotAFeed(folder, one, "a specification of the format, with no course") for one in names
    )


def _moodle(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    config = {"url": HOST, "token": "0123456789abcdef0123456789abcdef"}
    info = ("core_webservice_get_site_info", "core_webservice_get_site_info.json")
    categories = ("core_course_get_categories", "core_course_get_categories.json")
    listed = {
        "core_course_get_courses_by_field": "core_course_get_courses_by_field.json.gz",
        "core_course_get_courses": "core_course_get_courses.json.gz",
        "core_course_search_courses": "core_course_search_courses.json",
    }
    for function, name in listed.items():
        search = {"search": "a"} if "search" in function else {}
        files = (info, categories, (function, name), *listed.items())
        yield Recording(folder, name, "moodle", {**config, "function": function, **search}, files)
    for name in names:
        if name.startswith("err_"):
            yield Recording(folder, name, "moodle", config, (("", name),))
        elif name not in (info[1], categories[1], *listed.values()):
            yield NotAFeed(folder, name, "what is inside one course, no list of courses")


def _dublin_core(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        if name.startswith("list_records"):
            prefix = "datacite" if ".04." in name else "oai_dc"
            yield _repository(folder, name, prefix)
        else:
            yield NotAFeed(
                folder, name, f"the answer to another question: {name.partition('.')[0]}"
            )


def _repository(folder: str, name: str, prefix: str, *further: tuple[str, str]) -> Recording:
    config = {"base_url": f"{HOST}/oai", "metadata_prefix": prefix}
    files = (("verb=Identify", "identify"), *further, ("resumptionToken", "end"), ("", name))
    return Recording(folder, name, "oai_pmh", config, files)


def _lom(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    second = "edurep-oaipmh.initial.1.xml"
    yield _repository(folder, "edurep-oaipmh.initial.0.xml", "lom", ("resumptionToken", second))
    yield _repository(folder, "edurep-oaipmh.delta.0.xml", "lom")
    yield _repository(folder, "anatomy-tool-oaipmh.initial.0.xml", "oai_lom")


def _rdf(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    for name in names:
        if "listrecords" in name:
            yield _repository(folder, name, "rdf")
        else:
            yield NotAFeed(folder, name, "the answer to another question: identify")


def _pages(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    pages = {name: f"{HOST}/{name.removesuffix('.gz')}" for name in names}
    for name, page in pages.items():
        files = ((page, name),)
        yield Recording(folder, name, "schema_org", {"url": page}, files)


def _sitemaps(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    """Their pages were not recorded: each is missing, one by one."""
    for name in names:
        address = f"{HOST}/{name}"
        sites = {"oerbw": "https://uni-tuebingen.oerbw.de", "hoou": "https://www.hoou.de"}
        config = {
            "url": address,
            "sites": [sites.get(name.partition("-")[0], "https://www.oncampus.de")],
        }
        yield Recording(folder, name, "schema_org", config, ((address, name),))


def _sections(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (_mapped(folder, name) for name in names)


def _tables(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (_one(folder, name, "table") for name in names)


def _codes(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (
        NotAFeed(folder, name, "a list of codes and their names, no courses") for name in names
    )


def _xcri(folder: str, names: Sequence[str]) -> Iterator[Recording | NotAFeed]:
    yield from (_one(folder, name, "xcri") for name in names)


_RECIPES = {
    "elm": _elm, "free-courses-md": _links, "ical": _calendars, "jsonapi-sharekit-surf": _sharekit,
    "mit-learn-fixtures": _mit, "mooc-apis-mammooc": _moocs, "moochub": _moochub,
    "moodle-live-4.4": _moodle, "oaipmh-dc-zenodo": _dublin_core, "oaipmh-lom-surf": _lom,
    "oaipmh-rdf-tess": _rdf, "schemaorg-html": _pages, "sitemaps": _sitemaps,
    "sjtu-zh": _sections, "tess-ingestion": _tables, "vocabularies": _codes, "xcri-cap": _xcri,
}  # fmt: skip
