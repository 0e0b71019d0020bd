"""What each code means that a check may give: for the owner of a feed, and stable.

An error rejects the item. With a warning the item is taken; the sentence says what became of the
value. A code that is given and does not stand here fails ``tests/boundaries/test_docs.py``.
"""

from collections.abc import Mapping

ISSUE_CODES: Mapping[str, str] = {
    "E-TITLE-MISSING": "The course has no title in any language, so it was not taken.",
    "W-ACCESS-UNKNOWN": "Who may take it was not understood and left out.",
    "W-COMPETENCE": "Not one of EC1 to EC13, so left out.",
    "W-COUNTRY": "No country that is known, so left out.",
    "W-CREDIT-NO-UNIT": "A credit without its unit: kept and shown, never counted.",
    "W-CREDIT-UNIT": "A credit in a unit outside the vocabulary: kept and shown, not counted.",
    "W-CREDIT-UNIT-AMBIGUOUS": "Bodies mean different things by this unit (1.5 CPD, 3 credits): "
    "kept and shown, not counted.",
    "W-CREDIT-VALUE": "The credit is no number, so left out.",
    "W-CURRENCY": "No currency of ISO 4217, so left out.",
    "W-CURRENCY-AMBIGUOUS": "Several currencies are written so ($, ¥, kr) and no country tells "
    "which: the amount was left out, that it costs something is kept.",
    "W-DATE-AMBIGUOUS": "Day and month may be either way round, so the date was left out.",
    "W-DATE-FORMAT": "No date that is understood, so left out.",
    "W-DATE-NO-DAY": "A month, a term or a year is no day, so the date was left out.",
    "W-DATE-ORDER": "The end lies before the start, so the end was left out.",
    "W-DATE-ZONE": "The abbreviation of a time zone means several, so the date was left out.",
    "W-DELIVERY-GUESSED": "Online may mean live or not: live where a run has a time of day.",
    "W-DELIVERY-UNKNOWN": "How it is given was not understood and left out.",
    "W-DURATION-FORMAT": "No duration that is understood, so left out.",
    "W-DURATION-NO-UNIT": "A duration without its unit, so left out.",
    "W-DURATION-RANGE": "A duration from and to, so left out.",
    "W-DURATION-RATE": "So much in each week or day is no duration, so left out.",
    "W-DURATION-TEACHING-HOURS": "How long a teaching hour is differs, so left out.",
    "W-DURATION-WORDS": "Read from words.",
    "W-FIELD-CODE": "No field of ISCED-F 2013, so left out.",
    "W-KIND-UNKNOWN": "What kind of course it is was not understood and left out.",
    "W-LANG-GUESSED": "The language of the texts was not stated and guessed from a long one.",
    "W-LANG-MISSING": "The language of the texts is not known.",
    "W-LANG-UNKNOWN": "No language tag or name that is known.",
    "W-LICENCE-NO-VERSION": "A Creative Commons licence without its version: kept in words.",
    "W-LICENCE-READ": "Read from a sentence.",
    "W-LICENCE-RIGHTS": "A notice that keeps rights and gives no licence: kept as it is.",
    "W-LICENCE-UNKNOWN": "No licence that is known: kept as it is.",
    "W-PLACE": "No place on earth, so left out.",
    "W-PRICE-AMBIGUOUS": "The dot may part thousands or decimals (1.200), so left out.",
    "W-PRICE-AMOUNT": "No amount, so left out.",
    "W-PRICE-CATEGORY": "Whether it costs anything was not understood and left out.",
    "W-PRICE-NO-CURRENCY": "An amount without its currency: left out, that it costs is kept.",
    "W-PRICE-RANGE": "An amount from and to, so left out.",
    "W-STANDARD": "No technical standard as one writes them, so left out.",
    "W-TEXT-ESCAPED-HTML": "HTML that was escaped once too often: read as HTML.",
    "W-TEXT-ESCAPED-TWICE": "Entities are left once the entities are decoded: kept as they are.",
    "W-TEXT-HTML": "HTML was taken out of a plain text.",
    "W-TEXT-MISREAD": "Characters were read in another coding than they were written in: kept.",
    "W-TEXT-TOO-LONG": "The text was cut.",
    "W-TIMEZONE": "No time zone that is known, so left out.",
    "W-TOO-MANY": "More entries than are taken; the first were.",
    "W-TYPE": "Something else was expected here, so left out.",
    "W-URL-INVALID": "No address that is usable, so left out.",
    "W-URL-MISSING": "There is no page to send a reader to.",
    "W-URL-NO-SCHEME": "https:// was put before it.",
    "W-URL-NOT-PUBLIC": "An address that nobody else can reach, so left out.",
}
