"""The names people read for the codes that courses carry.

Tables only, in English; ``N_`` marks each text for extraction and ``Wording`` translates it when a
page is made. Field names are those of ISCED-F 2013 (UNESCO-UIS), for the fields engineers use.
"""

from collections.abc import Mapping


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "extract, do not translate yet"
    """Mark ``text`` for extraction."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - the same, with a plural
    """Mark a singular and its plural for extraction."""
    return one, many


FACETS: Mapping[str, str] = {
    "society": N_("Society"),
    "language": N_("Teaching language"),
    "delivery": N_("Delivery"),
    "price": N_("Price"),
    "field": N_("Field"),
    "kind": N_("Kind"),
    "country": N_("Country"),
    "credit": N_("Credit"),
    "level": N_("Level"),
    "pace": N_("Timing"),
    "competence": N_("Competence"),
    "standard": N_("Standard"),
    "licence": N_("Licence"),
}

LIMITS: Mapping[str, str] = {
    "from": N_("Begins"),
    "credit_min": N_("How much credit"),
    "near": N_("Near a place"),
}
"""What narrows a search beside its facets."""

SORTS: Mapping[str, str] = {
    "relevance": N_("Best match"),
    "soonest": N_("Starting soonest"),
    "newest": N_("Newest"),
    "changed": N_("Latest change"),
    "credits": N_("Most credit"),
    "nearest": N_("Nearest"),
    "title": N_("Title"),
}

DELIVERY: Mapping[str, str] = {
    "online-async": N_("Online, at your own pace"),
    "online-live": N_("Online, live"),
    "onsite": N_("On site"),
    "blended": N_("Blended"),
    "self-study": N_("Self-study"),
}

KIND: Mapping[str, str] = {
    "course": N_("Course"),
    "programme": N_("Programme"),
    "webinar": N_("Webinar"),
    "event-series": N_("Series of events"),
    "self-study": N_("Self-study"),
    "conference": N_("Conference"),
    "microcredential": N_("Microcredential"),
}

PACE: Mapping[str, str] = {
    "self-paced": N_("Begin when you like"),
    "scheduled": N_("Has dates to come"),
}

PRICE: Mapping[str, str] = {
    "free": N_("Free"),
    "paid": N_("Paid"),
    "subscription": N_("By subscription"),
}

ACCESS: Mapping[str, str] = {
    "open": N_("Open to everybody"),
    "registration": N_("After registration"),
    "members": N_("Members only"),
}

AUDIENCE: Mapping[str, str] = {
    "public": N_("Everybody"),
    "member": N_("Members"),
}

LEVEL: Mapping[str, str] = {
    "beginner": N_("Beginner"),
    "intermediate": N_("Intermediate"),
    "advanced": N_("Advanced"),
}

COMPETENCE: Mapping[str, str] = {
    "EC1": N_("Universal knowledge"),
    "EC2": N_("Local knowledge"),
    "EC3": N_("Problem analysis"),
    "EC4": N_("Design and development of solutions"),
    "EC5": N_("Evaluation"),
    "EC6": N_("Protection of society"),
    "EC7": N_("Legal, regulatory and cultural"),
    "EC8": N_("Ethics"),
    "EC9": N_("Managing engineering activities"),
    "EC10": N_("Communication and collaboration"),
    "EC11": N_("Continuing professional development"),
    "EC12": N_("Judgement"),
    "EC13": N_("Responsibility for decisions"),
}
"""The professional competences of the International Engineering Alliance, 2021, in short."""

UNIT: Mapping[str, tuple[str, str]] = {
    "hour": NN_("%(amount)s CPD hour", "%(amount)s CPD hours"),
    "contact-hour": NN_("%(amount)s contact hour", "%(amount)s contact hours"),
    "class-hour": NN_("%(amount)s class hour", "%(amount)s class hours"),
    "CPD-point": NN_("%(amount)s CPD point", "%(amount)s CPD points"),
}
"""Units that have a singular and a plural; the others are shown as they are (PDH, CEU, ECTS)."""

CREDIT: Mapping[str, str] = {
    "hour": N_("CPD hours"),
    "contact-hour": N_("Contact hours"),
    "class-hour": N_("Class hours"),
    "CPD-point": N_("CPD points"),
}

PART: Mapping[str, str] = {
    "title": N_("Title"),
    "url": N_("Address"),
    "summary": N_("Summary"),
    "description": N_("Description"),
    "outcomes": N_("Outcomes"),
    "prerequisites": N_("Prerequisites"),
    "kind": N_("Kind"),
    "metadata_language": N_("Language of the description"),
    "teaching_languages": N_("Teaching languages"),
    "provider": N_("Provider"),
    "identifiers": N_("Identifiers"),
    "fields": N_("Fields"),
    "subjects": N_("Subjects"),
    "skills": N_("Skills"),
    "competences": N_("Competences"),
    "standards": N_("Technical standards"),
    "level": N_("Level"),
    "credits": N_("Credits"),
    "duration": N_("Duration"),
    "effort": N_("Effort"),
    "delivery": N_("Delivery"),
    "licence": N_("Licence"),
    "access": N_("Access"),
    "image": N_("Image"),
    "runs": N_("Dates"),
    "offers": N_("Prices"),
    "created": N_("Created"),
    "modified": N_("Changed"),
    "recognised": N_("Recognised in the text"),
}

FIELD: Mapping[str, str] = {
    "00": N_("Generic programmes"),
    "01": N_("Education"),
    "02": N_("Arts and humanities"),
    "03": N_("Social sciences, journalism and information"),
    "04": N_("Business, administration and law"),
    "041": N_("Business and administration"),
    "0413": N_("Management and administration"),
    "0421": N_("Law"),
    "05": N_("Natural sciences, mathematics and statistics"),
    "052": N_("Environment"),
    "0521": N_("Environmental sciences"),
    "0532": N_("Earth sciences"),
    "0533": N_("Physics"),
    "0541": N_("Mathematics"),
    "0542": N_("Statistics"),
    "06": N_("Information and communication technologies"),
    "061": N_("Information and communication technologies"),
    "0611": N_("Computer use"),
    "0612": N_("Database and network design and administration"),
    "0613": N_("Software and applications development and analysis"),
    "07": N_("Engineering, manufacturing and construction"),
    "071": N_("Engineering and engineering trades"),
    "0710": N_("Engineering and engineering trades, general"),
    "0711": N_("Chemical engineering and processes"),
    "0712": N_("Environmental protection technology"),
    "0713": N_("Electricity and energy"),
    "0714": N_("Electronics and automation"),
    "0715": N_("Mechanics and metal trades"),
    "0716": N_("Motor vehicles, ships and aircraft"),
    "072": N_("Manufacturing and processing"),
    "0721": N_("Food processing"),
    "0722": N_("Materials"),
    "0723": N_("Textiles"),
    "0724": N_("Mining and extraction"),
    "073": N_("Architecture and construction"),
    "0731": N_("Architecture and town planning"),
    "0732": N_("Building and civil engineering"),
    "0788": N_("Engineering across several fields"),
    "08": N_("Agriculture, forestry, fisheries and veterinary"),
    "09": N_("Health and welfare"),
    "10": N_("Services"),
    "1022": N_("Occupational health and safety"),
    "104": N_("Transport services"),
    "1041": N_("Transport services"),
}

CHECK: Mapping[str, str] = {
    "record.readable": N_("The file can be read"),
    "record.securing": N_("The record is secured in a known way"),
    "record.profile": N_("The record has a known form"),
    "issuer.known": N_("The issuer is known"),
    "key.valid": N_("The key was the issuer's when it signed"),
    "proof.signature": N_("The signature is good"),
    "record.dates": N_("The record is valid at this time"),
    "status.revocation": N_("The record is not withdrawn"),
    "status.suspension": N_("The record is not suspended"),
    "record.resources": N_("The files given with it are those it names"),
}

REASON: Mapping[str, str] = {
    "record.readable": N_(
        "What was given is not a record, or it was cut short when it was copied. Ask for the file "
        "itself rather than its text."
    ),
    "record.securing": N_(
        "It carries no signature of a kind that can be checked, so anybody may have written it."
    ),
    "record.profile": N_("It does not have the form of a record, so it is not clear what it says."),
    "issuer.known": N_(
        "This node does not know who issued it. The record may be good, but nobody here vouches "
        "for its issuer."
    ),
    "key.valid": N_("It was signed with a key that its issuer did not use for this at that time."),
    "proof.signature": N_(
        "It is not what its issuer signed: something in it was changed, or somebody else signed it."
    ),
    "record.dates": N_("It was signed as it stands, but it is not valid at this time."),
    "status.revocation": N_("It was genuine, but its issuer has withdrawn it since."),
    "status.suspension": N_(
        "It is genuine, but its issuer has suspended it. It may be reinstated: ask again later."
    ),
    "record.resources": N_(
        "The record is genuine, but a file that came with it is not the one that it names."
    ),
    "status-superseded": N_(
        "It was genuine, but its issuer has put a corrected record in its place: ask for that one."
    ),
}
"""What a failed check means to whoever was given the record."""

RESULT: Mapping[str, str] = {
    "ext:ContactMinutes": N_("Contact time"),
    "ext:WorkloadMinutes": N_("Workload"),
    "ext:FullDays": N_("Full days"),
    "ext:ActivityKind": N_("Kind of activity"),
    "ext:DeliveryMode": N_("Delivery"),
    "ext:Assessed": N_("Assessed"),
    "ext:AssessmentResult": N_("Result of the assessment"),
}

ANSWER: Mapping[str, str] = {"true": N_("Yes"), "false": N_("No")}

EVIDENCE: Mapping[str, str] = {
    "key": N_("Key"),
    "issuer": N_("Issuer"),
    "profile": N_("Form"),
    "bundle_version": N_("Trust bundle"),
    "list": N_("Status list"),
    "index": N_("Place in the list"),
    "fetched_at": N_("List fetched"),
    "at": N_("Time asked about"),
    "error": N_("Error"),
    "suspension": N_("List of suspensions"),
    "refresh": N_("Newer version"),
    "named": N_("Files named"),
    "compared": N_("Files compared"),
}

ORIGIN: Mapping[str, str] = {
    "api": N_("by a program"),
    "member": N_("handed in at the registry"),
    "engineer": N_("by the engineer, from the kept records"),
    "link": N_("by a link"),
    "declared": N_("entered by hand"),
}

JUDGED: Mapping[str, str] = {
    "evaluate": N_("Let the rules decide again, with what was missing"),
    "accept": N_("Accept, with an amount"),
    "evidence_only": N_("Keep as evidence, without an amount"),
    "reject": N_("Reject"),
}

REVIEW_STATE: Mapping[str, str] = {
    "proposed": N_("waits for a second person"),
    "confirmed": N_("confirmed"),
    "sent_back": N_("sent back"),
    "outdated": N_("overtaken by another decision"),
}

APPEAL_STATE: Mapping[str, str] = {
    "open": N_("open"),
    "upheld": N_("upheld"),
    "dismissed": N_("dismissed"),
    "withdrawn": N_("taken back"),
}

APPEAL_KIND: Mapping[str, str] = {
    "appeal": N_("Appeal"),
    "human_look": N_("Wish that a person looks at it"),
}

RUN_STATE: Mapping[str, str] = {
    "waiting": N_("waits for the worker"),
    "running": N_("at work"),
    "telling": N_("tells who is concerned"),
    "done": N_("done"),
    "cancelled": N_("stopped"),
}

BINDING: Mapping[str, str] = {
    "bound": N_("is this registrant"),
    "unknown": N_("not shown to be this registrant"),
    "mismatch": N_("is somebody else"),
}

POLICY_STATUS: Mapping[str, str] = {
    "draft": N_("draft"),
    "adopted": N_("adopted"),
    "withdrawn": N_("withdrawn"),
    "illustrative": N_("illustrative"),
}

LIST_FORM: Mapping[str, str] = {
    "decisions": N_("All decisions"),
    "return-1": N_("Participants, as PEC's CPD Return-1"),
    "return-2": N_("Resource persons, as PEC's CPD Return-2"),
    "ncees": N_("Report of one registrant, NCEES style"),
}

LIST_UNVERIFIED: Mapping[str, str] = {
    "return-1": N_("Unverified form: its exact columns are not public, and PEC has not seen ours."),
    "return-2": N_("Unverified form: its exact columns are not public, and PEC has not seen ours."),
    "ncees": N_("Unverified form: made after descriptions, and NCEES has not seen it."),
}

COUNTED_BY: Mapping[str, str] = {
    "outcome": N_("Result"),
    "reason": N_("Reason"),
    "society": N_("Issuer"),
    "kind": N_("Kind"),
    "month": N_("Month of completion"),
}

DONE: Mapping[str, str] = {
    "proposed": N_("It is proposed; a second person has to confirm it."),
    "confirmed": N_("It is confirmed and decided."),
    "sent_back": N_("It is sent back."),
    "answered": N_("The appeal is answered."),
}

REFUSAL: Mapping[str, str] = {
    "405": N_("Pages at this address can be read; nothing can be sent to it."),
    "413": N_("What was sent is larger than this node takes."),
    "422": N_("Something that was asked for is not understood. It is named below."),
    "429": N_("Too many requests came from here. Please wait a while and try again."),
}
"""By status, where a page does not speak English; an English page says exactly what was wrong."""

PROBLEM: Mapping[str, str] = {
    "unknown-parameter": N_("There is no such parameter."),
    "not-a-choice": N_("This is none of the values there are to choose from."),
    "not-a-date": N_("This is not a date such as 2027-03-01."),
    "not-a-place": N_("This is not a place such as 31.2,121.5: latitude, then longitude."),
    "not-in-range": N_("This is not a number in the range that is allowed."),
    "place-missing": N_("A distance needs a place to be counted from."),
    "framework-missing": N_("An amount of credit needs one kind of credit that it is of."),
    "repeated": N_("Give this parameter once."),
    "too-deep": N_("Pages do not go on that far. Narrow the search with a filter."),
    "too-long": N_("This is too long."),
    "too-many": N_("These are too many values."),
}
"""What is wrong with a parameter of a search."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "facet": {**FACETS, **LIMITS},
    "sort": SORTS,
    "delivery": DELIVERY,
    "kind": KIND,
    "price": PRICE,
    "pace": PACE,
    "access": ACCESS,
    "audience": AUDIENCE,
    "level": LEVEL,
    "competence": COMPETENCE,
    "part": PART,
    "credit": CREDIT,
    "field": FIELD,
    "check": CHECK,
    "reason": REASON,
    "evidence": EVIDENCE,
    "result": RESULT,
    "answer": ANSWER,
    "origin": ORIGIN,
    "judged": JUDGED,
    "review_state": REVIEW_STATE,
    "appeal_state": APPEAL_STATE,
    "appeal_kind": APPEAL_KIND,
    "run_state": RUN_STATE,
    "binding": BINDING,
    "policy_status": POLICY_STATUS,
    "list_form": LIST_FORM,
    "list_unverified": LIST_UNVERIFIED,
    "by": COUNTED_BY,
    "done": DONE,
    "refusal": REFUSAL,
    "problem": PROBLEM,
}
