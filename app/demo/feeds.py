"""The demonstration societies' own web sites: one feed each, and a page for each course.

The Chinese one speaks OAI-PMH 2.0 with IEEE LOM, the Pakistani one MOOChub 3, the Kenyan one has
a spreadsheet. Small, but true to the formats; the node harvests them as it would anybody's.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from lxml import etree
from lxml.builder import ElementMaker

from app.demo.societies import INDUS, RIFT, SOCIETIES, TIANFU, courses
from app.identity.access import Guard
from app.platform.problems import NotFound

OAI = "http://www.openarchives.org/OAI/2.0/"
LOM = "http://ltsc.ieee.org/xsd/LOM"
PAGE_SIZE = 3

_oai: Any = ElementMaker(namespace=OAI, nsmap={None: OAI})
_lom: Any = ElementMaker(namespace=LOM, nsmap={None: LOM})


def _code(course: Mapping[str, Any]) -> str:
    return str(course.get("code") or course["Course code"])


def _address(site: str, society: str, course: Mapping[str, Any]) -> str:
    return f"{site}/demo/{society}/courses/{_code(course).lower()}"


def _strings(texts: Mapping[str, str]) -> list[Any]:
    return [_lom.string(text, language=tag) for tag, text in texts.items()]


def _record(course: Mapping[str, Any], site: str) -> Any:
    """One LOM record (IEEE 1484.12.3) in an OAI-PMH envelope."""
    value = _lom.value
    lom = _lom.lom(
        _lom.general(
            _lom.identifier(_lom.catalog("Tianfu"), _lom.entry(course["code"])),
            _lom.title(*_strings(course["title"])),
            *[_lom.language(tag) for tag in course["languages"]],
            _lom.description(*_strings(course["description"])),
            *[_lom.keyword(_lom.string(word)) for word in course["keywords"]],
        ),
        _lom.metaMetadata(_lom.language("zh")),
        _lom.technical(
            _lom.location(_address(site, TIANFU.id, course)),
            _lom.duration(_lom.duration(f"PT{course['hours']}H")),
        ),
        _lom.educational(
            _lom.learningResourceType(value("course")),
            _lom.context(value("training")),
            _lom.difficulty(value(course["level"])),
            _lom.typicalLearningTime(_lom.duration(f"PT{course['hours']}H")),
        ),
        _lom.rights(_lom.cost(value("no"))),
        _lom.classification(
            _lom.purpose(value("discipline")),
            _lom.taxonPath(
                _lom.source(_lom.string("ISCED-F 2013", language="en")),
                _lom.taxon(_lom.id(course["field"])),
            ),
        ),
    )
    return _oai.record(
        _oai.header(
            _oai.identifier(f"oai:tianfu.example:{course['code']}"),
            _oai.datestamp(course["modified"]),
        ),
        _oai.metadata(lom),
    )


def _list_records(query: Mapping[str, str], site: str) -> Any:
    since = query.get("from", "")
    changed = [c for c in courses(TIANFU) if c["modified"] >= since]
    position = query.get("resumptionToken", "0")
    if not position.isdecimal() or (int(position) >= len(changed) and position != "0"):
        return _oai.error("This token was not given out here.", code="badResumptionToken")
    if not changed:
        return _oai.error("Nothing has changed since then.", code="noRecordsMatch")
    start = int(position)
    end = start + PAGE_SIZE
    listed = _oai.ListRecords(*[_record(course, site) for course in changed[start:end]])
    if end < len(changed) or start:
        listed.append(
            _oai.resumptionToken(
                str(end) if end < len(changed) else "",
                completeListSize=str(len(changed)),
                cursor=str(start),
            )
        )
    return listed


def _oai_answer(query: Mapping[str, str], site: str, now: str) -> bytes:
    verb = query.get("verb")
    answer: Any
    if verb == "Identify":
        answer = _oai.Identify(
            _oai.repositoryName(TIANFU.names["en"]),
            _oai.baseURL(f"{site}{TIANFU.path}"),
            _oai.protocolVersion("2.0"),
            _oai.adminEmail("courses@tianfu.example"),
            _oai.earliestDatestamp("2026-09-01T00:00:00Z"),
            _oai.deletedRecord("persistent"),
            _oai.granularity("YYYY-MM-DDThh:mm:ssZ"),
        )
    elif verb == "ListRecords":
        answer = _list_records(query, site)
    else:
        answer = _oai.error("This demonstration answers Identify and ListRecords.", code="badVerb")
    root = _oai("OAI-PMH", _oai.responseDate(now), _oai.request(f"{site}{TIANFU.path}"), answer)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _moochub_course(course: Mapping[str, Any], site: str) -> dict[str, Any]:
    publisher = {"name": INDUS.names["en"], "type": "Organization"}
    attributes: dict[str, Any] = {
        "name": course["title"],
        "courseCode": course["code"],
        "learningResourceType": {
            "identifier": "https://w3id.org/kim/hcrt/course",
            "type": "Concept",
            "inScheme": "https://w3id.org/kim/hcrt/scheme",
        },
        "courseMode": course["mode"],
        "description": f"<p>{escape(course['description'])}</p>",
        "inLanguage": [course["language"]],
        "startDate": [course["start"]],
        "endDate": [course["end"]],
        "duration": f"PT{course['hours']}H",
        "publisher": publisher,
        "creator": [publisher],
        "url": _address(site, INDUS.id, course),
        "license": [{"identifier": "CC-BY-4.0", "url": "https://spdx.org/licenses/CC-BY-4.0"}],
        "access": ["free"] if not course["price"] else ["paid"],
        "keywords": course["keywords"],
        "offer": [{"price": course["price"], "priceCurrency": "PKR", "category": "course"}],
        "educationalAlignment": [
            {
                "educationalFramework": "ISCED-F",
                "shortCode": course["field"],
                "type": "EducationalAlignment",
            }
        ],
    }
    if place := course.get("place"):
        attributes["contentLocation"] = {"name": place, "address": {"addressCountry": "PK"}}
    return {"type": "Course", "id": course["code"], "attributes": attributes}


def _moochub(page: int, site: str, *, feed: str) -> dict[str, Any]:
    """One page; its links go where the request came to."""
    listed = courses(INDUS)
    last = (len(listed) - 1) // PAGE_SIZE + 1
    address = f"{feed}?page="
    links = {"self": f"{address}{page}", "first": f"{address}1", "last": f"{address}{last}"}
    if page < last:
        links["next"] = f"{address}{page + 1}"
    chosen = listed[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return {"links": links, "data": [_moochub_course(course, site) for course in chosen]}


def _table(rows: Sequence[Mapping[str, Any]], site: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "Web page": _address(site, RIFT.id, row)})
    return text.getvalue()


def _page(society: str, code: str) -> str:
    """A course's page on its society's own site: short, and frank about what it is."""
    homes = [(s, c) for s in SOCIETIES if s.id == society for c in courses(s)]
    home, found = next((pair for pair in homes if _code(pair[1]).lower() == code), (None, {}))
    if home is None:
        raise NotFound("The demonstration has no such course.")
    title = found.get("title") or found["Title"]
    first = next(iter(title.values())) if isinstance(title, dict) else title
    return (
        "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(first)}</title><h1>{escape(first)}</h1><p>{escape(home.names['en'])}</p>"
        "<p>This society and its course are made up, to show what OpenCPD does.</p>"
    )


def build_router(*, site: str, guard: Guard, timestamp: str) -> APIRouter:
    """The three sites under ``/demo``. ``site`` is the address that links are made of."""
    router = APIRouter(
        prefix="/demo", dependencies=[Depends(guard.public)], include_in_schema=False
    )

    @router.get("/tianfu/oai")
    def oai(request: Request) -> Response:
        answer = _oai_answer(dict(request.query_params), site, timestamp)
        return Response(answer, media_type="text/xml")

    @router.get("/indus/moochub.json")
    def moochub(request: Request, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> JSONResponse:
        feed = str(request.url.replace(query=""))
        return JSONResponse(_moochub(page, site, feed=feed), media_type="application/vnd.api+json")

    @router.get("/rift/courses.csv")
    def table() -> Response:
        return Response(_table(courses(RIFT), site), media_type="text/csv; charset=utf-8")

    @router.get("/{society}/courses/{code}")
    def course_page(society: str, code: str) -> HTMLResponse:
        return HTMLResponse(_page(society, code))

    return router
