"""A few completions, reported over the API by the societies' own clients; one is revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.demo.registries import HOLDER
from app.demo.societies import INDUS, RIFT, TIANFU, DemoSociety
from app.identity import service as identity
from app.platform import clock
from app.platform.fetch import ServiceClient, service_client
from app.search.query import parse
from app.wiring import Node

SCOPES = ("records:issue", "records:read", "records:revoke")


@dataclass(frozen=True, slots=True)
class DemoCompletion:
    """Who completed which course; the course is found as anybody would find it."""

    society: DemoSociety
    course: str
    facts: Mapping[str, Any]
    revoked: bool = False


def _facts(
    number: str, on: str, minutes: int, *, holder: str | None = None, **more: Any
) -> dict[str, Any]:
    known = {"id": holder} if holder else {}
    numbers = [{"type": "ext:RegisterNumber", "value": number}]
    return {
        "holder": {**known, "identifiers": numbers},
        "completed_on": on,
        "kind": "course",
        "role": "participant",
        "contact_minutes": minutes,
        **more,
    }


COMPLETIONS = (
    DemoCompletion(
        TIANFU,
        "Seismic design of tall buildings",
        _facts(
            "CN-DEMO-0001", "2026-10-16", 960, mode="onsite", assessed=True, result="passed",
            competences=["EC4", "EC5"], fields=["0732"], standards=["GB 50011-2010"],
        ),
    ),
    DemoCompletion(
        INDUS,
        "پلوں کا ڈیزائن اور معائنہ",
        _facts("PK-DEMO-0002", "2026-10-20", 720, mode="onsite", assessed=False, fields=["0732"]),
    ),
    DemoCompletion(
        RIFT,
        "Mini-grid operation and protection",
        _facts(
            "KE-DEMO-0003", "2026-10-28", 840, holder=HOLDER, mode="blended", assessed=True,
            fields=["0713"],
        ),
    ),
    DemoCompletion(
        RIFT,
        "Wastewater treatment ponds",
        _facts("KE-DEMO-0004", "2026-11-03", 540, mode="blended", assessed=False),
        revoked=True,
    ),
    DemoCompletion(
        TIANFU,
        "Durability of concrete structures",
        _facts(
            "KE-DEMO-0003", "2026-11-06", 720, holder=HOLDER, mode="onsite", assessed=True,
            result="passed", languages=["en"], tags=["technical"], competences=["EC4"],
            fields=["0732"], standards=["GB 50010-2010"],
        ),
    ),
)  # fmt: skip


def issue(node: Node, *, address: str) -> Sequence[str]:
    """Have every record issued, save its two forms in the folder ``records``; gives the ids.

    Sent again under the same idempotency keys after a crash, it gets the same records.
    """
    folder = node.settings.data_dir / "records"
    folder.mkdir(exist_ok=True)
    done = folder / "ids.txt"
    if done.exists():
        return done.read_text().split()
    ids = []
    with service_client(address, headers={}, timeout=30) as http:
        tokens = {home.id: _token(node, http, home) for home in (TIANFU, INDUS, RIFT)}
        for number, completion in enumerate(COMPLETIONS, start=1):
            headers = {"Authorization": f"Bearer {tokens[completion.society.id]}"}
            record_id = _report(node, http, completion, headers, key=f"demo-{number}")
            for ending, accept in (("json", "application/json"), ("jwt", "application/vc+jwt")):
                path = f"/api/v1/records/{record_id}{'.jwt' if ending == 'jwt' else ''}"
                answer = http.get(path, headers=headers | {"Accept": accept}).raise_for_status()
                (folder / f"{number}.{ending}").write_bytes(answer.content)
            if completion.revoked:
                http.post(
                    f"/api/v1/records/{record_id}/revoke",
                    json={"reason": "error"},
                    headers=headers,
                ).raise_for_status()
            ids.append(record_id)
    done.write_text("\n".join(ids))
    return ids


def _token(node: Node, http: ServiceClient, society: DemoSociety) -> str:
    with node.database.write() as session:
        client = identity.new_client(
            session,
            organisation_id=society.id,
            name="demonstration",
            scopes=SCOPES,
            at=clock.now(),
        )
    answer = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "scope": " ".join(SCOPES)},
        auth=(client.client_id, client.secret),
    )
    return str(answer.raise_for_status().json()["access_token"])


def _report(
    node: Node,
    http: ServiceClient,
    completion: DemoCompletion,
    headers: Mapping[str, str],
    *,
    key: str,
) -> str:
    query = parse({"q": completion.course, "society": completion.society.id})
    course_id = node.index.search(query).hits[0].id
    answer = http.post(
        f"/api/v1/societies/{completion.society.id}/completions",
        json={**completion.facts, "course_id": course_id},
        headers={**headers, "Idempotency-Key": key},
    )
    return str(answer.raise_for_status().json()["id"])
