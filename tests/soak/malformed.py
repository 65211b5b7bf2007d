"""Malformed requests over every function that the app serves: none ends in a fault of ours, and none is written down.

Requests are drawn from a seed: known functions with wrong values, unknown ones, wrong methods, broken bodies. Each
statement holds a mark that the log must not have. An answer counts as a fault where its status is 500 or more and it is
not Gradio's "the queue is full", or where it holds a traceback or the folder of the sources. Left out: requests that
are no HTTP.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from emorl.ui.api.endpoints import PUBLIC
from tests.soak import memory
from tests.soak.record import Figures, Outcome
from tests.soak.serving import ROOT, Served, served, tiny_models

AMOUNT = 100_000
WORKERS = 4
MARK = "zebrawood"
"""In each statement."""

WORDS = """
id weights text original rater assignment token answers choice depth empathy fluency would_say comment consent opening
session confirm days kind tries texts case statement reply compare confirmed about objectives every seen topic stage
difficulty strength temperature seed best_of flags skip password run ask name calm brief phase read form value
session_hash event_data reflection study link label method lines
""".split()
TEXTS = (
    "",
    " ",
    f"I am tired, {MARK}.",
    f"I want to end it all, {MARK}.",
    f"Ich bin so muede, {MARK}, und niemand hoert zu.",
    f"{MARK} \ud800 half a character",
    f"{MARK} \0 nothing",
    f"{MARK} " * 300,
    "\u200b\u202e\ufeff",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "${7*7}{{7*7}}",
    "DELETE",
    "first",
    "complex",
    "yes",
    "2",
    "a" * 32,
    f"{'a' * 32}-1",
)
NUMBERS = (0, 1, -1, 2, 3, 8, 9, 2**31, 2**53, 2**63, 2**64, 2**70, -(2**70), 0.5, -0.0, 1e-39, 1e308, 10**300)
RAW = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b'{"data": [NaN]}',
    b'{"data": [1e999]}',
    b"\xff\xfe",
    b"[" * 5000,
    b"1" * 5000,
    b'{"data": {}}',
    b'{"data": ["\\ud800"]}',
)
PATHS = """
/ /config /nothing /theme.css /%00 /static/x /assets/../x /manifest.json /login/huggingface /logout /gradio_api/%ff
/gradio_api/info /gradio_api/openapi.json /gradio_api/queue/status /gradio_api/upload /gradio_api/file=/etc/passwd
/gradio_api/app_id /gradio_api/queue/join /gradio_api/cancel /gradio_api/reset /gradio_api/component_server
/gradio_api/run/reflect /gradio_api/call/reflect /gradio_api/call/v2/reflect /gradio_api/call/reflect/none
/gradio_api/call/v2/reflect/none /gradio_api/startup-events /gradio_api/user /gradio_api/heartbeat/s
""".split()


def value(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 3:
        return rng.choice(TEXTS)
    if kind == 3:
        return rng.choice(NUMBERS)
    if kind == 4:
        return rng.choice((None, True, False))
    if kind == 5:
        return rng.choice(WORDS)
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(5))]
    return {rng.choice(WORDS): value(rng, depth + 1) for _ in range(rng.randrange(8))}


def is_fault(status: int, text: str) -> bool:
    """Whether an answer is one that a request must not get."""
    full = status == 503 and "Queue is full" in text
    return (status >= 500 and not full) or "Traceback (most recent" in text or str(ROOT) in text


class Requests:
    """Draws requests for what an app says that it serves."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.events = [(one["id"], one["api_name"], len(one["inputs"])) for one in config["dependencies"]]
        self.functions = [
            (one["id"], name) for one in config["components"] for name in one["props"].get("server_fns") or ()
        ]
        self.names = [*(str(name) for _, name, _ in self.events), "none", "..", "%00"]
        self.kinds = {"event": self._event, "function": self._function, "call": self._call, "other": self._other}

    def drawn(self, rng: random.Random) -> tuple[str, str, bytes, str]:
        """Method, path, body, and the kind of the request."""
        (kind,) = rng.choices(list(self.kinds), [40, 30, 20, 10])
        return (*self.kinds[kind](rng), kind)

    def _event(self, rng: random.Random) -> tuple[str, str, bytes]:
        number, _, inputs = rng.choice(self.events)
        count = inputs if rng.random() < 0.8 else rng.randrange(12)
        sent = {
            "fn_index": number if rng.random() < 0.95 else value(rng, 2),
            "data": [value(rng) for _ in range(count)] if rng.random() < 0.97 else value(rng),
            "event_data": value(rng) if rng.random() < 0.7 else None,
            "session_hash": f"s{rng.randrange(10**9)}" if rng.random() < 0.95 else value(rng, 2),
        }
        if rng.random() < 0.1:
            sent[rng.choice(("trigger_id", "event_id", "simple_format", "batched", "oauth_token"))] = value(rng, 2)
        return "POST", "/gradio_api/queue/join", _json(sent)

    def _function(self, rng: random.Random) -> tuple[str, str, bytes]:
        number, name = rng.choice(self.functions)
        sent = {
            "component_id": number if rng.random() < 0.9 else value(rng, 2),
            "fn_name": name if rng.random() < 0.9 else rng.choice((*WORDS, "__init__", "postprocess", "get_config")),
            "data": value(rng),
            "session_hash": f"s{rng.randrange(50)}" if rng.random() < 0.9 else value(rng, 2),
        }
        for key in list(sent):
            if rng.random() < 0.02:
                del sent[key]
        return "POST", "/gradio_api/component_server", _json(sent)

    def _call(self, rng: random.Random) -> tuple[str, str, bytes]:
        name, way = rng.choice(rng.choice((PUBLIC, self.names))), rng.choice(("run", "api", "call", "call/v2"))
        sent: Any
        if way == "call/v2":
            sent = {rng.choice(("statement", *WORDS)): value(rng) for _ in range(rng.randrange(4))}
        else:
            sent = {"data": [value(rng) for _ in range(rng.choice((0, 1, 2, 3, 6)))]}
            if rng.random() < 0.2:
                sent[rng.choice(("session_hash", "fn_index", "event_data", "batched", "trigger_id"))] = value(rng, 1)
        return "POST", f"/gradio_api/{way}/{name}", _json(sent)

    def _other(self, rng: random.Random) -> tuple[str, str, bytes]:
        method = rng.choice(("GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"))
        if rng.random() < 0.3:
            sent = {rng.choice(("session_hash", "event_id", "fn_index", *WORDS)): value(rng, 1) for _ in range(3)}
            return "POST", rng.choice(("/gradio_api/cancel", "/gradio_api/reset")), _json(sent)
        return method, rng.choice(PATHS), rng.choice(RAW)


