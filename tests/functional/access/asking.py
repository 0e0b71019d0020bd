"""How the rightful program asks each guarded route of the API, so that it would be answered.

One entry for each route; ``test_the_route_matrix`` fails on a guarded route that has none.
"""

from collections.abc import Callable
from typing import Any

from app.identity.model import AuthMethod
from tests.functional.access.asking_feeds import OF_FEEDS
from tests.functional.access.asking_registry import OFFICE
from tests.simulator import recognised, rosters
from tests.simulator.node import COMPLETION
from tests.simulator.scene import DECLARED, WEBHOOK, Ask, Scene


def _pushed(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"remote_id": scene.pushed(), "run_id": "a"}, **more)


def _record(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"record_id": scene.record()}, **more)


def _roster(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"roster_id": scene.roster()}, **more)


def _grantee(scene: Scene) -> Ask:
    third = f"third-{scene.number()}"
    scene.enrol(third)
    return Ask(json={"grantee": third, "action": "records:issue"})


def _webhook(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"endpoint_id": scene.webhook()}, **more)


def _delivery(scene: Scene) -> Ask:
    return Ask(path={"delivery_id": scene.delivery()})


def _member(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"person_id": scene.member()}, **more)


def _invitation(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"invitation_id": scene.invitation()[0]}, **more)


def _client(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"client_id": scene.client()}, **more)


def _registrant(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"registrant_id": scene.registrant()}, **more)


def _stated(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"registration_id": scene.stated()}, **more)


def _listed(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"listing_id": scene.listed()}, **more)


def _approval(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"listing_id": scene.approval()}, **more)


def _drafted(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"version_id": scene.drafted()}, **more)


def _kept(scene: Scene) -> Ask:
    return Ask(path={"record_id": scene.kept()})


def _submitted(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"submission_id": scene.submitted()}, **more)


def _rerun(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"rerun_id": scene.rerun()}, **more)


def _submitted_by_me(scene: Scene) -> Ask:
    registrant_id, submission_id = scene.submitted_by_me()
    return Ask(path={"registrant_id": registrant_id, "submission_id": submission_id})


def _agreed(made: Callable[[Scene], str] = recognised.draft, **more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"agreement_id": made(scene), "version": "1"}, **more)


def _compliance(
    made: Callable[[Scene], str] = recognised.statement, **more: Any
) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"statement_id": made(scene)}, **more)


def _asked(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"request_id": recognised.request(scene)}, **more)


MINE = "/api/v1/me/cycles"
ORGANISATION = "/api/v1/organisations/{organisation_id}"
MEMBERS = ORGANISATION + "/members"
CLIENTS = ORGANISATION + "/clients"
INVITATIONS = ORGANISATION + "/invitations"
RECORD = "/api/v1/records/{record_id}"
SOCIETY = "/api/v1/societies/{society_id}"
ROSTER = SOCIETY + "/rosters/{roster_id}"
PUSHED = SOCIETY + "/courses/{remote_id}"

WEBHOOKS = ORGANISATION + "/webhooks"
REGISTRY = "/api/v1/registries/{organisation_id}"
REGISTRANT = REGISTRY + "/registrants/{registrant_id}"
POLICIES = REGISTRY + "/policies"
SUBMISSION = REGISTRY + "/submissions/{submission_id}"
TODAY = {"on": "2026-11-20", "reason": "It ended."}
WHY = {"reason": "It was a mistake."}

AGREEMENTS = REGISTRY + "/agreements"
AGREEMENT = AGREEMENTS + "/{agreement_id}/{version}"
COMPLIANCE = REGISTRY + "/compliance"
STATEMENT = COMPLIANCE + "/statements/{statement_id}"
MY_STATEMENT = "/api/v1/me/compliance/{statement_id}"

OVERRIDES = SOCIETY + "/overrides/{course_id}"
OVERRIDE = {"value": "advanced", "reason": "The feed is wrong."}

