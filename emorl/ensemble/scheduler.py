"""One decoder for many users: requests join the batch at its next step and leave it when they are done.

A single worker thread owns the batch and repeats three things: admit, step, deliver. Callers, each in a thread of their
own, hand in requests and read the results as they grow. Admission is first come, first served, one job per step, so
that a new job's prefill delays the others as little as possible. The queue is bounded: when it is full, the caller is
told at once. A request that cannot be started ends alone. If the thread itself ends, those whose replies were being
written are told, and it is started again for the others. Left out: priorities, several processes.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from enum import Enum
from queue import Empty, SimpleQueue

from emorl.ensemble.decoder import ContinuousBatch, EnsembleDecoder
from emorl.ensemble.sequence import Decoded, Request
from emorl.errors import BusyError, WritingStopped

log = logging.getLogger(__name__)

MAX_SEQUENCES = 32
"""Sequences written at once."""

MAX_WAITING = 32
"""Jobs that may wait."""

CHECK_S = 5.0
"""How often a caller who hears nothing looks whether the thread is still there, in seconds."""


class Progress(Enum):
    """What the worker reports of a job."""

    STEP = "step"
    DONE = "done"


class Job:
    """Requests of one caller that start together, and the queue in which the worker reports their progress."""

    def __init__(
        self, requests: Sequence[Request], keep_states: bool, keep_cache: bool, partial: Mapping[int, Decoded]
    ) -> None:
        self.requests, self.keep_states, self.keep_cache = list(requests), keep_states, keep_cache
        self.partial = partial  # results to continue, by index in `requests`
        self.results: list[Decoded] = []  # from its start on
        self.cancelled = False
        self.reports: SimpleQueue[Progress | Exception] = SimpleQueue()

    @property
    def done(self) -> bool:
        """Whether none of its sequences is being written any more."""
        return not any(result.running for result in self.results)

    def start(self, batch: ContinuousBatch) -> None:
        """Put every request into the batch."""
        results = dict(self.partial)
        new = [index for index in range(len(self.requests)) if index not in results]
        if new:
            joined = batch.join([self.requests[index] for index in new], self.keep_states, self.keep_cache)
            results |= zip(new, joined, strict=True)
        for index, result in self.partial.items():
            batch.resume(self.requests[index], result)
        self.results = [results[index] for index in range(len(self.requests))]


class Scheduler:
    """Writes the requests of many threads as one batch."""

    def __init__(
        self, decoder: EnsembleDecoder, max_sequences: int = MAX_SEQUENCES, max_waiting: int = MAX_WAITING
    ) -> None:
        """Nothing runs until the first request.

        Args:
            decoder: The ensemble.
            max_sequences: Sequences written at once. A job that does not fit waits, unless nothing else is running.
            max_waiting: Jobs that may wait.
        """
        self.decoder, self.max_sequences, self.max_waiting = decoder, max_sequences, max_waiting
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        self._change = threading.Condition()
        self._worker: threading.Thread | None = None

    def stream(
        self,
        requests: Sequence[Request],
        keep_states: bool = False,
        keep_cache: bool = False,
        partial: Mapping[int, Decoded] | None = None,
    ) -> Generator[list[Decoded]]:
        """As `EnsembleDecoder.stream`, in one batch with whatever else is being written.

        Closing the iterator frees the rows at the next step.

        Args:
            requests: B sequences.
            keep_states: Keep every step's states, for explanations.
            keep_cache: Keep each sequence's cache at its end.
            partial: Results of `remix` by index in `requests`; these sequences are continued, not started.

        Yields:
            The results, when they have grown by at least one token.

        Raises:
            BusyError: The queue is full.
            WritingStopped: The thread that writes ended meanwhile.
            WeightError: Bad weights or strength, or not K weights.
            ValueError: No request, an empty prompt, or a prompt whose reply would exceed the base's positions.
        """
        for request in requests:
            self.decoder.row_coefficients(request.weights, request.strength)
        self.decoder.check_requests(requests)
        job = Job(requests, keep_states, keep_cache, partial or {})
        self._enqueue(job)
        try:
            while True:
                report = self._report(job)
                while report is Progress.STEP and not job.reports.empty():  # a slow reader skips steps
                    report = job.reports.get()
                if isinstance(report, Exception):
                    raise report
                yield job.results
                if report is Progress.DONE:
                    return
        finally:
            with self._change:
                job.cancelled = True
                self._change.notify()

    def load(self) -> tuple[int, int]:
        """Jobs being written, and jobs waiting."""
        with self._change:
            return len(self._running), len(self._waiting)

    def _enqueue(self, job: Job) -> None:
        with self._change:
            if len(self._waiting) >= self.max_waiting:
                raise BusyError.of(
                    f"a request while {len(self._waiting)} others are waiting",
                    f"fewer than {self.max_waiting}",
                    "try again in a minute",
                )
            self._waiting.append(job)
            self._start()
            self._change.notify()

    def _start(self) -> None:
        """Start the thread if there is none; `_change` is held."""
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._run, name="emorl-decoder", daemon=True)
            self._worker.start()

    def _report(self, job: Job) -> Progress | Exception:
        """What the worker says next of a job."""
        while True:
            try:
                return job.reports.get(timeout=CHECK_S)
            except Empty:
                worker = self._worker
                if worker is None or not worker.is_alive():
                    return _stopped()

    def _run(self) -> None:
        """The thread: work until something other than a request ends it."""
        try:
            self._work()
        except BaseException as error:
            log.critical("the writing thread ended (%s) and is started again", type(error).__name__, exc_info=error)
            with self._change:
                ended, self._running, self._worker = self._running, [], None
                if not ended:  # nothing was being written: whatever ended it would end it again
                    ended, self._waiting = list(self._waiting), deque()
                if self._waiting:
                    self._start()
            for job in ended:
                job.reports.put(_stopped())

    def _work(self) -> None:
        batch = ContinuousBatch(self.decoder)
        while True:
            try:
                self._admit(batch)
                batch.step()
                self._deliver()
            except Exception as error:  # every caller is told; the next request starts with a new batch
                log.exception("writing a batch failed")
                batch = ContinuousBatch(self.decoder)
                self._fail(error)

    def _admit(self, batch: ContinuousBatch) -> None:
        """Wait for work, drop what was cancelled, and start the first waiting job if it fits."""
        with self._change:
            while not self._waiting and not self._running:
                self._change.wait()
            self._waiting = deque(job for job in self._waiting if not job.cancelled)
            cancelled = [job for job in self._running if job.cancelled]
            self._running = [job for job in self._running if not job.cancelled]
            admitted = self._waiting.popleft() if self._fits(batch) else None
            if admitted is not None:
                self._running.append(admitted)
        batch.cancel([result for job in cancelled for result in job.results])
        if admitted is not None:
            self._begin(admitted, batch)

    def _begin(self, job: Job, batch: ContinuousBatch) -> None:
        """Start a job; what cannot be started ends alone, unless it has left its traces in the batch."""
        before = list(batch.sequences)
        try:
            job.start(batch)
        except Exception as error:
            if batch.sequences != before:
                raise
            log.exception("a request could not be started")
            with self._change:
                self._running.remove(job)
            job.reports.put(error)

    def _fits(self, batch: ContinuousBatch) -> bool:
        """Whether there is a waiting job and room for all its sequences."""
        if not self._waiting:
            return False
        return not self._running or len(batch.sequences) + len(self._waiting[0].requests) <= self.max_sequences

    def _deliver(self) -> None:
        """Report to every job that it has grown, or that it is done."""
        with self._change:
            done = [job for job in self._running if job.done]
            self._running = [job for job in self._running if job not in done]
        for job in self._running:
            job.reports.put(Progress.STEP)
        for job in done:
            job.reports.put(Progress.DONE)

    def _fail(self, error: Exception) -> None:
        with self._change:
            failed, self._running = self._running, []
        for job in failed:
            job.reports.put(error)


def _stopped() -> WritingStopped:
    return WritingStopped.of(
        "a fault in the thread that writes", "a reply", "it has been started again, so please try once more"
    )
