"""An agreement from its draft to its end, between registries of two nodes and of one."""

from datetime import date, timedelta

import pytest

from app.identity import audit
from app.platform.problems import Invalid, NotFound
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.agreements import exchanging
from app.recognition.agreements.drafting import DraftThere, NotADraft, discard
from app.recognition.agreements.exchanging import NotOurTurn, SignedAlready, TermsBroken
from app.recognition.agreements.model import State
from app.recognition.agreements.reading import AgreementInvalid
from app.recognition.agreements.writing import NewTerms
from app.recognition.register import service as register
from app.trust import keys
from tests.simulator.parties import TAG, between, which
from tests.unit.recognition.agreements.conftest import Both

pytestmark = pytest.mark.slow


def test_two_nodes_agree_and_each_lists_the_others_issuers(both: Both) -> None:
    draft = both.pec.draft(both.new())
    assert draft.state is State.DRAFT
    offered = both.pec.sign(draft)
    assert offered.state is State.OFFERED
    assert both.pec.listed(both.kse) == []
    received = both.ebk.receive(both.pec.file(offered))
    assert received.state is State.OFFERED
    assert both.ebk.listed(both.cse) == []
    signed = both.ebk.sign(received)
    assert signed.state is State.IN_FORCE
    assert both.ebk.listed(both.cse) == [(TAG, "2026-01-01", "2028-12-31")]
    assert both.ebk.listed(both.kse) == []
    back = both.pec.receive(both.ebk.file(signed))
    assert back.state is State.IN_FORCE
    assert both.pec.listed(both.kse) == [(TAG, "2026-01-01", "2028-12-31")]
    assert back.agreement.hash == signed.agreement.hash
    assert both.pec.file(back) == both.ebk.file(signed)


def test_the_issuers_gate_opens_for_the_days_of_the_agreement_alone(both: Both) -> None:
    both.agreed()
    with both.pec.database.read() as session:
        tags = [
            register.issuer_tags(session, "pec", both.kse, on=day)
            for day in (date(2025, 12, 31), date(2026, 1, 1), date(2028, 12, 31), date(2029, 1, 1))
        ]
    assert tags == [(), (TAG,), (TAG,), ()]


def test_taking_in_the_same_file_again_changes_nothing(both: Both) -> None:
    mine, theirs = both.agreed()
    again = both.pec.receive(both.ebk.file(theirs))
    assert again.kept.signatures == mine.kept.signatures
    assert both.pec.listed(both.kse) == [(TAG, "2026-01-01", "2028-12-31")]


def test_an_agreement_of_two_registries_of_one_node_needs_no_file(both: Both) -> None:
    node, third = both.pec, both.third()
    new = both.new(
        other=node.did(third), their_issuers=(both.kse,), theirs=NewTerms(TAG, f"{third}-annex", 1)
    )
    offered = node.sign(node.draft(new))
    assert node.sign(offered, third).state is State.IN_FORCE
    assert node.listed(both.kse) == [(TAG, "2026-01-01", "2028-12-31")]
    assert node.listed(both.cse, third) == [(TAG, "2026-01-01", "2028-12-31")]


def test_a_draft_is_seen_by_who_wrote_it_alone(both: Both) -> None:
    node, third = both.pec, both.third()
    new = both.new(other=node.did(third), their_issuers=(both.kse,), theirs=None)
    draft = node.draft(new)
    with pytest.raises(NotFound):
        node.sign(draft, third)
    node.sign(draft)
    assert node.sign(draft, third).state is State.IN_FORCE
    with pytest.raises(NotFound):
        node.sign(draft, both.third())


def test_an_agreement_may_go_one_way(both: Both) -> None:
    both.agreed(theirs=None, our_issuers=())
    assert both.pec.listed(both.kse) == [(TAG, "2026-01-01", "2028-12-31")]
    assert both.ebk.listed(both.cse) == []


def test_an_amendment_takes_over_from_its_first_day(both: Both) -> None:
    mine, _ = both.agreed()
    second = both.pec.add_society(f"second-{both.cse.rpartition('-')[2]}")
    both.ebk.learn(both.pec)
    new = both.new(valid_from="2027-01-01", valid_to="", our_issuers=(both.cse, second))
    amended = both.pec.sign(both.pec.amend(mine, new))
    assert (amended.agreement.version, amended.state) == (2, State.OFFERED)
    assert amended.agreement.previous == mine.agreement.hash
    with pytest.raises(DraftThere):
        both.pec.amend(mine, new)
    assert both.ebk.listed(both.cse) == [(TAG, "2026-01-01", "2028-12-31")]
    signed = both.ebk.sign(both.ebk.receive(both.pec.file(amended)))
    assert signed.state is State.SIGNED
    assert both.ebk.listed(both.cse) == [
        (TAG, "2026-01-01", "2026-12-31"),
        (TAG, "2027-01-01", "None"),
    ]
    assert both.ebk.listed(second) == [(TAG, "2027-01-01", "None")]


def test_either_side_ends_it_with_notice(both: Both) -> None:
    mine, _ = both.agreed()
    with pytest.raises(Invalid):
        both.pec.end(mine, ends_on=both.pec.now.date() + timedelta(days=89))
    last = both.pec.now.date() + timedelta(days=90)
    ended = both.pec.end(mine, ends_on=last)
    assert ended.state is State.IN_FORCE
    assert both.pec.listed(both.kse) == [(TAG, "2026-01-01", last.isoformat())]
    assert both.ebk.listed(both.cse) == [(TAG, "2026-01-01", "2028-12-31")]
    received = both.ebk.receive(both.pec.file(ended))
    assert received.span.last == last
    assert both.ebk.listed(both.cse) == [(TAG, "2026-01-01", last.isoformat())]
    with pytest.raises(SignedAlready):
        both.pec.end(mine, ends_on=last)
    both.pec.now += timedelta(days=91)
    with both.pec.database.write() as session:
        assert exchanging.settle(session, both.pec.desk, mine.agreement.id, at=both.pec.now) == 0


