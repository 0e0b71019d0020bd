"""The profile of a completion record: which members it has, and what each must be.

An ``OpenBadgeCredential`` of 1EdTech Open Badges 3.0 on W3C VC Data Model 2.0, narrowed to facts of
a completion with their units, and closed: a member that is not listed here does not belong to a
record. ``check`` is asked by the verifier and by whoever issues; ``schema`` is the same as JSON
Schema for everybody else (``openapi/schemas/completion-record.schema.json``).

Facts that have a unit travel as ``result`` beside a ``resultDescription`` whose ``resultType`` is
the unit. There is no ``validUntil``: that somebody completed a course does not cease to be true.
There is no ``credentialSchema``: its type is defined by neither of the two contexts. No id is given
to two objects: JSON-LD would take them for one, and a member could wander between them unseen.
"""

from collections.abc import Iterator

from app.proof.did import did_web_url
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.times import read_time
from app.proof.vocabulary import CREDENTIALS_V2, OPEN_BADGES_V3
from app.verification import reading
from app.verification.shape import Constant, Members, Number, ProfileProblem, Sequence, Shape, Text

CONTEXTS = (CREDENTIALS_V2.url, OPEN_BADGES_V3.url)
TYPES = ("VerifiableCredential", "OpenBadgeCredential")
_ID = "urn:opencpd:schema:completion-record:1"

