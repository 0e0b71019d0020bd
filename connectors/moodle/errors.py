"""What a Moodle site's errors mean, and what mends them.

A site answers an error with HTTP 200 and ``{"exception", "errorcode", "message"}``. What only a
person can mend is ``SourceMisconfigured``; everything else may pass and is ``SourceUnavailable``.
"""

from typing import Any

from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.members import text

_MENDS = {
    **dict.fromkeys(
        ("invalidtoken", "invalidtimedtoken", "sessiontimeout"),
        "the site does not know the token, or it has expired: make a new one under Site "
        "administration > Server > Web services > Manage tokens",
    ),
    "accessexception": "add {function} to the token's external service, and give its user the "
    "capabilities that the function lists",
    "invalidrecord": "this site has no function {function}: choose another, or update the site",
    **dict.fromkeys(
        ("webservicesnotenabled", "enablewsdescription", "restprotocolnotenabled"),
        "enable web services and the REST protocol under Site administration > Server > Web "
        "services",
    ),
    **dict.fromkeys(
        ("servicenotavailable", "servicerequireslogin", "installserviceerror"),
        "the external service is disabled, or wants its users listed: enable it and add the "
        "token's user",
    ),
    "errorcoursecontextnotvalid": "the token's user may not see every course: let it, or list with "
    "core_course_get_courses_by_field, which leaves those out",
    **dict.fromkeys(
        ("nopermissions", "missingrequiredcapability", "requireloginerror", "notingroup",
         "cannotviewcategory", "nopermissiontoviewpage", "unenrolledcoursecontext"),
        "the token's user may not do this: give it the capabilities that {function} lists",
    ),
    **dict.fromkeys(
        ("forcepasswordchangenotice", "passwordisexpired", "usernotfullysetup", "suspended",
         "sitepolicynotagreed", "policynotagreed", "wsaccessusersuspended", "wsaccessuserdeleted",
         "wsaccessuserexpired", "wsaccessuserunconfirmed", "wsaccessusernologin", "restricted"),
        "the token's user cannot work: sign in as it once, finish what the site asks for, and see "
        "that it is neither suspended nor expired",
    ),
    "iprestriction": "the token is bound to other addresses: allow the one of this node",
    "invalidparameter": "the site does not accept this request: check the category and the words "
    "to search for",
    "unknowncategory": "there is no such category: check its number",
}  # fmt: skip
_SHOWN = 300


class Refused(SourceMisconfigured):
    """The site refuses one function; a person must mend it."""


def missing(function: str) -> str:
    """What to say of a function that the token's service does not offer."""
    return f"the token may not ask for {function}: add it to the token's external service"


def judge_answer(status: int, body: str, *, where: str) -> None:
    """Raise for an answer that comes from something else than a site's web services."""
    if status == 403:
        raise SourceMisconfigured(
            f"{where} answered 403: {_MENDS['webservicesnotenabled']}, and see that no firewall "
            "keeps this node out"
        )
    if status == 404:
        raise SourceMisconfigured(
            f"{where} is not there (404): give the site's own address, with the folder it is in"
        )
    if body.startswith("<"):
        raise SourceMisconfigured(f"{where}: a web page came where JSON was expected")


def judge(told: Any, *, function: str) -> None:
    """Raise what an answer that is an error stands for."""
    if not isinstance(told, dict) or "exception" not in told:
        return
    code = text(told.get("errorcode"))[:60] or "unknown"
    message = " ".join(text(told.get("message")).split())[:_SHOWN]
    said = f"{function}: the site answered {code}: {message}"
    if code in _MENDS:
        raise Refused(f"{said}. Mend: {_MENDS[code].format(function=function)}")
    raise SourceUnavailable(said)
