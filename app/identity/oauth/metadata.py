"""What this authorization server says of itself (RFC 8414, with RFC 9207's addition). Pure."""

from collections.abc import Mapping
from typing import Any

from app.identity.access import AUTHORIZE_PATH, TOKEN_PATH
from app.identity.clients.keys import ALGORITHMS
from app.identity.model import PERSONAL_SCOPES, SCOPES
from app.identity.oauth.grants import ANY, PROVEN
from app.identity.oauth.server import GRANT_TYPES

METADATA_PATH = "/.well-known/oauth-authorization-server"
JWKS_PATH = "/oauth/jwks.json"
REVOCATION_PATH = "/oauth/revoke"
INTROSPECTION_PATH = "/oauth/introspect"
DOCUMENTATION_PATH = "/api/docs"


def metadata(public_url: str) -> Mapping[str, Any]:
    """The document at ``METADATA_PATH``; every address is made of the node's public one."""
    any_method, proven = [str(one) for one in ANY], [str(one) for one in PROVEN]
    return {
        "issuer": public_url,
        "authorization_endpoint": public_url + AUTHORIZE_PATH,
        "token_endpoint": public_url + TOKEN_PATH,
        "jwks_uri": public_url + JWKS_PATH,
        "scopes_supported": [*SCOPES, *PERSONAL_SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": any_method,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "service_documentation": public_url + DOCUMENTATION_PATH,
        "revocation_endpoint": public_url + REVOCATION_PATH,
        "revocation_endpoint_auth_methods_supported": any_method,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint": public_url + INTROSPECTION_PATH,
        "introspection_endpoint_auth_methods_supported": proven,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
