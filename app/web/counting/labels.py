"""The names people read for what policies speak of. Tables only; ``words`` puts them together."""

from collections.abc import Mapping

from app.recognition.offering.model import Needed
from app.recognition.policies.model import Mode, Period
from app.web.labels import N_, NN_

UNIT: Mapping[str | None, tuple[str, str]] = {
    "hour": NN_("%(amount)s hour", "%(amount)s hours"),
    "CPD hour": NN_("%(amount)s CPD hour", "%(amount)s CPD hours"),
    "weighted hour": NN_("%(amount)s weighted hour", "%(amount)s weighted hours"),
    "credit": NN_("%(amount)s credit", "%(amount)s credits"),
    "credit point": NN_("%(amount)s credit point", "%(amount)s credit points"),
    "CPD credit point": NN_("%(amount)s CPD credit point", "%(amount)s CPD credit points"),
    "credit unit": NN_("%(amount)s credit unit", "%(amount)s credit units"),
    "CPD credit unit": NN_("%(amount)s CPD credit unit", "%(amount)s CPD credit units"),
    "point": NN_("%(amount)s point", "%(amount)s points"),
}
"""Units that have a plural. A registry may name its unit otherwise: it is shown as it is then."""

KIND: Mapping[str, str] = {
    "course": N_("Course"),
    "conference": N_("Conference"),
    "webinar_live": N_("Live webinar"),
    "self_paced": N_("Course at one's own pace"),
    "formal_study": N_("Formal study"),
    "in_house": N_("Training at work"),
    "private_study": N_("Private study"),
    "work_learning": N_("Learning at work"),
    "engineering_work": N_("Engineering work"),
    "mentoring": N_("Mentoring"),
    "teaching": N_("Teaching"),
    "publication": N_("Publication"),
    "service": N_("Service to the profession"),
    "membership": N_("Membership of a society"),
    "unknown": N_("Kind not stated"),
}

MODE: Mapping[str, str] = {
    "in_person": N_("On site"),
    "live_online": N_("Online, live"),
    "self_paced_online": N_("Online, at one's own pace"),
    "blended": N_("Blended"),
    "self_study": N_("Self-study"),
}

ROLE: Mapping[str, str] = {
    "participant": N_("Participant"),
    "presenter": N_("Presenter"),
    "instructor": N_("Instructor"),
    "instructor_first": N_("Instructor, the first time"),
    "instructor_repeat": N_("Instructor, repeated"),
    "author": N_("Author"),
    "mentor": N_("Mentor"),
}

TAG: Mapping[str, str] = {
    "technical": N_("Technical"),
    "ethics": N_("Ethics"),
    "law_regulation": N_("Law and regulation"),
    "health_safety": N_("Health and safety"),
    "risk_management": N_("Risk management"),
    "business_management": N_("Business and management"),
    "sustainability": N_("Sustainability"),
    "local_practice": N_("Local practice"),
    "public_required": N_("Subjects required of everybody"),
    "soft_skills": N_("Soft skills"),
}

MEASURE: Mapping[str, str] = {
    "contact_minutes": N_("contact time"),
    "workload_minutes": N_("workload"),
    "full_days": N_("full days"),
    "half_days": N_("half days"),
    "work_hours": N_("hours of work"),
    "ceu": N_("CEU that the issuer claims"),
    "ects": N_("ECTS credits that the issuer claims"),
    "semester_hours": N_("semester hours"),
    "quarter_hours": N_("quarter hours"),
    "count": N_("pieces"),
}

DELIVERY: Mapping[str, str] = {
    "organiser": N_("who organises it"),
    "assessed": N_("that it is assessed"),
    "participation_proof": N_("proof of participation"),
    "subject_area": N_("the subject area"),
    "objectives": N_("the objectives"),
    "delivery_mode": N_("how it is given"),
    "assessment_mechanism": N_("how it is assessed"),
    "evaluation_process": N_("how it is evaluated"),
}

