"""Records whose standing can be changed, made in bulk without being signed one by one."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from app.platform.ids import new_id
from app.proof import status_list
from app.records import status
from app.records.status import Purpose
from app.records.tables import RecordRow
from tests.simulator.node import COMPLETION, NODE, Node


def stored(
    node: Node, count: int, *, society_id: str = "cse", at: datetime | None = None, **said: Any
) -> list[str]:
    """The ids of records that are out, as far as the database knows, with places of their own."""
    issued_at = at or node.now
    places = status.reserve(
        node.database, node.signer, society_id=society_id, count=count, public_url=NODE, at=node.now
    )
    rows = []
    for slot, url in places:
        record_id = new_id()
        entry = {"statusListCredential": url, "statusListIndex": str(slot.index)}
        rows.append(
            {
                "id": record_id,
                "society_id": society_id,
                "issuer_id": f"did:web:node.example:societies:{society_id}",
                "holder_id": f"urn:uuid:{record_id}",
                "idempotency_key": record_id,
                "activity_key": record_id,
                "facts_hash": "",
                "list_no": slot.list_no,
                "list_index": slot.index,
                "document": "{}",
                "proof_key_id": "",
                "jwt_key_id": "",
                "prepared_at": issued_at,
                "state": "issued",
                "attempts": 0,
                "json": json.dumps({"credentialStatus": entry}),
                "jwt": "",
                "issued_at": issued_at,
                **said,
            }
        )
    with node.database.write() as session:
        session.execute(insert(RecordRow), rows)
    return [row["id"] for row in rows]


def ones(node: Node, purpose: Purpose, *, number: int = 1, society_id: str = "cse") -> set[int]:
    """The places whose bit is set in a list as it is served."""
    path = f"/societies/{society_id}/status/{number}"
    ending = "" if purpose is Purpose.REVOCATION else f"/{purpose}"
    subject = node.http.get(path + ending).json()["credentialSubject"]
    bits = status_list.decode(subject["encodedList"])
    return {
        start * 8 + bit
        for start, byte in enumerate(bits)
        if byte
        for bit in range(8)
        if byte & (0x80 >> bit)
    }


def index_of(record: Mapping[str, Any]) -> int:
    return int(record["credentialStatus"]["statusListIndex"])


def issue(node: Node, key: str = "k-1", **changes: Any) -> dict[str, Any]:
    """A record issued over the API, as it is told of."""
    answer = node.complete("cse", {**COMPLETION, **changes}, key=key)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def change(node: Node, record_id: str, action: str, reason: str, **more: Any) -> Any:
    """The answer to one change over the API, an hour later."""
    node.now += timedelta(hours=1)
    return node.http.post(
        f"/api/v1/records/{record_id}/{action}",
        json={"reason": reason, **more},
        headers=node.token("cse"),
    )
