"""How a person who may asks each guarded page and form, so that it would be answered.

One entry for each route; ``test_the_page_matrix`` fails on a guarded page that has none.
"""

from collections.abc import Callable
from typing import Any

from app.identity.model import Kind
from tests.functional.access.asking_feeds import FEED_PAGES
from tests.functional.access.asking_registry import OF_REGISTRY
from tests.simulator import recognised
from tests.simulator.scene import OTHER, REGISTRY, WEBHOOK, Ask, Scene

Asking = Callable[[Scene], Ask]
ORGANISATION = "/organisations/{organisation_id}"
WEBHOOKS = ORGANISATION + "/webhooks"
CLIENTS = ORGANISATION + "/clients"
COURSES = ORGANISATION + "/courses"
SHEET = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    b"id,title\nS-1,Bridges\n\r\n--x--\r\n"
)
IDENTITIES = "/account/identities"
SEARCHES = "/account/searches"
NOTHING_THERE = (404,)
"""The answer where a provider or a linked identity is named that there is not: to get so far, one
has to have been let in, and who was not is led to the door instead."""


def plain(**more: Any) -> Asking:
    return lambda _: Ask(**more)


def member(**more: Any) -> Asking:
    return lambda scene: Ask(path={"person_id": scene.member()}, **more)


def invitation(**more: Any) -> Asking:
    return lambda scene: Ask(path={"invitation_id": scene.invitation()[0]}, **more)


def webhook(**more: Any) -> Asking:
    return lambda scene: Ask(path={"endpoint_id": scene.webhook()}, **more)


def client(**more: Any) -> Asking:
    return lambda scene: Ask(path={"client_id": scene.client()}, **more)


def registration(**more: Any) -> Asking:
    return lambda scene: Ask(path={"registration_id": scene.registration()}, **more)


def kept(**more: str) -> Asking:
    return lambda scene: Ask(path={"record_id": scene.kept(), **more})


def replayed(scene: Scene) -> Ask:
    delivery = scene.post(f"/api/v1/organisations/cse/webhooks/{scene.webhook()}:test", None)
    return Ask(path={"endpoint_id": delivery["webhook"], "delivery_id": delivery["id"]})


def ownerless(scene: Scene) -> Ask:
    registry_id = f"ownerless-{scene.number()}"
    scene.house.add(registry_id, Kind.REGISTRY)
    return Ask(path={"organisation_id": registry_id}, form={"email": "owner@example.org"})


def entry(number: str) -> dict[str, str]:
    return {"registry": REGISTRY, "number": number, "since": "2020-01-01"}


def of_reviewing(prefix: str) -> dict[tuple[str, str], Asking]:
    """The pages that are there for who runs the node and for a society's editors."""
    matches, course = prefix + "/matches", prefix + "/courses/{course_id}"
    pair = matches + "/{suggestion_id}"

    def suggested(scene: Scene) -> Ask:
        return Ask(path={"suggestion_id": scene.suggested()})

    def split(scene: Scene) -> Ask:
        course_id, record_id = scene.joined()
        return Ask(path={"course_id": course_id}, form={"record": record_id})

    return {
        ("GET", matches): plain(),
        ("GET", matches + "/decisions"): plain(),
        ("POST", matches + "/decisions/{decision_id}/lift"): lambda scene: Ask(
            path={"decision_id": scene.refused()}
        ),
        ("GET", pair): suggested,
        ("POST", pair + "/accept"): suggested,
        ("POST", pair + "/never"): suggested,
        ("GET", course + "/edit"): lambda scene: Ask(path={"course_id": scene.course()}),
        ("POST", course + "/edit"): lambda scene: Ask(
            path={"course_id": scene.course()},
            form={"field": "level", "value": "advanced", "reason": "It is."},
        ),
        ("POST", course + "/lift"): lambda scene: Ask(
            path={"course_id": scene.overridden()}, form={"field": "level"}
        ),
        ("POST", course + "/split"): split,
    }


