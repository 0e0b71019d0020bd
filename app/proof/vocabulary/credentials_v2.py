"""The terms of W3C Verifiable Credentials 2.0: credentials, presentations, status lists, proofs.

Appendix B.1 of the VC Data Model 2.0; the terms of proofs are those of Data Integrity 1.0, the
terms of status lists those of Bitstring Status List 1.0.
"""

from app.proof.vocabulary.terms import ID, XSD, Term, Vocabulary

_CRED = "https://www.w3.org/2018/credentials#"
_SEC = "https://w3id.org/security#"
_STATUS = "https://www.w3.org/ns/credentials/status#"
_SCHEMA = "https://schema.org/"
_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"
_MULTIBASE = _SEC + "multibase"


def _relation(name: str) -> Term:
    return Term(_SEC + name, ID, "@set")


_PROOFS = Term(_SEC + "proof", ID, "@graph")

_CREDENTIAL = {
    **{
        name: Term(_CRED + name, ID)
        for name in (
            "confidenceMethod",
            "credentialSchema",
            "credentialStatus",
            "credentialSubject",
            "evidence",
            "issuer",
            "refreshService",
            "relatedResource",
            "renderMethod",
            "termsOfUse",
        )
    },
    "description": Term(_SCHEMA + "description"),
    "name": Term(_SCHEMA + "name"),
    "proof": _PROOFS,
    "validFrom": Term(_CRED + "validFrom", _TIME),
    "validUntil": Term(_CRED + "validUntil", _TIME),
}

_PRESENTATION = {
    "holder": Term(_CRED + "holder", ID),
    "proof": _PROOFS,
    "termsOfUse": Term(_CRED + "termsOfUse", ID),
    "verifiableCredential": Term(_CRED + "verifiableCredential", ID, "@graph", embeds=True),
}

_STATUS_LIST = {
    "encodedList": Term(_STATUS + "encodedList", _MULTIBASE),
    "statusPurpose": Term(_STATUS + "statusPurpose"),
    "ttl": Term(_STATUS + "ttl"),
}

_STATUS_ENTRY = {
    "statusListCredential": Term(_STATUS + "statusListCredential", ID),
    "statusListIndex": Term(_STATUS + "statusListIndex"),
    "statusPurpose": Term(_STATUS + "statusPurpose"),
    "statusMessage": Term(
        _STATUS + "statusMessage",
        scope={
            "message": Term(_STATUS + "message"),
            "status": Term(_STATUS + "status"),
        },
    ),
    "statusReference": Term(_STATUS + "statusReference", ID),
    "statusSize": Term(_STATUS + "statusSize", XSD + "integer"),
}

_PROOF = {
    "challenge": Term(_SEC + "challenge"),
    "created": Term("http://purl.org/dc/terms/created", _TIME),
    "cryptosuite": Term(_SEC + "cryptosuite", _SEC + "cryptosuiteString"),
    "domain": Term(_SEC + "domain"),
    "expires": Term(_SEC + "expiration", _TIME),
    "nonce": Term(_SEC + "nonce"),
    "previousProof": Term(_SEC + "previousProof", ID),
    "proofPurpose": Term(
        _SEC + "proofPurpose",
        "@vocab",
        scope={
            "assertionMethod": _relation("assertionMethod"),
            "authentication": _relation("authenticationMethod"),
            "capabilityDelegation": _relation("capabilityDelegationMethod"),
            "capabilityInvocation": _relation("capabilityInvocationMethod"),
            "keyAgreement": _relation("keyAgreementMethod"),
        },
    ),
    "proofValue": Term(_SEC + "proofValue", _MULTIBASE),
    "verificationMethod": Term(_SEC + "verificationMethod", ID),
}

CREDENTIALS_V2 = Vocabulary(
    url="https://www.w3.org/ns/credentials/v2",
    stands_for=("59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",),
    terms={
        "description": Term(_SCHEMA + "description"),
        "digestMultibase": Term(_SEC + "digestMultibase", _MULTIBASE),
        "digestSRI": Term(_CRED + "digestSRI", _CRED + "sriString"),
        "mediaType": Term(_SCHEMA + "encodingFormat"),
        "name": Term(_SCHEMA + "name"),
        "VerifiableCredential": Term(_CRED + "VerifiableCredential", scope=_CREDENTIAL),
        "VerifiablePresentation": Term(_CRED + "VerifiablePresentation", scope=_PRESENTATION),
        "EnvelopedVerifiablePresentation": Term(_CRED + "EnvelopedVerifiablePresentation"),
        "EnvelopedVerifiableCredential": Term(_CRED + "EnvelopedVerifiableCredential"),
        "JsonSchemaCredential": Term(_CRED + "JsonSchemaCredential"),
        "JsonSchema": Term(
            _CRED + "JsonSchema", scope={"jsonSchema": Term(_CRED + "jsonSchema", "@json")}
        ),
        "BitstringStatusListCredential": Term(_STATUS + "BitstringStatusListCredential"),
        "BitstringStatusList": Term(_STATUS + "BitstringStatusList", scope=_STATUS_LIST),
        "BitstringStatusListEntry": Term(_STATUS + "BitstringStatusListEntry", scope=_STATUS_ENTRY),
        "DataIntegrityProof": Term(_SEC + "DataIntegrityProof", scope=_PROOF),
    },
)

DATA_INTEGRITY_V2 = Vocabulary(
    url="https://w3id.org/security/data-integrity/v2",
    stands_for=("67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",),
    terms={
        "proof": _PROOFS,
        "DataIntegrityProof": Term(_SEC + "DataIntegrityProof", scope=_PROOF),
    },
)
