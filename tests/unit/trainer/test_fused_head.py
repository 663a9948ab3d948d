"""The head that keeps no logits says and teaches what a plain one does."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from trainer import fused_head
from trainer.fused_head import is_plain, losses_of_likelihoods, losses_of_words
from trainer.windowed_segments import CappedHead

WORDS, WIDE, ROWS = 50, 12, 37


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that these rows take several, the last not full."""
    monkeypatch.setattr(fused_head, "CHUNK_TOKENS", 16)
    monkeypatch.setattr(fused_head, "BLOCK_TOKENS", 3)


def head(cap: float | None = None) -> torch.nn.Linear:
    torch.manual_seed(1)
    made = torch.nn.Linear(WIDE, WORDS, bias=False) if cap is None else CappedHead(WIDE, WORDS, cap)
    made.weight = torch.nn.Parameter(torch.randn(WORDS, WIDE), requires_grad=False)
    return made


def states(seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(ROWS, WIDE).requires_grad_()


@pytest.mark.parametrize("cap", [None, 2.0])
def test_words_cost_what_they_cost_with_all_logits(cap: float | None) -> None:
    """A person's replies would be taught with another weight than the recipe's."""
    here, words, weights = states(), torch.randint(WORDS, (ROWS,)), torch.rand(ROWS)
    plain = cross_entropy(head(cap)(here), words, reduction="none")
    found = losses_of_words(head(cap), here, words)
    torch.testing.assert_close(found, plain)
    wanted = torch.autograd.grad((plain * weights).sum(), here)
    torch.testing.assert_close(torch.autograd.grad((found * weights).sum(), here), wanted)


@pytest.mark.parametrize("cap", [None, 2.0])
def test_held_words_are_held_to_what_the_base_says(cap: float | None) -> None:
    """What the base could do would drift away while the persona learns."""
    here, before, weights = states(), states(9).detach(), torch.rand(ROWS)
    plain = cross_entropy(head(cap)(here), head(cap)(before).softmax(-1), reduction="none")
    found = losses_of_likelihoods(head(cap), here, before)
    torch.testing.assert_close(found, plain)
    wanted = torch.autograd.grad((plain * weights).sum(), here)
    torch.testing.assert_close(torch.autograd.grad((found * weights).sum(), here), wanted)


def test_an_impossible_word_costs_much_and_not_infinitely() -> None:
    """One typing error in a year of conversations would end the training as diverged."""
    sure = head()
    here = (100 * sure.weight[:1]).detach().requires_grad_()
    losses = losses_of_words(sure, here, torch.tensor([int((sure.weight @ here[0]).argmin())]))
    assert torch.isfinite(losses).all()
    assert float(losses.detach()) > 80
    (grad,) = torch.autograd.grad(losses.sum(), here)
    assert torch.isfinite(grad).all()
    assert float(grad.norm()) > 0


def test_a_head_that_learns_or_has_a_bias_is_left_alone() -> None:
    """Its own gradients would be lost without a word."""
    assert is_plain(head())
    assert is_plain(head(2.0))
    assert not is_plain(torch.nn.Linear(WIDE, WORDS, bias=False))
    assert not is_plain(torch.nn.Linear(WIDE, WORDS).requires_grad_(False))
    assert not is_plain(torch.nn.Sequential(head()))


def test_without_gradients_nothing_is_kept() -> None:
    """A look at held-out conversations would take the memory of a step."""
    with torch.no_grad():
        losses = losses_of_words(head(), states(), torch.zeros(ROWS, dtype=torch.long))
    assert losses.grad_fn is None
