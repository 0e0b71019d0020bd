"""Calendars in iCalendar (RFC 5545): events that are courses.

``connector`` joins events to courses, ``calendars`` cuts a file into events, ``times`` and
``recurrence`` say on which days they are, ``course`` maps them.
"""

from connectors.ical.connector import ICal as ICal

__all__ = ["ICal"]