def test_what_a_compromised_key_signed_binds_nobody_any_more(
    fresh: Both,
) -> None:
    mine, _ = fresh.agreed()
    key = f"{fresh.pec.did()}#es256-1"
    fresh.pec.now += timedelta(days=1)
    with fresh.pec.database.write() as session:
        keys.compromise(session, fresh.pec.signer, key, since=fresh.pec.now, at=fresh.pec.now)
        assert exchanging.settle(session, fresh.pec.desk, mine.agreement.id, at=fresh.pec.now) == 1
    yesterday = fresh.pec.now.date() - timedelta(days=1)
    assert fresh.pec.listed(fresh.kse) == [(TAG, "2026-01-01", yesterday.isoformat())]
    with pytest.raises(PolicyDoubtful):  # the same key adopted the annex
        fresh.pec.sign(mine)
    with fresh.pec.database.write() as session:
        fresh.pec.adopt(session, "pec", version=2)
    new = fresh.new(valid_from="2026-11-24", ours=NewTerms(TAG, "pec-annex", 2, kinds=("course",)))
    amended = fresh.pec.sign(fresh.pec.amend(mine, new))
    fresh.ebk.now = fresh.pec.now
    fresh.ebk.learn(fresh.pec)
    back = fresh.pec.receive(
        fresh.ebk.file(fresh.ebk.sign(fresh.ebk.receive(fresh.pec.file(amended))))
    )
    assert back.state is State.IN_FORCE
    assert fresh.pec.listed(fresh.kse) == [
        (TAG, "2026-01-01", yesterday.isoformat()),
        (TAG, "2026-11-24", "2028-12-31"),
    ]


def test_a_registry_signs_only_what_its_own_policy_keeps(both: Both) -> None:
    for terms, said in (
        (NewTerms("another-tag", "pec-annex", 1), "does not take issuers with the tag"),
        (NewTerms(TAG, "pec-annex", 1, kinds=("conference",)), "other kinds of activity"),
    ):
        with pytest.raises(TermsBroken, match=said):
            both.pec.sign(both.pec.draft(both.new(ours=terms)))


def test_the_other_sides_draft_is_not_signed_before_it_has_signed(both: Both) -> None:
    offered = both.offered()
    with pytest.raises(SignedAlready):
        both.pec.sign(offered)
    node, third = both.pec, both.third()
    new = both.new(other=node.did(third), their_issuers=(both.kse,), theirs=None)
    with pytest.raises(NotFound):
        node.sign(node.draft(new), third)


def test_a_draft_is_changed_and_discarded_but_nothing_that_was_signed(both: Both) -> None:
    draft = both.pec.draft(both.new())
    with both.pec.database.write() as session:
        discard(session, both.pec.desk, both.pec.actor(session), which(draft), at=both.pec.now)
    mine, theirs = both.agreed()
    for node, one in ((both.pec, mine), (both.ebk, theirs)):
        with pytest.raises(NotADraft), node.database.write() as session:
            discard(session, node.desk, node.actor(session), which(one), at=node.now)


def test_a_draft_names_each_bad_field(both: Both) -> None:
    bad = both.new(
        other="did:web:nobody.example",
        our_issuers=("did:web:unknown.example",),
        ours=NewTerms(TAG, "no-such-policy", 1),
        theirs=NewTerms(TAG, "x", 1),
    )
    with pytest.raises(AgreementInvalid) as caught:
        both.pec.draft(bad)
    assert {one.pointer for one in caught.value.fields} == {
        "/other", "/our_issuers/0", "/ours/policy_id", "/theirs/policy_hash",
    }  # fmt: skip
    with pytest.raises(AgreementInvalid) as caught:
        both.pec.draft(both.new(valid_from="soon", valid_to="2020-13-01", texts={}, reference=" "))
    assert {one.pointer for one in caught.value.fields} == {
        "/valid_from", "/valid_to", "/texts", "/reference",
    }  # fmt: skip
    with pytest.raises(AgreementInvalid) as caught:
        both.pec.draft(both.new(ours=None, theirs=None))
    assert [one.pointer for one in caught.value.fields] == ["/parties"]


def test_who_did_what_is_in_the_history_of_both(both: Both) -> None:
    mine, _ = both.agreed()
    for node, expected in (
        (both.pec, ["agreement.draft", "agreement.sign", "agreement.receive"]),
        (both.ebk, ["agreement.receive", "agreement.sign"]),
    ):
        with node.database.read() as session:
            trail = audit.trail(session, f"agreement:{mine.agreement.id}")
        assert [entry.action for entry in trail] == expected


def test_an_agreement_with_oneself_is_none(both: Both) -> None:
    new = between(both.pec, both.ebk, issuers={"pec": (both.cse,)}, other=both.pec.did())
    with pytest.raises(AgreementInvalid):
        both.pec.draft(new)


def test_an_older_version_is_signed_no_more(fresh: Both) -> None:
    mine, _ = fresh.agreed()
    fresh.pec.amend(mine, fresh.new(valid_from="2027-01-01"))
    key = f"{fresh.pec.did()}#es256-1"
    with fresh.pec.database.write() as session:
        keys.compromise(session, fresh.pec.signer, key, since=fresh.pec.now, at=fresh.pec.now)
    with pytest.raises(NotOurTurn):
        fresh.pec.sign(mine)
