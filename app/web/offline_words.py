"""The texts of the page that verifies offline, by the names its script knows them under.

Tables only, in English; ``N_`` marks each text for extraction, ``offline_page`` translates it, and
the script fills its ``{...}``. The names of errors are those of ``app.verification``.
"""

from collections.abc import Mapping

from app.web.labels import N_

PAGE: Mapping[str, str] = {
    "bundle-refused": N_("This trust bundle is refused"),
    "bundle-good": N_("The trust bundle is good"),
    "bundle-kept": N_(
        "Its publisher signed it. This device remembers the publisher's keys and this version: an "
        "older bundle, or one by another key, will be refused."
    ),
    "bundle-not-kept": N_(
        "Its publisher signed it. This browser keeps nothing for this page, so next time neither "
        "an older bundle nor a changed key can be told."
    ),
    "new-publisher": N_("This device does not know the publisher yet"),
    "compare-key": N_(
        "Anybody can make a bundle. Compare the key below with what the publisher told you by a "
        "way you trust, such as a letter or its own site. Trust it only if every group is the same."
    ),
    "trust-publisher": N_("The key is the same: trust this publisher"),
    "publisher": N_("Publisher"),
    "publisher-key": N_("The publisher's key"),
    "bundle-version": N_("Version"),
    "bundle-holds": N_("It holds"),
    "bundle-counts": N_("Issuers: {issuers}. Status lists: {lists}."),
    "forget": N_("Forget"),
    "forget-publisher": N_("Forget {publisher}"),
    "at-version": N_("up to version {version}"),
    "bundle-first": N_("The record is here. Give a trust bundle above, and it will be verified."),
    "verdict-pass": N_("This record holds"),
    "verdict-fail": N_("Do not rely on this record"),
    "verdict-unknown": N_("This could not be decided"),
    "lead-pass": N_(
        "It was signed by the society named below, nothing in it was changed since, and by this "
        "bundle it still stands."
    ),
    "lead-fail": N_("A check failed."),
    "lead-unknown": N_(
        "Nothing is known to be wrong, but something that is needed to be sure is missing here."
    ),
    "do-not-rely": N_("What follows was signed, but a check failed: do not rely on it."),
    "what-was-checked": N_("What was checked"),
    "checked": N_("Checked on {when}, by this device's clock, with version {version} of the bundle "
                  "of {publisher}."),
    "digest": N_("SHA-256 of the record as it was given:"),
    "issued-by": N_("Issued by"),
    "holder": N_("Holder"),
    "awarded": N_("Awarded"),
    "took-place": N_("Took place"),
    "took-part-as": N_("Took part as"),
    "aligned-to": N_("Aligned to"),
    "record": N_("Record"),
}  # fmt: skip

FOUND: Mapping[str, str] = {
    "a-token": N_("It is a token."),
    "well-formed": N_("The file is well-formed."),
    "secured": N_("It is a signed token (vc+jwt)."),
    "a-completion": N_("A completion record with exactly the members it should have."),
    "issuer-known": N_("The bundle knows the issuer."),
    "key-valid": N_("The key is the issuer's and was valid."),
    "signature-good": N_("Nothing in it was changed since it was signed."),
    "dates-good": N_("The record is valid at the time asked about."),
    "not-withdrawn": N_("The issuer has not withdrawn the record."),
    "not-suspended": N_("The issuer has not suspended the record."),
    "suspensions-unpublished": N_(
        "The bundle holds no list of suspensions for the record, and it names none."
    ),
    "no-resources": N_("The record names no files."),
    "resources-absent": N_("No file was given to compare with those that the record names."),
    "not-reached": N_("Not reached: an earlier check has to pass first."),
}

