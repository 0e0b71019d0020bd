"""Moodle sites, asked over their REST web services.

``connector`` lists the courses, ``site`` asks the site, ``errors`` tells its errors with what mends
them, ``course`` maps a course, ``multilang`` takes texts in several languages apart.
"""

from connectors.moodle.connector import Moodle as Moodle

__all__ = ["Moodle"]
