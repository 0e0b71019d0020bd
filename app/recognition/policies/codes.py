"""The codes that records and registries' desks can state, as far as policies ask about them.

A policy may ask for others; then nothing that OpenCPD carries meets it, and ``lint`` says so.
"""

KINDS = (
    "course",
    "conference",
    "webinar_live",
    "self_paced",
    "formal_study",
    "in_house",
    "private_study",
    "work_learning",
    "mentoring",
    "teaching",
    "publication",
    "service",
    "membership",
)
MODES = ("in_person", "live_online", "self_paced_online", "blended", "self_study")
ROLES = (
    "participant",
    "presenter",
    "instructor_first",
    "instructor_repeat",
    "author",
    "mentor",
)
TAGS = (
    "technical",
    "ethics",
    "law_regulation",
    "health_safety",
    "risk_management",
    "business_management",
    "sustainability",
    "local_practice",
    "public_required",
    "soft_skills",
)
COMPETENCES = tuple(f"EC{number}" for number in range(1, 14))
"""The professional competencies of the International Engineering Alliance, version 4."""
MEASURES = (
    "contact_minutes",
    "workload_minutes",
    "full_days",
    "work_hours",
    "count",
    "ceu",
    "ects",
)
"""What a signed record can say by itself."""
SUPPLIED_MEASURES = ("half_days", "semester_hours", "quarter_hours")
"""What no record says and a person at the registry adds from the evidence."""
DELIVERY = (
    "organiser",
    "assessed",
    "participation_proof",
    "subject_area",
    "objectives",
    "delivery_mode",
    "assessment_mechanism",
    "evaluation_process",
)