ASKS: dict[tuple[str, str], Callable[[Scene], Ask]] = {
    ("GET", OVERRIDES): lambda scene: Ask(path={"course_id": scene.course()}),
    ("PUT", OVERRIDES + "/{field}"): lambda scene: Ask(
        path={"course_id": scene.course(), "field": "level"}, json=OVERRIDE
    ),
    ("DELETE", OVERRIDES + "/{field}"): lambda scene: Ask(
        path={"course_id": scene.overridden(), "field": "level"}
    ),
    ("GET", AGREEMENTS): lambda _: Ask(),
    ("POST", AGREEMENTS): lambda scene: Ask(json=recognised.agreement(scene)),
    ("GET", AGREEMENT): _agreed(),
    ("GET", AGREEMENT + "/file"): _agreed(),
    ("PUT", AGREEMENT): lambda scene: _agreed(json=recognised.agreement(scene))(scene),
    ("DELETE", AGREEMENT): _agreed(),
    ("POST", AGREEMENT + "/sign"): _agreed(),
    ("POST", AGREEMENT + "/end"): _agreed(recognised.signed, json={"ends_on": "2027-12-01"}),
    ("POST", AGREEMENTS + "/{agreement_id}/versions"): lambda scene: Ask(
        path={"agreement_id": recognised.signed(scene)},
        json=recognised.agreement(scene, "2027-01-01"),
    ),
    ("POST", AGREEMENTS + ":receive"): lambda scene: Ask(
        content=recognised.file(scene), headers={"Content-Type": "application/json"}
    ),
    ("GET", COMPLIANCE + "/requests"): lambda _: Ask(),
    ("POST", COMPLIANCE + "/requests"): lambda scene: Ask(
        json={"registrant": recognised.registrant(scene).id}
    ),
    ("POST", COMPLIANCE + "/requests/{request_id}/answer"): _asked(),
    ("POST", COMPLIANCE + "/requests/{request_id}/refuse"): _asked(json=WHY),
    ("GET", COMPLIANCE + "/statements"): lambda _: Ask(),
    ("POST", COMPLIANCE + "/statements"): lambda scene: Ask(
        json={"registrant": recognised.registrant(scene).id, "day": "2025-06-01"}
    ),
    ("GET", STATEMENT): _compliance(),
    ("GET", STATEMENT + "/credential.json"): _compliance(),
    ("GET", STATEMENT + "/credential.jwt"): _compliance(),
    ("POST", STATEMENT + "/withdraw"): _compliance(json=WHY),
    ("GET", "/api/v1/me/compliance"): lambda _: Ask(),
    ("GET", MY_STATEMENT + ".json"): lambda scene: Ask(
        path={"statement_id": recognised.my_statement(scene)}
    ),
    ("GET", MY_STATEMENT + ".jwt"): lambda scene: Ask(
        path={"statement_id": recognised.my_statement(scene)}
    ),
    ("GET", RECORD): _record(),
    ("GET", RECORD + ".jwt"): _record(),
    ("GET", RECORD + ".pdf"): _record(),
    ("GET", RECORD + ".png"): _record(),
    ("GET", RECORD + ".svg"): _record(),
    ("GET", RECORD + "/history"): _record(),
    ("POST", RECORD + "/holder-link"): _record(),
    ("GET", RECORD + "/holder-link"): lambda scene: Ask(path={"record_id": scene.shared()}),
    ("DELETE", RECORD + "/holder-link"): lambda scene: Ask(path={"record_id": scene.shared()}),
    ("POST", RECORD + "/revoke"): _record(json={"reason": "error"}),
    ("POST", RECORD + "/suspend"): _record(json={"reason": "under_review"}),
    ("POST", RECORD + "/reinstate"): lambda scene: Ask(
        path={"record_id": scene.suspended()}, json={"reason": "cleared"}
    ),
    ("POST", SOCIETY + "/standing:batch"): lambda scene: Ask(
        json={"action": "revoke", "reason": "error", "ids": [scene.record()]}
    ),
    ("POST", SOCIETY + "/completions"): lambda scene: Ask(
        json=COMPLETION, headers={"Idempotency-Key": f"asked-{scene.number()}"}
    ),
    ("POST", SOCIETY + "/completions:batch"): lambda scene: Ask(
        json=[rosters.completion(scene.number())],
        headers={"Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", SOCIETY + "/records"): lambda _: Ask(),
    ("POST", SOCIETY + "/rosters"): lambda scene: Ask(
        content=rosters.as_csv([rosters.row(scene.number())]),
        headers={"Content-Type": "text/csv", "Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", SOCIETY + "/rosters"): lambda _: Ask(),
    ("GET", ROSTER): _roster(),
    ("GET", ROSTER + "/errors"): _roster(),
    ("GET", ROSTER + "/errors.csv"): _roster(),
    ("GET", ROSTER + "/records"): _roster(),
    ("POST", ROSTER + "/approve"): _roster(also=(409,)),
    ("POST", ROSTER + "/reject"): _roster(json={"reason": "Not ours."}, also=(409,)),
    ("POST", ROSTER + "/cancel"): _roster(also=(409,)),
    ("GET", SOCIETY + "/courses"): lambda _: Ask(),
    ("POST", SOCIETY + "/courses:batch"): lambda scene: Ask(
        json=[{"remote_id": scene.pushed(), "course": {"title": {"en": "A"}}}],
        headers={"Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", PUSHED): _pushed(),
    ("PUT", PUSHED): _pushed(json={"title": {"en": "A"}}),
    ("PATCH", PUSHED): _pushed(
        content=b'{"level":"x"}', headers={"Content-Type": "application/merge-patch+json"}
    ),
    ("DELETE", PUSHED): _pushed(),
    ("PUT", PUSHED + "/runs/{run_id}"): _pushed(json={"start": "2027-02-01"}),
    ("DELETE", PUSHED + "/runs/{run_id}"): _pushed(),
    ("PUT", PUSHED + "/offers"): _pushed(json=[{"amount": "0"}]),
    ("DELETE", SOCIETY + "/sandbox"): lambda _: Ask(),
    ("POST", SOCIETY + "/grants"): _grantee,
    ("GET", SOCIETY + "/grants"): lambda _: Ask(),
    ("DELETE", SOCIETY + "/grants/{grant_id}"): lambda scene: Ask(path={"grant_id": scene.grant()}),
    ("GET", ORGANISATION + "/audit"): lambda _: Ask(),
    ("GET", ORGANISATION): lambda _: Ask(),
    ("GET", MEMBERS): lambda _: Ask(),
    ("GET", MEMBERS + "/{person_id}"): _member(),
    ("PUT", MEMBERS + "/{person_id}"): _member(json={"roles": ["editor"]}),
    ("DELETE", MEMBERS + "/{person_id}"): _member(),
    ("GET", INVITATIONS): lambda _: Ask(),
    ("POST", INVITATIONS): lambda _: Ask(json={"email": "new@example.org", "roles": ["reader"]}),
    ("GET", INVITATIONS + "/{invitation_id}"): _invitation(),
    ("POST", INVITATIONS + "/{invitation_id}/send"): _invitation(),
    ("DELETE", INVITATIONS + "/{invitation_id}"): _invitation(),
    ("GET", CLIENTS): lambda _: Ask(),
    ("POST", CLIENTS): lambda _: Ask(json={"name": "A program", "scopes": ["catalogue:read"]}),
    ("GET", CLIENTS + "/{client_id}"): _client(),
    ("POST", CLIENTS + "/{client_id}/secrets"): _client(json={}),
    ("PUT", CLIENTS + "/{client_id}/keys"): lambda scene: Ask(
        path={"client_id": scene.client(method=AuthMethod.PRIVATE_KEY_JWT, jwks=scene.jwks())},
        json={"jwks": scene.jwks()},
    ),
    ("DELETE", CLIENTS + "/{client_id}"): _client(),
    ("GET", "/api/v1/organisations"): lambda _: Ask(),
    ("POST", "/api/v1/organisations"): lambda _: Ask(
        json={"id": "new", "kind": "registry", "name": "A new one"}
    ),
    ("PATCH", ORGANISATION): lambda _: Ask(json={"name": "Another name"}),
    ("GET", "/api/v1/me"): lambda _: Ask(),
    ("GET", "/api/v1/me/registrations"): lambda _: Ask(),
    ("GET", MINE): lambda _: Ask(),
    ("GET", MINE + "/{registrant_id}/path"): lambda scene: Ask(
        path={"registrant_id": scene.mine()}
    ),
    ("GET", MINE + "/{registrant_id}/submissions"): lambda scene: Ask(
        path={"registrant_id": scene.mine()}
    ),
    ("GET", MINE + "/{registrant_id}/submissions/{submission_id}"): _submitted_by_me,
    ("POST", MINE + "/{registrant_id}/submissions"): lambda scene: Ask(
        path={"registrant_id": scene.mine()}, json={"records": [scene.kept()]}
    ),
    ("GET", "/api/v1/me/records"): lambda _: Ask(),
    ("GET", "/api/v1/me/records/{record_id}"): _kept,
    ("GET", "/api/v1/me/records/{record_id}.jwt"): _kept,
    ("GET", WEBHOOKS): lambda _: Ask(),
    ("POST", WEBHOOKS): lambda _: Ask(json=WEBHOOK),
    ("GET", WEBHOOKS + "/{endpoint_id}"): _webhook(),
    ("PATCH", WEBHOOKS + "/{endpoint_id}"): _webhook(json={"description": "Another"}),
    ("DELETE", WEBHOOKS + "/{endpoint_id}"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:rotate"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:test"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:replay"): _webhook(json={"since": "2026-11-01T00:00:00Z"}),
    ("GET", WEBHOOKS + "/deliveries"): lambda _: Ask(),
    ("GET", WEBHOOKS + "/deliveries/{delivery_id}"): _delivery,
    ("POST", WEBHOOKS + "/deliveries/{delivery_id}:replay"): _delivery,
    ("GET", REGISTRY + "/registrants"): lambda _: Ask(),
    ("POST", REGISTRY + "/registrants"): lambda scene: Ask(
        json={"number": f"NEW-{scene.number()}", "name": "Ada Obi"}
    ),
    ("POST", REGISTRY + "/registrants:import"): lambda scene: Ask(
        content=f"number,name\nFILE-{scene.number()},Ada Obi\n".encode(),
        headers={"Content-Type": "text/csv"},
    ),
    ("GET", REGISTRANT): _registrant(),
    ("PUT", REGISTRANT): lambda scene: Ask(
        path={"registrant_id": scene.registrant()},
        json={"number": f"CHANGED-{scene.number()}", "name": "Ada King"},
    ),
    ("POST", REGISTRANT + "/end"): _registrant(json=TODAY),
    ("DELETE", REGISTRANT + "/person"): _registrant(),
    ("GET", REGISTRANT + "/holders"): _registrant(),
    ("POST", REGISTRANT + "/holders"): _registrant(
        json={"holder_id": "urn:uuid:0190d5a8-0000-7000-8000-000000000001"}
    ),
    ("POST", REGISTRY + "/holders/{binding_id}/undo"): lambda scene: Ask(
        path={"binding_id": scene.bound()}, json=WHY
    ),
    ("GET", REGISTRY + "/number-types"): lambda _: Ask(),
    ("PUT", REGISTRY + "/number-types"): lambda _: Ask(json={"types": ["ext:RegisterNumber"]}),
    ("GET", REGISTRY + "/registrations"): lambda _: Ask(),
    ("POST", REGISTRY + "/registrations/{registration_id}/confirm"): _stated(),
    ("POST", REGISTRY + "/registrations/{registration_id}/refuse"): _stated(json=WHY),
    ("GET", REGISTRY + "/issuers"): lambda _: Ask(),
    ("POST", REGISTRY + "/issuers"): lambda scene: Ask(
        json={"issuer_id": f"did:web:new-{scene.number()}.example", "tag": "listed"}
    ),
    ("POST", REGISTRY + "/issuers:import"): lambda _: Ask(
        content=b"issuer_id,tag\ndid:web:file.example,listed\n",
        headers={"Content-Type": "text/csv"},
    ),
    ("POST", REGISTRY + "/issuers/{listing_id}/end"): _listed(json=TODAY),
    ("POST", REGISTRY + "/issuers/{listing_id}/strike"): _listed(json=WHY),
    ("GET", REGISTRY + "/approvals"): lambda _: Ask(),
    ("POST", REGISTRY + "/approvals"): lambda scene: Ask(
        json={"body": "PEC", "number": f"NEW-{scene.number()}"}
    ),
    ("POST", REGISTRY + "/approvals:import"): lambda _: Ask(
        content=b"body,number\nPEC,CPD-FILE\n", headers={"Content-Type": "text/csv"}
    ),
    ("POST", REGISTRY + "/approvals/{listing_id}/end"): _approval(json=TODAY),
    ("POST", REGISTRY + "/approvals/{listing_id}/strike"): _approval(json=WHY),
    ("GET", POLICIES): lambda _: Ask(),
    ("POST", POLICIES): lambda scene: Ask(json={"text": scene.policy()}),
    ("POST", POLICIES + ":check"): lambda scene: Ask(json={"text": scene.policy()}),
    ("POST", POLICIES + ":import"): lambda _: Ask(json={"name": "za-ecsa-v1"}),
    ("GET", POLICIES + "/{version_id}"): _drafted(),
    ("GET", POLICIES + "/{version_id}/changes"): _drafted(),
    ("PUT", POLICIES + "/{version_id}"): lambda scene: Ask(
        path={"version_id": scene.drafted()}, json={"text": scene.policy()}
    ),
    ("DELETE", POLICIES + "/{version_id}"): _drafted(),
    ("POST", POLICIES + "/{version_id}/adopt"): _drafted(),
    ("POST", POLICIES + "/{version_id}/withdraw"): lambda scene: Ask(
        path={"version_id": scene.adopted()}, json=WHY
    ),
    ("POST", "/api/v1/verifications"): lambda _: Ask(
        content=b'"not a record"\n', headers={"Content-Type": "application/x-ndjson"}
    ),
    ("POST", REGISTRY + "/submissions"): lambda scene: Ask(
        json={"registrant": scene.registrant(), "record": {"id": "not a record"}}
    ),
    ("GET", REGISTRY + "/submissions"): lambda _: Ask(),
    ("GET", SUBMISSION): _submitted(),
    ("GET", SUBMISSION + "/record"): lambda scene: Ask(
        path={"submission_id": scene.submitted_record()}
    ),
    ("POST", REGISTRY + "/declarations"): lambda scene: Ask(
        json={"registrant": scene.registrant(), **DECLARED}
    ),
    ("GET", REGISTRY + "/decisions"): lambda _: Ask(),
    ("GET", REGISTRANT + "/cycle"): lambda scene: Ask(
        path={"registrant_id": scene.registrant_with_rules()}
    ),
    ("POST", SUBMISSION + "/reviews"): _submitted(json={"judged": "reject", "note": "Not so."}),
    ("GET", REGISTRY + "/reviews"): lambda _: Ask(),
    ("GET", REGISTRY + "/reviews/{review_id}"): lambda scene: Ask(
        path={"review_id": scene.reviewed()}
    ),
    ("POST", REGISTRY + "/reviews/{review_id}/settle"): lambda scene: Ask(
        path={"review_id": scene.reviewed()}, json={"agree": True}, also=(409,)
    ),
    ("POST", SUBMISSION + "/appeals"): _submitted(json={"text": "It was more."}),
    ("GET", REGISTRY + "/appeals"): lambda _: Ask(),
    ("GET", REGISTRY + "/appeals/{appeal_id}"): lambda scene: Ask(
        path={"appeal_id": scene.appealed()}
    ),
    ("POST", REGISTRY + "/appeals/{appeal_id}/answer"): lambda scene: Ask(
        path={"appeal_id": scene.appealed()},
        json={"upheld": False, "reason": "It was not."},
        also=(409,),
    ),
    ("POST", REGISTRY + "/reruns"): lambda _: Ask(json={"why": "To see.", "dry": True}),
    ("GET", REGISTRY + "/reruns"): lambda _: Ask(),
    ("GET", REGISTRY + "/reruns/{rerun_id}"): _rerun(),
    ("GET", REGISTRY + "/reruns/{rerun_id}/changes"): _rerun(),
    ("POST", REGISTRY + "/reruns/{rerun_id}/cancel"): _rerun(),
    **OFFICE,
    **OF_FEEDS,
}
