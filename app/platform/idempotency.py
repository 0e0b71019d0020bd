"""One effect for a request that is sent again with the same key (``Idempotency-Key``).

Who repeats a request because its answer was lost gets the answer of the first time, with
``Idempotent-Replayed: true``, for a day. Follows draft-ietf-httpapi-idempotency-key-header: 409
while the first one is still at work, 422 for another request under a key that was used.

1. ``claim``: the key is entered before anything is done; of many at once one gets it.
2. The work is done, and the answer is kept in the transaction of the work itself (``keep``): after
   a crash both are there or neither is.
3. Work that fails frees the key (``free``), since it had no effect. A crash frees it too: when the
   claimant's process is known to be dead, or has not been heard of for ``LEASE``.

``once`` does all three for work of one transaction. Work of several transactions claims for itself
and calls ``renew`` on its way; each of its steps must do no harm when it is done again.

An answer may hold what only its reader may see, such as a new client's secret. So it is kept under
a cipher whose key is the client's own, of which this node keeps a hash alone.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Header
from fastapi.responses import Response
from sqlalchemy import Index, LargeBinary, Select, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.platform.db import Base, Database, UTCDateTime
from app.platform.ids import new_id
from app.platform.lease import THIS_PROCESS, Process, is_dead
from app.platform.problems import Conflict, DomainError, Invalid

KEPT = timedelta(hours=24)
"""How long an answer is given again; then the key may be used for something else."""
LEASE = timedelta(minutes=5)
"""How long work may be silent before its claimant is taken for dead."""
REPLAYED = "Idempotent-Replayed"
MOST_CHARACTERS = 255
_NONCE_BYTES = 12

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A text of your own, such as a UUID, for this one request. Sent again with the "
        "same key within 24 hours, the request has no second effect and gets the same answer.",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]
"""The header as a route's parameter; hand it to ``once`` or ``claim`` as it came."""


class RepeatedRequestRow(Base):
    """A key that was used, by whom, for what; with the answer once there is one."""

    __tablename__ = "repeated_request"
    __table_args__ = (Index("ix_repeated_request_ends_at", "ends_at"),)

    who: Mapped[str] = mapped_column(String(128), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    claim_id: Mapped[str] = mapped_column(String(36))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    process: Mapped[str] = mapped_column(String(36))
    heard_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)


class KeyMalformed(DomainError):
    """The header holds no usable key."""

    code = "idempotency-key-malformed"


class StillRunning(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency-key-in-use"


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency-key-reused"


class ClaimLost(Conflict):
    """Somebody else took the claimant for dead and has done its work."""

    code = "idempotency-claim-lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one request."""

    id: str
    who: str
    key: str


def fingerprint(*parts: str | bytes) -> str:
    """What tells one request from another: hand in its method, its path and its body."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def once(
    database: Database,
    work: Callable[[Session], Response],
    *,
    key: str | None,
    who: str,
    request: str,
    at: datetime,
) -> Response:
    """Do ``work`` in one transaction, once for each key; without a key, just do it.

    ``who`` is ``Actor.who`` and ``request`` the ``fingerprint``. Whatever ``work`` raises is raised
    and frees the key. The response must have its whole body, so it is none that streams. Raises
    ``KeyMalformed``, ``StillRunning``, ``KeyReused``.
    """
    if key is None:
        with database.write() as session:
            return work(session)
    claimed = claim(database, key, who=who, request=request, at=at)
    if isinstance(claimed, Response):
        return claimed
    done = False
    try:
        with database.write() as session:
            response = work(session)
            keep(session, claimed, response, at=at)
        done = True
        return response
    finally:
        if not done:
            free(database, claimed)


def claim(
    database: Database,
    key: str,
    *,
    who: str,
    request: str,
    at: datetime,
    process: Process = THIS_PROCESS,
) -> Claim | Response:
    """The right to do the work, or the answer that was given already.

    Raises ``KeyMalformed``, ``StillRunning``, ``KeyReused``.
    """
    made = Claim(new_id(), who, _bare(key))
    columns = {
        "fingerprint": request,
        "claim_id": made.id,
        "host": process.host,
        "pid": process.pid,
        "process": process.name,
        "heard_at": at,
        "ends_at": at + KEPT,
        "status": None,
        "answer": None,
    }
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    while True:
        with database.write() as session:
            entered = session.scalar(
                insert(RepeatedRequestRow)
                .values(who=who, key_hash=_hash(made), **columns)
                .on_conflict_do_nothing()
                .returning(RepeatedRequestRow.claim_id)
            )
            if entered is not None:
                return made
            row = session.scalar(_of(made).with_for_update())
            if row is None:  # freed since
                continue
            known = _known(row, made, request=request, at=at, process=process)
            if known is not None:
                return known
            for name, value in columns.items():
                setattr(row, name, value)
            return made


def _known(
    row: RepeatedRequestRow, made: Claim, *, request: str, at: datetime, process: Process
) -> Response | None:
    """The answer that was kept; ``None`` when the key may be taken over."""
    if row.ends_at <= at:
        return None
    if row.status is None:
        holder = Process(row.host, row.pid, row.process)
        silent = at - row.heard_at > LEASE
        if silent or is_dead(holder, heard_at=row.heard_at, at=at, asking=process):
            return None
    if row.fingerprint != request:
        raise KeyReused("This Idempotency-Key was used for another request; take a new one.")
    if row.status is None or row.answer is None:
        raise StillRunning(
            "The first request with this Idempotency-Key is not answered yet; try again.",
            headers={"Retry-After": "2"},
        )
    headers, body = _opened(row.answer, made)
    return Response(body, row.status, headers | {REPLAYED: "true"})


def keep(session: Session, claimed: Claim, response: Response, *, at: datetime) -> None:
    """Keep the answer, inside the transaction of the work. Raises ``ClaimLost``."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    columns = {
        "status": response.status_code,
        "answer": _closed(headers, bytes(response.body), claimed),
        "ends_at": at + KEPT,
    }
    _change(session, claimed, **columns)


