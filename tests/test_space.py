"""What makes the repository a Hugging Face Space: front matter, requirements, a start with a Space's environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from emorl.models.manifest import read_manifest
from emorl.models.sources import HUB_REPOSITORY
from emorl.ui import zerogpu
from tests.browser.conftest import free_port
from tests.soak.serving import tiny_models

ROOT = Path(__file__).parents[1]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
ZEROGPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")  # what ZeroGPU offered in 2026


def front_matter() -> dict[str, Any]:
    _, front, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return dict(yaml.safe_load(front))


def requirements(name: str = "requirements.txt") -> dict[str, Requirement]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {item.name.lower().replace("_", "-"): item for item in found}


def pinned(item: Requirement) -> str:
    (spec,) = item.specifier
    assert spec.operator == "==", str(item)
    return spec.version


def test_front_matter_is_what_a_space_reads() -> None:
    front = front_matter()
    assert (front["sdk"], front["sdk_version"]) == ("gradio", pinned(requirements()["gradio"]))
    assert front["python_version"] == "3.12"  # a string: YAML would read 3.10 as 3.1
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert front["license"] == "apache-2.0"  # code and models alike
    assert front["suggested_hardware"] == "cpu-basic"
    assert front["hf_oauth"] is True
    assert HUB_REPOSITORY in front["models"]
    assert read_manifest(ROOT / "data" / "models").base_sha256


def test_a_space_can_install_the_requirements() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"^-", text, re.M)  # a Space's build sees this file alone: no -c, no -r
    wanted, tested = requirements(), requirements("constraints.txt")
    for name, item in wanted.items():
        assert pinned(tested[name]) in item.specifier, name
        if name != "torch":
            assert pinned(item) == pinned(tested[name]), name
    for version in ZEROGPU_TORCH:
        assert version in wanted["torch"].specifier
    assert str(Version(pinned(tested["torch"]))) == "2.13.0"  # what the range's upper end was measured with
    assert "2.14.0" not in wanted["torch"].specifier
    for name in ("requirements-dev.txt", "requirements-training.txt"):
        for key, item in requirements(name).items():
            assert pinned(item) == pinned(tested[key]), key
    assert (ROOT / "requirements-training.txt").read_text().splitlines()[1] == "-c constraints.txt"


def test_what_is_installed_here_is_what_the_requirements_say() -> None:
    from importlib.metadata import version

    for name, item in {**requirements(), **requirements("requirements-dev.txt")}.items():
        assert Version(version(name)).public in item.specifier, name


def test_every_variable_is_documented() -> None:
    documented = (ROOT / "docs" / "space.md").read_text(encoding="utf-8")
    sources = [ROOT / "app.py", *(ROOT / "emorl").rglob("*.py")]
    used = {name for path in sources for name in re.findall(r"\bEMORL_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    assert {"EMORL_DATA", "EMORL_COUNTRY", "EMORL_ADMINS"} <= used
    assert {name for name in used if f"`{name}`" not in documented} == set()


class Proxy(BaseHTTPRequestHandler):
    """A proxy that refuses everything and remembers what it was asked for."""

    asked: list[str] = []

    def refuse(self) -> None:
        self.asked.append(self.path)
        self.send_error(502)

    do_GET = do_POST = do_HEAD = do_CONNECT = refuse

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    Proxy.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


# Runs app.py as `python app.py` would; any connection that is not to this machine is written down and refused.
GUARD = """
import atexit, runpy, socket, sys
atexit.register(print, "LEFT IN ORDER", flush=True)
connect = socket.socket.connect
lookup = socket.getaddrinfo
def allowed(host):
    return str(host).startswith(("127.", "::1", "localhost", "0.0.0.0"))
