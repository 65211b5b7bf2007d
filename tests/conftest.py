"""What all tests share: no network beyond this host, a browser, a seeded tiny Llama with random weights, and memory."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import pytest
import torch
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from transformers import LlamaConfig, LlamaForCausalLM

from emorl.ensemble.step import TYPES, compiled
from emorl.heap import give_back
from tests.tiny import write_tiny_base

settings.register_profile("untimed", settings(), deadline=None)  # the first example, or a busy machine, is slow
settings.load_profile("untimed")
torch.set_num_threads(1)  # the tiny model is faster on one, far more so on a busy machine
PROCESSORS = max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
"""For each process that tests, if they share them: threads lose time where they wait for one that has no processor."""

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = str(PROCESSORS)  # of PyTorch in what a test starts

POPUPS = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"]
"""Pages that Chromium loads for its address bar with each new window, at a quarter of what ours costs."""

PLAYWRIGHTS = """
AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose HttpsUpgrades HttpsFirstBalancedModeAutoEnable
LensOverlay MediaRouter PaintHolding ThirdPartyStoragePartitioning AvoidCorsURLLoaderRestartOnRedirect
TcpPortRandomizationWin OptimizationHints NetworkTimeServiceQuerying AimEnabled PreconnectToSearch
""".split()
"""What Playwright turns off itself: Chromium reads only the last list of these, which is ours."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join([*PLAYWRIGHTS, *POPUPS])}",
]
LONGEST = ("tests/training/test_smoke.py", "tests/shipped/")
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker is left with one of them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def only_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to another host fails at once and says so."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise OSError(f"tests may not reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="module")
def memory_goes_back() -> Iterator[None]:
    """What a module's fixtures held is collected after it, and given back to the system: models are half a gigabyte."""
    yield
    give_back()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: the system's (`chromium` on the path) or, where there is none, Playwright's own."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def tiny_llama() -> LlamaForCausalLM:
    """A Llama with random weights in fp32: 3 layers, width 32, 4 heads on 2 key-value heads, 61 tokens."""
    for dtype in TYPES:
        compiled(dtype).result()  # otherwise the step might change in the middle of a test
    config = LlamaConfig(
        vocab_size=61,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See `write_tiny_base`."""
    return write_tiny_base(tmp_path_factory.mktemp("base"))
