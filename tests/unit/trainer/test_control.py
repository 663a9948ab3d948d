"""A person who says pause, stop or discard is heard, whatever the trainer is doing."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE  # noqa: E402
from tests.unit.trainer.tiny_training import Heard, TinyTraining, write_tiny_base  # noqa: E402
from trainer import control as control_module  # noqa: E402
from trainer import sft  # noqa: E402
from trainer.contract.events import Done  # noqa: E402
from trainer.contract.folder import Command, EventWriter, RunFolder, send_control  # noqa: E402
from trainer.control import ControlFile, Stopped  # noqa: E402
from trainer.telling import Telling  # noqa: E402

LIMIT_S = 60.0


def asks(folder: RunFolder, *commands: Command, after: Callable[[], object]) -> threading.Thread:
    """A person at another place, who waits for something before each command."""

    def ask() -> None:
        for command in commands:
            deadline = time.monotonic() + LIMIT_S
            while not after() and time.monotonic() < deadline:
                time.sleep(0.01)
            send_control(folder, command)

    person = threading.Thread(target=ask)
    person.start()
    return person


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("tiny") / "base", blocks=6)


@pytest.fixture
def tiny(base: Path, tmp_path: Path) -> TinyTraining:
    recipe = TINY_RECIPE.model_copy(update={"packed_tokens": 4096, "epochs": 200})
    return TinyTraining(base, tmp_path / "run", recipe)


def slowed(training: Any, passes: list[int]) -> None:
    """A model whose blocks take their time; `passes` counts them."""

    def slow(*_: Any) -> None:
        passes.append(1)
        time.sleep(0.25)

    for block in training.model.get_base_model().model.layers:
        block.register_forward_pre_hook(slow)


@pytest.mark.parametrize(
    ("command", "outcome"), [("save-and-stop", "saved"), ("discard", "discarded")]
)
def test_a_long_pack_is_left_in_the_middle(
    tiny: TinyTraining, command: Command, outcome: str
) -> None:
    """One pack takes minutes on a processor: waiting for its end would look like a hang."""
    training = tiny.begin()
    training.progress.base_valid_loss = 1.0
    passes: list[int] = []
    slowed(training, passes)
    person = asks(tiny.folder, command, after=lambda: len(passes) >= 2)
    assert training.run() == outcome
    person.join()
    assert len(passes) < 6  # a pack passes all six blocks
    assert [event.command for event in tiny.heard.of("control_applied")] == [command]
    assert "step" not in tiny.heard.kinds


def test_a_look_is_left_in_the_middle_and_what_was_learned_is_saved(tiny: TinyTraining) -> None:
    training = tiny.begin()
    passes: list[int] = []
    slowed(training, passes)
    person = asks(tiny.folder, "save-and-stop", after=lambda: len(passes) >= 2)
    assert training.run() == "saved"
    person.join()
    assert len(passes) < 6 and training.checkpoints.steps == [0]


def test_a_backward_pass_is_left_in_the_middle(tiny: TinyTraining) -> None:
    """Half of a pack's time and more is spent there."""
    training = tiny.begin()
    training.progress.base_valid_loss = 1.0
    gone_back: list[int] = []

    def on_gradient(gradient: Any) -> None:
        gone_back.append(1)
        time.sleep(0.25)

    def on_block(_block: Any, _given: Any, made: Any) -> None:
        states = made[0] if isinstance(made, tuple) else made
        if states.requires_grad:
            states.register_hook(on_gradient)

    for block in training.model.get_base_model().model.layers:
        block.register_forward_hook(on_block)
    person = asks(tiny.folder, "save-and-stop", after=lambda: len(gone_back) >= 2)
    assert training.run() == "saved"
    person.join()
    assert len(gone_back) < 6 and "step" not in tiny.heard.kinds


def test_a_pause_holds_and_is_no_part_of_the_speed(tiny: TinyTraining) -> None:
    training = tiny.begin()
    heard = tiny.heard

    def resumes() -> None:
        asks(tiny.folder, "pause", after=lambda: heard.of("step")).join()
        deadline = time.monotonic() + LIMIT_S
        while not heard.of("control_applied") and time.monotonic() < deadline:
            time.sleep(0.01)
        held.append(len(heard.of("step")))
        time.sleep(0.6)
        held.append(len(heard.of("step")))
        send_control(tiny.folder, "resume")
        asks(tiny.folder, "save-and-stop", after=lambda: len(heard.of("step")) > held[-1]).join()

    held: list[int] = []
    person = threading.Thread(target=resumes)
    person.start()
    assert training.run() == "saved"
    person.join()
    assert held[0] == held[1]
    assert training.control.paused_s >= 0.5
    applied = [event.command for event in heard.of("control_applied")]
    assert applied == ["pause", "resume", "save-and-stop"]


@pytest.fixture
def control(tmp_path: Path) -> ControlFile:
    return ControlFile(RunFolder(tmp_path), Heard())


def heard_by(control: ControlFile) -> list[str]:
    told: Any = control._telling
    return [event.command for event in told.of("control_applied")]