CPD = "/account/cpd"
CYCLE = CPD + "/cycles/{registrant_id}"
DECISION = CYCLE + "/submissions/{submission_id}"
ENTRY = CPD + "/entries/{entry_id}"
NOTE = CPD + "/notes/{note_id}"
DONE_BY_HAND = {"title": "Soil", "completed": "2026-05-01", "kind": "course", "contact": "1"}
THOUGHT = {"stage": "plan", "text": "Learn."}
PROOF = {
    "content": (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        b"proof\r\n--x--\r\n"
    ),
    "headers": {"Content-Type": "multipart/form-data; boundary=x"},
}


def cycle(**more: Any) -> Asking:
    return lambda scene: Ask(path={"registrant_id": scene.mine()}, **more)


def decided(scene: Scene) -> Ask:
    registrant_id, submission_id = scene.submitted_by_me()
    path = {"registrant_id": registrant_id, "submission_id": submission_id}
    return Ask(path=path, form={"text": "It was more."})


def appealed(scene: Scene) -> Ask:
    registrant_id, submission_id = scene.appealed_by_me()
    return Ask(path={"registrant_id": registrant_id, "submission_id": submission_id})


def by_hand(**more: Any) -> Asking:
    return lambda scene: Ask(path={"entry_id": scene.entry()}, **more)


def handed_over(scene: Scene) -> Ask:
    return Ask(path={"entry_id": scene.entry()}, form={"registrant": scene.mine()})


def proof(scene: Scene) -> Ask:
    entry_id, evidence_id = scene.evidence()
    return Ask(path={"entry_id": entry_id, "evidence_id": evidence_id})


def note(**more: Any) -> Asking:
    return lambda scene: Ask(path={"note_id": scene.note()}, **more)