def renew(session: Session, claimed: Claim, *, at: datetime) -> None:
    """Say that the work goes on, inside the transaction of one of its steps.

    Raises ``ClaimLost``, which undoes the step: somebody else is at it.
    """
    _change(session, claimed, heard_at=at)


def free(database: Database, claimed: Claim) -> None:
    """Give the key back, since the work had no effect or does no harm when it is done again."""
    with database.write() as session:
        session.execute(
            delete(RepeatedRequestRow).where(
                RepeatedRequestRow.who == claimed.who,
                RepeatedRequestRow.key_hash == _hash(claimed),
                RepeatedRequestRow.claim_id == claimed.id,
                RepeatedRequestRow.status.is_(None),
            )
        )


def prune(session: Session, *, at: datetime) -> int:
    """Forget what has ended; says how many keys."""
    ended = delete(RepeatedRequestRow).where(RepeatedRequestRow.ends_at <= at)
    return len(session.scalars(ended.returning(RepeatedRequestRow.claim_id)).all())


def _bare(key: str) -> str:
    """The key, whether it came as a structured field's string (RFC 9651 §3.3.3) or bare."""
    inner = key.strip()
    if len(inner) > 1 and inner.startswith('"') and inner.endswith('"'):
        inner = inner[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not inner or len(inner) > MOST_CHARACTERS or not (inner.isascii() and inner.isprintable()):
        raise KeyMalformed(
            f"An Idempotency-Key is 1 to {MOST_CHARACTERS} printable ASCII characters."
        )
    return inner


def _of(claimed: Claim) -> Select[RepeatedRequestRow]:
    return select(RepeatedRequestRow).where(
        RepeatedRequestRow.who == claimed.who, RepeatedRequestRow.key_hash == _hash(claimed)
    )


def _change(session: Session, claimed: Claim, **columns: object) -> None:
    changed = session.scalar(
        update(RepeatedRequestRow)
        .where(
            RepeatedRequestRow.who == claimed.who,
            RepeatedRequestRow.key_hash == _hash(claimed),
            RepeatedRequestRow.claim_id == claimed.id,
        )
        .values(**columns)
        .returning(RepeatedRequestRow.claim_id)
    )
    if changed is None:
        raise ClaimLost("The work was taken over by another process; ask for its answer again.")


def _hash(claimed: Claim) -> str:
    return fingerprint("idempotency-key", claimed.who, claimed.key)


def _cipher(claimed: Claim) -> AESGCM:
    return AESGCM(bytes.fromhex(fingerprint("idempotent-answer", claimed.who, claimed.key)))


def _closed(headers: dict[str, str], body: bytes, claimed: Claim) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    plain = zlib.compress(json.dumps(headers).encode() + b"\n" + body)
    return nonce + _cipher(claimed).encrypt(nonce, plain, None)


def _opened(kept: bytes, claimed: Claim) -> tuple[dict[str, str], bytes]:
    plain = _cipher(claimed).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], None)
    head, _, body = zlib.decompress(plain).partition(b"\n")
    return json.loads(head), body
