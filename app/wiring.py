"""The one place that turns settings into a working node: which database, which index, which keys.

Everything above takes the ``Node`` made here; everything below is handed what it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.harvest.fetching import FetchMaker
from app.harvest.posting import PostMaker
from app.harvest.registry import Registry, load
from app.identity.access import Guard
from app.identity.oauth.authenticate import authenticator
from app.identity.oauth.client_keys import ClientKeys
from app.identity.oauth.proving import Prover, Rates
from app.identity.oauth.server import Desk
from app.identity.oauth.token_keys import FolderKeys
from app.identity.oauth.tokens import AccessTokens
from app.identity.oidc.providers import Providers
from app.identity.people import sessions
from app.platform import clock
from app.platform.db import Database
from app.platform.fetch import BoundedClient
from app.platform.limits import RateLimits
from app.platform.mail import FolderMailer, Mailer, SmtpMailer
from app.platform.problems import Unavailable
from app.platform.quotas import Quota, Quotas
from app.platform.settings import Settings
from app.platform.shared_limits import SharedStorage
from app.records.certificate.press import Press
from app.search import SearchIndex
from app.search.embedded import EmbeddedIndex
from app.search.meili import MeilisearchIndex
from app.trust import service as trust
from app.trust.signer import FileSigner, KeyLocked, LockedSigner, Signer, read_secret
from app.trust.signers import SignerSetup, open_signer
from app.trust.statements import Statements
from app.webhooks.service import Desk as WebhookDesk
from app.webhooks.signing import load_key as load_webhook_key
from migrations import upgrade


@dataclass(frozen=True, slots=True)
class Node:
    """One installation, ready to work. Close it in the end."""

    settings: Settings
    database: Database
    index: SearchIndex
    registry: Registry
    make_fetch: FetchMaker
    make_post: PostMaker
    signer: Signer
    tokens: AccessTokens
    guard: Guard
    mailer: Mailer
    limits: RateLimits
    providers: Providers
    """Whose accounts people may sign in with."""
    quotas: Quotas
    client_keys: ClientKeys
    webhooks: WebhookDesk
    """What entering a webhook needs of this node."""
    press: Press
    """Sets certificates; its process starts when the first one is wanted."""

    @property
    def desk(self) -> Desk:
        """Where programs ask for tokens."""
        settings = self.settings
        rates = Rates(client=settings.oauth_rate_client, address=settings.oauth_rate_address)
        prover = Prover(
            self.database, self.client_keys, self.limits, rates, issuer=settings.public_url
        )
        return Desk(self.database, self.tokens, prover)

    @property
    def statements(self) -> Statements:
        """What signs what organisations of this node say in their own names."""
        return Statements(self.signer, public_url=self.settings.public_url)

    @property
    def can_sign(self) -> bool:
        """Whether this node has keys to sign with."""
        return not isinstance(self.signer, LockedSigner)

    def close(self) -> None:
        self.press.close()
        self.providers.close()
        self.index.close()
        self.limits.close()
        self.database.close()


def _index(settings: Settings) -> SearchIndex:
    if settings.meili_url is None:
        return EmbeddedIndex(settings.data_dir / "index")
    key, search_key = settings.meili_key, settings.meili_search_key
    return MeilisearchIndex(
        settings.meili_url,
        key.get_secret_value() if key else None,
        search_key=search_key.get_secret_value() if search_key else None,
        indexes=settings.meili_indexes,
    )


def _signer(settings: Settings) -> Signer:
    config = {name: value.get_secret_value() for name, value in settings.signer_config.items()}
    setup = SignerSetup(settings.data_dir / "keys", _passphrase(settings), config)
    return open_signer(settings.signer, setup)


def _passphrase(settings: Settings) -> str | None:
    if settings.key_passphrase_file is not None:
        if settings.key_passphrase is not None:
            raise KeyLocked("Set OPENCPD_KEY_PASSPHRASE or OPENCPD_KEY_PASSPHRASE_FILE, not both.")
        return read_secret(settings.key_passphrase_file)
    return settings.key_passphrase.get_secret_value() if settings.key_passphrase else None


def _limits(settings: Settings, database: Database) -> RateLimits:
    """SQLite is one machine's, where one process serves; PostgreSQL may have many at it."""
    return RateLimits() if database.is_sqlite else RateLimits.over(SharedStorage(settings.database))


