"""A registry's policies as one transaction sees them, each looked up once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from app.platform.problems import NotFound
from app.recognition.adoption import service as adoption
from app.recognition.deciding.choosing import choose
from app.recognition.deciding.model import Facts
from app.recognition.policies.model import Policy, Span


class Rules:
    """What a registry's policies are on any day, and what any version says.

    ``instead`` is tried in the place of every version of the same policy, on all days: for a dry
    run, which asks what a version would have made of records that were completed long before it.
    """

    def __init__(
        self, session: Session, registry_id: str, *, instead: Policy | None = None
    ) -> None:
        self._session, self._registry_id = session, registry_id
        self._instead = None if instead is None else replace(instead, valid=Span())
        self._in_force: dict[date, Sequence[Policy]] = {}
        self._versions: dict[tuple[str, int], Policy | None] = {}

    def on(self, day: date) -> Sequence[Policy]:
        """The policies in force on that day."""
        if day not in self._in_force:
            found = adoption.in_force(self._session, self._registry_id, on=day)
            if (tried := self._instead) is not None:
                found = [one for one in found if one.policy_id != tried.policy_id] + [tried]
            self._in_force[day] = found
        return self._in_force[day]

    def for_facts(self, facts: Facts) -> Policy | None:
        """The policy that decides, by the day of completion; ``None`` where none is in force."""
        return choose(self.on(facts.completed), facts)

    def version(self, policy_id: str, version: int) -> Policy | None:
        """One version, whatever has become of it; ``None`` for one that cannot be relied on."""
        key = (policy_id, version)
        if key not in self._versions:
            try:
                self._versions[key] = adoption.get_policy(
                    self._session, self._registry_id, policy_id, version
                )
            except (NotFound, adoption.PolicyDoubtful):  # what it decided stays
                self._versions[key] = None
        return self._versions[key]
