"""From an item as a connector yields it to one that can be stored and taken: pure, and total.

A connector is somebody else's code reading somebody else's feed. Whatever one item makes it do, the
item is kept with the reason, and the others go on.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any

import structlog
from pydantic_core import PydanticSerializationError, to_json

from app.catalogue.model import Issue, Severity
from connectors.contract import Connector, CourseDraft, Rejected, RejectRecord, Tombstone, Upsert

logger = structlog.get_logger(__name__)

MAX_RAW_BYTES = 1024 * 1024
MAX_ID = 2000
_SHOWN = 500
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FIELDS = tuple(one.name for one in fields(CourseDraft))
_PARTS = ("credits", "runs", "offers")
_as_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
"""Made once: ``json.dumps`` makes an encoder at every call that asks for anything unusual."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One item. Once it is mapped, exactly one of ``draft``, ``problem`` and ``gone`` is there.

    ``sha256`` is the same for the same raw item read with the same thing.
    """

    remote_id: str
    raw: str | None
    sha256: str | None
    draft: Mapping[str, Any] | None = None
    digest: str = ""
    problem: Issue | None = None
    gone: bool = False
    unread: bool = False
    """Whether ``raw`` is nothing that the connector could map."""


def read(item: Upsert | Tombstone | Rejected, connector: Connector) -> Reading:
    """Make an item storable and let the connector map it."""
    return mapped(storable(item), item, connector)


def mapped(reading: Reading, item: Upsert | Tombstone | Rejected, connector: Connector) -> Reading:
    """Let the connector map an item, if it can be."""
    if not isinstance(item, Upsert) or reading.raw is None or reading.problem:
        return reading
    return _mapped(item, reading, connector)


def storable(item: Upsert | Tombstone | Rejected, *, read_with: str = "") -> Reading:
    """What is kept of an item, which is not mapped yet."""
    remote_id = _clean(str(item.source_id))
    if isinstance(item, Tombstone):
        return Reading(remote_id, None, None, gone=True)
    try:
        raw = _as_json(item.raw)
    except (TypeError, ValueError, RecursionError) as error:
        problem = _problem("E-RAW-INVALID", f"The connector's raw item is not JSON: {error}")
        return _rejected(remote_id or _made_up(repr(item.raw)), None, problem, unread=True)
    if not remote_id or remote_id != item.source_id or len(remote_id) > MAX_ID:
        problem = _problem("E-ID-INVALID", "The item has no usable id.", value=remote_id)
        return _rejected(_made_up(raw), raw, problem, unread=True, read_with=read_with)
    if len(raw) > MAX_RAW_BYTES:
        problem = _problem("E-RAW-TOO-LARGE", f"The item is larger than {MAX_RAW_BYTES} bytes.")
        return _rejected(remote_id, None, problem, unread=True)
    if isinstance(item, Rejected):
        problem = _problem(item.code, item.message)
        return _rejected(remote_id, raw, problem, unread=True, read_with=read_with)
    return Reading(remote_id, raw, _sha256(read_with + raw))


def identity(item: Upsert | Tombstone | Rejected) -> str:
    """The id under which ``read`` lets an item be kept."""
    remote_id = _clean(str(item.source_id))
    if isinstance(item, Tombstone):
        return remote_id
    try:
        raw = _as_json(item.raw)
    except (TypeError, ValueError, RecursionError):
        return remote_id or _made_up(repr(item.raw))
    usable = remote_id == item.source_id and 0 < len(remote_id) <= MAX_ID
    return remote_id if usable else _made_up(raw)


def _mapped(item: Upsert, reading: Reading, connector: Connector) -> Reading:
    try:
        draft = connector.normalise(item.raw)
        if not isinstance(draft, CourseDraft):
            raise TypeError(f"normalise gave {type(draft).__name__} instead of a CourseDraft")
        made = _as_mapping(draft)
        digest = _digest(made)
    except RejectRecord as error:
        return replace(reading, problem=_problem(error.code, str(error), path=error.path))
    except Exception as error:  # a plugin's fault on one item must not stop the others
        logger.exception("connector failed on an item", remote_id=reading.remote_id[:_SHOWN])
        problem = _problem(
            "E-CONNECTOR-FAULT",
            f"The connector could not map the item: {type(error).__name__}: {error}",
            hint="Tell the connector's author; the log has the traceback.",
        )
        return replace(reading, problem=problem)
    return Reading(reading.remote_id, reading.raw, reading.sha256, draft=made, digest=digest)


def _as_mapping(draft: CourseDraft) -> dict[str, Any]:
    """What ``asdict`` gives, without a copy of every text."""
    made = {name: getattr(draft, name) for name in _FIELDS}
    for name in _PARTS:
        if made[name]:
            made[name] = tuple(
                asdict(one) if is_dataclass(one) and not isinstance(one, type) else one
                for one in made[name]
            )
    return made


def _digest(made: Mapping[str, Any]) -> str:
    """The same for the same draft. Raises ``TypeError`` and ``ValueError`` for what is no JSON."""
    try:
        canonical = to_json(made)  # several times as fast as the standard library
    except PydanticSerializationError:  # an unpaired surrogate, or no JSON at all
        canonical = _as_json(made).encode()
    return hashlib.sha256(canonical).hexdigest()


def _rejected(
    remote_id: str,
    raw: str | None,
    problem: Issue,
    *,
    unread: bool = False,
    read_with: str = "",
) -> Reading:
    sha256 = _sha256(read_with + raw) if raw is not None else None
    return Reading(remote_id, raw, sha256, problem=problem, unread=unread)


def _problem(
    code: str, message: str, *, path: str = "", value: str | None = None, hint: str | None = None
) -> Issue:
    return Issue(
        code=_clean(code)[:64],
        severity=Severity.ERROR,
        path=_clean(path)[:_SHOWN],
        message=_clean(message)[:_SHOWN],
        value=value[:_SHOWN] if value else None,
        hint=hint,
    )


def _clean(text: str) -> str:
    """Without what a database cannot hold."""
    return _UNSTORABLE.sub("", text)


def _made_up(text: str) -> str:
    return f"sha256:{_sha256(text)}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
