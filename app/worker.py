"""What a node does by itself: due harvests, index deliveries, rosters, status lists in time.

One loop over tasks that know nothing of each other, so that a search server that is down never
holds up the others. Several workers on PostgreSQL share the work: a run is held by one process, and
an index delivery does no harm when it is made twice. Harvests, webhooks and the care for the index
have threads of their own beside it: a harvest takes as long as its source likes, so does who is
told of it, and a large index takes minutes to be built anew.
"""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from app.catalogue.reviewing import finding
from app.harvest import pruning
from app.harvest.runs.crew import Bounds, Crew
from app.harvest.runs.work import Tools
from app.harvest.telling import removing
from app.harvest.telling import service as telling
from app.identity.audit import chain
from app.platform import clock, idempotency
from app.platform.problems import DomainError
from app.publishing import sheets
from app.recognition.agreements import listing
from app.recognition.agreements.desk import Desk as AgreementDesk
from app.recognition.compliance import keeping
from app.recognition.compliance import lists as compliance_lists
from app.recognition.compliance.lists import Desk as ComplianceDesk
from app.recognition.ledger import work as ledger
from app.recognition.ledger.telling import Post
from app.recognition.planning import reminders
from app.records import service as records
from app.records import status
from app.records.rosters import work as rosters
from app.search.saved import digest
from app.search.upkeep import Upkeep
from app.trust import store as trust_store
from app.trust.known import KnownBundle
from app.web.searches.letters import Letters
from app.webhooks.courier import Courier, Outfit
from app.wiring import Node

logger = structlog.get_logger(__name__)

PAUSE_SECONDS = 2.0
COURIER_PAUSE_SECONDS = 1.0
CARE_PAUSE_SECONDS = 5.0
FORGET_EVERY = timedelta(hours=1)
SETTLE_EVERY = timedelta(hours=1)
KEEP_EVERY = timedelta(minutes=1)


