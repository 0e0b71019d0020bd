"""Open edX sites: the platform's list of courses, or that of a catalogue in front of it.

``connector`` gathers runs into courses, ``course`` maps them. Keys of Open edX stand in other feeds
too: ``connectors.openedx_keys``.
"""

from connectors.openedx.connector import OpenEdx as OpenEdx

__all__ = ["OpenEdx"]
