"""Schemas, contexts and test vectors that others publish, kept beside the checkout, never in it."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import skip_or_fail

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "credentials"


def published(*parts: str) -> Path:
    """A published file; the test is skipped, loudly, when it is not there."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        skip_or_fail(f"{'/'.join(parts)} is not in shared/data/credentials beside the checkout")
    return path


def published_json(*parts: str) -> Any:
    return json.loads(published(*parts).read_text())


def wheel_context(name: str) -> tuple[bytes, Any]:
    """A published context as the openbadgeslib wheel carries it: its bytes and its content."""
    import openbadgeslib.ob3.contexts as carried

    data = (Path(carried.__file__).parent / name).read_bytes()
    return data, json.loads(data)["@context"]