def _json(sent: Any) -> bytes:
    return json.dumps(sent).encode()


class Sender:
    """Sends requests, reads what belongs to them, and keeps what must not be."""

    def __init__(self, app: Served) -> None:
        self.app = app
        self.requests = Requests(httpx.get(f"{app.url}config", trust_env=False).json())
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def send(self, seed: int, count: int) -> None:
        """Send so many."""
        rng = random.Random(seed)
        with httpx.Client(base_url=self.app.url, timeout=120, trust_env=False) as web:
            for _ in range(count):
                method, path, body, kind = self.requests.drawn(rng)
                said = "application/json" if rng.random() < 0.98 else "text/plain"
                heard = rng.random() < 0.9
                try:
                    self._one(web, method, path, body, said, kind, heard)
                except httpx.HTTPError as fault:
                    self._note(599, f"cut off: {fault!r}", f"{method} {path} {body[:300]!r}", kind)

    def _one(self, web: httpx.Client, method: str, path: str, body: bytes, said: str, kind: str, heard: bool) -> None:
        with web.stream(method, path, content=body, headers={"Content-Type": said}) as answer:
            endless = "heartbeat" in path and answer.status_code == 200
            text = "" if endless else answer.read().decode("utf-8", "replace")
        self._note(answer.status_code, text, f"{method} {path} {body[:300]!r}", kind)
        if heard and text.startswith('{"event_id":'):
            self._listen(web, path, body, json.loads(text)["event_id"])

    def _listen(self, web: httpx.Client, path: str, body: bytes, event: str) -> None:
        """Read what an event says, to its end."""
        if path.endswith("/queue/join"):
            where, given = "/gradio_api/queue/data", {"session_hash": json.loads(body)["session_hash"]}
        else:
            where, given = f"{path}/{event}", {}
        said = ""
        with web.stream("GET", where, params=given) as answer:
            for line in answer.iter_lines():
                said += line
                if any(end in line for end in ("process_completed", "event: complete", "event: error", "close_stream")):
                    break
        self._note(answer.status_code, said, f"{where} after {path} {body[:300]!r}", "stream")

    def _note(self, status: int, text: str, sent: str, kind: str) -> None:
        with self._lock:
            self.statuses[kind, status] += 1
            if is_fault(status, text):
                self.faults.append(f"{status} {text[:200]!r} to {sent}")


def run(amount: int, folder: Path, seed: int = 0) -> list[Outcome]:
    """Send so many requests."""
    began = time.monotonic()
    models = folder / "models"
    models.mkdir()
    more = {name: "0" for name in ("EMORL_GENERATE_PER_MINUTE", "EMORL_RATE_PER_MINUTE", "EMORL_REGISTER_PER_MINUTE")}
    with served(folder, "tiny", ROOT, EMORL_RESULTS_PASSWORD="a long password", **more, **tiny_models(models)) as app:
        app.wait_for_models()
        sender, resident_mb = Sender(app), []
        for part, numbers in enumerate(memory.fifths(amount)):
            shares = [len(numbers[worker::WORKERS]) for worker in range(WORKERS)]
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(sender.send, range(seed + WORKERS * part, seed + WORKERS * (part + 1)), shares))
            resident_mb.append(app.about()["rss_mb"])
        code = app.stop()
    log = app.log.read_text(encoding="utf-8", errors="replace")
    (folder / "faults.txt").write_text("\n".join(sender.faults), encoding="utf-8")
    reached = sum(sender.statuses[kind, 200] for kind in ("event", "function", "call"))
    figures: Figures = {
        "answers of 500 and more, or with a traceback": len(sender.faults),
        "tracebacks in the log": log.count("Traceback (most recent"),
        "statements in the log": log.count(MARK),
        "refused (400 to 499)": sum(count for (_, status), count in sender.statuses.items() if 400 <= status < 500),
        "let through to a function": reached,
        "exit code": code,
        "memory after each fifth, MB": memory.shown(resident_mb),
    }
    claim = "no answer of 500 or more, no traceback in an answer or the log, no statement in the log"
    held = not sender.faults and "Traceback" not in log and MARK not in log and code == 0
    held = held and reached >= amount / 10  # otherwise little was tried
    if amount >= AMOUNT:
        claim += memory.CLAIM
        held = held and memory.is_flat(resident_mb)
    return [Outcome("malformed", amount, "requests", claim, held, figures, "tiny", time.monotonic() - began)]
