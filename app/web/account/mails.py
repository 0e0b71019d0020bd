"""The mails of accounts: plain text that says who asked, how long it lasts, and what to do if not.

Nothing that a stranger chose stands in them but his network address: of the browser our own words
for it, never what it says of itself.
"""

from datetime import datetime
from gettext import NullTranslations

from sqlalchemy.orm import Session
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.requests import Request

from app.identity.people import store
from app.identity.signin.links import LASTS
from app.platform.mail import Message, deliver
from app.platform.requests import client_address
from app.web.account.browsers import in_words
from app.web.room import Room

_MINUTES = int(LASTS.total_seconds()) // 60


def sign_in(room: Room, request: Request, email: str, secret: str) -> Message:
    """The mail with the link that signs in."""
    _ = room.site.translations.gettext
    text = _(
        "Somebody asked to sign in to {node} as {email}. If that was you, open this link and press "
        "the button there:\n\n{link}\n\nIt works once, and for {minutes} minutes.\n\n"
        "It was asked for with {browser} from {address}. If that was not you, do nothing: without "
        "the link nobody gets in. Never give it to anybody, whoever asks for it.\n"
    )
    return Message(
        email,
        _("Sign in to {node}").format(node=room.site.node_name),
        text.format(
            node=room.site.node_name,
            email=email,
            link=f"{room.public_url}/sign-in/link/{secret}",
            minutes=_MINUTES,
            browser=_browser(request, room.site.translations),
            address=client_address(request),
        ),
    )


def add_address(room: Room, request: Request, email: str, secret: str) -> Message:
    """The mail with the link that makes an address one's own."""
    _ = room.site.translations.gettext
    text = _(
        "Somebody wants to add {email} to an account at {node}. If that was you, open this link in "
        "the browser you are signed in with, and press the button there:\n\n{link}\n\n"
        "It works once, and for {minutes} minutes.\n\n"
        "It was asked for with {browser} from {address}. If that was not you, do nothing: without "
        "the link nothing is added.\n"
    )
    return Message(
        email,
        _("Add this address to your account at {node}").format(node=room.site.node_name),
        text.format(
            node=room.site.node_name,
            email=email,
            link=f"{room.public_url}/account/emails/link/{secret}",
            minutes=_MINUTES,
            browser=_browser(request, room.site.translations),
            address=client_address(request),
        ),
    )


def tell(
    room: Room, session: Session, request: Request, person_id: str, what: str, *, at: datetime
) -> BackgroundTasks:
    """Tell a person by mail, after the answer, that a way to sign in was added or removed.

    ``what`` is a whole sentence, translated. Goes to the primary address as it is now; somebody who
    moved in must not be able to turn the notice away by first changing it, so call it before an
    address is made primary or removed.
    """
    _ = room.site.translations.gettext
    tasks = BackgroundTasks()
    text = _(
        "{what}\n\nThis was done on {when} with {browser} from {address}. If it was not you, sign "
        "in at {link}, end every session but your own and remove what you do not know.\n"
    )
    for address in store.emails(session, person_id)[:1]:
        message = Message(
            address.email,
            _("Your account at {node} was changed").format(node=room.site.node_name),
            text.format(
                what=what,
                when=f"{at:%Y-%m-%d %H:%M} UTC",
                browser=_browser(request, room.site.translations),
                address=client_address(request),
                link=f"{room.public_url}/account/security",
            ),
        )
        tasks.add_task(deliver, room.mailer, message)
    return tasks


def later(room: Room, message: Message) -> BackgroundTask:
    """Send a message after the answer."""
    return BackgroundTask(deliver, room.mailer, message)


def _browser(request: Request, translations: NullTranslations) -> str:
    _ = translations.gettext
    browser, system = in_words(request.headers.get("user-agent", ""))
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("a program that does not say its name")