_PLAIN = r"[^\u0000-\u001f\u007f]"
_NAME = Text(rf"(?=.*\S){_PLAIN}+", "a text in one line", longest=300)
_PROSE = Text(r"(?:[^\u0000-\u0009\u000b-\u001f\u007f])+", "a text", longest=5000)
_URI = r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+"
_IDENTIFIER = Text(_URI, "an absolute URI", longest=500)
_WEB = Text(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+", "an http(s) address", longest=500)
_URN = Text(
    r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a urn:uuid in lower case", longest=45
)
_HOLDER = Text(
    r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|did:key:z[1-9A-HJ-NP-Za-km-z]+",
    "an opaque urn:uuid, or the did:key of a wallet",
    longest=200,
)
_DID = Text(r"did:web:[A-Za-z0-9._%:~-]+", "a did:web", longest=300)
_DID_URL = Text(r"did:web:[A-Za-z0-9._%:~-]+#[A-Za-z0-9._~-]+", "a key of a did:web", longest=400)
_TIME = Text(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "a UTC time in whole seconds", 20
)
_LANGUAGE = Text(r"[a-z]{2,4}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?", "a language tag", 15)
_EXTENSION = Text(r"ext:[A-Za-z0-9._-]+", "an extension, ext:...", longest=60)
_VALUE = Text(rf"(?=.*\S){_PLAIN}+", "a value in one line", longest=60)

_IDENTIFIER_ENTRY = Members(
    required={
        "type": Constant("IdentifierEntry"),
        "identifier": _NAME,
        "identifierType": Text(r"identifier|ext:[A-Za-z0-9._-]+", "identifier or ext:...", 60),
    },
    optional={},
)
PARTY = Members(
    required={"id": _DID, "type": Constant(("Profile",)), "name": _NAME},
    optional={"url": _WEB, "otherIdentifier": Sequence(_IDENTIFIER_ENTRY)},
)
_IDENTITY = Members(
    required={
        "type": Constant("IdentityObject"),
        "hashed": Constant(value=True),
        "identityHash": Text(r"sha256\$[0-9a-f]{64}", "a SHA-256 in lower case", 71),
        "identityType": _EXTENSION,
        "salt": Text(r"[A-Za-z0-9_-]{22,64}", "a salt of at least 128 bits in base64url", 64),
    },
    optional={},
)
_RESULT = Members(
    required={"type": Constant(("Result",)), "resultDescription": _IDENTIFIER},
    optional={
        "value": _VALUE,
        "status": Text(r"Completed|Failed|Provisional|Withdrew", "a status of a completion", 20),
    },
)
_RESULT_DESCRIPTION = Members(
    required={
        "id": _IDENTIFIER,
        "type": Constant(("ResultDescription",)),
        "name": _NAME,
        "resultType": Text(
            r"Percent|RawScore|LetterGrade|Status|ext:[A-Za-z0-9._-]+", "a unit", 60
        ),
    },
    optional={"valueMin": _VALUE, "valueMax": _VALUE, "requiredValue": _VALUE},
)
_ALIGNMENT = Members(
    required={"type": Constant(("Alignment",)), "targetName": _NAME, "targetUrl": _WEB},
    optional={
        "targetCode": _NAME,
        "targetDescription": _PROSE,
        "targetFramework": _NAME,
        "targetType": Text(r"ceasn:Competency|CTDL|ext:[A-Za-z0-9._-]+", "a kind of target", 60),
    },
)
_TRANSLATION = Members(
    required={
        "id": _IDENTIFIER,
        "type": Constant(("Related",)),
        "inLanguage": _LANGUAGE,
        "name": _NAME,
    },
    optional={"description": _PROSE},
)
ACHIEVEMENT = Members(
    required={
        "id": _WEB,
        "type": Constant(("Achievement",)),
        "achievementType": Text(r"Course|ext:[A-Za-z0-9._-]+", "Course or ext:...", 60),
        "name": _NAME,
        "description": _PROSE,
        "criteria": Members(required={"narrative": _PROSE}, optional={"id": _WEB}),
    },
    optional={
        "alignment": Sequence(_ALIGNMENT),
        "creditsAvailable": Number(10_000),
        "fieldOfStudy": _NAME,
        "humanCode": _NAME,
        "inLanguage": _LANGUAGE,
        "otherIdentifier": Sequence(_IDENTIFIER_ENTRY),
        "related": Sequence(_TRANSLATION, most=20),
        "resultDescription": Sequence(_RESULT_DESCRIPTION, most=30),
        "specialization": _NAME,
        "tag": Sequence(_NAME),
        "version": _NAME,
    },
)
_STATUS = Members(
    required={
        "id": _IDENTIFIER,
        "type": Constant("BitstringStatusListEntry"),
        "statusPurpose": Constant("revocation"),
        "statusListIndex": Text(r"0|[1-9][0-9]{0,8}", "an index in decimal digits", 9),
        "statusListCredential": _WEB,
    },
    optional={},
)
_RELATED = Members(
    required={
        "id": _IDENTIFIER,
        "digestMultibase": Text(r"[uz][A-Za-z0-9_-]{20,120}", "a multibase digest", 121),
    },
    optional={"mediaType": _NAME},
)
_PROOF = Members(
    required={
        "type": Constant("DataIntegrityProof"),
        "cryptosuite": Constant("eddsa-rdfc-2022"),
        "created": _TIME,
        "verificationMethod": _DID_URL,
        "proofPurpose": Constant("assertionMethod"),
        "proofValue": Text(r"z[1-9A-HJ-NP-Za-km-z]{40,100}", "a signature in base58", 101),
    },
    optional={},
)


def record_shape(*, party: Shape, achievement: Shape) -> Shape:
    """The shape of a record, given those of its issuer and of its achievement."""
    subject = Members(
        required={
            "id": _HOLDER,
            "type": Constant(("AchievementSubject",)),
            "achievement": achievement,
        },
        optional={
            "activityStartDate": _TIME,
            "activityEndDate": _TIME,
            "creditsEarned": Number(10_000),
            "identifier": Sequence(_IDENTITY, most=10),
            "result": Sequence(_RESULT, most=30),
            "role": _NAME,
            "term": _NAME,
        },
    )
    return Members(
        required={
            "@context": Constant(CONTEXTS),
            "id": _URN,
            "type": Constant(TYPES),
            "name": _NAME,
            "issuer": party,
            "validFrom": _TIME,
            "awardedDate": _TIME,
            "credentialSubject": subject,
            "credentialStatus": _STATUS,
        },
        optional={
            "relatedResource": Sequence(_RELATED, most=20),
            "proof": Sequence(_PROOF, most=1),
        },
    )


RECORD = record_shape(party=PARTY, achievement=ACHIEVEMENT)


def check(document: Object) -> list[ProfileProblem]:
    """Everything that keeps a document from being a completion record, with or without proof."""
    found = list(RECORD.problems(document))
    if found:
        return found  # the rules below read members whose shape they rely on
    rules = (_id_problems, _time_problems, _party_problems, _fact_problems)
    return [problem for rule in rules for problem in rule(document)]


def schema() -> Object:
    """The shape as JSON Schema. The rules between members are said in its description."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        "title": "OpenCPD completion record",
        "description": (
            "Beside this shape: times are real ones; a record is not issued before it is awarded, "
            "an activity does not end before it starts; credits have at most two decimals; every "
            "result names a result description of the achievement, each at most once; salts "
            "are not used twice, and no two objects have the same id; the issuer is a did:web."
        ),
        **RECORD.schema(),
    }


def _id_problems(document: Object) -> Iterator[ProfileProblem]:
    seen: set[str] = set()
    for pointer, found in ids(document):
        if found in seen:
            yield ProfileProblem(pointer, "twice", "must not be the id of another object too")
        seen.add(found)


def ids(value: JSON, pointer: str = "") -> Iterator[tuple[str, str]]:
    """The id of every object, with its place."""
    if isinstance(value, dict):
        if isinstance(found := value.get("id"), str):
            yield f"{pointer}/id", found
        for name, inner in value.items():
            yield from ids(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ids(inner, f"{pointer}/{index}")


def _time_problems(document: Object) -> Iterator[ProfileProblem]:
    subject = reading.nested(document, "credentialSubject")
    places = [
        ("", document, "awardedDate", "validFrom"),
        ("/credentialSubject", subject, "activityStartDate", "activityEndDate"),
    ]
    for pointer, members, first, second in places:
        times = {}
        for name in (first, second):
            try:
                if name in members:
                    times[name] = read_time(reading.text(members, name))
            except ProofError:
                yield ProfileProblem(f"{pointer}/{name}", "time", "must be a time that exists")
        if len(times) == 2 and times[second] < times[first]:
            message = f"must not be before {first}"
            yield ProfileProblem(f"{pointer}/{second}", "order", message)


def _party_problems(document: Object) -> Iterator[ProfileProblem]:
    try:
        did_web_url(reading.text(reading.nested(document, "issuer"), "id"))
    except ProofError as error:
        yield ProfileProblem("/issuer/id", "did", error.message)
    subject = reading.nested(document, "credentialSubject")
    salts = [reading.text(entry, "salt") for entry in reading.objects(subject, "identifier")]
    if len(set(salts)) != len(salts):
        yield ProfileProblem("/credentialSubject/identifier", "salt", "must not share a salt")


def _fact_problems(document: Object) -> Iterator[ProfileProblem]:
    subject = reading.nested(document, "credentialSubject")
    achievement = reading.nested(subject, "achievement")
    place = "/credentialSubject/achievement"
    known = [reading.text(d, "id") for d in reading.objects(achievement, "resultDescription")]
    named = [reading.text(r, "resultDescription") for r in reading.objects(subject, "result")]
    if len(set(named)) != len(named) or not set(named) <= set(known):
        message = "must each name a result description of the achievement, none twice"
        yield ProfileProblem("/credentialSubject/result", "unit", message)
    amounts = {
        "/credentialSubject/creditsEarned": subject.get("creditsEarned"),
        f"{place}/creditsAvailable": achievement.get("creditsAvailable"),
    }
    for pointer, amount in amounts.items():
        if isinstance(amount, float) and round(amount, 2) != amount:
            yield ProfileProblem(pointer, "decimals", "must have at most two decimals")
