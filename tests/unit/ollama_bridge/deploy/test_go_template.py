"""A template that writes other prompts than the training would make a persona answer badly in
Ollama, with nothing to show why."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from jinja2.exceptions import TemplateError

from ollama_bridge.deploy.go_template import Messages, Render, turn_texts
from ollama_bridge.errors import NotDeployed

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}<|im_start|>assistant\n"
)
WITH_A_DEFAULT = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nBe {kind}.<|im_end|>\n{% endif %}"
    + CHATML
)
WITHOUT_THOUGHT = CHATML + "<think>\n\n</think>\n\n"
# Gemma knows no system turn: its words stand before the first question.
FOLDED = (
    "{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}"
    "{% endif %}"
    "{% for m in rest %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ first if loop.first else '' }}{{ m.content }}<end_of_turn>\n{% endfor %}"
    "<start_of_turn>model\n"
)
BRACKETS = (
    "{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}"
    "{% endif %}"
    "{% for m in rest %}{% if m.role == 'user' %}[INST] {{ first if loop.first else '' }}"
    "{{ m.content }} [/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
)
# As Mistral has it: the system prompt moves along to the last question.
AT_THE_LAST = (
    "{% for m in messages if m.role != 'system' %}{% if m.role == 'user' %}[INST] "
    "{% if loop.last and messages[0].role == 'system' %}{{ messages[0].content }} {% endif %}"
    "{{ m.content }}[/INST]{% else %}{{ m.content }}</s>{% endif %}{% endfor %}"
)
FORGETS = "{{ messages[-1].content }}<reply>"


def rendering(template: str) -> Render:
    compiled = Environment().from_string(template)

    def render(messages: Messages) -> str:
        return compiled.render(messages=messages)

    return render


@pytest.mark.parametrize("template", [CHATML, WITH_A_DEFAULT, WITHOUT_THOUGHT, FOLDED, BRACKETS])
def test_every_conversation_is_written_as_in_the_training(template: str) -> None:
    render = rendering(template)
    texts = turn_texts(render)
    for system in ("", "You are {{ Sunny }}."):
        for turns in (1, 3, 9):
            messages = [{"role": "system", "content": system}] if system else []
            for turn in range(turns):
                role = "assistant" if turn % 2 else "user"
                messages.append({"role": role, "content": f' {turn} "{{x}}"\n'})
            assert texts.written(messages) == render(messages)


@pytest.mark.parametrize("template", [AT_THE_LAST, FORGETS])
def test_a_template_that_cannot_be_told_is_refused(template: str) -> None:
    with pytest.raises(NotDeployed, match="cannot be told"):
        turn_texts(rendering(template))


def test_braces_of_the_base_are_words_and_no_actions() -> None:
    texts = turn_texts(rendering(CHATML.replace("<|im_end|>", "}} {{ .System }}")))
    assert '{{ "}} {{ .System }}' in texts.go_template()


def test_an_error_of_the_template_is_not_swallowed() -> None:
    def render(messages: Messages) -> str:
        raise TemplateError("no system role")

    with pytest.raises(TemplateError):
        turn_texts(render)
