"""How fast records are decided, beside verifying the same records in the same run, on one core.

    python -m tests.bench.recognition.decisions [COUNT]

Every record is another one, signed as this node signs, and verified from its bytes. A registrant
has a hundred of them; each is decided on the figures of those before it, under policies that this
project ships, with caps where they have them. "Deciding" is facts from the report, the ledger's
figures, the decision with its trace, and its place in the book; "with its JSON" is what is written
to the database besides. CPU seconds of this process; each chunk verifies first and then decides,
so that the ratio compares neighbours in time.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.facts import Seen, facts_of
from app.recognition.deciding.model import Binding, Decision, Facts
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger.figures import Book, Entry
from app.recognition.policies.model import Policy, Span
from app.recognition.policies.reading import read_policy
from app.recognition.policies.shipped import texts
from app.verification.model import Report
from app.verification.verify import verify_many
from tests.bench.records.verify import AT, COURSES, ISSUER, credential

CHUNK = 1_000
OF_ONE = 100
POLICIES = ("demo-agreement-v2", "my-bem-pepc-v1", "za-ecsa-v1", "us-nc-v1")
TODAY = AT.date()


def chunks(count: int) -> Iterator[list[bytes]]:
    """Signed records, never more than a chunk at a time."""
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        yield [ISSUER.secure_jwt(credential(one, one % COURSES)).encode() for one in numbers]


def seen_by(policy: Policy) -> Seen:
    """What a registry adds that takes such records."""
    return Seen(Binding.BOUND, policy.issuers.accept_tags, Span())


def decided(policy: Policy, reports: Sequence[Report]) -> Iterator[tuple[Facts, Decision]]:
    """Facts and decision of each, registrant by registrant."""
    seen = seen_by(policy)
    for start in range(0, len(reports), OF_ONE):
        book = Book(registered_on=None)
        for report in reports[start : start + OF_ONE]:
            facts = facts_of(report, seen=seen)
            assert facts is not None
            made = evaluate(policy, facts, book.ledger(policy, facts), today=TODAY)
            book.add(Entry.of(made, facts))
            yield facts, made


def main(count: int) -> None:
    shipped = texts()
    policies = [read_policy(shipped[name]) for name in POLICIES if name in shipped]
    bundle = ISSUER.bundle()
    verifying, telling = 0.0, 0.0
    deciding = dict.fromkeys([one.policy_id for one in policies], 0.0)
    outcomes = {one.policy_id: Counter[str]() for one in policies}
    for records in chunks(count):
        began = time.process_time()
        reports = list(verify_many(records, bundle=bundle, at=AT))
        verifying += time.process_time() - began
        reports = [unlike(one, number) for number, one in enumerate(reports)]
        for policy in policies:
            began = time.process_time()
            made = list(decided(policy, reports))
            deciding[policy.policy_id] += time.process_time() - began
            outcomes[policy.policy_id].update(one.outcome.value for _, one in made)
        began = time.process_time()
        for facts, one in made:
            json.dumps([facts_as_json(facts), decision_as_json(one)])
        telling += time.process_time() - began
    print(f"{count:,} records, {OF_ONE} of each registrant, one core")
    print(f"{'verifying, full report':<44}{count / verifying:12,.0f} /s")
    for policy in policies:
        took = deciding[policy.policy_id]
        print(
            f"{'deciding under ' + policy.policy_id:<44}{count / took:12,.0f} /s"
            f"{verifying / took:8.1f} x verifying  {dict(outcomes[policy.policy_id])}"
        )
    print(f"{'facts and decision as JSON, besides':<44}{count / telling:12,.0f} /s")


def unlike(report: Report, number: int) -> Report:
    """The same report of another activity: a registrant may not do one thing a hundred times."""
    assert report.record is not None
    course = f"{report.record.achievement_id}/{number}"
    return replace(report, record=replace(report.record, achievement_id=course))


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["100000"])[0]))