class Worker:
    """The loop, in this thread (``run``) or one of its own (``start``, ``stop``)."""

    def __init__(self, node: Node, *, now: Callable[[], datetime] = clock.now) -> None:
        self._node = node
        self._now = now
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: dict[str, str] = {}
        self._reminded: date | None = None
        self._forgot: datetime | None = None
        self._known = KnownBundle(node.database)
        self._upkeep = Upkeep(node.database, node.index, now)
        self._settled: tuple[int, datetime] | None = None
        self._kept: datetime | None = None
        settings = node.settings
        self.crew = Crew(
            Tools(node.database, node.registry, node.make_fetch, now, self._stopping),
            Bounds(settings.harvests_at_once, settings.harvests_per_host),
        )
        self.courier = Courier(
            Outfit(
                database=node.database,
                key=node.webhooks.key,
                make_post=node.make_post,
                mailer=node.mailer,
                public_url=node.settings.public_url,
                now=now,
            )
        )

    def start(self) -> None:
        """Work beside the caller."""
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Ask for the end after the task at hand."""
        self._stopping.set()

    def stop(self) -> None:
        """Finish the task at hand, then end; waits for it."""
        self.finish()
        if self._thread:
            self._thread.join(timeout=30)

    def run(self, *, once: bool = False) -> None:
        """Do what is due, again and again; ``once`` does it once."""
        if once:
            self.turn()
            self._attempt(self.deliver_all)
            self.crew.close()
            self.courier.close()
            return
        beside = [
            threading.Thread(target=self._run_courier, name="courier", daemon=True),
            threading.Thread(target=self._run_crew, name="harvesters", daemon=True),
            threading.Thread(target=self._run_care, name="index-care", daemon=True),
        ]
        for thread in beside:
            thread.start()
        while not self._stopping.is_set():
            if not self.round():
                self._stopping.wait(PAUSE_SECONDS)
        for thread in beside:
            thread.join()

    def _run_crew(self) -> None:
        while not self._stopping.is_set():
            if not self._attempt(self.begin_runs):
                self.crew.rest(PAUSE_SECONDS)
        self.crew.close()

    def _run_care(self) -> None:
        while not self._stopping.is_set():
            self._attempt(self.care_for_index)
            self._stopping.wait(CARE_PAUSE_SECONDS)

    def _run_courier(self) -> None:
        while not self._stopping.is_set():
            if not self._attempt(self.deliver):
                self.courier.rest(COURIER_PAUSE_SECONDS)
        self.courier.close()

    def round(self) -> bool:
        """One round over all tasks but the harvests; says whether there may be more to do."""
        tasks: list[Callable[[], int]] = [
            self.index,
            self.find_likes,
            self.remind,
            self.tell_runs,
            self.tell_searches,
            self.remove_sources,
            self.finish_intents,
            self.issue_rosters,
            self.decide_anew,
            self.settle_agreements,
            self.keep_compliance,
            self.renew_status,
            self.forget,
            self.seal_audit,
        ]
        done = [self._attempt(task) for task in tasks]
        return any(done)

    def turn(self) -> bool:
        """One round with all due harvests, made to their end; says whether there was anything."""
        done = bool(self._attempt(self.care_for_index)) | self.round()
        harvested = self._attempt(self.harvest)
        if harvested:
            self._attempt(self.index)
        return done or bool(harvested)

    def index(self) -> int:
        """Bring the search index up to the catalogue."""
        return self._upkeep.follow()

    def care_for_index(self) -> int:
        """Build it anew when it must be; once a day look whether it is right."""
        return self._upkeep.care()

    def find_likes(self) -> int:
        """Look for courses that may be one, among those that changed."""
        return finding.look(self._node.database, at=self._now())

    def remind(self) -> int:
        """Once a day: write to engineers who want to be told before a cycle ends."""
        at, node = self._now(), self._node
        if self._reminded == at.date():
            return 0
        post = reminders.Post(node.mailer, node.settings.public_url, node.settings.node_name)
        with node.database.alone("reminders") as mine:
            sent = reminders.remind_all(node.database, post, at=at) if mine else 0
        self._reminded = at.date()
        return sent

    def tell_runs(self) -> int:
        """Sum up runs that have ended, and write to whom their sources' contacts are."""
        node = self._node
        post = telling.Post(node.mailer, node.settings.public_url, node.settings.node_name)
        return telling.work(node.database, post, at=self._now())

    def tell_searches(self) -> int:
        """Write to people what is new in the searches that they keep."""
        node = self._node
        letters = Letters(node.settings.public_url, node.settings.node_name)
        post = digest.Post(node.mailer, letters.write)
        return digest.send_due(node.database, node.index, post, at=self._now())

    def remove_sources(self) -> int:
        """Withdraw, part by part, what sources brought that are being removed."""
        return removing.work(self._node.database, at=self._now())

    def harvest(self) -> int:
        """Make every run that is due or was asked for."""
        return self.crew.finish()

    def begin_runs(self) -> int:
        """Begin as many of them as this process makes at once."""
        return self.crew.turn()

    def deliver(self) -> int:
        """Tell others' programs what happened, as far as nobody is being told already."""
        return self.courier.turn()

    def deliver_all(self) -> int:
        """The same, to the end of what is due."""
        self.courier.finish()
        return 0

    def finish_intents(self) -> int:
        """Finish records that a crash left decided and unsigned."""
        if not self._node.can_sign:
            return 0
        recovery = records.recover(self._node.database, self._node.signer, at=self._now())
        for record_id, reason in recovery.failed:
            logger.error("a record could not be finished", record=record_id, reason=reason)
        return len(recovery.finished)

    def issue_rosters(self) -> int:
        """Go on with rosters: check what was submitted, issue what was checked and approved."""
        if not self._node.can_sign:
            return 0
        desk = rosters.Desk(
            self._node.database,
            self._node.signer,
            self._node.settings.public_url,
            self._now,
            goes_on=lambda: not self._stopping.is_set(),
        )
        return rosters.work(desk)

    def decide_anew(self) -> int:
        """Decide anew what records count for, after new policies and changes of standing."""
        node = self._node
        desk = ledger.WorkDesk(
            node.database,
            self._known.at,
            Post(node.mailer, node.settings.public_url, node.settings.node_name),
            self._now,
            goes_on=lambda: not self._stopping.is_set(),
        )
        return ledger.work(desk)

    def renew_status(self) -> int:
        """Sign status lists anew before they end."""
        if not self._node.can_sign:
            return 0
        node, at = self._node, self._now()
        done = status.publish_due(node.database, node.signer, at=at)
        desk = ComplianceDesk(node.statements, node.settings.public_url)
        return done + compliance_lists.publish_due(node.database, desk, at=at)

    def settle_agreements(self) -> int:
        """List issuers as agreements say: once an hour, and when what is trusted has changed."""
        at = self._now()
        with self._node.database.read() as session:
            version = trust_store.trust_version(session)
        if self._settled is not None:
            known, since = self._settled
            if known == version and at - since < SETTLE_EVERY:
                return 0
        desk = AgreementDesk(self._node.statements, lambda _, at: self._known.at(at))
        changed = listing.settle_all(self._node.database, desk, at=at)
        self._settled = version, at
        return changed

    def keep_compliance(self) -> int:
        """Once a minute: withdraw statements that the ledger no longer bears out."""
        at = self._now()
        if not self._node.can_sign or (self._kept and at - self._kept < KEEP_EVERY):
            return 0
        self._kept = at
        desk = ComplianceDesk(self._node.statements, self._node.settings.public_url)
        return keeping.keep_true(self._node.database, desk, at=at)

    def forget(self) -> int:
        """Once an hour: forget what was kept for a time that has passed."""
        at = self._now()
        if self._forgot is None or at - self._forgot >= FORGET_EVERY:
            with self._node.database.write() as session:
                idempotency.prune(session, at=at)
                sheets.prune(session, at=at)
                pruning.prune(session, days=self._node.settings.keep_runs_days, at=at)
            self._forgot = at
        return 0

    def seal_audit(self) -> int:
        """Seal what was noted since; the log is one more place that knows the chain's head."""
        with self._node.database.write() as session:
            done = chain.seal(session)
            head = chain.head(session) if done else None
        if head is not None:
            logger.info("audit sealed", rows=done, position=head.position, hash=head.hash)
        return done

    def _attempt(self, task: Callable[[], int]) -> int:
        """Run one task; a failing one is logged, once for each reason, and tried again later."""
        name = getattr(task, "__name__", "task")
        try:
            done = task()
        except DomainError as error:
            self._say(name, error.detail)
            return 0
        except Exception:  # the worker loop: one task's fault must not end the others
            logger.exception("task failed", task=name)
            return 0
        self._trouble.pop(name, None)
        return done

    def _say(self, name: str, reason: str) -> None:
        if self._trouble.get(name) != reason:
            logger.warning("task cannot be done now", task=name, reason=reason)
        self._trouble[name] = reason
