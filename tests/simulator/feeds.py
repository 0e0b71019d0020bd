"""Other people's feeds, on loopback: a small web server and an OAI-PMH repository with faults.

    repository = OaiRepository([OaiRecord("oai:a:1", dublin_core("Bridges"))])
    with FeedServer({"/oai": repository, "/courses.csv": csv_bytes(rows)}) as feeds:
        feeds.url("/oai"), feeds.requests

A fault is an attribute of the repository and may be set or mended between two requests. Nothing
here reads a clock: the repository's time is ``response_date``.
"""

import csv
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape, quoteattr

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
LOM = "http://ltsc.ieee.org/xsd/LOM"


@dataclass(frozen=True, slots=True)
class Request:
    """What the server was asked. Header names are in lower case; ``data`` is a POST's form."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    data: Mapping[str, str] | None = None


Body = bytes | Iterator[bytes]
"""An iterator is sent piece by piece, until it ends or the client has had enough."""
Answer = bytes | tuple[int, Mapping[str, str], Body]
Route = Answer | Callable[[Request], Answer]


class FeedServer:
    """Serves ``routes`` (path -> answer, or a function of the request) on 127.0.0.1.

    A ``Content-Length`` among an answer's headers is sent as it is: a larger one than the body's
    is an answer cut on its way.
    """

    def __init__(self, routes: Mapping[str, Route] | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.feeds = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, request: Request) -> tuple[int, Mapping[str, str], Body]:
        self.requests.append(request)
        route = self.routes.get(request.path, (404, {}, b"no such feed"))
        answer = route(request) if callable(route) else route
        return (200, {}, answer) if isinstance(answer, bytes) else answer

    def __enter__(self) -> "FeedServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    feeds: FeedServer
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle of an answer is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(dict(parse_qsl(body.decode(), keep_blank_values=True)))

    def _answer(self, form: Mapping[str, str] | None) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        status, out, body = self.server.feeds.answer(Request(parts.path, params, headers, form))
        self.send_response_only(status)  # without a Date: that is a clock
        length = {"Content-Length": str(len(body))} if isinstance(body, bytes) else {}
        for name, value in {**length, **out}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in [body] if isinstance(body, bytes) else body:
            self.wfile.write(piece)

    def log_message(self, *args: object) -> None:
        """The tests read ``requests`` instead."""


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """One record; ``metadata`` is the XML element inside ``<metadata>``."""

    identifier: str
    metadata: str = ""
    datestamp: str = "2026-01-01T00:00:00Z"
    deleted: bool = False
    sets: tuple[str, ...] = ()


def dublin_core(title: str | None, **elements: str | Sequence[str]) -> str:
    """An ``oai_dc:dc`` element: ``dublin_core("Bridges", language="en", subject=["a", "b"])``."""
    parts = [] if title is None else [f"<dc:title>{escape(title)}</dc:title>"]
    for name, values in elements.items():
        listed = (values,) if isinstance(values, str) else values
        parts += [f"<dc:{name}>{escape(value)}</dc:{name}>" for value in listed]
    return f'<oai_dc:dc xmlns:oai_dc="{OAI_DC}" xmlns:dc="{DC}">{"".join(parts)}</oai_dc:dc>'


def lom(titles: Mapping[str, str], *, url: str, description: str = "") -> str:
    """An IEEE ``lom`` element with a title in each language."""
    strings = "".join(
        f"<string language={quoteattr(language)}>{escape(text)}</string>"
        for language, text in titles.items()
    )
    about = f"<description><string>{escape(description)}</string></description>"
    return (
        f'<lom xmlns="{LOM}"><general><title>{strings}</title>'
        f"<language>{escape(next(iter(titles), ''))}</language>{about if description else ''}"
        f"</general><technical><location>{escape(url)}</location></technical></lom>"
    )


@dataclass
class OaiRepository:
    """An OAI-PMH 2.0 repository; give it to ``FeedServer`` as a route."""

    records: list[OaiRecord] = field(default_factory=list)
    page_size: int = 50
    deleted_record: str = "persistent"
    """persistent, transient or no; with ``no`` deleted records are simply not listed."""
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    response_date: str = "2026-06-01T12:00:00Z"
    prefixes: tuple[str, ...] = ("oai_dc", "lom")
    tell_size: bool = True
    tokens_need_prefix: bool = False
    # Faults. Pages are counted from 0 within one list.
    error_status: int = 200
    """The HTTP status of an answer that is an OAI error; Zenodo's is 422."""
    cut_page: int | None = None
    """Half of this page is sent, with the Content-Length of that half."""
    unavailable: dict[int, int] = field(default_factory=dict)
    """Page -> how many times it still answers 503."""
    retry_after: str = "2"
    repeat_token_on: int | None = None
    """This page hands out the token by which it was asked for."""
    expired: bool = False
    """No resumption token is known any more."""
    forgets: int = 0
    """So many times a token is not known."""
    wrong_size: int | None = None
    after_root: str = ""
    control_character_on: int | None = None
    stamp_tag: str = "datestamp"
    """pycsw writes ``dateStamp``."""
    day_stamps: bool = False
    """Records tell the day alone, whatever Identify says."""

    def __call__(self, request: Request) -> Answer:
        params = request.params
        verb = params.get("verb")
        if verb == "Identify":
            return self._answer(self._identify())
        if verb != "ListRecords":
            return self._error("badVerb", "The verb is not supported.")
        if "resumptionToken" in params:
            return self._resume(params)
        if params.get("metadataPrefix") not in self.prefixes:
            return self._error("cannotDisseminateFormat", "No such metadataPrefix.")
        return self._page(0, params.get("from", ""), params.get("set", ""), token="")

    def _resume(self, params: Mapping[str, str]) -> Answer:
        if ("metadataPrefix" in params) != self.tokens_need_prefix:
            return self._error("badArgument", "metadataPrefix with or without a token.")
        token = params["resumptionToken"]
        number, _, rest = token.partition("|")
        since, _, within = rest.partition("|")
        self.forgets -= 1
        if self.expired or self.forgets >= 0 or not number.isdecimal():
            return self._error("badResumptionToken", "The token has expired.")
        return self._page(int(number), since, within, token=token)

    def _page(self, number: int, since: str, within: str, *, token: str) -> Answer:
        if self.unavailable.get(number, 0) > 0:
            self.unavailable[number] -= 1
            return 503, {"Retry-After": self.retry_after}, b"busy"
        listed = [
            record
            for record in self.records
            if record.datestamp >= since
            and (not within or within in record.sets)
            and not (record.deleted and self.deleted_record == "no")
        ]
        if not listed:
            return self._error("noRecordsMatch", "Nothing matches.")
        start = number * self.page_size
        shown = "".join(self._record(record) for record in listed[start : start + self.page_size])
        if number == self.control_character_on:
            shown = shown.replace("</identifier>", "</identifier>\x0b", 1)
        body = f"<ListRecords>{shown}{self._token(number, len(listed), since, within, token)}"
        answer = self._answer(f"{body}</ListRecords>")
        if number == self.cut_page:
            return answer[: len(answer) // 2]
        return answer

    def _token(self, number: int, total: int, since: str, within: str, asked: str) -> str:
        size = self.wrong_size if self.wrong_size is not None else total
        told = f' completeListSize="{size}"' if self.tell_size else ""
        if (number + 1) * self.page_size >= total:
            return f"<resumptionToken{told}/>" if number else ""
        following = asked if number == self.repeat_token_on else f"{number + 1}|{since}|{within}"
        return f"<resumptionToken{told}>{escape(following)}</resumptionToken>"

    def _record(self, record: OaiRecord) -> str:
        by_day = self.day_stamps or len(self.granularity) == 10
        stamp = record.datestamp[:10] if by_day else record.datestamp
        status = ' status="deleted"' if record.deleted else ""
        sets = "".join(f"<setSpec>{escape(name)}</setSpec>" for name in record.sets)
        metadata = "" if record.deleted else f"<metadata>{record.metadata}</metadata>"
        return (
            f"<record><header{status}><identifier>{escape(record.identifier)}</identifier>"
            f"<{self.stamp_tag}>{stamp}</{self.stamp_tag}>{sets}</header>{metadata}</record>"
        )

    def _identify(self) -> str:
        return (
            "<Identify><repositoryName>Simulated</repositoryName>"
            "<baseURL>http://127.0.0.1/oai</baseURL><protocolVersion>2.0</protocolVersion>"
            "<adminEmail>feeds@example.org</adminEmail>"
            "<earliestDatestamp>2000-01-01T00:00:00Z</earliestDatestamp>"
            f"<deletedRecord>{self.deleted_record}</deletedRecord>"
            f"<granularity>{self.granularity}</granularity></Identify>"
        )

    def _answer(self, body: str) -> bytes:
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}">'
            f"<responseDate>{self.response_date}</responseDate><request>oai</request>"
            f"{body}</OAI-PMH>{self.after_root}"
        ).encode()

    def _error(self, code: str, message: str) -> Answer:
        body = self._answer(f'<error code="{code}">{message}</error>')
        return self.error_status, {"Content-Type": "text/xml"}, body


def moochub_document(
    courses: Iterable[Mapping[str, Any]], *, following: str | None = None
) -> dict[str, Any]:
    """A MOOChub list; each course is its ``attributes``, with its ``id`` among them."""
    data = [
        {
            "id": course["id"],
            "type": "courses",
            "attributes": {key: value for key, value in course.items() if key != "id"},
        }
        for course in courses
    ]
    links = {} if following is None else {"next": following}
    return {"links": links, "data": data}


def moochub_bytes(courses: Iterable[Mapping[str, Any]], *, following: str | None = None) -> bytes:
    return json.dumps(moochub_document(courses, following=following)).encode()


def csv_bytes(
    rows: Sequence[Mapping[str, str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """A CSV file whose header is the keys of all rows, in the order they first come."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)
