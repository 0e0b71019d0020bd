"""How a member of a registry asks each of its pages; part of ``asking_pages``."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulator import recognised
from tests.simulator import registry_scene as there
from tests.simulator.scene import REGISTRY, Ask, Scene

BASE = "/organisations/{organisation_id}"
SUBMISSION = BASE + "/submissions/{submission_id}"
REGISTRANT = BASE + "/registrants/{registrant_id}"
POLICY = BASE + "/policies/{version_id}"
SAMPLE = BASE + "/samples/{sample_id}"
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
SURE = {"action": "discard", "sure": "yes"}
REJECT = {"judged": "reject", "note": "Not ours."}


def file(text: str, **fields: str) -> bytes:
    """A form with a file."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return "".join([*parts, head, text, "\r\n--x--\r\n"]).encode()


def asked(
    path: Callable[[Scene], Mapping[str, str]] = lambda _: {}, **more: Any
) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"organisation_id": REGISTRY, **path(scene)}, **more)


def on_submission(**more: Any) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"submission_id": there.submission(scene)}, **more)


def on_registrant(**more: Any) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"registrant_id": scene.registrant()}, **more)


def on_policy(**more: Any) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"version_id": there.draft(scene)}, **more)


def _undone(scene: Scene) -> Ask:
    path = {"organisation_id": REGISTRY, "registrant_id": scene.registrant()}
    return Ask(path={**path, "binding_id": scene.bound()}, form={"reason": "A mistake."})


def _stated(**more: Any) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"registration_id": scene.stated()}, **more)


def on_agreement(
    made: Callable[[Scene], str] = recognised.draft, **more: Any
) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"agreement_id": made(scene), "version": "1"}, **more)


def on_statement(**more: Any) -> Callable[[Scene], Ask]:
    return asked(lambda scene: {"statement_id": recognised.statement(scene)}, **more)


AGREEMENTS = BASE + "/agreements"
AGREEMENT = AGREEMENTS + "/{agreement_id}/{version}"
COMPLIANCE = BASE + "/compliance"

