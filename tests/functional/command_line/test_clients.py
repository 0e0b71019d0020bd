"""A program's credentials, from a terminal."""

import json
from collections.abc import Callable

from click.testing import Result

from app.platform.problems import NotFound

Opencpd = Callable[..., Result]


def test_a_clients_secret_is_shown_once_and_its_access_can_be_ended(opencpd: Opencpd) -> None:
    opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society")
    made = json.loads(opencpd("client", "new", "ksoc", "--scope", "records:read", "--json").stdout)
    assert made["client_secret"].startswith("ocpd_")
    assert opencpd("client", "revoke", made["client_id"]).exit_code == 0


def test_revoking_a_client_that_is_not_there_says_so(opencpd: Opencpd) -> None:
    assert isinstance(opencpd("client", "revoke", "nobody").exception, NotFound)
