"""What the requests to a registry's pages are about; each is made for one request alone."""

from app.identity.model import SCOPES, Actor
from app.recognition.adoption import service as adoption
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, Judged, Origin, RunScope, Verdict
from app.recognition.ledger.service import Desk
from app.recognition.office.samples import service as samples
from app.recognition.office.samples.model import NewSample
from app.recognition.planning.giving import give
from app.recognition.register import service as register
from app.trust import service as trust
from tests.simulator.node import COMPLETION
from tests.simulator.registry_office import rules
from tests.simulator.scene import ADA, OWN, REGISTRY, Scene

SOMEBODY = "client:another"
"""Who proposes and appeals, so that Ada, who asks, may answer."""


def ada_there(scene: Scene) -> Actor:
    """Ada as an owner of the registry."""
    return Actor("", REGISTRY, frozenset(SCOPES), person_id=scene.person(ADA))


def submission(scene: Scene) -> str:
    """The id of a record that came to the registry and waits for a person."""
    node, at = scene.house.node, scene.house.now
    registrant_id = scene.registrant()
    answer = scene.house.http.post(
        f"/api/v1/societies/{OWN}/completions",
        json={**COMPLETION, "course_run": f"office-{scene.number()}"},
        headers={**scene.house.token(OWN), "Idempotency-Key": f"office-{scene.number()}"},
    )
    assert answer.status_code == 201, answer.text
    record = scene.house.http.get(
        f"/api/v1/records/{answer.json()['id']}", headers=scene.house.token(OWN)
    ).content
    with node.database.read() as session:
        bundle = trust.bundle(session, at=at)
    (made,) = ledger.submit(
        node.database, Desk(lambda _: bundle), REGISTRY, registrant_id, [record],
        origin=Origin.API, who=SOMEBODY, at=at,
    )  # fmt: skip
    assert made.submission is not None, made.error
    return made.submission.id


def handed_over(scene: Scene) -> dict[str, str]:
    """An entry by hand that came to the registry with a file."""
    registrant_id, (entry_id, _) = scene.mine(), scene.evidence()
    with scene.house.node.database.write() as session:
        ada, at = scene.person_in(session, ADA), scene.house.now
        known = register.get(session, REGISTRY, registrant_id)
        made = give(session, known, ada, entry_id, at=at)
    digest = next(one.digest for one in made.evidence if one.digest)
    return {"submission_id": made.id, "digest": digest}


def reviewed(scene: Scene) -> dict[str, str]:
    """A submission on which somebody proposed something."""
    submission_id = submission(scene)
    with scene.house.node.database.write() as session:
        found = ledger.review(
            session, REGISTRY, submission_id, Verdict(Judged.REJECT), note="Not ours.",
            who=SOMEBODY, at=scene.house.now,
        )  # fmt: skip
    return {"submission_id": submission_id, "review_id": found.id}


def appealed(scene: Scene) -> dict[str, str]:
    """A submission that was rejected, with an appeal against that."""
    ids = reviewed(scene)
    with scene.house.node.database.write() as session:
        ledger.confirm(
            session, REGISTRY, ids["review_id"], agree=True, who="person:second",
            at=scene.house.now,
        )  # fmt: skip
        found = ledger.appeal(
            session, REGISTRY, ids["submission_id"], "It is ours.", in_stead=True, who=SOMEBODY,
            at=scene.house.now,
        )  # fmt: skip
    return {"submission_id": ids["submission_id"], "appeal_id": found.id}


def draft(scene: Scene) -> str:
    """The id of a policy that Ada drafted."""
    text = rules(version=scene.number() + 1).replace("pec-rules", f"rules-{scene.number()}")
    with scene.house.node.database.write() as session:
        return adoption.draft(session, ada_there(scene), text, at=scene.house.now).id


def run(scene: Scene) -> str:
    """The id of a run that waits for the worker."""
    with scene.house.node.database.write() as session:
        return ledger.rerun(
            session, REGISTRY, RunScope(), cause=Cause.POLICY, why="To see.", dry=True,
            who=SOMEBODY, at=scene.house.now,
        ).id  # fmt: skip


def sample(scene: Scene, *, drawn: bool = False) -> dict[str, str]:
    """An audit sample, with somebody who was drawn in it if it was."""
    scene.registrant()
    actor, at = ada_there(scene), scene.house.now
    with scene.house.node.database.write() as session:
        made = samples.announce(session, actor, NewSample("5"), at=at)
        if drawn:
            made = samples.draw(session, actor, made.id, "", at=at)
    return {"sample_id": made.id, **({"registrant_id": made.chosen[0]} if drawn else {})}