def _quotas(settings: Settings) -> Quotas:
    return Quotas(
        address=Quota("address", settings.quota_address) if settings.quota_address else None,
        client=Quota("client", settings.quota_client) if settings.quota_client else None,
    )


def _guard(
    settings: Settings,
    database: Database,
    tokens: AccessTokens,
    quotas: Quotas,
    now: Callable[[], datetime],
) -> Guard:
    return Guard(
        quotas.counted(authenticator(database=database, tokens=tokens, now=now)),
        sessions.visit(database, now=now),
        cookie=sessions.cookie_name(settings.public_url),
    )


def _mailer(settings: Settings, say: Callable[[str], None] | None) -> Mailer:
    if settings.mail_url is None:
        return FolderMailer(settings.data_dir / "mail", settings.mail_from, say)
    return SmtpMailer(settings.mail_url.get_secret_value(), settings.mail_from)


def _webhooks(settings: Settings, make_post: PostMaker) -> WebhookDesk:
    key = load_webhook_key(settings.data_dir / "keys" / "webhooks.key")
    return WebhookDesk(key, plain_http=bool(settings.fetch_allow), speaks_to=make_post.speaks_to)


class FolderUnusable(Unavailable):
    """The data folder cannot be made."""

    code = "folder-unusable"


def open_node(
    settings: Settings,
    *,
    say: Callable[[str], None] | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Node:
    """A node as ``settings`` describe it, its database brought up to date.

    ``say`` is told the mail that is kept in a folder because no mail server is named; by ``now``
    the guard says which tokens and sessions have ended.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(f"{settings.data_dir} cannot be used: {error.strerror}.") from error
    upgrade(settings.database)
    database = Database.open(settings.database)
    tokens = AccessTokens(FolderKeys.open(settings.data_dir / "keys"), issuer=settings.public_url)
    make_fetch = FetchMaker(allow=settings.fetch_allow, contact=settings.contact)
    quotas = _quotas(settings)
    make_post = PostMaker(allow=settings.fetch_allow, contact=settings.contact)
    node = Node(
        settings=settings,
        database=database,
        index=_index(settings),
        registry=load(settings.connectors),
        make_fetch=make_fetch,
        make_post=make_post,
        signer=_signer(settings),
        tokens=tokens,
        guard=_guard(settings, database, tokens, quotas, now),
        mailer=_mailer(settings, say),
        providers=Providers(settings.oidc_providers, BoundedClient()),
        limits=_limits(settings, database),
        quotas=quotas,
        client_keys=ClientKeys(make_fetch.document),
        webhooks=_webhooks(settings, make_post),
        press=Press(font_dirs=settings.font_dirs),
    )
    if node.can_sign:
        with database.write() as session:
            trust.add_node_issuer(
                session,
                node.signer,
                name=settings.node_name,
                public_url=settings.public_url,
                at=now(),
            )
    return node


def change_passphrase(node: Node, *, file: Path | None, text: str | None) -> int:
    """Encrypt the key files with another passphrase; says how many. Raises ``KeyLocked``."""
    if not isinstance(node.signer, FileSigner):
        raise KeyLocked("This node's keys are in no files that it could encrypt anew.")
    if file is None and text is None:
        raise KeyLocked("Give the new passphrase: --new FILE, or OPENCPD_NEW_KEY_PASSPHRASE.")
    if file is not None and text is not None:
        raise KeyLocked("Give the new passphrase by a file or by the environment, not both.")
    return node.signer.change_passphrase(read_secret(file) if file else str(text))