OF_REGISTRY: dict[tuple[str, str], Callable[[Scene], Ask]] = {
    ("GET", AGREEMENTS): asked(),
    ("GET", AGREEMENTS + "/new"): asked(),
    ("POST", AGREEMENTS + "/new"): lambda scene: Ask(
        path={"organisation_id": REGISTRY}, form=recognised.form(scene)
    ),
    ("POST", AGREEMENTS + "/receive"): lambda scene: Ask(
        path={"organisation_id": REGISTRY},
        content=file(recognised.file(scene).decode()),
        headers=BOUNDARY,
    ),
    ("GET", AGREEMENT): on_agreement(),
    ("GET", AGREEMENT + "/file"): on_agreement(),
    ("POST", AGREEMENT + "/{act}"): lambda scene: Ask(
        path={
            "organisation_id": REGISTRY,
            "agreement_id": recognised.draft(scene),
            "version": "1",
            "act": "sign",
        }
    ),
    ("GET", COMPLIANCE): asked(),
    ("GET", COMPLIANCE + "/statements/{statement_id}.{ending}"): lambda scene: Ask(
        path={
            "organisation_id": REGISTRY,
            "statement_id": recognised.statement(scene),
            "ending": "json",
        }
    ),
    ("POST", COMPLIANCE + "/statements"): lambda scene: Ask(
        path={"organisation_id": REGISTRY},
        form={"number": recognised.number(scene), "day": "2025-06-01"},
    ),
    ("POST", COMPLIANCE + "/statements/{statement_id}/withdraw"): on_statement(
        form={"reason": "A mistake."}
    ),
    ("POST", COMPLIANCE + "/requests/{request_id}/{act}"): lambda scene: Ask(
        path={
            "organisation_id": REGISTRY,
            "request_id": recognised.request(scene),
            "act": "answer",
        }
    ),
    ("GET", SUBMISSION + "/evidence/{digest}"): asked(there.handed_over),
    ("GET", BASE + "/inbox"): asked(),
    ("POST", BASE + "/inbox/submit"): asked(content=file("{}", number="1"), headers=BOUNDARY),
    ("POST", BASE + "/inbox/propose"): lambda scene: Ask(
        path={"organisation_id": REGISTRY},
        form={"ids": there.submission(scene), **REJECT},
    ),
    ("GET", SUBMISSION): on_submission(),
    ("GET", SUBMISSION + "/record"): on_submission(),
    ("GET", SUBMISSION + "/facts.json"): on_submission(),
    ("GET", SUBMISSION + "/letter"): on_submission(),
    ("GET", SUBMISSION + "/letter.pdf"): on_submission(also=(503,)),
    ("POST", SUBMISSION + "/propose"): on_submission(form=REJECT),
    ("POST", SUBMISSION + "/reviews/{review_id}"): asked(there.reviewed, form={"agree": "yes"}),
    ("POST", SUBMISSION + "/appeals/{appeal_id}/answer"): asked(
        there.appealed, form={"upheld": "no", "reason": "It is not."}
    ),
    ("GET", BASE + "/reviews"): asked(),
    ("GET", BASE + "/appeals"): asked(),
    ("GET", BASE + "/registrants"): asked(),
    ("POST", BASE + "/registrants"): lambda scene: Ask(
        path={"organisation_id": REGISTRY},
        form={"number": f"NEW-{scene.number()}", "name": "Ada Obi"},
    ),
    ("POST", BASE + "/registrants/import"): asked(
        content=file("number,name\nIMP-1,Ann\n"), headers=BOUNDARY
    ),
    ("GET", REGISTRANT): on_registrant(),
    ("POST", REGISTRANT + "/change"): lambda scene: Ask(
        path={"organisation_id": REGISTRY, "registrant_id": scene.registrant()},
        form={"number": f"CHANGED-{scene.number()}", "name": "Ada Obi"},
    ),
    ("POST", REGISTRANT + "/holders"): lambda scene: Ask(
        path={"organisation_id": REGISTRY, "registrant_id": scene.registrant()},
        form={"holder_id": f"urn:uuid:0190d5a8-0000-7000-8000-{scene.number():012}"},
    ),
    ("POST", REGISTRANT + "/holders/{binding_id}/undo"): _undone,
    ("GET", BASE + "/registrations"): asked(),
    ("POST", BASE + "/registrations/{registration_id}/confirm"): _stated(),
    ("POST", BASE + "/registrations/{registration_id}/refuse"): _stated(form={"reason": "No."}),
    ("GET", BASE + "/issuers"): asked(),
    ("POST", BASE + "/issuers"): lambda scene: Ask(
        path={"organisation_id": REGISTRY},
        form={"issuer_id": f"did:web:page-{scene.number()}.example", "tag": "listed"},
    ),
    ("POST", BASE + "/issuers/{listing_id}/end"): asked(
        lambda scene: {"listing_id": scene.listed()}, form={"struck": "yes", "reason": "No."}
    ),
    ("GET", BASE + "/approvals"): asked(),
    ("POST", BASE + "/approvals"): lambda scene: Ask(
        path={"organisation_id": REGISTRY}, form={"body": "PEC", "number": f"P-{scene.number()}"}
    ),
    ("POST", BASE + "/approvals/{listing_id}/end"): asked(
        lambda scene: {"listing_id": scene.approval()}, form={"struck": "yes", "reason": "No."}
    ),
    ("GET", BASE + "/policies"): asked(),
    ("GET", BASE + "/policies/new"): asked(),
    ("POST", BASE + "/policies/new"): asked(form={"text": "x", "action": "check"}),
    ("GET", POLICY): on_policy(),
    ("POST", POLICY): on_policy(form={"text": "x", "action": "check"}),
    ("POST", POLICY + "/act"): on_policy(form=SURE),
    ("POST", POLICY + "/vectors"): on_policy(content=file("{}"), headers=BOUNDARY, also=(422,)),
    ("GET", POLICY + "/dry-run"): on_policy(),
    ("POST", POLICY + "/runs"): on_policy(form={"since": ""}),
    ("GET", BASE + "/runs/{run_id}"): asked(lambda scene: {"run_id": there.run(scene)}),
    ("POST", BASE + "/runs/{run_id}/cancel"): asked(lambda scene: {"run_id": there.run(scene)}),
    ("GET", BASE + "/samples"): asked(),
    ("POST", BASE + "/samples"): lambda scene: Ask(
        path={"organisation_id": REGISTRY}, form={"percent": "2" if scene.registrant() else ""}
    ),
    ("GET", SAMPLE): asked(there.sample),
    ("GET", SAMPLE + "/list.txt"): asked(there.sample),
    ("POST", SAMPLE + "/draw"): asked(there.sample),
    ("GET", SAMPLE + "/evidence/{registrant_id}.zip"): asked(
        lambda scene: there.sample(scene, drawn=True)
    ),
    ("GET", BASE + "/returns"): asked(),
    ("GET", BASE + "/returns/list"): asked(),
    ("GET", BASE + "/statistics"): asked(),
}


_API = "/api/v1/registries/{organisation_id}"
_SUBMITTED = _API + "/submissions/{submission_id}"

OFFICE: dict[tuple[str, str], Callable[[Scene], Ask]] = {
    ("GET", _API + "/samples"): lambda _: Ask(),
    ("POST", _API + "/samples"): lambda scene: Ask(
        json={"percent": "2" if scene.registrant() else ""}
    ),
    ("GET", _API + "/samples/{sample_id}"): lambda scene: Ask(path=there.sample(scene)),
    ("POST", _API + "/samples/{sample_id}/draw"): lambda scene: Ask(
        path=there.sample(scene), json={}
    ),
    ("GET", _API + "/samples/{sample_id}/list"): lambda scene: Ask(path=there.sample(scene)),
    ("GET", _API + "/samples/{sample_id}/evidence/{registrant_id}"): lambda scene: Ask(
        path=there.sample(scene, drawn=True)
    ),
    ("GET", _API + "/lists/{form}.{ending}"): lambda _: Ask(
        path={"form": "decisions", "ending": "csv"}
    ),
    ("GET", _API + "/statistics"): lambda _: Ask(),
    ("GET", _SUBMITTED + "/letter"): lambda scene: Ask(
        path={"submission_id": there.submission(scene)}
    ),
    ("GET", _SUBMITTED + "/letter.pdf"): lambda scene: Ask(
        path={"submission_id": there.submission(scene)}, also=(503,)
    ),
}
"""The same for the office's routes for programs; part of ``asking``."""