@pytest.mark.parametrize(
    ("command", "outcome"), [("save-and-stop", "saved"), ("discard", "discarded")]
)
def test_loading_is_broken_off(
    control: ControlFile, tmp_path: Path, command: Command, outcome: str
) -> None:
    """A base of ten gigabytes loads for minutes, in code that knows nothing of commands."""
    began: list[int] = []
    person = asks(RunFolder(tmp_path), command, after=lambda: began)
    with pytest.raises(Stopped) as caught, control.interruptible():
        while True:
            began.append(1)
            time.sleep(0.02)
    person.join()
    assert caught.value.outcome == outcome and heard_by(control) == [command]


def test_loading_pauses_and_goes_on(control: ControlFile, tmp_path: Path) -> None:
    turns: list[float] = []
    folder = RunFolder(tmp_path)

    def says() -> None:
        asks(folder, "pause", after=lambda: turns).join()
        asks(folder, "resume", after=lambda: heard_by(control)).join()

    person = threading.Thread(target=says)
    person.start()
    with control.interruptible():
        while "resume" not in heard_by(control):
            turns.append(time.monotonic())
            time.sleep(0.02)
    person.join()
    assert heard_by(control) == ["pause", "resume"] and control.paused_s > 0


def test_a_library_that_swallows_everything_does_not_swallow_a_command(
    control: ControlFile, tmp_path: Path
) -> None:
    swallowed: list[BaseException] = []
    person = asks(RunFolder(tmp_path), "discard", after=lambda: True)
    with pytest.raises(Stopped), control.interruptible():
        while len(swallowed) < 2:
            try:
                time.sleep(0.02)
            except BaseException as error:  # noqa: BLE001 as some libraries do
                swallowed.append(error)
    person.join()
    assert heard_by(control) == ["discard"]


def test_a_library_that_trips_over_a_command_ends_as_it_says(
    control: ControlFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numpy, broken off within torch's import, cannot be imported a second time."""
    person = asks(RunFolder(tmp_path), "save-and-stop", after=lambda: True)
    with pytest.raises(Stopped) as caught, control.interruptible():
        try:
            time.sleep(20)
        except BaseException:  # noqa: BLE001 as an extension module does
            raise ImportError("cannot load module more than once") from None
    person.join()
    assert caught.value.outcome == "saved"
    assert "more than once" in capsys.readouterr().err, "the log has it"


def test_a_fault_without_a_command_is_one(control: ControlFile) -> None:
    with pytest.raises(ImportError), control.interruptible():
        raise ImportError("torch is not there")


def test_an_event_is_never_torn_by_a_command(
    control: ControlFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line in events.jsonl would be a step that nobody ever reads."""
    writer = EventWriter(tmp_path / "events.jsonl")
    written: list[int] = []

    class Slow:
        def write(self, line: bytes) -> int:
            for _ in range(40):
                time.sleep(0.02)
            written.append(len(line))
            return len(line)

        def close(self) -> None: ...

    writer._file.close()
    monkeypatch.setattr(writer, "_file", Slow())
    send_control(RunFolder(tmp_path), "discard")
    with pytest.raises(Stopped), control.interruptible():
        writer.write({"kind": "stage"})
        while True:
            time.sleep(0.02)
    assert len(written) == 1


def test_afterwards_the_process_is_as_it_was(control: ControlFile) -> None:
    before = signal.getsignal(control_module._KNOCK)
    threads = threading.active_count()
    with control.interruptible():
        assert signal.getsignal(control_module._KNOCK) != before
    assert signal.getsignal(control_module._KNOCK) == before
    assert threading.active_count() == threads


def test_blocks_are_asked_once_however_many_stages_a_run_has(
    tiny: TinyTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = tiny.begin()
    training.control.listen_in(training.model)
    blocks = training.model.get_base_model().model.layers
    assert {len(block._forward_hooks) for block in blocks} == {1}
    assert sft.Stopped is Stopped


def test_what_a_killed_worker_had_only_begun_to_carry_out_is_carried_out(tmp_path: Path) -> None:
    """A discarded training that went on by itself would take the computer for hours more."""
    folder = RunFolder(tmp_path)
    send_control(folder, "discard")
    for outcome in ("discarded", "go_on"):
        telling = Telling(folder)
        assert ControlFile(folder, telling).obey() == "discarded", outcome
        telling.close()
    telling = Telling(folder)
    telling.tell(Done(outcome="discarded"))
    assert ControlFile(folder, telling).obey() == "go_on"
    send_control(folder, "save-and-stop")
    assert ControlFile(folder, telling).obey() == "saved"
    telling.close()


def test_a_pause_outlives_the_worker_that_was_paused(tmp_path: Path) -> None:
    """Whoever paused it to have the memory for a game would find it training again, when the
    system killed it for that very memory."""
    folder = RunFolder(tmp_path)
    first = Heard()
    telling = Telling(folder)

    class Dies(Exception):
        pass

    def dies(_seconds: float) -> None:
        raise Dies

    send_control(folder, "pause")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", dies)
        with pytest.raises(Dies):
            ControlFile(folder, telling).obey()
    again = ControlFile(folder, first)
    person = asks(folder, "resume", after=lambda: first.of("control_applied"))
    assert again.obey() == "go_on"
    person.join()
    assert [event.command for event in first.of("control_applied")] == ["pause", "resume"]
    for event in first.events:
        telling.tell(event)
    assert ControlFile(folder, telling).obey() == "go_on"
    telling.close()
