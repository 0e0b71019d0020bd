"""``GET /api/v1/search``: the search of the page, for programs."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi import Query as Parameter
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

from app.catalogue import Delivery, Kind
from app.identity.access import Guard
from app.search.index import MAX_DEPTH, Document, Highlight, Hit, Results, SearchIndex, Sort
from app.search.query import parse


class HighlightOut(BaseModel):
    """A text and the ranges of it that match, as ``[start, end)`` in Unicode code points."""

    text: str
    ranges: list[tuple[int, int]]
    language: str = Field(description="BCP 47; `und` when it is not known.")

    @classmethod
    def of(cls, highlight: Highlight) -> "HighlightOut":
        return cls(text=highlight.text, ranges=list(highlight.ranges), language=highlight.language)


class HitOut(BaseModel):
    """One course that was found."""

    id: str
    course: Document
    highlights: dict[str, HighlightOut]

    @classmethod
    def of(cls, hit: Hit) -> "HitOut":
        shown = {name: HighlightOut.of(each) for name, each in hit.highlights.items()}
        return cls(id=hit.id, course=hit.document, highlights=shown)


class FacetOut(BaseModel):
    value: str
    count: int


class Links(BaseModel):
    """Addresses of the neighbouring pages; null where there is none."""

    self: str
    previous: str | None
    next: str | None


class SearchOut(BaseModel):
    """One page of a search's answer."""

    hits: list[HitOut]
    total: int
    page: int
    per_page: int
    facets: dict[str, list[FacetOut]]
    links: Links


class SearchAsked(BaseModel):
    """What may be asked. Repeat a filter for alternatives; different filters must all hold."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", description="What to find; empty browses.")
    society: list[str] = Field([], description="Id of a society.")
    language: list[str] = Field([], description="Teaching language, BCP 47.")
    delivery: list[str] = Field([], description=f"One of {', '.join(Delivery)}.")
    field: list[str] = Field([], description="ISCED-F 2013 code; a parent finds its children.")
    kind: list[str] = Field([], description=f"One of {', '.join(Kind)}.")
    country: list[str] = Field([], description="ISO 3166-1 alpha-2.")
    price: list[str] = Field([], description="`free` or `paid`.")
    credit: list[str] = Field([], description="Credit framework, else the unit of credit.")
    page: int = 1
    per_page: int = 20
    sort: str = Field(Sort.RELEVANCE.value, description=f"One of {', '.join(Sort)}.")


def build_router(*, index: SearchIndex, guard: Guard) -> APIRouter:
    """The search route over ``index``."""
    router = APIRouter(prefix="/api/v1", tags=["search"])

    @router.get("/search", dependencies=[Depends(guard.public)])
    def search(
        request: Request,
        asked: Annotated[SearchAsked, Parameter()],
        accept_language: Annotated[str, Header()] = "en",
    ) -> SearchOut:
        """Find courses; texts in the first language of ``Accept-Language`` where there are any."""
        given = {
            name: [str(item) for item in value] if isinstance(value, list) else str(value)
            for name, value in asked.model_dump().items()
        }
        results = index.search(parse(given, locale=_locale(accept_language)))
        return _answer(results, request.url)

    return router


def _locale(accept_language: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)", accept_language)
    return found[1] if found else "en"


def _answer(results: Results, url: URL) -> SearchOut:
    def link(page: int) -> str:
        there = url.include_query_params(page=page)
        return f"{there.path}?{there.query}"

    last = min(-(-results.total // results.per_page), MAX_DEPTH // results.per_page)
    page = results.page
    return SearchOut(
        hits=[HitOut.of(hit) for hit in results.hits],
        total=results.total,
        page=page,
        per_page=results.per_page,
        facets={
            name: [FacetOut(value=each.value, count=each.count) for each in counts]
            for name, counts in results.facets.items()
        },
        links=Links(
            self=link(page),
            previous=link(page - 1) if 1 < page <= last + 1 else None,
            next=link(page + 1) if page < last else None,
        ),
    )