ERRORS: Mapping[str, str] = {
    "json-too-large": N_("The text is longer than {size} bytes."),
    "json-too-deep": N_("The text nests deeper than {most} levels."),
    "json-not-unicode": N_("The text is not valid UTF-8 throughout."),
    "json-malformed": N_("The text is not JSON, from sign {at} on."),
    "json-duplicate-name": N_(
        "The member “{name}” is there twice, so it could be read in two ways."
    ),
    "json-number": N_("A number is beyond what can be read exactly."),
    "json-not-an-object": N_("The text is JSON, but not an object."),
    "base64url": N_("A value is not written in base64url as it must be."),
    "base58": N_("A value is not written in base58."),
    "member-kind": N_("“{name}” is not of the kind that it must be."),
    "time-malformed": N_("“{written}” is not a time with its zone."),
    "jwt-malformed": N_("It is neither JSON nor a token of three parts."),
    "jwt-header": N_("The token's header is not that of a signed record."),
    "jwt-claims": N_("The claim “{name}” is not what the record says."),
    "envelope": N_("The envelope does not hold a vc+jwt."),
    "unsecured": N_("The document carries no proof: nobody signed it."),
    "securing-elsewhere": N_(
        "This page checks the token form of a record (.jwt). This is the JSON form: ask for the "
        ".jwt, or verify it on a node or with “opencpd verify”."
    ),
    "profile-elsewhere": N_(
        "This page checks completion records only, and this is none: “{place}” is not as it would "
        "be. “opencpd verify” also takes other credentials."
    ),
    "issuer-unknown": N_("The bundle does not know the issuer {issuer}."),
    "key-foreign": N_("The key {key} is not one of the issuer."),
    "key-unknown": N_("The bundle does not know the key {key}."),
    "key-time": N_("The record was signed in the future, or does not say when."),
    "key-compromised": N_(
        "Somebody else may have had the key, and nothing but the record itself says when it was "
        "signed. The issuer can issue it again with a new key."
    ),
    "key-early": N_("The record was signed before its key was valid."),
    "key-retired": N_("The record was signed after its key was retired."),
    "key-algorithm": N_("The key signs {algorithm} only."),
    "key-malformed": N_("The bundle's key {key} is no key."),
    "key-unsupported": N_("The bundle's key {key} is of a kind that is not supported."),
    "signature-invalid": N_("The signature is not the key's."),
    "algorithm-unsupported": N_("This browser cannot check {algorithm}; a newer one can."),
    "dates-future": N_("The record is not valid before {when}."),
    "status-absent": N_("The bundle does not hold the status list {url}."),
    "status-elsewhere": N_("The status list {url} is not a token, so this page cannot check it."),
    "status-issuer": N_("The status list is not one of the record's issuer."),
    "status-id": N_("The status list is not the one that the record names."),
    "status-type": N_("The status list is a credential of another kind."),
    "status-purpose": N_("The status list is not one for “{purpose}”."),
    "status-index": N_("The record's place is not in the status list."),
    "status-length": N_("The status list is too short to be one."),
    "status-encoding": N_("The status list is damaged."),
    "status-too-large": N_("The status list is too large to be one."),
    "status-stale": N_("The status list has expired: get a newer bundle."),
    "status-future": N_("The status list is not valid yet: is this device's clock right?"),
    "status-set": N_("The issuer has withdrawn the record."),
    "status-superseded": N_(
        "The issuer has superseded the record: a corrected one stands in its place."
    ),
    "status-suspended": N_("The issuer has suspended the record; it may be reinstated later."),
    "resource-digest": N_("A file is named without a digest that can be read."),
    "resource-elsewhere": N_("The record names a file that this page cannot compare."),
    "bundle-format": N_("The file is no signed trust bundle."),
    "bundle-unsigned": N_("The bundle is not signed: anybody could have made it."),
    "bundle-publisher": N_("The bundle does not say who published it."),
    "bundle-duplicate": N_("An issuer, a key or a status list is in the bundle twice."),
    "bundle-key": N_("A key in the bundle is not one of its issuer."),
    "bundle-signer": N_(
        "None of its signatures is a good one of its publisher: it was changed, or somebody else "
        "made it."
    ),
    "bundle-key-changed": N_(
        "It is not signed by a key that this device knows of this publisher. Somebody may be "
        "pretending to be the publisher. Do not use it; ask the publisher by a way you trust."
    ),
    "bundle-older": N_(
        "It is version {version}, but this device has seen version {least}. An old bundle can hide "
        "that a record was withdrawn: ask for the newest one."
    ),
}

REASONS: Mapping[str, str] = {
    "issuer.known": N_(
        "The bundle does not know who issued it. The record may be good, but the bundle's "
        "publisher does not vouch for its issuer."
    ),
}
"""In place of what a node says of a failed check."""