PERIOD: Mapping[str, str] = {
    Period.RECORD: N_("for each record"),
    Period.YEAR: N_("a year"),
    Period.CYCLE: N_("a cycle"),
    Period.QUALIFYING_PERIOD: N_("in the qualifying period"),
}

ROUNDING: Mapping[str, str] = {
    Mode.FLOOR: N_("Rounded down to a multiple of %(step)s, record by record."),
    Mode.NEAREST: N_("Rounded to the nearest multiple of %(step)s, record by record."),
}

OUTCOME: Mapping[str, str] = {
    "accept": N_("Would count"),
    "accept_capped": N_("Would count in part"),
    "evidence_only": N_("Would be kept as evidence"),
    "review": N_("A person would look at it"),
    "reject": N_("Would not count"),
    "none": N_("No rules in force"),
    "doubtful": N_("Its rules cannot be relied on now"),
}

STATUS: Mapping[str, str] = {
    "adopted": N_("Adopted by the registry under its own key"),
    "illustrative": N_("Illustrative: not adopted by the body named"),
}

REASON: Mapping[str, str] = {
    "DUPLICATE": N_("It has been counted already."),
    "OUT_OF_WINDOW": N_("It lies outside the days for which records are taken."),
    "ISSUER_EXCLUDED": N_("The registry takes no records of this society."),
    "ISSUER_NEEDS_AUTHORITY_DECISION": N_(
        "The registry wants a decision of its own on records of this society."
    ),
    "ISSUER_UNKNOWN": N_("The society is not on the registry's list of those it accepts."),
    "ISSUER_STANDING_UNKNOWN": N_("Since when the society is on the registry's list is not known."),
    "ISSUER_STANDING_LAPSED": N_("The society is not on the registry's list on that day."),
    "APPROVAL_MISSING": N_("The activity has no approval that this registry asks for."),
    "APPROVAL_EXPIRED": N_("The approval of the activity does not hold on that day."),
    "ISSUER_SCOPE": N_("The rules do not cover activities of this kind."),
    "LANGUAGE_UNKNOWN": N_("In which language it is given is not stated."),
    "LANGUAGE_UNSUPPORTED": N_("It is given in no language that the registry reads."),
    "CONTENT_EXCLUDED": N_("The registry does not count this content."),
    "COMPETENCE_MISSING": N_("It names none of the competences that are asked for."),
    "DELIVERY_CRITERIA_UNMET": N_("Not shown so far: %(what)s."),
    "HOURS_NOT_COUNTED": N_("This body counts no hours: it asks for a plan and a record of it."),
    "UNIT_TABLE_MISSING": N_(
        "The body's table of units is not known here, so nothing is reckoned."
    ),
    "NO_MAPPING": N_("The table has no line for an activity like this."),
    "FACT_MISSING": N_("Not stated: %(what)s. Without it nothing can be reckoned."),
    "BELOW_MIN_AWARD": N_("It is too short to be counted."),
    "CAP": N_("More than this is not counted: cap %(what)s."),
}
"""Reasons as they read before there is a record."""

NEED: Mapping[str, str] = {
    Needed.ISSUER: N_("The registry lists the society as one of: %(what)s."),
    Needed.STANDING: N_("The registry states since when the society has been on its list."),
    Needed.APPROVAL: N_("%(what)s approves the activity, for the day of completion."),
    Needed.LANGUAGE: N_("It is given in, or comes with papers in, one of: %(what)s."),
    Needed.COMPETENCE: N_("It names one of the competences: %(what)s."),
    Needed.DELIVERY: N_("The record or its papers show: %(what)s."),
    Needed.MEASURE: N_("The record states: %(what)s."),
    Needed.KIND: N_("It is of one of these kinds: %(what)s."),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "kind": KIND,
    "mode": MODE,
    "role": ROLE,
    "tag": TAG,
    "measure": MEASURE,
    "delivery": DELIVERY,
    "period": PERIOD,
    "outcome": OUTCOME,
    "status": STATUS,
}
