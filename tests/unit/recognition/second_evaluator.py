"""A second evaluator, written from the text of the rules and not from the first one.

It knows nothing of ``app.recognition``: plain documents, plain facts, plain figures in; a plain
answer out. It is slow, small and literal, and it is there to disagree.

The order of the questions: signature, status, holder, duplicate, future date, window and age,
issuer, standing on the completion date, approval, scope, language, content, competences, delivery,
regime; then the first line of the table that fits, conversion, rounding, the least award, and the
caps in the order listed. The first question that is not passed decides.
"""

# ruff: noqa: PLR0911, PLR0917 - as literal as the text it follows
from calendar import monthrange
from datetime import date
from fractions import Fraction
from math import floor

REVIEW, REJECT = "review", "reject"


def number(text):
    """A number as policies write it: 12, "1.6", "8/5", "1.5/2"."""
    above, _, below = str(text).partition("/")
    return Fraction(above) / Fraction(below or "1")


def day(text):
    return date.fromisoformat(text) if text else None


def holds(span, when):
    first, last = day(span.get("from")), day(span.get("to"))
    return (first is None or when >= first) and (last is None or when <= last)


def months_earlier(when, months):
    year, month = when.year, when.month
    while months > 0:
        month -= 1
        months -= 1
        if month == 0:
            year, month = year - 1, 12
    if year < 1:
        return date.min
    return date(year, month, min(when.day, monthrange(year, month)[1]))


def before_the_table(policy, record, ledger, today):
    """The questions before the table; the outcome and the reasons of the first not passed."""
    verified = record.get("verification", {})
    signature = verified.get("signature", "valid")
    if signature == "invalid":
        return REJECT, ["SIG_INVALID"]
    if signature == "unknown":
        return REVIEW, ["SIG_UNKNOWN"]
    status = verified.get("status", "valid")
    if status in ("revoked", "superseded"):
        return REJECT, [f"STATUS_{status.upper()}"]
    if status in ("suspended", "unknown"):
        return REVIEW, [f"STATUS_{status.upper()}"]
    holder = verified.get("holder", "bound")
    if holder == "mismatch":
        return REJECT, ["HOLDER_MISMATCH"]
    if holder == "unknown":
        return REVIEW, ["HOLDER_UNBOUND"]
    if record["record_id"] in ledger.get("record_ids", []):
        return REJECT, ["DUPLICATE"]
    key = record.get("activity_key")
    if key is not None and key in ledger.get("activity_keys", []):
        return REJECT, ["DUPLICATE"]
    completed = day(record["completed"])
    if completed > today:
        return REJECT, ["FUTURE_DATE"]
    window = policy.get("window")
    if window:
        oldest = window.get("max_age_months")
        too_old = oldest is not None and completed < months_earlier(today, oldest)
        if too_old or not holds(window, completed):
            return REJECT, ["OUT_OF_WINDOW"]
    return (
        about_the_issuer(policy, record, completed)
        or about_the_activity(policy, record, completed)
        or about_the_regime(policy)
    )


def about_the_issuer(policy, record, completed):
    rules, tags = policy["issuers"], record.get("issuer_tags", [])
    if any(tag in rules.get("reject_tags", []) for tag in tags):
        return REJECT, ["ISSUER_EXCLUDED"]
    if any(tag in rules.get("review_tags", []) for tag in tags):
        return REVIEW, ["ISSUER_NEEDS_AUTHORITY_DECISION"]
    kinds = rules.get("applies_to_kinds")
    asked = not rules.get("accept_any") and (kinds is None or record["kind"] in kinds)
    if asked and not any(tag in rules.get("accept_tags", []) for tag in tags):
        return rules.get("otherwise", REVIEW), ["ISSUER_UNKNOWN"]
    wanted, standing = rules.get("standing_on_completion"), record.get("issuer_standing")
    if standing is not None and not holds(standing, completed):
        return wanted or REVIEW, ["ISSUER_STANDING_LAPSED"]
    if standing is None and wanted is not None:
        return wanted, ["ISSUER_STANDING_UNKNOWN"]
    return None


def about_the_activity(policy, record, completed):
    approval = policy.get("approval")
    if approval:
        held = [one for one in record.get("approvals", []) if one["body"] == approval["body"]]
        if not held:
            return approval.get("on_missing", REVIEW), ["APPROVAL_MISSING"]
        if not any(holds(one, completed) for one in held):
            return approval.get("on_expired", REJECT), ["APPROVAL_EXPIRED"]
    scope = policy.get("scope")
    if scope and record["kind"] not in scope["kinds"]:
        return scope.get("otherwise", REVIEW), ["ISSUER_SCOPE"]
    languages = policy.get("languages")
    if languages:
        spoken = record.get("languages", [])
        if not spoken:
            return languages.get("otherwise", REVIEW), ["LANGUAGE_UNKNOWN"]
        parts = [tag.lower().split("-") for tag in spoken]
        read = [tag.lower().split("-") for tag in languages["accept"]]
        if not any(tag[: len(one)] == one for tag in parts for one in read):
            return languages.get("otherwise", REVIEW), ["LANGUAGE_UNSUPPORTED"]
    excluded = policy.get("content", {}).get("exclude_if_all_tags_in", [])
    tags = record.get("tags", [])
    if excluded and tags and not [tag for tag in tags if tag not in excluded]:
        return REJECT, ["CONTENT_EXCLUDED"]
    wanted = policy.get("required_competences")
    if wanted and not set(wanted["any_of"]) & set(record.get("competences", [])):
        return wanted.get("otherwise", REVIEW), ["COMPETENCE_MISSING"]
    delivery = policy.get("delivery", {}).get(record.get("mode"))
    if delivery:
        shown = record.get("delivery", {})
        missing = [one for one in delivery["require"] if shown.get(one) is not True]
        if missing:
            reasons = [f"DELIVERY_CRITERIA_UNMET:{one}" for one in missing]
            return delivery.get("on_missing", REVIEW), reasons
    return None