PAGES: dict[tuple[str, str], Asking] = {
    ("GET", CPD + "/statements"): plain(),
    ("POST", CPD + "/statements"): lambda scene: Ask(
        form={"registrant": recognised.mine(scene).id}
    ),
    ("GET", CPD + "/statements/{statement_id}.{ending}"): lambda scene: Ask(
        path={"statement_id": recognised.my_statement(scene), "ending": "jwt"}
    ),
    ("GET", "/account"): plain(),
    ("POST", "/account/profile"): plain(form={"name": "Ada", "language": "en"}),
    ("POST", "/account/emails"): plain(form={"email": "new@example.org"}),
    ("GET", "/account/emails/link/{secret}"): lambda scene: Ask(
        path={"secret": scene.address_link()[0]}
    ),
    ("POST", "/account/emails/link/{secret}"): lambda scene: Ask(
        path={"secret": scene.address_link()[0]}
    ),
    ("POST", "/account/emails/primary"): lambda scene: Ask(form={"email": scene.address()}),
    ("POST", "/account/emails/remove"): lambda scene: Ask(form={"email": scene.address()}),
    ("GET", "/account/security"): plain(),
    ("POST", "/account/passkeys/question"): plain(),
    ("POST", "/account/passkeys"): plain(form={"question": "", "answer": "{}"}, also=(400, 422)),
    ("POST", "/account/passkeys/{passkey_id}/remove"): lambda scene: Ask(
        path={"passkey_id": scene.passkey()}
    ),
    ("POST", "/account/sessions/{session_id}/end"): lambda scene: Ask(
        path={"session_id": scene.session_of_ada()}
    ),
    ("POST", "/account/sessions/end"): plain(),
    ("GET", "/account/registrations"): plain(),
    ("POST", "/account/registrations"): plain(form=entry("new")),
    ("GET", "/account/registrations/{registration_id}"): registration(),
    ("POST", "/account/registrations/{registration_id}"): registration(form=entry("changed")),
    ("POST", "/account/registrations/{registration_id}/remove"): registration(),
    ("GET", "/account/records"): plain(),
    ("GET", "/account/records/{record_id}"): kept(),
    ("GET", "/account/records/{record_id}/record.{ending}"): kept(ending="json"),
    ("POST", "/account/records/{record_id}/remove"): kept(),
    ("POST", "/holder/{secret}/keep"): lambda scene: Ask(path={"secret": scene.holder_link()}),
    ("GET", CPD): plain(),
    ("GET", CPD + "/compare"): plain(),
    ("POST", CPD + "/reminders"): plain(form={"before": "yes", "decided": "yes"}),
    ("GET", CYCLE): cycle(),
    ("POST", CYCLE + "/submit"): lambda scene: Ask(
        path={"registrant_id": scene.mine()}, form={"records": [scene.kept()]}
    ),
    ("GET", CYCLE + "/path"): cycle(),
    ("GET", CYCLE + "/pack.zip"): cycle(),
    ("GET", DECISION): decided,
    ("POST", DECISION + "/appeal"): decided,
    ("POST", DECISION + "/appeal/withdraw"): appealed,
    ("POST", CPD + "/choices"): lambda scene: Ask(form={"course": scene.course()}),
    ("POST", CPD + "/choices/{course_id}/remove"): lambda scene: Ask(
        path={"course_id": scene.chosen()}
    ),
    ("GET", CPD + "/entries"): plain(),
    ("POST", CPD + "/entries"): plain(form=DONE_BY_HAND),
    ("GET", ENTRY): by_hand(),
    ("POST", ENTRY): by_hand(form=DONE_BY_HAND),
    ("POST", ENTRY + "/remove"): by_hand(),
    ("POST", ENTRY + "/give"): handed_over,
    ("POST", ENTRY + "/evidence"): by_hand(**PROOF),
    ("GET", ENTRY + "/evidence/{evidence_id}"): proof,
    ("POST", ENTRY + "/evidence/{evidence_id}/remove"): proof,
    ("GET", CPD + "/notes"): plain(),
    ("POST", CPD + "/notes"): plain(form=THOUGHT),
    ("GET", NOTE): note(),
    ("POST", NOTE): note(form=THOUGHT),
    ("POST", NOTE + "/remove"): note(),
    ("POST", CPD + "/calendar"): plain(),
    ("POST", CPD + "/calendar/end"): plain(),
    ("GET", "/account/data"): plain(),
    ("GET", "/account/data/export.json"): plain(),
    ("GET", SEARCHES): plain(),
    ("GET", SEARCHES + "/new"): plain(params={"q": "bridges"}),
    ("POST", SEARCHES): plain(form={"name": "Bridges", "digest": "none", "query": "q=bridges"}),
    ("POST", SEARCHES + "/{search_id}"): plain(
        path={"search_id": "none"}, form={"name": "Bridges", "digest": "none"}, also=NOTHING_THERE
    ),
    ("POST", SEARCHES + "/{search_id}/remove"): plain(
        path={"search_id": "none"}, also=NOTHING_THERE
    ),
    ("GET", IDENTITIES): plain(),
    ("POST", IDENTITIES + "/link/{provider_id}"): plain(
        path={"provider_id": "none"}, also=NOTHING_THERE
    ),
    ("POST", IDENTITIES + "/waiting"): plain(also=(404, 410)),
    ("POST", IDENTITIES + "/waiting/forget"): plain(),
    ("POST", IDENTITIES + "/{identity_id}/unlink"): plain(
        path={"identity_id": "none"}, also=NOTHING_THERE
    ),
    ("POST", "/invitations/{secret}"): lambda scene: Ask(
        path={"secret": scene.invitation(to=scene.address())[1]}
    ),
    ("GET", ORGANISATION): plain(),
    ("GET", ORGANISATION + "/members"): plain(),
    ("POST", ORGANISATION + "/members/{person_id}/roles"): member(form={"roles": "editor"}),
    ("POST", ORGANISATION + "/members/{person_id}/remove"): member(),
    ("POST", ORGANISATION + "/invitations"): plain(
        form={"email": "one@example.org", "roles": "reader"}
    ),
    ("POST", ORGANISATION + "/invitations/{invitation_id}/again"): invitation(),
    ("POST", ORGANISATION + "/invitations/{invitation_id}/withdraw"): invitation(),
    ("GET", ORGANISATION + "/audit"): plain(),
    ("GET", ORGANISATION + "/audit/export.{ending}"): plain(path={"ending": "csv"}),
    ("GET", WEBHOOKS): plain(),
    ("POST", WEBHOOKS): plain(form=WEBHOOK),
    ("GET", WEBHOOKS + "/{endpoint_id}"): webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}/rotate"): webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}/change"): webhook(form=WEBHOOK),
    ("POST", WEBHOOKS + "/{endpoint_id}/enabled"): webhook(form={"wanted": "no"}),
    ("POST", WEBHOOKS + "/{endpoint_id}/test"): webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}/replay"): webhook(form={"since": "2026-11-01"}),
    ("POST", WEBHOOKS + "/{endpoint_id}/deliveries/{delivery_id}/replay"): replayed,
    ("POST", WEBHOOKS + "/{endpoint_id}/delete"): webhook(),
    ("GET", CLIENTS): plain(),
    ("POST", CLIENTS): plain(
        form={"name": "A program", "scopes": "catalogue:read", "kind": "service"}
    ),
    ("POST", CLIENTS + "/{client_id}/secret"): client(),
    ("POST", CLIENTS + "/{client_id}/revoke"): client(),
    ("GET", COURSES): plain(),
    ("GET", COURSES + "/template.{ending}"): plain(path={"ending": "csv"}),
    ("POST", COURSES + "/sheets"): plain(
        content=SHEET, headers={"Content-Type": "multipart/form-data; boundary=x"}
    ),
    ("GET", COURSES + "/sheets/{sheet_id}"): lambda scene: Ask(path={"sheet_id": scene.sheet()}),
    ("POST", COURSES + "/sheets/{sheet_id}/publish"): lambda scene: Ask(
        path={"sheet_id": scene.sheet()}
    ),
    ("GET", "/account/programs"): plain(),
    ("POST", "/account/programs/{permission_id}/end"): lambda scene: Ask(
        path={"permission_id": scene.permission()}
    ),
    ("GET", "/oauth/authorize"): lambda scene: Ask(params=scene.program().query()),
    ("POST", "/oauth/authorize"): lambda scene: Ask(
        params=scene.program().query(), form={"decision": "allow", "organisation": ""}
    ),
    ("GET", "/node/audit"): plain(),
    **of_reviewing("/node"),
    **of_reviewing(ORGANISATION),
    ("GET", "/node/aliases"): plain(),
    ("POST", "/node/aliases"): lambda scene: Ask(
        form={"society": "cse", "kind": "name", "value": f"Known as {scene.number()}"}
    ),
    ("POST", "/node/aliases/{alias_id}/remove"): lambda scene: Ask(
        path={"alias_id": scene.alias()}
    ),
    ("GET", "/node/search"): plain(),
    ("POST", "/node/search/try-again"): plain(form={"course": ""}),
    ("POST", "/node/search/rebuild"): plain(),
    ("GET", "/node/audit/export.{ending}"): plain(path={"ending": "ndjson"}),
    ("GET", "/node/organisations"): plain(),
    ("POST", "/node/organisations"): plain(
        form={"id": "new", "kind": "registry", "name": "A new one"}
    ),
    ("POST", "/node/organisations/{organisation_id}/name"): plain(
        path={"organisation_id": OTHER}, form={"name": "Another name"}
    ),
    ("POST", "/node/organisations/{organisation_id}/owner"): ownerless,
    **OF_REGISTRY,
    **FEED_PAGES,
    # The last two, since they end what the others need.
    ("POST", ORGANISATION + "/leave"): plain(also=(409,)),
    ("POST", "/account/data/end"): plain(form={"sure": "yes"}, also=(409,)),
}
