"""Whether the files of an index are as the engine wrote them.

The engine ends every file of a segment with a footer that has the checksum of what stands before
it, and looks at it no more. A file that lost its end is met when it is opened; one whose bytes
were changed would be answered from. So this reads them all, at some hundred megabytes a second:
when a process first asks how the index is, and when a search meets trouble.
"""

import json
import zlib
from pathlib import Path

_MAGIC = 1337
_CHUNK = 1 << 20
_TRIES = 5


def damage(place: Path) -> str | None:
    """What is wrong with the index in ``place``; ``None`` when its files are whole."""
    for _ in range(_TRIES):
        try:
            before = (place / "meta.json").read_bytes()
            named = [one["segment_id"].replace("-", "") for one in json.loads(before)["segments"]]
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return "meta.json"
        files = sorted(each for each in place.iterdir() if each.name.partition(".")[0] in named)
        found = next((each.name for each in files if not _is_whole(each)), None)
        if found is None and {each.name.partition(".")[0] for each in files} >= set(named):
            return None
        if before == _read(place / "meta.json"):
            return found or "a segment"
        # somebody committed meanwhile, and files of the commit before were removed
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_whole(path: Path) -> bool:
    """Whether ``path`` has a footer, and the footer the checksum of the rest."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - 8))
            end = file.read(8)
            length, magic = (int.from_bytes(end[at : at + 4], "little") for at in (0, 4))
            body = size - 8 - length
            if magic != _MAGIC or body < 0:
                return False
            file.seek(body)
            stated = json.loads(file.read(length))["crc"]
            file.seek(0)
            checksum = 0
            while body > 0:
                chunk = file.read(min(_CHUNK, body))
                if not chunk:
                    return False
                checksum = zlib.crc32(chunk, checksum)
                body -= len(chunk)
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return bool(checksum == stated)
