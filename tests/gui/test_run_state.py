"""What the train page says of a run must be what its events say."""

from __future__ import annotations

from app.cycle.follow import RunFollower
from app.gui.run_state import RunState, fold
from app.home import Home
from app.store import Store
from tests.gui import homes


def test_a_run_in_the_middle_of_its_training(store: Store, home: Home) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=45, of=90)
    state = fold(RunState(), RunFollower(folder.root).poll())
    assert (state.completed, state.current, state.step, state.steps) == (
        ("mixed",), "trained", 45, 90,
    )  # fmt: skip
    assert 25 < state.percent < 40
    assert state.checkpoint == 40
    assert state.base_loss == 2.71
    assert len(state.valid_losses) == 4


def test_a_worker_that_goes_on_counts_its_steps_once() -> None:
    step = {
        "kind": "step", "steps": 9, "epoch": 0.0, "loss": 2.0, "lr": 0.1, "grad_norm": 1.0,
        "tokens_per_s": 5.0, "memory_mb": 1.0, "eta_s": 1.0,
    }  # fmt: skip
    events = [step | {"step": number} for number in (1, 2, 3, 4)]
    again = [{"kind": "started", "resumed_at_step": 2, "pid": 2}, step | {"step": 3}]
    state = fold(fold(RunState(), events), again[:1])
    assert state.step == 2
    assert fold(state, again[1:]).step == 3


def test_a_training_that_goes_back_counts_its_steps_once() -> None:
    """After a spike it learns the same steps again."""
    step = {
        "kind": "step", "steps": 9, "epoch": 0.0, "loss": 2.0, "lr": 0.1, "grad_norm": 1.0,
        "tokens_per_s": 5.0, "memory_mb": 1.0, "eta_s": 1.0,
    }  # fmt: skip
    values = {"step": 4, "back_to": 2, "rate_factor": 0.5}
    spike = {"kind": "warning", "warning": "loss_spike", "advice": "It rose.", "values": values}
    events = [step | {"step": number} for number in (1, 2, 3)]
    state = fold(RunState(), [*events, spike])
    assert state.step == 2
    assert fold(state, [step | {"step": 3}]).step == 3


def test_failure_is_forgotten_when_the_run_goes_on() -> None:
    failed = {"kind": "failed", "error_kind": "memory", "text": "No memory.", "next_step": "Close."}
    state = fold(RunState(), [failed])
    assert state.failure is not None and state.failure.next_step == "Close."
    state = fold(state, [{"kind": "started", "resumed_at_step": 0, "pid": 3}])
    assert state.failure is None


def test_percent_never_passes_what_is_done() -> None:
    events = [
        {"origin": "cycle", "kind": "stage", "name": name, "state": state}
        for name in homes.MAKING
        for state in ("begun", "completed")
    ]
    state = RunState()
    last = 0.0
    for event in events:
        state = fold(state, [event])
        assert state.percent >= last
        last = state.percent
    assert last == 100


def test_what_the_device_is_held_for_stands_until_the_stage_is_over() -> None:
    stage = {"origin": "cycle", "kind": "stage", "name": "trained"}
    device = {"origin": "cycle", "kind": "device"}
    state = fold(RunState(), [stage | {"state": "begun"}, device | {"decision": "waiting"}])
    assert state.lease == "waiting"
    state = fold(state, [device | {"decision": "unloaded"}])
    assert state.lease == "unloaded"
    assert fold(state, [stage | {"state": "completed"}]).lease == ""


def test_kinds_of_the_future_change_nothing() -> None:
    state = fold(RunState(), [{"origin": "cycle", "kind": "weather", "rain": True}, {}])
    assert state == RunState()


def test_what_is_learned_of_preferences_is_not_drawn_with_the_losses() -> None:
    """Their losses are of another kind: the curve would fall off a cliff that is none."""
    step = {
        "kind": "step", "steps": 2, "epoch": 0.0, "loss": 2.0, "lr": 0.1, "grad_norm": 1.0,
        "tokens_per_s": 5.0, "memory_mb": 1.0, "eta_s": 1.0,
    }  # fmt: skip
    look = {"kind": "eval", "step": 2, "loss": 1.9, "base_loss": 2.7, "best": True}
    cycle = {"origin": "cycle", "kind": "stage", "name": "trained", "state": "begun"}
    before = fold(RunState(), [cycle, step | {"step": 1}, step | {"step": 2}, look])
    assert before.preference_accuracy is None
    learned = [
        {"kind": "stage", "name": "preferences"},
        step | {"step": 3, "steps": 6, "loss": 0.69},
        look | {"step": 3, "loss": 1.4, "base_loss": None, "preference_accuracy": 0.75},
    ]
    state = fold(before, learned)
    assert state.preference_accuracy == 0.75
    assert state.valid_losses == before.valid_losses
    assert state.percent == before.percent and state.eta_s == 1.0
