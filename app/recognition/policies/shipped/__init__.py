"""Policies that come with OpenCPD: our encodings of rules which bodies have published.

They are illustrative. None was adopted by the body it names, each says so, and none decides
anything: a registry takes one as a draft, makes it its own and adopts it under its own signature.
Each file names its sources and what is unverified, in its comments.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_policy

_ENDING = ".yaml"


@cache
def texts() -> Mapping[str, str]:
    """The policies as they are written, by name, such as ``za-ecsa-v1``."""
    found = {
        one.name.removesuffix(_ENDING): one.read_text(encoding="utf-8")
        for one in files(__name__).iterdir()
        if one.name.endswith(_ENDING)
    }
    return MappingProxyType(dict(sorted(found.items())))


@cache
def policies() -> tuple[Policy, ...]:
    """All of them, by id and version."""
    read = (read_policy(text) for text in texts().values())
    return tuple(sorted(read, key=lambda policy: (policy.policy_id, policy.policy_version)))


def versions(policy_id: str) -> tuple[Policy, ...]:
    """The versions of one policy, the oldest first; none where there is no such policy."""
    return tuple(policy for policy in policies() if policy.policy_id == policy_id)
