"""Writes that take more than one request: a series' rule, and its single dates (graph-calendar.md 3.3).

Many series go through the same phases together: look, write the masters, write their dates, look. What is written
follows from what Outlook shows, so a run that was cut off anywhere is simply done again. The dates of one series are
written one after the other: all of them change the same item, and Exchange refuses the second of two at once (T39).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.adapters.graph.answered import is_crossing, is_deleted_date, own_error, shows, with_marker
from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.attendees import people_parts
from sync.adapters.graph.batch import ITEMS, Item, Reply, run
from sync.adapters.graph.client import Mailbox
from sync.adapters.graph.date_people import attendees_on, with_people
from sync.adapters.graph.instances import found_id, lookup_item
from sync.adapters.graph.reads import completed, observe, read_items, read_whole, whole_item
from sync.adapters.graph.series import TOUCHED, days_zone, master_version
from sync.adapters.graph.series_job import Job, is_to_be_single, still_open, told
from sync.adapters.graph.steps import aim, cannot_return, steps
from sync.adapters.graph.translator import Translator
from sync.core.change import Removed, Seen, Unreadable
from sync.core.event import Event, Field
from sync.core.parts import Original, with_parts
from sync.core.who import who_part
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError
from sync.ports import Outcome, Verb


class SeriesWriting:
    def __init__(self, mailbox: Mailbox, translator: Translator) -> None:
        self._mailbox = mailbox
        self._translator = translator

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """One for each job. What stops everything is raised after the ones that are known."""
        for first in range(0, len(jobs), ITEMS):
            group = jobs[first : first + ITEMS]
            try:
                self._carry_out(group)
            except SyncError:
                yield from told(group)
                raise
            yield from told(group)

    def _carry_out(self, group: Sequence[Job]) -> None:
        self._look(group)
        self._write_masters(still_open(group))
        self._look_again(still_open(group))
        self._plan_dates(still_open(group))
        self._write_dates(group)
        self._look_again(still_open(group))
        for job in still_open(group):
            assert job.seen is not None
            job.outcome = Outcome(job.write.key, with_marker(job.seen, job.write))

    # Looking.

    def _look(self, group: Sequence[Job]) -> None:
        """The series as they are, and in the same breath the ids of the dates that are going to be written: unless
        their times change first."""
        known = {str(n): job for n, job in enumerate(group) if job.is_series}
        items = [whole_item(self._mailbox, key, job.id) for key, job in known.items()]
        sought: dict[str, tuple[Job, Original]] = {}
        for key, job in known.items():
            for original in job.dates if Field.TIME not in job.names else ():
                sought[f"{key}/{original.isoformat()}"] = job, original
        items += [self._lookup(key, job, original, job.source) for key, (job, original) in sought.items()]
        answers = {reply.item.key: reply.answer for reply in run(self._mailbox, items)}
        whole = completed(self._mailbox, {key: answers[key] for key in known})
        others = read_items(self._mailbox, [job.id for job in group if not job.is_series])
        for n, job in enumerate(group):
            self._take(job, whole[str(n)] if job.is_series else others[job.id])
            if job.outcome is None:
                self._aim(job)
        for key, (job, original) in sought.items():
            if job.outcome is None:
                self._note(job, original, answers[key])

    def _take(self, job: Job, answer: Answer) -> None:
        shown = observe(job.id, answer, self._translator.seen)
        match shown:
            case Seen():
                job.show(answer.body, shown)
            case Removed():
                job.close(Gone("event-gone"))
            case Unreadable():
                job.close(CannotSync(shown.code, shown.detail))

    def _aim(self, job: Job) -> None:
        assert job.seen is not None
        is_planned = job.write.verb is Verb.UPDATE and bool(job.names)
        if is_planned and job.write.version not in ("", job.seen.version):
            job.close(Moved("event-moved"))
            return
        if is_planned and not job.now.is_host:
            job.close(CannotSync("meeting-of-others"))
            return
        job.before = job.now
        # Who takes part is known there by address, so it is compared in its own way (`attendees`, `date_people`).
        fields = {name for name in job.names if who_part(name) is None}
        job.wanted = with_parts(job.now, job.source, fields)
        for original in cannot_return(job.now, job.wanted):
            job.close(CannotSync("occurrence-cannot-return", {"date": original.isoformat()}))

    def _look_again(self, group: Sequence[Job]) -> None:
        stale = [job for job in group if job.is_stale]
        series = [job.id for job in stale if job.wanted is not None and job.wanted.recurrence is not None]
        answers = read_whole(self._mailbox, series)
        answers |= read_items(self._mailbox, [job.id for job in stale if job.id not in answers])
        for job in stale:
            self._take(job, answers[job.id])
            if job.outcome is None and job.doubt is not None and not self._was_done(job):
                job.close(job.doubt)

    def _was_done(self, job: Job) -> bool:
        """Whether the master shows what was written, although the answer to it was lost."""
        assert job.wanted is not None
        if not self._translator.shows(job.now, job.source, people_parts(job.names)):
            return False
        return shows(job.now, job.wanted, job.fields)

    # The master.

    def _write_masters(self, group: Sequence[Job]) -> None:
        bodies: dict[str, Json] = {}
        for n, job in enumerate(group):
            try:
                bodies[str(n)] = self._master_body(job)
            except CannotSync as error:
                job.close(error)
        refused = []
        for reply in self._patch(group, bodies):
            job = group[int(reply.item.key)]
            if reply.answer.status == 400 and "recurrence" in bodies[reply.item.key] and is_to_be_single(job):
                refused.append(reply.item.key)
            else:
                self._settle_master(job, reply)
        # There may be no way back to a single event (3.3, assumed): a series of one occurrence then.
        shorter = {key: bodies[key] | self._translator.once(group[int(key)].source) for key in refused}
        for reply in self._patch(group, shorter):
            self._settle_master(group[int(reply.item.key)], reply)

    def _master_body(self, job: Job) -> Json:
        """What differs of the times, and the other named fields. An equal time is not sent: it could cost the series
        its exceptions."""
        assert job.before is not None
        assert job.wanted is not None
        names = job.fields
        invited = self._translator.invite(job.source, job.names, job.item)
        if shows(job.before, job.wanted, {Field.TIME}):
            return invited | self._translator.change(job.wanted, names - {Field.TIME}, job.item)
        if job.wanted.recurrence is not None:
            body = self._translator.change(job.wanted, names - {Field.TIME}, job.item)
            return invited | body | self._translator.times(job.before, job.wanted, job.item)
        body = invited | self._translator.change(job.wanted, names, job.item)
        return body | {"recurrence": None} if job.before.recurrence is not None else body

    def _patch(self, group: Sequence[Job], bodies: dict[str, Json]) -> Iterator[Reply]:
        items = []
        for key, body in bodies.items():
            job = group[int(key)]
            assert job.seen is not None
            if body:
                path = self._mailbox.event_path(job.id)
                items.append(Item(key, "PATCH", path, body, if_match=master_version(job.seen.version)))
        yield from run(self._mailbox, items)

    def _settle_master(self, job: Job, reply: Reply) -> None:
        assert job.seen is not None
        error = None if reply.answer.is_ok else reply.answer.error
        if isinstance(error, Moved) and reply.was_ambiguous:
            # Perhaps our own lost attempt moved the version.
            job.is_stale, job.doubt = True, error
        elif error is not None:
            refuse(job, error)
        elif job.seen.residue.get(TOUCHED) or not reply.answer.body.get("id"):
            job.is_stale = True
        else:
            # No date was touched: the answer is the whole series.
            self._take(job, reply.answer)

    # Its dates.

    def _plan_dates(self, group: Sequence[Job]) -> None:
        sought: dict[str, tuple[Job, Original]] = {}
        for n, job in enumerate(group):
            assert job.wanted is not None
            assert job.before is not None
            planned = steps(job.now, aim(job.now, job.wanted, job.before))
            job.todo.extend(with_people(job, planned, self._translator.addresses))
            exceptions = self._translator.exceptions(job.item) if job.todo else {}
            job.ids |= {day: str(item.get("id")) for day, item in exceptions.items()}
            for step in job.todo:
                if step.original not in job.ids:
                    sought[f"{n}/{step.original.isoformat()}"] = job, step.original
        items = [self._lookup(key, job, original, job.now) for key, (job, original) in sought.items()]
        for reply in run(self._mailbox, items):
            job, original = sought[reply.item.key]
            if reply.answer.is_ok:
                self._note(job, original, reply.answer)
            else:
                refuse(job, reply.answer.error)

    def _lookup(self, key: str, job: Job, original: Original, series: Event) -> Item:
        return lookup_item(self._mailbox, key, job.id, series, original, self._translator.zone)

    def _note(self, job: Job, original: Original, answer: Answer) -> None:
        tz = days_zone(job.item, self._translator.zone)
        if answer.is_ok and (found := found_id(answer.body, original, tz)):
            job.ids[original] = found

    def _write_dates(self, group: Sequence[Job]) -> None:
        while pending := [job for job in still_open(group) if job.todo]:
            items = []
            for n, job in enumerate(pending):
                item = self._date_item(str(n), job)
                if item is not None:
                    items.append(item)
            for reply in run(self._mailbox, items):
                self._settle_date(pending[int(reply.item.key)], reply)

    def _date_item(self, key: str, job: Job) -> Item | None:
        """None: there is nothing to send for the first step; it is done, or the job is closed."""
        step = job.todo[0]
        event_id = job.ids.get(step.original)
        if step.content is None:
            if event_id is None:  # gone already
                job.todo.popleft()
                return None
            return Item(key, "DELETE", self._mailbox.event_path(event_id))
        if event_id is None:
            job.close(CannotSync("occurrence-missing", {"date": step.original.isoformat()}))
            return None
        current = self._translator.exceptions(job.item).get(step.original, job.item)
        try:
            body = self._translator.change(step.content, step.names, current)
            invited = attendees_on(step, current, self._translator.addresses)
            body |= {} if invited is None else {"attendees": invited}
        except CannotSync as error:
            job.close(error)
            return None
        if not body:
            job.todo.popleft()
            return None
        return Item(key, "PATCH", self._mailbox.event_path(event_id), body)

    def _settle_date(self, job: Job, reply: Reply) -> None:
        step = job.todo.popleft()
        job.is_stale = True
        if reply.answer.is_ok:
            return
        error = reply.answer.error
        if is_deleted_date(error):
            if step.content is not None:  # somebody deleted it this moment
                job.close(Moved("event-moved"))
        elif is_crossing(error) and job.todo and step.original not in job.deferred:
            # Perhaps its neighbour is still to be moved out of the way.
            job.deferred.add(step.original)
            job.todo.append(step)
        elif is_crossing(error):
            job.close(CannotSync("occurrence-crossing", {"date": step.original.isoformat()}))
        else:
            refuse(job, error)


def refuse(job: Job, error: SyncError) -> None:
    if isinstance(error, NeedsAdministrator):
        raise error
    job.close(own_error(error, job.write))
