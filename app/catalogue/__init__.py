"""Societies and their courses, course runs and offers, in one vocabulary.

This domain checks what harvests bring (``rules``), recognises the same course from several sources
(``matching``), merges it field by field with its provenance (``merging``) and says over the outbox
that a course changed. It knows nothing of connectors, of the search index or of pages.

Others use the values below, ``service`` (use cases), ``jsonld`` and ``api.build_router``.
"""

from app.catalogue.model import (
    Access,
    Course,
    CourseData,
    CourseRun,
    Credit,
    Delivery,
    Issue,
    Kind,
    LanguageMap,
    NewSociety,
    Offer,
    Outcome,
    Price,
    Recognised,
    Severity,
    Society,
    SourceRef,
    Standard,
    Status,
    Taken,
)

COURSE_CHANGED = "course.changed"
"""The outbox topic; its key is the id of a course that is new, changed, withdrawn or revived."""

__all__ = [
    "COURSE_CHANGED",
    "Access",
    "Course",
    "CourseData",
    "CourseRun",
    "Credit",
    "Delivery",
    "Issue",
    "Kind",
    "LanguageMap",
    "NewSociety",
    "Offer",
    "Outcome",
    "Price",
    "Recognised",
    "Severity",
    "Society",
    "SourceRef",
    "Standard",
    "Status",
    "Taken",
]
