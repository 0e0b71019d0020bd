"""A Moodle site's web services, with its habits and faults; give it to ``FeedServer`` as a route.

It answers errors with HTTP 200, as real ones do. Nothing is answered to a token in an address.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.feeds import Answer, Request

TOKEN = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
FUNCTIONS = (
    "core_webservice_get_site_info",
    "core_course_get_categories",
    "core_course_get_courses",
    "core_course_get_courses_by_field",
    "core_course_search_courses",
)
PATH = "/webservice/rest/server.php"


def moodle_course(number: int, fullname: str, **more: Any) -> dict[str, Any]:
    """A course as a site lists it; ``more`` replaces or adds members."""
    return {
        "id": number,
        "shortname": f"C{number}",
        "fullname": fullname,
        "categoryid": 4,
        "categoryname": "Structures",
        "summary": "",
        "format": "topics",
        "startdate": 0,
        "enddate": 0,
        "visible": 1,
        "lang": "",
        "timecreated": 1_780_000_000,
        "timemodified": 1_780_000_000,
        "overviewfiles": [],
        "customfields": [],
        **more,
    }


def custom_field(short: str, name: str, value: Any, *, kind: str = "text", raw: Any = None) -> Any:
    """One custom field of a course."""
    shown = {"type": kind, "value": value, "valueraw": value if raw is None else raw}
    return {"name": name, "shortname": short, **shown}


@dataclass
class MoodleSite:
    """One site. A fault is an attribute and may be set between two requests."""

    courses: list[dict[str, Any]] = field(default_factory=list)
    functions: tuple[str, ...] = FUNCTIONS
    name: str = "Society &amp; Sons LMS"
    home: str = "https://lms.example"
    categories: Any = field(
        default_factory=lambda: [
            {"id": 1, "name": "Miscellaneous", "parent": 0},
            {"id": 3, "name": "{mlang en}Civil{mlang}{mlang de}Bau{mlang}", "parent": 0},
            {"id": 4, "name": "Structures", "parent": 3},
        ]
    )
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Function -> the error code and message it answers."""
    instead: Mapping[str, Answer] = field(default_factory=dict)
    """Function -> what it answers in place of its answer."""
    stuck: bool = False
    """The search answers its first page to every question."""
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        if TOKEN in request.path or TOKEN in "".join(request.params.values()):
            return 414, {}, b"a token in an address"
        form = dict(request.data or {})
        self.asked.append(form)
        function = form.get("wsfunction", "")
        if form.get("moodlewsrestformat") != "json":
            return b'<?xml version="1.0"?><EXCEPTION/>'
        if function in self.instead:
            return self.instead[function]
        if error := self._refused(function, form):
            told = {"exception": "moodle_exception", "errorcode": error[0], "message": error[1]}
            return json.dumps(told).encode()
        return json.dumps(self._answer(function, form)).encode()

    def _refused(self, function: str, form: Mapping[str, str]) -> tuple[str, str] | None:
        if form.get("wstoken") != TOKEN:
            return "invalidtoken", "Invalid token - token not found"
        if function in self.errors:
            return self.errors[function]
        known = function in self.functions
        return None if known else ("accessexception", "Access control exception")

    def _answer(self, function: str, form: Mapping[str, str]) -> Any:
        if function == "core_webservice_get_site_info":
            functions = [{"name": one, "version": "2023112400"} for one in self.functions]
            return {"sitename": self.name, "siteurl": self.home, "functions": functions}
        if function == "core_course_get_categories":
            return self.categories
        if function == "core_course_get_courses":
            return [{k: v for k, v in c.items() if k != "categoryname"} for c in self.courses]
        if function == "core_course_search_courses":
            return self._search(form)
        return {"courses": self._by_field(form), "warnings": []}

    def _by_field(self, form: Mapping[str, str]) -> list[dict[str, Any]]:
        value = form.get("value", "")
        match form.get("field"):
            case "ids":
                return [one for one in self.courses if str(one["id"]) in value.split(",")]
            case "category":
                return [one for one in self.courses if str(one["categoryid"]) == value]
            case _:
                return self.courses

    def _search(self, form: Mapping[str, str]) -> dict[str, Any]:
        found = [one for one in self.courses if form["criteriavalue"] in one["fullname"]]
        size = int(form["perpage"])
        start = 0 if self.stuck else int(form["page"]) * size
        kept = {"id", "fullname", "shortname", "categoryname", "summary"}  # no dates, no visible
        shown = [
            {key: value for key, value in one.items() if key in kept}
            for one in found[start : start + size]
        ]
        return {"total": len(found), "courses": shown, "warnings": []}
