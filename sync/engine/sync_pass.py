"""One pass over one Connection: lease, observe, plan, guard, apply, cursors last, record, release."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.action import Plan
from sync.core.detach import Detacher
from sync.core.event import Side
from sync.core.guard import Hold, check
from sync.core.link import Link
from sync.core.mail import mails_of_plan
from sync.core.passes import new_pass_id
from sync.core.plan import plan_pass
from sync.core.rules import Rules
from sync.core.settings import Connection, OrganizationSettings, State, effective
from sync.core.tenant import Tenant
from sync.core.window import Window
from sync.engine.apply import Applier, Progress
from sync.engine.conditions import AUTOMATIC, MANUAL, PREVIEW, Asked, rules_fingerprint, rules_for, window_for
from sync.engine.connect import bind_mailbox
from sync.engine.detaching import DetachingCalendar
from sync.engine.forgetting import erase
from sync.engine.observe import Calendars, Round, confirm, only, read_changes, reread
from sync.engine.report import build_report
from sync.engine.rooms import RoomReasons
from sync.engine.services import Services
from sync.engine.sharing import Sharing
from sync.engine.tenant_state import note_recovery, note_trouble, syncing_tenant
from sync.engine.tenure import Tenure, release
from sync.errors import Gone, LeaseLost, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import CursorPair, Lease, PassRecord, PassState

# An event that moved while we wrote is planned again this often within one pass, then left to the next one.
_ROUNDS = 3


def run_pass(
    services: Services, connection: Connection, asked: Asked, settings: OrganizationSettings | None = None
) -> PassRecord:
    """Run one pass and record it. `LeaseLost` if another pass over this Connection is running. `settings`: the
    organization's, if the caller has read them just now.

    What stops a pass (service down, permission missing) becomes the record's error and the Connection's
    state; only `LeaseLost` and programming errors leave this function.
    """
    started = services.clock.now()
    pass_id = asked.pass_id or new_pass_id(connection.organization, connection.user, started)
    record = PassRecord(
        pass_id, connection.organization, connection.user, PassState.RUNNING, asked.trigger, started
    )
    lease = services.leases.acquire(connection, pass_id)
    if lease is None:
        raise LeaseLost("pass-running")
    tenant: Tenant | None = None
    try:
        try:
            tenant = syncing_tenant(services, connection.organization)
            record = _Pass(services, connection, asked, record, lease, settings, tenant).run()
        except LeaseLost:
            raise
        except SyncError as error:
            record = replace(
                record, state=PassState.FAILED, error=error.code, error_detail=dict(error.detail)
            )
            _note_failure(services, connection, record, error, tenant)
    finally:
        release(lease)
    log(
        "pass",
        id=record.id,
        state=record.state,
        trigger=record.trigger,
        error=record.error,
        counts=record.report.get("counts", {}),
        requests=record.report.get("requests", {}),
    )
    return record


def _note_failure(
    services: Services, connection: Connection, record: PassRecord, error: SyncError, tenant: Tenant | None
) -> None:
    finished = replace(record, finished_at=services.clock.now())
    changes: dict[str, object] = {"error": error.code, "error_detail": dict(error.detail)}
    if note_trouble(services, connection.organization, error, tenant):
        changes = {}  # it is nothing about this person
    elif not isinstance(error, TryLater):  # it does not pass by waiting
        changes["state"] = State.ERROR
    try:
        services.passes.save(finished)
        if record.trigger == PREVIEW:
            return  # who asked reads it there; a look changes nothing about the person
        services.connections.update(
            connection,
            last_pass=record.id,
            last_pass_at=record.started_at,
            **_turn_over(record),
            **changes,
        )
    except (TryLater, NeedsAdministrator, Gone) as storage:
        # The storage itself is in trouble, or the person was deleted meanwhile: the log is what remains.
        log("failure-not-recorded", pass_id=record.id, error=storage.code)
        if isinstance(storage, Gone):
            _leave_nothing(services, connection)


def _leave_nothing(services: Services, connection: Connection) -> None:
    """The pass began before the person was forgotten, and has stored things since."""
    try:
        erase(services, connection)
    except (TryLater, NeedsAdministrator) as error:
        log("person-not-erased", level=logging.WARNING, error=error.code)


def _turn_over(record: PassRecord) -> dict[str, object]:
    """The automatic job is done, so the next one may be queued. A manual pass says nothing about the automatic
    job, which may be pending still."""
    return {"queued_until": None} if record.trigger == AUTOMATIC else {}


class _Pass:
    """The steps of one pass, in order; `run` reads like a table of contents."""

    def __init__(
        self,
        services: Services,
        connection: Connection,
        asked: Asked,
        record: PassRecord,
        lease: Lease,
        settings: OrganizationSettings | None,
        tenant: Tenant,
    ) -> None:
        self._services = services
        self._tenant = tenant
        self._asked = asked
        self._record = record
        self._tenure = Tenure(lease, services.clock)
        self._now = record.started_at
        self._settings = settings or services.organizations.get(connection.organization)
        self._effective = effective(self._settings, connection.settings)
        self._connection = bind_mailbox(services, connection, tenant.tenant_id)

    def run(self) -> PassRecord:
        window = window_for(self._settings, self._asked, self._now)
        calendars: Calendars = {
            Side.GROUPWARE: self._services.calendars.groupware(self._connection, self._settings),
            Side.OUTLOOK: self._services.calendars.outlook(self._connection, self._settings),
        }
        stored = self._services.cursors.load(self._connection)
        people = self._services.people.of(self._connection.organization)
        fingerprint = rules_fingerprint(self._settings, self._effective) + people.fingerprint
        usable = stored is not None and stored.window == window and stored.rules == fingerprint
        found = read_changes(calendars, window, stored if usable else None)
        waits = stored is not None and stored.retry_at is not None and stored.retry_at <= self._now
        if found.is_empty and not waits and not self._connection.confirmed_pass:
            if self._asked.trigger == PREVIEW:
                return self._record_as(PassState.PREVIEW, build_report(Plan(), None, calendars, window))
            retry = stored.retry_at if stored is not None else None
            self._save_cursors(found, window, retry, fingerprint)
            return self._finish(build_report(Plan(), None, calendars, window), is_idle=True)

        rules = replace(
            rules_for(self._connection, self._settings, self._effective, window, self._record, calendars),
            people=people,
            mode=self._settings.participants,
        )
        links, damaged = self._load_links()
        if damaged and not all(s.is_complete for s in found.snapshots.values()):
            # Without those rows an event could look new: list both sides whole, so that it is recognised.
            found = read_changes(calendars, window, None)
        groupware = DetachingCalendar(calendars[Side.GROUPWARE], Detacher(links, rules))
        calendars = {**calendars, Side.GROUPWARE: groupware}
        shown = groupware.shown(found.snapshots[Side.GROUPWARE])
        snapshots = confirm(
            calendars,
            {**found.snapshots, Side.GROUPWARE: shown},
            links,
            window,
            self._now,
            (self._connection.organization, self._connection.user),
        )
        is_preview = self._asked.trigger == PREVIEW
        sharing = Sharing.of(self._services.meetings, people, rules, links, is_preview)
        snapshots = sharing.view(snapshots, groupware)
        plan = plan_pass(links, snapshots[Side.GROUPWARE], snapshots[Side.OUTLOOK], rules)
        mails = mails_of_plan(plan, self._connection.user)
        if self._asked.trigger == PREVIEW:
            return self._record_as(
                PassState.PREVIEW, build_report(plan, None, calendars, window, mails=mails)
            )
        linked = sum(1 for link in links if link.groupware is not None and link.outlook is not None)
        held = self._confirmed()
        keys, count = held.get("links", ()), held.get("mails", 0)
        released = [str(key) for key in keys] if isinstance(keys, (list, tuple)) else []
        released_mails = count if isinstance(count, int) else 0
        hold = check(plan, linked, self._settings, released, mails.total, released_mails)
        if hold is not None:
            report = build_report(plan, None, calendars, window, hold, mails)
            return self._hold(report, hold)
        by_key = {link.key: link for link in links}
        plan, progress = self._apply(plan, calendars, rules, by_key, sharing)
        self._save_cursors(found, window, _next_retry(by_key.values(), self._now), fingerprint)
        return self._finish(build_report(plan, progress, calendars, window, mails=mails))

    def _load_links(self) -> tuple[Sequence[Link], Sequence[str]]:
        links, damaged = self._services.links.load(self._connection)
        for key in damaged:
            log("link-damaged", pass_id=self._record.id, row=hashlib.sha256(key.encode()).hexdigest()[:12])
        return links, damaged

    def _apply(
        self, plan: Plan, calendars: Calendars, rules: Rules, by_key: dict[str, Link], sharing: Sharing
    ) -> tuple[Plan, Progress]:
        """Carry the Plan out; what moved meanwhile is looked at and planned again."""
        services = self._services
        applier = Applier(
            self._connection,
            calendars,
            services.links,
            services.history,
            self._tenure,
            rules,
            by_key,
            self._record.id,
            sharing,
        )
        reasons = RoomReasons(services.rooms, self._connection.organization, rules)
        plan = reasons.told(plan)
        progress = applier.apply(plan)
        for _ in range(_ROUNDS - 1):
            again = [by_key[key] for key in sorted(progress.again) if key in by_key]
            if not again:
                break
            shown = only(again, sharing.view(reread(calendars, again), calendars[Side.GROUPWARE]))
            next_plan = plan_pass(again, shown[Side.GROUPWARE], shown[Side.OUTLOOK], rules)
            next_plan = reasons.told(next_plan)
            moved = progress.again
            progress.again = set()
            more = applier.apply(next_plan)
            progress.done += more.done
            progress.parked += more.parked
            progress.again = more.again
            kept = [a for a in plan.actions if a.link.key not in moved]
            plan = Plan((*kept, *next_plan.actions))
        for key in sorted(progress.again):
            if key in by_key:
                applier.park(by_key[key], "event-moved")
        return plan, progress

    def _confirmed(self) -> Mapping[str, object]:
        """What of a held Plan an administrator has confirmed."""
        if not self._connection.confirmed_pass:
            return {}
        held = self._services.passes.get(self._connection.confirmed_pass)
        if held is None or (held.organization, held.user) != (
            self._connection.organization,
            self._connection.user,
        ):
            return {}
        details = held.report.get("held")
        return details if isinstance(details, dict) else {}

    def _save_cursors(self, found: Round, window: Window, retry: datetime | None, rules: str) -> None:
        """Last: a crash before this line repeats the round, which the Links make harmless."""
        if self._asked.trigger == MANUAL and window != window_for(self._settings, Asked(), self._now):
            return  # the automatic pass keeps its own window and place
        self._tenure.keep()
        self._services.cursors.save(
            self._connection,
            CursorPair(
                groupware=found.cursors[Side.GROUPWARE],
                outlook=found.cursors[Side.OUTLOOK],
                window=window,
                retry_at=retry,
                rules=rules,
            ),
        )

    def _finish(self, report: dict[str, object], is_idle: bool = False) -> PassRecord:
        record = self._done(PassState.DONE, report)
        note_recovery(self._services, self._tenant)
        # An idle automatic pass leaves no record of its own: the Connection says when it was.
        is_silent = is_idle and self._asked.trigger == AUTOMATIC
        if not is_silent:
            self._services.passes.save(record)
        changes: dict[str, object] = {} if is_silent else {"last_pass": record.id}
        self._services.connections.update(
            self._connection,
            last_pass_at=record.started_at,
            last_success_at=record.finished_at,
            state=State.ACTIVE,
            error="",
            error_detail={},
            confirmed_pass="",
            **_turn_over(record),
            **changes,
        )
        return record

    def _hold(self, report: dict[str, object], hold: Hold) -> PassRecord:
        detail = {"count": str(hold.count), "limit": str(hold.limit)}
        record = replace(self._done(PassState.HELD, report), error=hold.code, error_detail=detail)
        self._services.passes.save(record)
        self._services.connections.update(
            self._connection,
            last_pass=record.id,
            last_pass_at=record.started_at,
            error=record.error,
            error_detail=detail,
            **_turn_over(record),
        )
        return record

    def _record_as(self, state: PassState, report: dict[str, object]) -> PassRecord:
        record = self._done(state, report)
        self._services.passes.save(record)
        return record

    def _done(self, state: PassState, report: dict[str, object]) -> PassRecord:
        return replace(self._record, state=state, report=report, finished_at=self._services.clock.now())


def _next_retry(links: Collection[Link], now: datetime) -> datetime | None:
    """When the next parked or announced Link wants attention; None if none waits."""
    waiting = [link.problem.retry_at for link in links if link.problem is not None]
    waiting += [now for link in links if link.intent is not None and link.problem is None]
    return min(waiting, default=None)
