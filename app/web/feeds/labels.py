"""What people call the codes of feeds and runs. Tables only, in English, marked for translation."""

from collections.abc import Mapping

from app.web.labels import N_

FORMAT: Mapping[str, str] = {
    "oai_pmh": N_("OAI-PMH"),
    "moochub": N_("MOOChub (JSON)"),
    "schema_org": N_("Web pages with schema.org"),
    "rss": N_("RSS or Atom"),
    "ical": N_("Calendar (iCalendar)"),
    "moodle": N_("Moodle"),
    "openedx": N_("Open edX"),
    "xcri": N_("XCRI-CAP"),
    "json_feed": N_("JSON of any form"),
    "table": N_("Table (CSV, Excel)"),
    "opencpd_node": N_("Another OpenCPD node"),
}
"""Connectors by their names; one from elsewhere is called by its name."""

WHY: Mapping[str, str] = {
    "oai-pmh": N_("Its root element is that of an OAI-PMH answer."),
    "xcri": N_("Its root element is an XCRI-CAP catalogue."),
    "sitemap": N_("It is a sitemap, whose pages may describe courses."),
    "rss": N_("It is an RSS or Atom feed."),
    "moochub": N_("It is JSON with a list of items with attributes, as MOOChub has it."),
    "openedx": N_("It is JSON as the course list of Open edX has it."),
    "json-ld": N_("It is JSON-LD."),
    "json": N_("It is JSON of a form of its own."),
    "icalendar": N_("It begins as calendars do."),
    "html": N_("It is a web page, which may describe courses with schema.org."),
    "workbook": N_("Its first bytes are those of an Excel workbook."),
    "csv": N_("It is text and none of the other formats, so it is read as a table."),
}

CUT: Mapping[str, str] = {
    "items": N_("Only the first items were looked at."),
    "bytes": N_("The feed is large; only its beginning was looked at."),
    "requests": N_("The feed has many pages; only the first ones were looked at."),
    "time": N_("The feed is slow; what had come in time was looked at."),
}

DELETIONS: Mapping[str, str] = {
    "tombstones": N_("The source says itself which courses are gone."),
    "snapshot": N_("A course that is no longer listed is withdrawn."),
    "never": N_("The source never says that a course is gone; nothing is withdrawn."),
}

VERDICT: Mapping[str, str] = {
    "clean": N_("This feed can be taken as it is"),
    "warnings": N_("This feed can be taken, and could say more"),
    "errors": N_("Something in this feed is to be mended"),
    "unreadable": N_("This feed cannot be read"),
}

STATE: Mapping[str, str] = {
    "queued": N_("waiting"),
    "running": N_("running"),
    "held": N_("held: waits for your answer"),
    "done": N_("done"),
    "done_with_errors": N_("done, with errors"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}

MODE: Mapping[str, str] = {
    "harvest": N_("What has changed"),
    "full": N_("Everything anew"),
    "dry_run": N_("Dry run: nothing is stored"),
    "validate": N_("Check only"),
    "replay": N_("What is stored, taken anew"),
}

FAILURE: Mapping[str, str] = {
    "unavailable": N_("The source did not answer; the next run goes on from the same place."),
    "misconfigured": N_("Mend the settings or the feed, then run it again."),
    "cursor_expired": N_("The source forgets faster than it can be read; run it again."),
    "stopped": N_("Somebody stopped it; the next run goes on from there."),
    "fault": N_("The feed changed its shape, or its connector has a fault."),
}

REPORTS: Mapping[str, str] = {
    "always": N_("After every run"),
    "trouble": N_("When something is wrong"),
    "change": N_("When it becomes better or worse"),
    "never": N_("Never"),
}

COUNTED: Mapping[str, str] = {
    "seen": N_("Items seen"),
    "taken": N_("Can be taken"),
    "new": N_("New"),
    "changed": N_("Changed"),
    "unchanged": N_("As before"),
    "rejected": N_("Rejected"),
    "tombstone": N_("Said to be gone"),
    "gone": N_("Said to be gone"),
    "withdrawn": N_("Withdrawn"),
    "warned": N_("With warnings"),
    "repeated": N_("Listed twice"),
    "pages": N_("Pages read"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "feed_format": FORMAT,
    "feed_why": WHY,
    "feed_cut": CUT,
    "feed_deletions": DELETIONS,
    "feed_verdict": VERDICT,
    "feed_state": STATE,
    "feed_mode": MODE,
    "feed_failure": FAILURE,
    "feed_reports": REPORTS,
    "feed_counted": COUNTED,
}
"""By the name that templates use."""
