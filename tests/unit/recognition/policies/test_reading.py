"""A policy is read strictly: every fault is told with its line, and nothing in it is alive."""

import json
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recognition.policies.model import Anchor, Mode, Otherwise, Period, Status
from app.recognition.policies.reading import Fault, PolicyInvalid, read_document, read_policy

GOOD = """\
policy_id: demo
policy_version: 3
registry: A registry
status: draft
basis: {type: bilateral_mra, ref: A-B-2026, annex: cpd-1}
valid: {from: 2026-01-01, to: null}
time_zone: Africa/Nairobi
unit: hour
issuers: {accept_tags: [listed], otherwise: reject}
scope: {kinds: [course, conference]}
window: {from: 2025-01-01, max_age_months: 24}
languages: {accept: [en, no]}
delivery: {self_paced_online: {require: [assessed], on_missing: reject}}
map:
  - {id: a, when: {kind_in: [course]}, measure: contact_minutes, per: 60, credit: 1.6, category: x}
  - {id: b, when: {}, decision: reject, reason: NOT_HERE, note: conferences are not counted}
rounding: {mode: nearest, step: "1/3", tie: down}
caps: [{id: year, category: x, period: year, max: "20"}]
required_competences: {any_of: [EC7, EC8]}
tag_rules: [{tag: ethics, requires_any_competence: [EC8]}]
approval: {body: PEC}
cycle:
  months: 36
  total: 60
  minimums: [{id: ethics, tag: ethics, min: 1}]
  carry_over_max: 10
  anchor: registration
"""


def faults(text: str) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        read_policy(text)
    return [str(fault) for fault in caught.value.faults]


def test_every_part_is_read() -> None:
    policy = read_policy(GOOD)
    assert (policy.policy_id, policy.policy_version, policy.status) == ("demo", 3, Status.DRAFT)
    assert policy.rules[0].credit == Fraction(8, 5)
    assert policy.rules[1].decision is Otherwise.REJECT
    assert policy.languages is not None
    assert policy.languages.accept == ("en", "no")
    assert policy.rounding.mode is Mode.NEAREST
    assert policy.caps[0].period is Period.YEAR
    assert policy.cycle is not None
    assert (policy.cycle.anchor, policy.cycle.carry_over_max) == (Anchor.REGISTRATION, Fraction(10))
    assert not policy.decides


def test_the_same_rules_have_one_hash_in_yaml_and_json_and_whatever_their_status() -> None:
    policy = read_policy(GOOD)
    as_json = json.dumps(dict(policy.document), indent="\t")
    assert read_policy(as_json).hash == policy.hash
    assert read_policy("\ufeff" + as_json).hash == policy.hash
    assert read_document({**policy.document, "status": "adopted"}).hash == policy.hash
    assert read_document({**policy.document, "unit": "PDH"}).hash != policy.hash


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('max: "20"', 'max: "20"\n  , maxx: 3', "line 19: caps[0].maxx: A policy has no `maxx`"),
        ("per: 60", "per: 0", "line 15: map[0].per: Must be above zero."),
        ("credit: 1.6", "credit: 1e3", "line 15: map[0].credit: Write an exact amount"),
        ("policy_version: 3", "policy_version: '3'", "line 2: policy_version: "),
        ("months: 36", "months: true", "line 23: cycle.months: "),
        ("registry: A registry\n", "", "line 1: registry: `registry` is missing. Add it."),
        ("2026-01-01", "1 January", "line 6: valid.from: Write a day as YYYY-MM-DD"),
        ("2026-01-01", "2026-02-30", "line 6: valid.from: "),
        ("Africa/Nairobi", "Mars/Olympus", "line 7: time_zone: There is no time zone"),
        (", tie: down", "", "line 17: rounding: Where an amount halfway goes is not said."),
        ('step: "1/3", ', "", "line 17: rounding: Rounding needs a step."),
        (", category: x}\n  - ", "}\n  - ", "line 15: map[0]: A line that counts has measure"),
        (", reason: NOT_HERE", "", "line 16: map[1]: A line that decides says why."),
        ("id: b", "id: a", "line 16: map[1].id: The id a is there twice."),
        (", min: 1}", "}", "line 25: cycle.minimums[0]: A minimum is an amount or a share."),
        ("to: null", "to: 2025-12-31", "line 6: valid.to: It ends before it begins."),
        ("unit: hour", "unit: null", "line 8: unit: What is counted has no unit."),
        ("status: draft", "status: final", "line 4: status: "),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert any(fault.startswith(said) for fault in faults(GOOD.replace(old, new, 1)))


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(GOOD.replace("per: 60", "per: x").replace("months: 36", "months: x"))) == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("- a", "not-a-policy"),
        ("a: &x 1\nb: *x", "alias"),
        ("!!python/object:os.system {}", "tag"),
        ("a: 1\na: 2", "twice"),
        ('{"a": {"b": 1, "b": 2}}', "twice"),
        ('{"a": NaN}', "number"),
        ("a: 1\n---\nb: 2", "documents"),
        ("- " * 100, "depth"),
        ("? [a]\n: 1", "name"),
        ("a: \x00", "syntax"),
        ("a: \ud800", "encoding"),
        ("[" * 100_000, "syntax"),
        ("a: " + "b" * 200_000, "too-large"),
        ('{"a": 1,}', "syntax"),
    ],
)
def test_what_is_no_plain_document_is_refused(text: str, code: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        read_policy(text)
    assert caught.value.faults[0].code == code


def test_json_may_write_a_character_beyond_the_first_plane_as_two_escapes() -> None:
    document = {**read_policy(GOOD).document, "registry": "工程師 𠮷 😀"}
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False)):
        assert read_policy(text).registry == "工程師 𠮷 😀"


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\\ud83d\ude00"])
def test_half_a_character_is_no_character(half: str) -> None:
    with pytest.raises(PolicyInvalid):
        read_policy(f'{{"registry": "{half}"}}')


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_damaged_text_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text = GOOD
    pieces = ["\t", "\x00", "&a", "*a", "!!x", "<<: ", "? ", "- ", "{", "]", ": ", "'", '"', "|"]
    pieces += ["\n", "---\n", "%YAML 9\n", "\u2028", "0x1F", "1_000", "1e9", "~", "\\", "9" * 40]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 20))
        text = text[:place] + data.draw(st.sampled_from(pieces)) + text[place + cut :]
    assert all(str(one) for one in told(text))


def told(text: str) -> Sequence[Fault]:
    try:
        read_policy(text)
    except PolicyInvalid as refused:
        return refused.faults
    return ()
