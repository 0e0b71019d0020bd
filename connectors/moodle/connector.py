"""Moodle sites, over their REST web services: one course each, with what its custom fields say.

A site answers with HTTP 200 whatever goes wrong and says so in the body; each such answer is told
with what mends it. The token travels in the body of a POST, and whatever of it (or of another
secret) the site repeats is blotted out before anything here reads it. The site's own front page,
which it lists as a course, and courses it hides are left out: for the catalogue they are absent.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connectors.columns import SYNONYMS, known
from connectors.contract import (
    CourseDraft,
    CursorExpired,
    Deletions,
    Fetch,
    Page,
    SourceMisconfigured,
)
from connectors.moodle import course
from connectors.moodle.site import ALL, BY_FIELD, SEARCH, Listing, Site

PAGE_COURSES = 100
MAX_COURSES = 100_000
MAX_PAGES = 5_000


def _custom(told: dict[str, str]) -> dict[str, str]:
    unknown = [field for field in told if not known(field)]
    if unknown:
        fields = ", ".join(SYNONYMS)
        raise ValueError(f"{', '.join(unknown)}: no such field; there are {fields}")
    return told


_ByField = Annotated[dict[str, str], AfterValidator(_custom)]


class Moodle:
    """Reads the courses of one Moodle site through its web services."""

    contract: ClassVar[int] = 1
    deletions: ClassVar[Deletions] = Deletions.SNAPSHOT

    class Config(BaseModel):
        """Which site, with which token, and what of it is wanted."""

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        url: HttpUrl = Field(description="The site's address, such as https://lms.example.org")
        token: Annotated[SecretStr, Field(min_length=8, max_length=200)] = Field(
            description="A token for an external service that offers the functions needed"
        )
        function: Literal[
            "core_course_get_courses_by_field",
            "core_course_get_courses",
            "core_course_search_courses",
        ] = Field(
            default="core_course_get_courses_by_field",
            description="How to list the courses; a site with tens of thousands is best searched, "
            "which comes in pages",
        )
        search: Annotated[str, StringConstraints(max_length=200)] | None = Field(
            default=None, description="With core_course_search_courses: the words to search for"
        )
        category: int | None = Field(
            default=None,
            ge=1,
            description="With core_course_get_courses_by_field: only this category's courses",
        )
        custom_fields: _ByField = Field(
            default_factory=dict,
            description="Our field -> the short name of their custom field, as "
            "{'credit': 'cpdhours', 'standards': 'codes'}; common names are guessed",
        )
        constants: _ByField = Field(
            default_factory=dict,
            description="Our field -> a value for courses that have none, as "
            "{'credit_unit': 'PDH'}",
        )

        @model_validator(mode="after")
        def _fits(self) -> "Moodle.Config":
            if (self.function == SEARCH) != bool(self.search):
                raise ValueError("words to search for go with core_course_search_courses")
            if self.category is not None and self.function != BY_FIELD:
                raise ValueError("a category goes with core_course_get_courses_by_field")
            return self

    def __init__(self, config: Config) -> None:
        self._config = config

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """List the courses. Only a search has pages of its own to go on from."""
        config = self._config
        ask = Site(fetch, home=str(config.url), token=config.token)
        site = ask.info(config.function)
        if config.function == SEARCH:
            yield from self._searched(ask, site, _resumed(since))
            return
        listed = ask.all() if config.function == ALL else ask.by_field(config.category)
        if len(listed) > MAX_COURSES:
            raise SourceMisconfigured(
                f"the site lists {len(listed)} courses, more than {MAX_COURSES}; choose a category "
                "or words to search for"
            )
        items, hidden = site.items(listed)
        warnings = (*site.warnings, *_hidden(hidden))
        for start in range(0, max(len(items), 1), PAGE_COURSES):
            end = start + PAGE_COURSES
            yield Page(
                items=tuple(items[start:end]),
                cursor=None,
                complete=end >= len(items),
                expected=len(items),
                warnings=warnings if start == 0 else (),
            )

    def _searched(self, ask: Site, site: Listing, place: tuple[int, int]) -> Iterator[Page]:
        """Page after page of the search, until it has given as many as it says there are.

        A site may give fewer on a page than it is asked for, so what came is counted.
        """
        before: list[Any] = []
        warnings = site.warnings
        number, came = place
        for page in range(number, MAX_PAGES):
            total, listed = ask.search(self._config.search or "", page=page, size=PAGE_COURSES)
            if listed and listed == before:
                raise SourceMisconfigured(f"{SEARCH} gives the same page again and again")
            before = listed
            came += len(listed)
            last = not listed or came >= total
            if came > MAX_COURSES:
                break
            items, hidden = site.items(ask.detailed(listed, site))
            yield Page(
                items=tuple(items),
                cursor=None if last else json.dumps({"page": page + 1, "came": came}),
                complete=came >= total,
                warnings=(*warnings, *_hidden(hidden)),
            )
            warnings = ()
            if last:
                return
        raise SourceMisconfigured(
            f"the search finds more than {MAX_COURSES} courses; use other words"
        )

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one course, kept with its site and its categories' names."""
        return course.course(raw, told=self._config.custom_fields, constants=self._config.constants)


def _hidden(count: int) -> tuple[tuple[str, str], ...]:
    if not count:
        return ()
    told = f"left out because the site hides them: {count}; the token need not see those"
    return (("W-MOODLE-HIDDEN", told),)


def _resumed(cursor: str | None) -> tuple[int, int]:
    """The page to go on with, and how many courses came before it."""
    if cursor is None:
        return 0, 0
    try:
        held = json.loads(cursor)
        page, came = held["page"], held["came"]
    except (ValueError, KeyError, TypeError) as error:
        raise CursorExpired("the cursor is not one of this connector's") from error
    if not all(isinstance(one, int) and 0 <= one <= MAX_COURSES for one in (page, came)):
        raise CursorExpired("the cursor is not one of this connector's")
    return page, came
