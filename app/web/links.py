"""What holder's pages and share pages have in common: addresses that are secrets.

Whoever has such an address may see what it opens, so it must not leave the browser by another way:
no referrer to other sites, no copy in a cache, no search engine, on every answer below these paths,
errors too. To this site itself a referrer goes: without one, browsers send the forms of such a page
with no origin (Fetch §3.1), and where there is no TLS nothing else says that they are ours.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.problems import NotFound
from app.platform.requests import SECRET_PATHS
from app.records import service as records
from app.records.certificate import service as certificate
from app.records.certificate.api import file_answer
from app.records.certificate.known import bundle_for
from app.records.certificate.press import Press
from app.records.certificate.service import Form, Wish
from app.records.model import IssuedRecord
from app.verification import Bundle, Outcome, Report, verify
from app.web.verify_page import verdict

SECRET = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


class KeepSecret:
    """ASGI middleware: ``SECRET`` on whatever is answered at a secret address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                for name, value in SECRET.items():
                    headers[name] = value
                message["headers"] = headers.raw
            await send(message)

        secret = scope["type"] == "http" and scope["path"].startswith(SECRET_PATHS)
        await self._app(scope, receive, answer if secret else send)


@dataclass(frozen=True, slots=True)
class Held:
    """A record of this node as it stands now."""

    record: IssuedRecord
    bundle: Bundle
    report: Report

    def values(self) -> dict[str, object]:
        """What the templates of a verdict show."""
        failed = (c.code for c in self.report.checks if c.outcome is Outcome.FAIL)
        return {
            "report": self.report,
            "verdict": verdict(self.report).value,
            "failed": next(failed, None),
        }


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to hand a record out."""

    press: Press
    public_url: str
    node_name: str

    def file(self, held: Held, ending: str, *, at: datetime) -> Response:
        """The record in one of its forms. Raises ``NotFound`` for an unknown one."""
        record = held.record
        if ending in {form.value for form in Form}:
            return self.made(held, Wish(Form(ending)), at=at)
        kept = {
            "json": (record.json, "application/json"),
            "jwt": (record.jwt.encode(), "application/vc+jwt"),
        }
        if ending not in kept:
            raise NotFound("A record is handed out as JSON, JWT, PDF, PNG and SVG alone.")
        body, media_type = kept[ending]
        name = f'attachment; filename="record-{record.id}.{ending}"'
        return Response(body, media_type=media_type, headers={"Content-Disposition": name})

    def made(self, held: Held, wish: Wish, *, at: datetime) -> Response:
        """The certificate or the badge. Raises what ``certificate.make`` does."""
        body = certificate.make(
            self.press,
            held.record.json,
            wish,
            bundle=held.bundle,
            public_url=self.public_url,
            node_name=self.node_name,
            at=at,
        )
        return file_answer(body, form=wish.form, record_id=held.record.id)


def held(session: Session, record_id: str, *, at: datetime) -> Held:
    """The record, verified now against what this node knows."""
    record = records.get_record(session, record_id)
    known = bundle_for(session, record.json, at=at)
    return Held(record, known, verify(record.json, bundle=known, at=at))
