"""One decoder for many users: requests join the batch under way at its next step and leave it when they are done.

A single worker thread owns the batch; callers, each in a thread of their own, hand in requests and read how they grow.
Admission is first come, first served, one job a step, so that a newcomer's prefill never holds the others up for more
than itself. The queue is bounded: when it is full the caller is told so at once. Left out: priorities, several
processes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from queue import SimpleQueue

from emorl.ensemble.decoder import Batch, Decoded, EnsembleDecoder, Request
from emorl.errors import BusyError


class Job:
    """Requests of one caller that start together, with the channel on which the worker reports each step."""

    def __init__(
        self, requests: Sequence[Request], keep_states: bool, keep_cache: bool, begun: Mapping[int, Decoded]
    ) -> None:
        self.begun = begun  # by place in `requests`
        self.requests, self.keep_states, self.keep_cache = list(requests), keep_states, keep_cache
        self.results: list[Decoded] = []
        self.cancelled = False
        self.reports: SimpleQueue[str | BaseException] = SimpleQueue()  # "step", "done" or what went wrong

    def start(self, batch: Batch) -> None:
        """Put every request into the batch."""
        fresh = [i for i in range(len(self.requests)) if i not in self.begun]
        joined = [self.requests[i] for i in fresh]
        written = dict(self.begun)
        if joined:
            written |= zip(fresh, batch.join(joined, self.keep_states, self.keep_cache), strict=True)
        for i, result in self.begun.items():
            batch.resume(self.requests[i], result)
        self.results = [written[i] for i in range(len(self.requests))]


class Scheduler:
    """Writes the requests of many threads as one batch."""

    def __init__(self, decoder: EnsembleDecoder, most_sequences: int = 32, most_waiting: int = 32) -> None:
        """Nothing runs until the first request.

        Args:
            decoder: The ensemble.
            most_sequences: Sequences written at once; a job that does not fit waits.
            most_waiting: Jobs that may wait.
        """
        self.decoder, self.most_sequences, self.most_waiting = decoder, most_sequences, most_waiting
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        self._change = threading.Condition()
        self._worker: threading.Thread | None = None

    def stream(
        self,
        requests: Sequence[Request],
        keep_states: bool = False,
        keep_cache: bool = False,
        begun: Mapping[int, Decoded] | None = None,
    ) -> Generator[list[Decoded]]:
        """As `EnsembleDecoder.stream`, beside whatever else is being written.

        Closing the iterator frees the rows at the next step. `begun` holds, by place in `requests`, results that
        `remix` has taken over from an earlier reply: they are only written to their end.

        Yields:
            The results, when they have grown by at least one token.

        Raises:
            BusyError: The queue is full.
            WeightError: Bad weights or strength, or not K weights.
            ValueError: No request, an empty prompt, or prompt and reply longer than the base's positions.
        """
        for request in requests:
            self.decoder.row_coefficients(request.weights, request.strength)
        self.decoder.check_lengths([len(r.prompt) for r in requests], max(r.max_tokens for r in requests))
        job = Job(requests, keep_states, keep_cache, begun or {})
        with self._change:
            if len(self._waiting) >= self.most_waiting:
                raise BusyError(
                    f"{len(self._waiting)} others are waiting for a reflection: expected fewer than "
                    f"{self.most_waiting}; try again in a minute."
                )
            self._waiting.append(job)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="emorl-decoder", daemon=True)
                self._worker.start()
            self._change.notify()
        try:
            while True:
                report = job.reports.get()
                while report == "step" and not job.reports.empty():  # a slow reader skips steps
                    report = job.reports.get()
                if isinstance(report, BaseException):
                    raise report
                yield job.results
                if report == "done":
                    return
        finally:
            with self._change:
                job.cancelled = True
                self._change.notify()

    def load(self) -> tuple[int, int]:
        """Jobs being written and jobs waiting."""
        with self._change:
            return len(self._running), len(self._waiting)

    def _work(self) -> None:
        batch = Batch(self.decoder)
        while True:
            with self._change:
                while not self._waiting and not self._running:
                    self._change.wait()
                self._waiting = deque(job for job in self._waiting if not job.cancelled)
                stopped = [job for job in self._running if job.cancelled]
                self._running = [job for job in self._running if not job.cancelled]
                fits = self._waiting and (
                    not self._running or len(batch.alive) + len(self._waiting[0].requests) <= self.most_sequences
                )
                newcomer = self._waiting.popleft() if fits else None
                if newcomer is not None:
                    self._running.append(newcomer)
            try:
                batch.leave([result for job in stopped for result in job.results])
                if newcomer is not None:
                    newcomer.start(batch)
                batch.step()
            except Exception as error:  # every caller learns of it; the next request starts afresh
                batch = Batch(self.decoder)
                with self._change:
                    failed, self._running = self._running, []
                for job in failed:
                    job.reports.put(error)
                continue
            writing = {id(line.result) for line in batch.alive}
            done = [job for job in self._running if not any(id(result) in writing for result in job.results)]
            with self._change:
                self._running = [job for job in self._running if job not in done]
            for job in self._running:
                job.reports.put("step")
            for job in done:
                job.reports.put("done")
