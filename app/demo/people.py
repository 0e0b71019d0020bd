"""Made-up people who may sign in to the demonstration: whom to be, to see what."""

from collections.abc import Mapping

from app.identity.model import Role
from app.identity.people import operators, service
from app.platform import clock
from app.wiring import Node

OWNER = "lin@tianfu.example"
EDITOR = "asha@rift.example"
OPERATOR = "operator@node.example"
_MEMBERS: Mapping[str, tuple[str, frozenset[Role]]] = {
    OWNER: ("tianfu", frozenset({Role.OWNER})),
    EDITOR: ("rift", frozenset({Role.EDITOR, Role.ISSUER})),
}
_WHO = "system:demo"


def enter(node: Node) -> None:
    """Give each of them an account and roles; done again it changes nothing."""
    at = clock.now()
    with node.database.write() as session:
        for email, (organisation_id, roles) in _MEMBERS.items():
            person = service.person_of_email(session, email, at=at)
            service.set_roles(session, organisation_id, person.id, roles, at=at, who=_WHO)
        operators.add(session, OPERATOR, node_name=node.settings.node_name, at=at, who=_WHO)
