"""Old tasks forgotten, so that a server's queue stays small: ours alone, and only finished ones."""

from datetime import timedelta

from app.search.meili.parts import Parts
from app.search.meili.server import Server

KEPT = timedelta(days=3)
"""For so long a finished task can still be looked at."""

_MOST = 1000
_DONE = "succeeded,failed,canceled"


def forget_old_tasks(server: Server, parts: Parts) -> None:
    """Have the tasks of this catalogue's indexes deleted that ended ``KEPT`` ago or earlier.

    The time is the server's own, that of the task it finished last.
    """
    last = server.client.get_tasks({"limit": 1, "statuses": _DONE}).results
    if not last or last[0].finished_at is None:
        return
    before = (last[0].finished_at - KEPT).strftime("%Y-%m-%dT%H:%M:%SZ")
    old = server.client.get_tasks(
        {"limit": _MOST, "statuses": _DONE, "beforeFinishedAt": before}
    ).results
    names = sorted({each.index_uid for each in old if each.index_uid})
    if names := [name for name in names if parts.ours(name)]:
        server.client.delete_tasks(
            {"indexUids": ",".join(names), "statuses": _DONE, "beforeFinishedAt": before}
        )
