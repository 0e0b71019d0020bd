"""One Moodle site: its web services, asked with a token, and what it says of itself."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from connectors.contract import Fetch, Rejected, SourceMisconfigured, Upsert
from connectors.members import entries, integer, members, text
from connectors.moodle import course, errors

SITE_COURSE = 1

INFO = "core_webservice_get_site_info"
CATEGORIES = "core_course_get_categories"
BY_FIELD = "core_course_get_courses_by_field"
ALL = "core_course_get_courses"
SEARCH = "core_course_search_courses"

_BLOT = "[token]"
_PERSONAL = re.compile(r"tokenpluginfile\.php\\?/[0-9a-zA-Z]{8,64}(?=\\?/)")
"""The address of a file with a person's own key in it."""
_IN_QUERY = re.compile(r"(?i)(?<=token=)[0-9a-z]{8,}")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the site said of itself: each of its courses is kept with it."""

    site: Mapping[str, str]
    categories: Mapping[int, str]
    functions: frozenset[str]
    warnings: tuple[tuple[str, str], ...]

    def items(self, listed: Sequence[Any]) -> tuple[list[Upsert | Rejected], int]:
        """The courses as items, and how many the site hides."""
        items: list[Upsert | Rejected] = []
        hidden = 0
        for entry in listed:
            told = members(entry)
            number = integer(told.get("id"))
            if number == SITE_COURSE or told.get("format") == "site":
                continue
            if told.get("visible") in (0, False, "0"):
                hidden += 1
            elif number is None:
                message = "the course has no number as its id"
                items.append(Rejected(_made_up(entry), {"course": entry}, "E-ID-MISSING", message))
            else:
                items.append(Upsert(str(number), self._kept(told)))
        return items, hidden

    def _kept(self, course: Mapping[str, Any]) -> dict[str, Any]:
        number = integer(course.get("categoryid"))
        category = self.categories.get(number) if number is not None else None
        named = {"category": category} if category else {}
        return {"course": dict(course), "site": dict(self.site), **named}


class Site:
    """The functions of one site, asked with its token."""

    def __init__(self, fetch: Fetch, *, home: str, token: SecretStr) -> None:
        self._fetch = fetch
        self._home = home.partition("?")[0].rstrip("/")
        self._token = token.get_secret_value()

    def info(self, wanted: str) -> Listing:
        """The site's name, and whether the token may ask for the function wanted.

        Raises ``SourceMisconfigured`` if it may not.
        """
        told = members(self._call(INFO, {}))
        if not text(told.get("sitename")) and not isinstance(told.get("functions"), list):
            raise SourceMisconfigured(f"{self._home}: {INFO} did not describe a Moodle site")
        functions = frozenset(
            text(members(one).get("name")) for one in entries(told.get("functions"))
        )
        if wanted not in functions:
            raise SourceMisconfigured(errors.missing(wanted))
        categories, warnings = self._categories(functions)
        site = {
            "name": text(told.get("sitename")),
            "url": text(told.get("siteurl")) or self._home,
        }
        return Listing(site, categories, functions, warnings)

    def all(self) -> list[Any]:
        """All courses in one answer: this function has no pages."""
        return self._list(ALL, self._call(ALL, {}))

    def by_field(self, category: int | None) -> list[Any]:
        """All courses, or those of one category, in one answer."""
        form = {} if category is None else {"field": "category", "value": str(category)}
        return self._list(BY_FIELD, members(self._call(BY_FIELD, form)).get("courses"))

    def search(self, words: str, *, page: int, size: int) -> tuple[int, list[Any]]:
        """One page of the search and how many courses it finds in all."""
        form = {
            "criterianame": "search",
            "criteriavalue": words,
            "page": str(page),
            "perpage": str(size),
        }
        told = members(self._call(SEARCH, form))
        total = integer(told.get("total"))
        if total is None:
            raise SourceMisconfigured(f"{SEARCH} did not say how many courses it found")
        return total, self._list(SEARCH, told.get("courses"))

    def detailed(self, listed: list[Any], site: Listing) -> list[Any]:
        """Found courses with their dates and whether they are hidden, which a search keeps back."""
        numbers = [integer(members(one).get("id")) for one in listed]
        ids = ",".join(str(number) for number in numbers if number is not None)
        if not ids or BY_FIELD not in site.functions:
            return listed
        form = {"field": "ids", "value": ids}
        told = self._list(BY_FIELD, members(self._call(BY_FIELD, form)).get("courses"))
        full = {integer(members(one).get("id")): one for one in told}
        return [full.get(number, one) for number, one in zip(numbers, listed, strict=True)]

    def _categories(
        self, functions: frozenset[str]
    ) -> tuple[dict[int, str], tuple[tuple[str, str], ...]]:
        """The categories' names along their paths, where the token may ask for them."""
        if CATEGORIES not in functions:
            return {}, (("W-MOODLE-CATEGORIES", errors.missing(CATEGORIES)),)
        try:
            listed = self._list(CATEGORIES, self._call(CATEGORIES, {}))
        except errors.Refused as error:
            return {}, (("W-MOODLE-CATEGORIES", str(error)),)
        return course.category_paths(listed), ()

    def _list(self, function: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise SourceMisconfigured(f"{self._home}: {function} gave no list of courses")
        return value

    def _call(self, function: str, form: Mapping[str, str]) -> Any:
        """One function's answer. Raises what ``errors`` makes of the site's own error."""
        url = f"{self._home}/webservice/rest/server.php"
        data = {
            "wstoken": self._token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            # As they were written: a site takes marks of languages out of names otherwise.
            "moodlewssettingraw": "1",
        }
        fetched = self._fetch(url, data={**data, **form}, accept=(403, 404))
        body = fetched.body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
        body = _PERSONAL.sub("pluginfile.php", body.replace(self._token, _BLOT))
        body = _IN_QUERY.sub(_BLOT, body)
        errors.judge_answer(fetched.status, body, where=url)
        told = replace(fetched, body=body.encode()).json()
        errors.judge(told, function=function)
        return told


def _made_up(entry: Any) -> str:
    given = json.dumps(entry, sort_keys=True, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(given.encode()).hexdigest()