def about_the_regime(policy):
    if policy.get("regime") == "evidence_only":
        return "evidence_only", ["HOURS_NOT_COUNTED"]
    if policy.get("regime") == "unit_table_missing":
        return REVIEW, ["UNIT_TABLE_MISSING"]
    return None


def is_for(when, record):
    measures = {name: number(one) for name, one in record.get("measures", {}).items()}
    minutes = measures.get("contact_minutes")
    asked = []
    if when.get("kind_in") is not None:
        asked.append(record["kind"] in when["kind_in"])
    if when.get("has_measure") is not None:
        asked.append(when["has_measure"] in measures)
    if when.get("role") is not None:
        asked.append(record.get("role") == when["role"])
    if when.get("mode") is not None:
        asked.append(record.get("mode") == when["mode"])
    if when.get("tag") is not None:
        asked.append(when["tag"] in record.get("tags", []))
    if when.get("min_contact_minutes") is not None:
        asked.append(minutes is not None and minutes >= number(when["min_contact_minutes"]))
    if when.get("max_contact_minutes") is not None:
        asked.append(minutes is not None and minutes <= number(when["max_contact_minutes"]))
    return False not in asked


def to_step(amount, how):
    if how["mode"] == "none":
        return amount
    step = number(how["step"])
    below = floor(amount / step) * step
    above = below + step
    if how["mode"] == "floor" or amount == below:
        return below
    if amount - below == above - amount:
        return above if how["tie"] == "up" else below
    return above if above - amount < amount - below else below


def answer(outcome, reasons, credited=None, category=None, rule=None, tags=()):
    return {
        "outcome": outcome,
        "reasons": list(reasons),
        "credited": credited,
        "category": category,
        "rule": rule,
        "counted_tags": list(tags),
    }


def decide(policy, record, ledger, today):
    """What the policy's document says of a record; all of it plain."""
    stopped = before_the_table(policy, record, ledger, today)
    if stopped:
        return answer(*stopped)
    line = next((one for one in policy["map"] if is_for(one["when"], record)), None)
    if line is None:
        return answer(REVIEW, ["NO_MAPPING"])
    if line.get("decision") is not None:
        return answer(line["decision"], [line["reason"]], rule=line["id"])
    if line["measure"] not in record.get("measures", {}):
        return answer(REVIEW, [f"FACT_MISSING:{line['measure']}"], rule=line["id"])
    measured = number(record["measures"][line["measure"]])
    amount = number(line["credit"]) * measured / number(line["per"])
    amount = to_step(amount, line.get("rounding") or policy.get("rounding", {"mode": "none"}))
    least = policy.get("min_award")
    if amount == 0 or (least is not None and amount < number(least)):
        return answer(REJECT, ["BELOW_MIN_AWARD"], rule=line["id"])
    reached = []
    for cap in policy.get("caps", []):
        if cap.get("category") is None or cap["category"] == line["category"]:
            used = Fraction(0)
            if cap["period"] != "record":
                used = number(ledger.get("used", {}).get(cap["id"], 0))
            left = max(number(cap["max"]) - used, Fraction(0))
            if amount > left:
                amount, reached = left, [*reached, f"CAP:{cap['id']}"]
    outcome = "accept_capped" if reached else "accept"
    tags = counting_tags(policy, record)
    return answer(outcome, reached or ["OK"], amount, line["category"], line["id"], tags)


def counting_tags(policy, record):
    held = set(record.get("competences", []))
    wanting = [
        rule["tag"]
        for rule in policy.get("tag_rules", [])
        if not held & set(rule["requires_any_competence"])
    ]
    return [tag for tag in record.get("tags", []) if tag not in wanting]


def judge(policy, totals):
    """Whether a cycle's totals are enough: the shortfalls, what is carried, what is lost."""
    cycle = policy["cycle"]
    total, required = number(totals["total"]), number(cycle["total"])
    short = []
    if total < required:
        short.append(("SHORT_TOTAL", None, required - total))
    for one in cycle.get("minimums", []):
        needed = number(one["min"]) if one.get("min") is not None else None
        if needed is None:
            needed = number(one["min_share"]) * max(total, required)
        reached = []
        if one.get("category") is not None:
            reached.append(number(totals["by_category"].get(one["category"], 0)))
        if one.get("tag") is not None:
            reached.append(number(totals["by_tag"].get(one["tag"], 0)))
        if min(reached) < needed:
            short.append(("SHORT_MINIMUM", one["id"], needed - min(reached)))
    groups = cycle.get("category_groups") or {name: [name] for name in totals["by_category"]}
    there = 0
    for name, members in groups.items():
        if any(number(totals["by_category"].get(one, 0)) > 0 for one in [name, *members]):
            there += 1
    if there < (cycle.get("min_categories") or 0):
        short.append(("TOO_FEW_CATEGORIES", None, Fraction(cycle["min_categories"] - there)))
    above = total - required if total > required else Fraction(0)
    most = cycle.get("carry_over_max")
    carried = None if most is None else Fraction(0) if short else min(above, number(most))
    return short, carried, above - (carried or 0)
