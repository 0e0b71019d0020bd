"""The terms of 1EdTech Open Badges 3.0, context version 3.0.3.

Two documents are in circulation under the URL; they differ in ``endorsementJwt`` and ``jti``, which
are therefore not in this table, so that a record with either is refused instead of being read in
two ways.
"""

from app.proof.vocabulary.terms import ID, XSD, Term, Vocabulary

_OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_SCHEMA = "https://schema.org/"
_URI = XSD + "anyURI"
_DATE = XSD + "date"


def _ob(*names: str) -> dict[str, Term]:
    return {name: Term(_OB + name) for name in names}


def _ob_sets(*names: str) -> dict[str, Term]:
    return {name: Term(_OB + name, container="@set") for name in names}


def _schema_org(*names: str) -> dict[str, Term]:
    return {name: Term(_SCHEMA + name) for name in names}


_IMAGE = {"image": Term(_OB + "image", ID)}

_ACHIEVEMENT = {
    **_ob("achievementType", "creator", "fieldOfStudy", "humanCode", "specialization", "version"),
    **_ob_sets("alignment", "otherIdentifier", "related", "resultDescription"),
    **_schema_org("inLanguage"),
    **_IMAGE,
    "creditsAvailable": Term(_OB + "creditsAvailable", XSD + "float"),
    "criteria": Term(_OB + "Criteria", ID),
    "tag": Term(_SCHEMA + "keywords", container="@set"),
}

_SUBJECT = {
    **_ob("achievement", "licenseNumber", "role", "term"),
    **_ob_sets("identifier", "result"),
    **_IMAGE,
    "activityEndDate": Term(_OB + "activityEndDate", _DATE),
    "activityStartDate": Term(_OB + "activityStartDate", _DATE),
    "creditsEarned": Term(_OB + "creditsEarned", XSD + "float"),
    "source": Term(_OB + "source", ID),
}

_ADDRESS = {
    **_schema_org(
        "addressCountry",
        "addressLocality",
        "addressRegion",
        "postOfficeBoxNumber",
        "postalCode",
        "streetAddress",
    ),
    "addressCountryCode": Term(_OB + "CountryCode"),
    "geo": Term(_OB + "GeoCoordinates"),
}

_ALIGNMENT = {
    **_ob("targetCode", "targetType"),
    **_schema_org("targetDescription", "targetFramework", "targetName"),
    "targetUrl": Term(_SCHEMA + "targetUrl", _URI),
}

_PROFILE = {
    **_schema_org("additionalName", "email", "familyName", "givenName"),
    **_schema_org("honorificPrefix", "honorificSuffix"),
    **_ob("familyNamePrefix", "official", "patronymicName", "phone"),
    **_ob_sets("otherIdentifier"),
    **_IMAGE,
    "address": Term(_OB + "address", ID),
    "dateOfBirth": Term(_OB + "dateOfBirth", _DATE),
    "parentOrg": Term(_OB + "parentOrg", ID),
}

_RESULT = {
    **_ob("status"),
    **_schema_org("value"),
    "achievedLevel": Term(_OB + "achievedLevel", _URI),
    "resultDescription": Term(_OB + "resultDescription", _URI),
}

_RESULT_DESCRIPTION = {
    **_ob("requiredValue", "resultType", "valueMax", "valueMin"),
    **_ob_sets("rubricCriterionLevel"),
    "allowedValue": Term(_OB + "allowedValue", container="@list"),
    "requiredLevel": Term(_OB + "requiredLevel", _URI),
}

_IDENTITY = {
    **_ob("identityHash", "identityType", "salt"),
    "hashed": Term(_OB + "hashed", XSD + "boolean"),
}

_CLASSES = {
    "Achievement": Term(_OB + "Achievement", scope=_ACHIEVEMENT),
    "AchievementSubject": Term(_OB + "AchievementSubject", scope=_SUBJECT),
    "Address": Term(_OB + "Address", scope=_ADDRESS),
    "Alignment": Term(_SCHEMA + "AlignmentObject", scope=_ALIGNMENT),
    "EndorsementSubject": Term(_OB + "EndorsementSubject", scope=_ob("endorsementComment")),
    "Evidence": Term(_OB + "Evidence", scope=_schema_org("audience", "genre")),
    "GeoCoordinates": Term(_OB + "GeoCoordinates", scope=_schema_org("latitude", "longitude")),
    "IdentifierEntry": Term(_OB + "IdentifierEntry", scope=_ob("identifier", "identifierType")),
    "IdentityObject": Term(_OB + "IdentityObject", scope=_IDENTITY),
    "Image": Term(_OB + "Image", scope=_schema_org("caption")),
    "Profile": Term(_OB + "Profile", scope=_PROFILE),
    "Related": Term(_OB + "Related", scope=_ob("version") | _schema_org("inLanguage")),
    "Result": Term(_OB + "Result", scope=_RESULT),
    "ResultDescription": Term(_OB + "ResultDescription", scope=_RESULT_DESCRIPTION),
    "RubricCriterionLevel": Term(_OB + "RubricCriterionLevel", scope=_ob("level", "points")),
}

OPEN_BADGES_V3 = Vocabulary(
    url="https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    stands_for=(
        "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    terms={
        **_ob("OpenBadgeCredential", "Criteria", "EndorsementCredential", "narrative"),
        "AchievementCredential": Term(_OB + "OpenBadgeCredential"),
        **_CLASSES,
        **_ob_sets("alignment", "endorsement"),
        **_IMAGE,
        **_schema_org("description", "inLanguage", "name"),
        "url": Term(_SCHEMA + "url", _URI),
        "awardedDate": Term(_OB + "awardedDate", "xsd:dateTime"),
    },
)
