"""A registry's rules in words, for anybody: units, table, caps, minimums, cycle, sources.

Beside the words stand the exact text that the machine goes by and, for what the registry adopted,
its signed statement. Where the words and the text differ, the text is what holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.platform.problems import NotFound
from app.recognition.adoption import service as adoption
from app.recognition.offering import bodies
from app.recognition.offering.model import Body, Grade
from app.recognition.policies import shipped
from app.recognition.policies.model import Policy
from app.web.counting.policy_words import Line, PolicyWords
from app.web.rendering import HEADERS
from app.web.room import Room

BodyId = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
PolicyId = Annotated[str, Path(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Version = Annotated[int, Path(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Text:
    """A version as it can be downloaded."""

    policy_id: str
    version: int
    status: str
    hash: str
    text: str
    statement: str | None
    first: date | None = None
    last: date | None = None
    withdrawn_from: date | None = None

    @property
    def address(self) -> str:
        return f"policies/{self.policy_id}/{self.version}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A policy in words."""

    policy: Policy
    text: Text
    conditions: Sequence[str]
    lines: Sequence[Line]
    caps: Sequence[str]
    cycle: Sequence[str]
    rounding: str


def texts(session: Session, body: Body) -> list[Text]:
    """Every version that anybody may read, by policy, the newest first."""
    if body.grade is Grade.ILLUSTRATIVE:
        return [
            Text(
                one.policy_id, one.policy_version, one.status_note, one.hash,
                shipped.texts()[f"{one.policy_id}-v{one.policy_version}"], None,
                one.valid.first, one.valid.last,
            )
            for one in reversed(shipped.versions(body.id))
        ]  # fmt: skip
    return [
        Text(
            one.policy_id, one.version, str(one.status), one.hash, one.text, one.statement,
            one.valid.first, one.valid.last, one.withdrawn_from,
        )
        for one in adoption.adopted(session, body.id)
    ]  # fmt: skip


def report(contact: str | None, *, about: str) -> str | None:
    """Where a wrong rule is reported, with what it is about; ``None`` where nobody is named."""
    if contact and contact.startswith(("https://", "http://")):
        return contact
    if contact and "@" in contact and not any(sign in contact for sign in " <>\r\n?&"):
        return f"mailto:{quote(contact, safe='@')}?subject={quote(about)}"
    return None


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])

    @router.api_route("/recognition/{registry_id}", methods=["GET", "HEAD"])
    def rules(request: Request, registry_id: BodyId) -> Response:
        today = room.now().date()
        with room.database.read() as session:
            body = _body(session, registry_id)
            versions = texts(session, body)
            shelf = bodies.Shelf(session)
            policies = shelf.of(body, today)
        by_version = {(one.policy_id, one.version): one for one in versions}
        in_force = [
            _shown(policy, by_version[policy.policy_id, policy.policy_version], room)
            for policy in policies
        ]
        names = {(one.policy.policy_id, one.policy.policy_version) for one in in_force}
        values = {
            "body": body,
            "policies": in_force,
            "others": [one for key, one in by_version.items() if key not in names],
            "doubtful": body.id in shelf.doubtful,
            "report": lambda about: report(room.contact, about=about),
        }
        return room.site.render(request, "registry_rules.html", values=values)

    @router.api_route(
        "/recognition/{registry_id}/policies/{policy_id}/{version}.{ending}",
        methods=["GET", "HEAD"],
    )
    def download(
        registry_id: BodyId,
        policy_id: PolicyId,
        version: Version,
        ending: Literal["yaml", "jwt"],
    ) -> Response:
        with room.database.read() as session:
            found = _text(texts(session, _body(session, registry_id)), policy_id, version)
        content = found.text if ending == "yaml" else found.statement
        if content is None:
            raise NotFound("Nobody has signed this version: it is illustrative.")
        kind = {"yaml": "application/yaml", "jwt": "application/jwt"}[ending]
        name = f"{registry_id}-{policy_id}-{version}.{ending}"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=headers)

    return router


def _body(session: Session, registry_id: str) -> Body:
    known = [*bodies.registries(session), *bodies.examples()]
    found = next((one for one in known if one.id == registry_id), None)
    if found is None:
        raise NotFound("There is no such registry here.")
    return found


def _text(versions: Sequence[Text], policy_id: str, version: int) -> Text:
    for one in versions:
        if (one.policy_id, one.version) == (policy_id, version):
            return one
    raise NotFound("There is no such version.")


def _shown(policy: Policy, text: Text, room: Room) -> Shown:
    words = PolicyWords(room.site.locale, room.site.translations)
    return Shown(
        policy=policy,
        text=text,
        conditions=words.conditions(policy),
        lines=words.lines(policy),
        caps=[words.cap(cap, policy) for cap in policy.caps],
        cycle=words.cycle(policy),
        rounding=words.rounding(policy.rounding) if policy.rules else "",
    )
