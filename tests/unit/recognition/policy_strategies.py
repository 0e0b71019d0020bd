"""Policies, records and figures of every sort, as plain documents, for property tests."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

KINDS = ["course", "conference", "self_paced", "mentoring"]
MODES = ["in_person", "self_paced_online"]
ROLES = ["participant", "instructor_first", "instructor_repeat"]
TAGS = ["technical", "ethics", "soft_skills"]
ISSUERS = ["partner", "expelled", "foreign"]
MEASURES = ["contact_minutes", "full_days", "work_hours"]
COMPETENCES = ["EC1", "EC7", "EC8"]
CATEGORIES = ["a", "b", "c"]
LANGUAGES = ["en", "zh", "zh-Hans", "EN-GB", "pt"]
CRITERIA = ["assessed", "organiser"]
PERIODS = ["record", "year", "cycle", "qualifying_period"]
DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2029, 12, 31)).map(date.isoformat)
OTHERWISE = st.sampled_from(["review", "reject"])
Document = dict[str, Any]


def some(values: list[str], *, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True)


def written(amount: tuple[int, int]) -> str | int:
    """An amount in one of the ways in which people write it."""
    above, below = amount
    if below == 1:
        return above
    return f"{above / below}" if below in (2, 4, 5) and above % 2 else f"{above}/{below}"


def amounts(most: int, *, least: int = 0) -> st.SearchStrategy[str | int]:
    below = st.sampled_from([1, 1, 1, 2, 3, 4, 5, 7])
    return st.tuples(st.integers(least, most), below).map(written)


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries({}, optional=members)


def part(
    must: dict[str, st.SearchStrategy[Any]], **may: st.SearchStrategy[Any]
) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(must, optional=may)


ROUNDINGS = st.one_of(
    st.just({"mode": "none"}),
    part({"mode": st.just("floor"), "step": amounts(3, least=1)}),
    part(
        {
            "mode": st.just("nearest"),
            "step": amounts(3, least=1),
            "tie": st.sampled_from(["up", "down"]),
        }
    ),
)
WHENS = optional(
    kind_in=some(KINDS),
    has_measure=st.sampled_from(MEASURES),
    role=st.sampled_from(ROLES),
    mode=st.sampled_from(MODES),
    tag=st.sampled_from(TAGS),
    min_contact_minutes=amounts(600),
    max_contact_minutes=amounts(600),
)
WIDE = st.one_of(st.just({}), st.just({}), WHENS)
COUNTING = part(
    {
        "when": WIDE,
        "measure": st.sampled_from([*MEASURES, "contact_minutes", "contact_minutes"]),
        "per": amounts(120, least=1),
        "credit": amounts(10),
        "category": st.sampled_from(CATEGORIES),
    },
    rounding=ROUNDINGS,
)
DECIDING = part(
    {
        "when": WHENS,
        "decision": OTHERWISE,
        "reason": st.sampled_from(["TEACHING_REPEAT", "CONTENT_EXCLUDED", "OWN"]),
    }
)


def numbered(lines: list[Document]) -> list[Document]:
    return [{"id": f"line-{number}", **line} for number, line in enumerate(lines)]


TABLES = st.lists(COUNTING | COUNTING | DECIDING, min_size=1, max_size=4).map(numbered)
CAPS = st.lists(
    part(
        {"period": st.sampled_from(PERIODS), "max": amounts(30)},
        category=st.sampled_from(CATEGORIES),
    ),
    max_size=3,
).map(numbered)
ISSUER_RULES = st.one_of(
    st.just({"accept_any": True}),
    part(
        {"accept_tags": some(ISSUERS)},
        accept_any=st.booleans(),
        reject_tags=some(["expelled"]),
        review_tags=some(["foreign"]),
        applies_to_kinds=some(KINDS),
        otherwise=OTHERWISE,
        standing_on_completion=OTHERWISE,
    ),
)
MINIMUMS = st.lists(
    part({"category": st.sampled_from(CATEGORIES), "min": amounts(20)})
    | part({"tag": st.sampled_from(TAGS), "min_share": amounts(1)})
    | part(
        {"tag": st.sampled_from(TAGS), "category": st.sampled_from(CATEGORIES), "min": amounts(20)}
    ),
    max_size=3,
).map(numbered)
CYCLES = part(
    {"months": st.sampled_from([6, 12, 24, 36]), "total": amounts(60)},
    minimums=MINIMUMS,
    min_categories=st.integers(1, 3),
    category_groups=st.dictionaries(st.sampled_from(["a", "x", "y"]), some(CATEGORIES), max_size=2),
    carry_over_max=amounts(20),
    anchor=st.sampled_from(["calendar", "registration", "rolling"]),
    first=DAYS,
)


@st.composite
def policies(draw: st.DrawFn) -> Document:
    """A policy that the reader takes. Most ask little, so that the table is reached."""
    document: Document = {
        "policy_id": "generated",
        "policy_version": 1,
        "registry": "G",
        "status": "draft",
        "unit": "hour",
        "issuers": draw(ISSUER_RULES),
        "map": draw(TABLES),
    }
    gates = optional(
        scope=part({"kinds": some(KINDS)}, otherwise=OTHERWISE),
        window=optional(**{"from": DAYS, "max_age_months": st.integers(1, 48)}),
        languages=part({"accept": some(LANGUAGES)}, otherwise=OTHERWISE),
        content=part({"exclude_if_all_tags_in": some(TAGS)}),
        required_competences=part({"any_of": some(COMPETENCES)}, otherwise=OTHERWISE),
        delivery=st.dictionaries(
            st.sampled_from(MODES),
            part({"require": some(CRITERIA)}, on_missing=OTHERWISE),
            max_size=2,
        ),
        approval=part(
            {"body": st.sampled_from(["X", "Y"])}, on_missing=OTHERWISE, on_expired=OTHERWISE
        ),
        regime=st.sampled_from(["evidence_only", "unit_table_missing"]),
    )
    asked = draw(gates)
    for name in draw(some(list(asked))) if asked else []:
        document[name] = asked[name]
    document |= draw(optional(rounding=ROUNDINGS, min_award=amounts(2), caps=CAPS, cycle=CYCLES))
    rule = part({"tag": st.sampled_from(TAGS), "requires_any_competence": some(COMPETENCES)})
    document |= draw(optional(tag_rules=st.lists(rule, max_size=2)))
    return document


VERIFIED = part(
    {
        "signature": st.sampled_from(["valid"] * 6 + ["invalid", "unknown"]),
        "status": st.sampled_from(
            ["valid"] * 8 + ["revoked", "superseded", "suspended", "unknown"]
        ),
        "holder": st.sampled_from(["bound"] * 6 + ["unknown", "mismatch"]),
    }
)
RECORDS = part(
    {
        "record_id": st.sampled_from(["r1", "r2", "r3", "r4"]),
        "completed": DAYS,
        "kind": st.sampled_from(KINDS),
        "measures": st.dictionaries(
            st.sampled_from([*MEASURES, "contact_minutes"]), amounts(1000), min_size=1, max_size=3
        ),
        "issuer_tags": some(ISSUERS),
        "tags": some(TAGS),
        "competences": some(COMPETENCES),
        "languages": some(LANGUAGES),
        "delivery": st.dictionaries(st.sampled_from(CRITERIA), st.booleans(), max_size=2),
    },
    activity_key=st.sampled_from(["k1", "k2"]),
    mode=st.sampled_from(MODES),
    role=st.sampled_from(ROLES),
    verification=VERIFIED,
    issuer_standing=optional(**{"from": DAYS, "to": DAYS}),
    approvals=st.lists(
        part(
            {"body": st.sampled_from(["X", "Y"]), "number": st.just("1")},
            **{"from": DAYS, "to": DAYS},
        ),
        max_size=2,
    ),
)
LEDGERS = part(
    {
        "used": st.dictionaries(
            st.sampled_from(["line-0", "line-1", "line-2"]), amounts(30), max_size=3
        ),
        "record_ids": st.lists(st.sampled_from(["r4", "r9"]), max_size=1),
        "activity_keys": st.lists(st.sampled_from(["k2", "k9"]), max_size=1),
    }
)
TOTALS = part(
    {
        "total": amounts(80),
        "by_category": st.dictionaries(st.sampled_from(CATEGORIES), amounts(40), max_size=3),
        "by_tag": st.dictionaries(st.sampled_from(TAGS), amounts(40), max_size=3),
    }
)
