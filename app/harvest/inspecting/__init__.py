"""Look at a feed before it is a source: what would be taken, what is wrong, what mends it.

A feed or an uploaded file is read through a connector and judged by the catalogue's rules, and
nothing of it is stored anywhere. Items, bytes, requests and time are bounded, since anybody may ask
for it and whatever is read is a stranger's.

Others use ``looking.look`` for what a person gives (an address or a file, perhaps a format), and
``inspect`` where there is a connector already.
"""

from app.harvest.inspecting.inspector import inspect
from app.harvest.inspecting.model import (
    Cut,
    Finding,
    Group,
    Inspection,
    PreviewedCourse,
    Stop,
    Tally,
    Verdict,
)

__all__ = [
    "Cut",
    "Finding",
    "Group",
    "Inspection",
    "PreviewedCourse",
    "Stop",
    "Tally",
    "Verdict",
    "inspect",
]