def guarded(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not allowed(address[0]):
        print("OUTSIDE", address, flush=True)
        raise OSError("no network in this test")
    connect(self, address)
def guarded_lookup(host, *rest, **more):
    if host is not None and not allowed(host):
        print("OUTSIDE", host, flush=True)
        raise socket.gaierror("no network in this test")
    return lookup(host, *rest, **more)
socket.socket.connect = guarded
socket.getaddrinfo = guarded_lookup
sys.argv = ["app.py"]
runpy.run_path("app.py", run_name="__main__")
"""


@contextmanager
def space(tmp_path: Path, proxy: str, **more: str) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """`python app.py` with a Space's variables; yields address, log and process."""
    port = free_port()
    settings = {
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/reflections",
        "SPACE_HOST": "someone-reflections.hf.space",
        "SPACE_AUTHOR_NAME": "someone",
        "SPACE_REPO_NAME": "reflections",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SHARE": "true",
        "GRADIO_ANALYTICS_ENABLED": "True",
        "GRADIO_RUN_HISTORY": "true",
        "GRADIO_SSR_MODE": "true",
        "EMORL_DATA": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        **{name: proxy for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")},
        **more,
    }
    dropped = {"DATABASE_URL", "EMORL_JOURNAL_DATASET", "HF_TOKEN", "NO_PROXY", "no_proxy", "HF_HUB_OFFLINE"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    log = tmp_path / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", GUARD], cwd=ROOT, env={**environment, **settings}, stdout=output, stderr=output
        )
    try:
        yield f"http://127.0.0.1:{port}", log, process
    finally:
        process.terminate()
        process.wait(30)


def wait_for(ready: Callable[[], Any], process: subprocess.Popen[bytes], log: Path, seconds: float = 240.0) -> Any:
    """The first true answer of `ready`; fails when the process ends or never gets there."""
    deadline = time.monotonic() + seconds
    while not (answer := ready()):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.3)
    return answer


def get(url: str) -> bytes:
    """A page's body, with no proxy between; empty while nobody answers."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError:
        raise
    except OSError:
        return b""


FAKE_SPACES = """
declared = []
def GPU(task=None, duration=None, size=None):
    def decorate(fn):
        declared.append((fn.__name__, duration))
        print("DECLARED", fn.__name__, duration, flush=True)
        return fn
    return decorate(task) if callable(task) else decorate
def gradio_auto_wrap(task):
    return task
"""


@pytest.mark.shipped
@pytest.mark.parametrize("hardware", ["cpu", "zero"])
def test_the_app_starts_as_a_space_and_asks_nobody(tmp_path: Path, proxy: str, hardware: str) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "spaces.py").write_text(FAKE_SPACES)
    more = {}
    if hardware == "zero":  # that the shipped models are loaded on a Space, the other says
        packages = tmp_path / "packages"
        more = {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(packages), **tiny_models(packages)}
    with space(tmp_path, proxy, **more) as (url, log, process):
        page = wait_for(lambda: get(url + "/"), process, log)
        assert b"EMORL reflections" in page
        config = json.loads(get(url + "/config"))
        assert config["title"] == "EMORL reflections"
        assert config.get("enable_queue") is not False
        wait_for(lambda: b"models loaded" in log.read_bytes(), process, log)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(url + "/gradio_api/runs")
        said = log.read_text()
        assert "OUTSIDE" not in said and "gradio.live" not in said
        assert Proxy.asked == []
        assert ("DECLARED unused 1" in said) == (hardware == "zero")
    assert process.returncode == 0 and "LEFT IN ORDER" in log.read_text()  # the last ratings are pushed at exit


def test_nothing_is_declared_outside_of_zerogpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert zerogpu.declare() is None
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert zerogpu.declare() is None  # the package cannot be imported


def test_one_function_is_declared_on_zerogpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(FAKE_SPACES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "spaces", raising=False)
    monkeypatch.setenv("SPACES_ZERO_GPU", "True")
    declared = zerogpu.declare()
    assert declared is zerogpu.unused and declared() is None
    assert sys.modules["spaces"].declared == [("unused", 1)]


def test_settings_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "contacts.json").write_text("[]")
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "EMORL_CONTACTS": str(tmp_path / "contacts.json")},
    )
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0)
    assert "EMORL_CONTACTS" in done.stderr
