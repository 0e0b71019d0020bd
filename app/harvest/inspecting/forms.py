"""What was asked for, out of a form with a file or an address in it.

The same form serves the page and the API. A file is so small that it stays in memory.
"""

import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.harvest.inspecting.desk import MOST_BYTES
from app.harvest.inspecting.looking import Asked
from app.harvest.inspecting.uploads import UploadedFile
from app.platform.problems import DomainError, FieldProblem, Invalid

FORM_BYTES = MOST_BYTES + 48 * 1024
LONGEST_CONFIG = 20_000


class TooLarge(DomainError):
    """The file is larger than is looked at here."""

    code = "too-large"
    status = 413


async def asked_by_form(request: Request) -> Asked:
    """Read a ``multipart/form-data`` body. Raises ``Invalid`` and ``TooLarge``."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Invalid("Send a form (multipart/form-data) with a file or an address.")
    try:
        async with request.form(max_files=1, max_fields=6, max_part_size=FORM_BYTES) as form:
            held = form.get("file")
            data = await held.read() if isinstance(held, UploadFile) else b""
            name = (held.filename or "") if isinstance(held, UploadFile) else ""
            texts = {key: one for key, one in form.items() if isinstance(one, str)}
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Invalid("The form was cut short or is broken; send it again.") from error
    if len(data) > MOST_BYTES:
        raise TooLarge(f"A file is at most {MOST_BYTES // 1024} KB here; this is larger.")
    return Asked(
        url=texts.get("url", ""),
        file=UploadedFile(name, data) if data else None,
        connector=texts.get("connector", "").strip()[:64],
        config=settings_in(texts.get("config", "")),
        typed=texts.get("config", "")[:LONGEST_CONFIG],
    )


def settings_in(text: str) -> dict[str, Any]:
    """The settings that somebody typed as a JSON object. Raises ``Invalid``."""
    if not text.strip():
        return {}
    mend = 'Write the settings as JSON, such as {"delimiter": ";"}, or leave them empty.'
    try:
        found = json.loads(text) if len(text) <= LONGEST_CONFIG else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(
            "The settings cannot be read.", fields=[FieldProblem("/config", "config", mend)]
        )
    return found
