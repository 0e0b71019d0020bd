"""What is sent to webhooks is accepted by Standard Webhooks' own libraries, and only that."""

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.platform import clock
from app.webhooks.model import Endpoint
from app.webhooks.signing import SigningKey
from tests.conftest import skip_or_fail
from tests.foreign import run

pytestmark = pytest.mark.foreign
KEY = SigningKey(b"k" * 32)
BODY = '{"type":"course.changed","data":{"title":"高层建筑"}}'
ENDPOINT = Endpoint(
    id="0199aef2-4c1d-7b7e-9d0e-3a1b2c4d5e6f", organisation_id="cse", url="https://lms.example/",
    events=("course.changed",), description="", enabled=True, disabled_at=None, disabled_why=None,
    version=1, generation=1, oldest_generation=1, old_until=None, failures=0, failing_since=None,
    created_at=clock.now(),
)  # fmt: skip


def in_javascript(secret: str, headers: dict[str, str], body: str, folder: Path) -> Any:
    """What the receiver in JavaScript reads; ``None`` when it refuses."""
    file = folder / "received.json"
    file.write_text(json.dumps({"secret": secret, "headers": headers, "body": body}))
    done = subprocess.run(
        ["node", "verify_webhook.mjs", file], cwd=run.HOME, capture_output=True, text=True
    )
    if done.returncode:
        assert "WebhookVerificationError" in done.stderr, done.stderr
        return None
    return json.loads(done.stdout)


def in_python(secret: str, headers: dict[str, str], body: str, _folder: Path) -> Any:
    try:
        return Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return None


@pytest.mark.parametrize("verify", [in_javascript, in_python])
def test_the_libraries_accept_what_is_sent_and_nothing_else(verify: Any, tmp_path: Path) -> None:
    if reason := run.install():
        skip_or_fail(reason)
    at = clock.now()
    rotated = replace(ENDPOINT, generation=2, old_until=at + timedelta(hours=1))
    told = json.loads(BODY)
    for endpoint, good in ((ENDPOINT, {1}), (rotated, {1, 2})):
        headers = dict(KEY.headers(endpoint, event_id="e1", body=BODY.encode(), at=at))
        for generation in (1, 2, 3):
            found = verify(KEY.secret(endpoint.id, generation), headers, BODY, tmp_path)
            assert found == (told if generation in good else None)
        secret = KEY.secret(endpoint.id, 1)
        assert verify(secret, headers, BODY + " ", tmp_path) is None
        assert verify(secret, {**headers, "webhook-id": "e2"}, BODY, tmp_path) is None
    old = dict(KEY.headers(ENDPOINT, event_id="e1", body=BODY.encode(), at=at - timedelta(hours=1)))
    assert verify(KEY.secret(ENDPOINT.id, 1), old, BODY, tmp_path) is None
