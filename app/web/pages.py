"""All pages of a node as one router, put together from one module per page."""

from collections.abc import Callable
from datetime import datetime
from types import ModuleType

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.harvest.inspecting.desk import LookDesk
from app.identity.access import Guard
from app.identity.oidc.providers import Providers
from app.platform import clock
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.mail import Mailer
from app.platform.routing import together
from app.recognition.ledger.service import Desk as LedgerDesk
from app.recognition.office.press import OfficePress
from app.records.certificate.press import Press
from app.records.enrolment import Office
from app.search import SearchIndex
from app.trust.statements import Statements
from app.verification import Bundle
from app.web import (
    api_page,
    course_page,
    holder_page,
    offline_page,
    recognition_page,
    schemas,
    search_page,
    share_page,
    static_files,
    verify_page,
)
from app.web.account import (
    consent_page,
    data_page,
    emails_page,
    identities_page,
    kept_page,
    overview_page,
    passkey_page,
    programs_page,
    provider_page,
    registrations_page,
    security_page,
    sign_in_page,
)
from app.web.counting import calculator_page, rules_page
from app.web.counting.reckoning import Reckoning, words_of
from app.web.cpd import pages as cpd_pages
from app.web.feeds import validate_page
from app.web.languages import page as language_page
from app.web.links import Desk
from app.web.node import aliases_page, index_page, organisations_page
from app.web.node import sources_page as node_sources_page
from app.web.organisation import (
    audit_page,
    clients_page,
    courses_page,
    invitation_page,
    members_page,
    webhooks_page,
)
from app.web.organisation import overview_page as organisation_page
from app.web.organisation.registry import (
    agreements_page,
    compliance_page,
    evidence_page,
    figures_page,
    inbox_page,
    letter_page,
    listings_page,
    policies_page,
    registrants_page,
    reviews_page,
    runs_page,
    samples_page,
    submission_page,
    waiting_page,
)
from app.web.organisation.registry.bureau import Bureau
from app.web.organisation.sources import (
    source_item_page,
    source_page,
    source_run_page,
    sources_page,
)
from app.web.rendering import Site
from app.web.reviewing import edit_page, matches_page
from app.web.room import Room
from app.web.searches import feeds_page, saved_page, unsubscribe_page
from app.webhooks.service import Desk as WebhookDesk

SIGNED_IN: tuple[ModuleType, ...] = (
    sign_in_page,
    passkey_page,
    provider_page,
    overview_page,
    emails_page,
    security_page,
    programs_page,
    consent_page,
    registrations_page,
    saved_page,
    unsubscribe_page,
    data_page,
    identities_page,
    organisation_page,
    members_page,
    clients_page,
    invitation_page,
    audit_page,
    matches_page,
    edit_page,
    aliases_page,
)
"""The modules of the pages behind the door, of accounts and of organisations."""
OF_FEEDS: tuple[ModuleType, ...] = (
    sources_page,
    source_page,
    source_run_page,
    source_item_page,
    node_sources_page,
)
"""The modules of the pages of sources."""
OF_REGISTRIES: tuple[ModuleType, ...] = (
    agreements_page,
    compliance_page,
    evidence_page,
    inbox_page,
    submission_page,
    letter_page,
    reviews_page,
    registrants_page,
    waiting_page,
    listings_page,
    policies_page,
    runs_page,
    samples_page,
    figures_page,
)
"""The modules of a registry's pages."""


def build_router(
    *,
    database: Database,
    index: SearchIndex,
    guard: Guard,
    site: Site,
    public_url: str,
    bundle: Callable[[Session, datetime], Bundle],
    press: Press,
    mailer: Mailer,
    limits: RateLimits,
    providers: Providers,
    statements: Statements | None = None,
    course_quota: int = 100_000,
    office: Office | None = None,
    webhooks: WebhookDesk | None = None,
    looks: LookDesk | None = None,
    now: Callable[[], datetime] = clock.now,
    contact: str | None = None,
) -> APIRouter:
    """``bundle`` gives what records are verified against; ``public_url`` is named in JSON-LD.

    Without ``office`` nobody joins by a page, without ``webhooks`` nobody enters one, without
    ``looks`` nobody looks at a feed, and without ``statements`` registries have no pages.
    """
    desk = Desk(press, public_url, site.node_name)
    room = Room(database, guard, site, public_url, mailer, limits, providers, now, contact)
    reckoner = Reckoning(database, words_of(site), now=now)
    return together(
        search_page.build_router(
            database=database, index=index, guard=guard, site=site, reckoner=reckoner
        ),
        feeds_page.build_router(room, index),
        course_page.build_router(
            database=database, guard=guard, site=site, public_url=public_url, now=now
        ),
        verify_page.build_router(database=database, guard=guard, site=site, bundle=bundle, now=now),
        *(
            page.build_router(database=database, guard=guard, site=site, desk=desk, now=now)
            for page in (holder_page, share_page)
        ),
        *(module.build_router(room) for module in SIGNED_IN),
        *(_of_registries(room, bundle, press, statements) if statements else []),
        kept_page.build_router(room, desk),
        index_page.build_router(room, index),
        cpd_pages.build_router(room, bundle),
        courses_page.build_router(room, quota=course_quota),
        *(module.build_router(room, looks) for module in (OF_FEEDS if looks else ())),
        *([organisations_page.build_router(room, office)] if office else []),
        *([webhooks_page.build_router(room, webhooks)] if webhooks else []),
        *([validate_page.build_router(guard=guard, site=site, desk=looks)] if looks else []),
        calculator_page.build_router(room),
        rules_page.build_router(room),
        *([recognition_page.build_router(room, bundle, statements)] if statements else []),
        offline_page.build_router(guard=guard, site=site),
        api_page.build_router(guard=guard, site=site, public_url=public_url),
        schemas.build_router(guard=guard),
        language_page.build_router(guard=guard, public_url=public_url),
        static_files.build_router(guard=guard),
    )


def _of_registries(
    room: Room,
    bundle: Callable[[Session, datetime], Bundle],
    press: Press,
    statements: Statements,
) -> list[APIRouter]:
    def known(at: datetime) -> Bundle:
        with room.database.read() as session:
            return bundle(session, at)

    bureau = Bureau(room, LedgerDesk(known), OfficePress(press), statements)
    return [module.build_router(bureau) for module in OF_REGISTRIES]
