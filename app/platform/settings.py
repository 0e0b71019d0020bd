"""Every setting of a node, read from the environment (``OPENCPD_*``) or an ``.env`` file.

Each has a default that is safe and works on one machine with one folder. The README documents
each one; a test compares.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import parse
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def is_loopback(host: str | None) -> bool:
    """Whether a host's name can only be this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


class OidcProvider(BaseModel):
    """Somebody else's accounts that people may sign in with, by OpenID Connect."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    label: str = Field(min_length=1, max_length=60)
    issuer: str = Field(max_length=255)
    client_id: str = Field(min_length=1, max_length=255)
    client_secret: SecretStr | None = None
    """``None``: a public client, which PKCE alone protects."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    trust_email: bool = False
    """Whether an address that the provider calls verified may become a person's."""

    @field_validator("issuer")
    @classmethod
    def _https(cls, value: str) -> str:
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        if not secure or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("must be an https address without a query")
        return value

    @field_validator("scopes")
    @classmethod
    def _openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("must hold openid")
        return value


class Settings(BaseSettings):
    """How this node runs."""

    model_config = SettingsConfigDict(
        env_prefix="OPENCPD_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Field(
        Path("opencpd-data"),
        description="Folder of everything a node keeps: database, search index, keys.",
    )
    database_url: str | None = Field(
        None, description="`postgresql://...`; by default an SQLite file in the data folder."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="The address people and verifiers reach this node at. Issuer ids (`did:web`) "
        "are made of it, so it must not change once a record has been issued.",
    )
    node_name: str = Field("OpenCPD", description="What the pages call this node.")
    meili_url: str | None = Field(
        None, description="Address of a Meilisearch server; without it the embedded index is used."
    )
    meili_key: SecretStr | None = Field(
        None,
        description="API key for the Meilisearch server, for all that writes the index; not the "
        "master key, but one that `opencpd index keys` makes.",
    )
    meili_search_key: SecretStr | None = Field(
        None,
        description="API key for the Meilisearch server that can search and nothing else: searches "
        "are asked with it alone. A process that only serves pages needs no other.",
    )
    meili_indexes: int = Field(
        1,
        ge=1,
        le=32,
        description="Over how many Meilisearch indexes the courses are spread. Another number "
        "leads to a rebuild by itself.",
    )
    connectors: Annotated[tuple[str, ...], NoDecode] = Field(
        (
            "oai_pmh",
            "table",
            "moochub",
            "xcri",
            "openedx",
            "moodle",
            "ical",
            "json_feed",
            "rss",
            "schema_org",
        ),
        description="Comma-separated names of the connectors this node may load.",
    )
    font_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Comma-separated folders with fonts for certificates, beside the system's.",
    )
    fetch_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Comma-separated networks that feeds may be fetched from although they are "
        "not public, such as `127.0.0.0/8`. Empty: public addresses only.",
    )
    harvests_at_once: int = Field(
        2, ge=1, le=64, description="How many sources one worker harvests at the same time."
    )
    harvests_per_host: int = Field(
        1,
        ge=1,
        le=64,
        description="How many harvests of all workers together may ask one host at the same time.",
    )
    keep_runs_days: int = Field(
        365,
        ge=1,
        description="For how many days runs are kept; of each source the newest 50 always are.",
    )
    contact: str | None = Field(
        None, description="E-mail or page named in this node's User-Agent when it harvests."
    )
    mail_url: SecretStr | None = Field(
        None,
        description="Mail server, such as `smtp://name:password@mail.example.org` (STARTTLS where "
        "it is offered) or `smtps://...`. Without one, mail is kept in the data folder.",
    )
    mail_from: str = Field(
        "OpenCPD <opencpd@localhost>", description="The sender of this node's mail."
    )
    oidc_providers: tuple[OidcProvider, ...] = Field(
        (),
        description="Whose accounts people may sign in with, as a JSON list of objects with `id`, "
        "`label`, `issuer`, `client_id` and, where they differ from the usual, `client_secret`, "
        "`scopes`, `trust_email`.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Comma-separated networks of the reverse proxies in front, such as "
        "`10.0.0.0/8`. From them alone `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )
    quota_address: str = Field(
        "3000/minute",
        description="How much one address (of IPv6 a /64) may ask for, counted in each process; "
        "empty: without end. This machine itself is not counted.",
    )
    quota_client: str = Field(
        "12000/minute",
        description="How much one API client may ask for, counted in each process; empty: without "
        "end.",
    )
    oauth_rate_client: str = Field(
        "120/minute",
        description="How often one program may ask the token, revocation and introspection "
        "endpoints from one address; empty: without end.",
    )
    oauth_rate_address: str = Field(
        "600/minute",
        description="How often one address may ask them, for all programs together; empty: "
        "without end.",
    )
    key_passphrase: SecretStr | None = Field(
        None, description="Protects the signing keys in the data folder; needed to issue records."
    )
    key_passphrase_file: Path | None = Field(
        None,
        description="A file that holds the passphrase instead, readable by its owner alone.",
    )
    signer: str = Field(
        "file",
        description="Where the signing keys are: `file` (the data folder), `pkcs11` (a hardware "
        "module), or what a package brings as `opencpd.signers`.",
    )
    signer_config: dict[str, SecretStr] = Field(
        {}, description="What a signer other than `file` needs, as a JSON object of texts."
    )
    published_courses: int = Field(
        100_000,
        ge=0,
        description="How many live courses one society may have published through the API.",
    )
    appeal_days: int = Field(
        60,
        ge=1,
        le=3650,
        description="For how many days a decision of a registry may be appealed against.",
    )
    vc_api: Literal["off", "conformance"] = Field(
        "off",
        description="`conformance`: sign for anybody and believe every did:key, so that the W3C "
        "test suites can be pointed at this node. Never in production.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged."
    )
    log_style: Literal["json", "console"] = Field(
        "json", description="Logs for machines (`json`) or for a terminal (`console`)."
    )

    @field_validator("fetch_allow", "trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        """After ``_split``: such validators run from the last to the first."""
        return tuple(map(ip_network, value)) if isinstance(value, tuple) else value

    @field_validator("font_dirs", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        """After ``_split``, for the same reason."""
        return tuple(map(Path, value)) if isinstance(value, tuple) else value

    @field_validator("connectors", "fetch_allow", "trusted_proxies", "font_dirs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("mail_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("must be an address such as smtp://mail.example.org")
        return value

    @field_validator("quota_address", "quota_client", "oauth_rate_client", "oauth_rate_address")
    @classmethod
    def _rate(cls, value: str) -> str:
        try:
            return value and str(parse(value)) and value
        except ValueError as error:
            raise ValueError("must be a rate such as 3000/minute, or empty") from error

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql:", "postgresql+", "sqlite:")):
            raise ValueError(
                "must begin with postgresql: or sqlite:, such as postgresql://host/opencpd"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("must be an http or https address, such as https://cpd.example.org")
        return value.rstrip("/")

    @field_validator("oidc_providers")
    @classmethod
    def _told_apart(cls, value: tuple[OidcProvider, ...]) -> tuple[OidcProvider, ...]:
        for name in ("id", "issuer"):
            if len({getattr(one, name) for one in value}) != len(value):
                raise ValueError(f"two providers have the same {name}")
        return value

    @property
    def database(self) -> str:
        """The database's URL, wherever it comes from."""
        return self.database_url or f"sqlite:///{self.data_dir / 'opencpd.sqlite3'}"
