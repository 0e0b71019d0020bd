"""XCRI-CAP 1.1 and 1.2: one XML file with all of a provider's courses.

``connector`` goes through the file, ``course`` maps a course and its presentations, ``texts`` reads
what is written in them.
"""

from connectors.xcri.connector import Xcri as Xcri

__all__ = ["Xcri"]
