"""What the doctor says, in the user's language.

It writes English for terminals. A sentence is known again by its form, and said anew with the same
values; one that is not known here is shown as it was told.
"""

from __future__ import annotations

import re
from functools import cache

from app.gui.trainer_words import spoken
from app.gui.translation import current_language, later, tr

# Word for word as app.doctor and app.training_findings build them.
_SENTENCES = (
    later("Every package of the window and chat is there."),
    later("Packages are missing: {names}."),
    later("Put them back with: {command}"),
    later("Install Python 3.13 and start again with: {command}"),
    later("The window has its system libraries."),
    later("The runtime has its system libraries."),
    later("The window lacks: {names}."),
    later("The runtime lacks: {names}."),
    later("Install with: {command}"),
    later("Install them with your system."),
    later("Fonts cannot be listed."),
    later("Korean: {font}"),
    later("Emoji: {font}"),
    later("No font has the letters for {what}; they are shown as boxes."),
    later("Qt has what the window needs to compose Hangul: {program}."),
    later("Hangul comes to the window through the desktop (Wayland): {program}."),
    later("Should it not come, start with: {command}"),
    later(
        "{program} is there, but Qt is not told of it: the window would write no Hangul."
    ),
    later("Start with: {command}"),
    later(
        "Qt has no plugin for {program} as pip installs it: the window would write no Hangul."
    ),
    later("Fcitx 5 answers to ibus too, for which there is one; start with: {command}"),
    later("Put the packages back with: {command}"),
    later("Use ibus or Fcitx 5 for this window; start with: {command}"),
    later("{place} can be written to."),
    later("{place} cannot be written to: {reason}."),
    later("Make it writable and see to the space on its disk, or choose another with --home."),
    later("{size} GB free at {place}."),
    later("A training and its packages want {size} GB."),
    later("The database is whole: {place}"),
    later("{size} GB, {free} GB of it free."),
    later("Training the starter model wants 4 GB."),
    later(
        "Code from replies runs in a process of its own, which the kernel (Landlock, seccomp) keeps"
        " from the network, from other processes and from your files."
    ),
    later(
        "Code from replies runs in a process of its own, which macOS's sandbox-exec keeps from the"
        " network, from other processes and from your files."
    ),
    later(
        "Code from replies runs in a process of its own in a job object, with limits on memory and"
        " time; Python alone keeps it from the network and from your files, and no other program is"
        " run on replies."
    ),
    later(
        "This system has nothing to shut code in with: code from replies is parsed and not run, and"
        " no other program is run on replies."
    ),
    later("The starter model is whole: {place}"),
    later("The starter model is damaged."),
    later("Fetch it again with: {command}"),
    later("The starter model is not in this home."),
    later("Fetch it with: {command}"),
    later("xllamacpp {version}, running."),
    later("xllamacpp {version}, not running now."),
    later("The built-in runtime does not load: {reason}"),
    later("Install its packages again with: {command}"),
    later("No Ollama answers here; the built-in runtime needs none."),
    later("Ollama {version} at {address}; it takes adapters as they are."),
    later("Ollama {version} at {address}; it takes adapters through a registry of ours."),
    later("The packages for training are not installed ({size}); chat needs none of them."),
    later("Install them with: {command}"),
    later("{card}; a training will use it."),
    later("The training does not load: {reason}"),
    later("Remove the folder .venv and run: {command}"),
    later("torch {version} loads."),
    later("torch trains on {card}."),
    later("torch trains on the GPU of this Mac (MPS)."),
    later("There is no GPU; small bases train on the processor."),
    later("Update the NVIDIA driver to 580 or newer, then look again."),
    later("{device}: 4-bit bases (NF4) train here."),
    later("{device}: 4-bit bases do not train: {trouble}; bases are held in 16 bits."),
    later(
        "A training may take {size} of {whole}; {kept} are left to the desktop."
    ),
)  # fmt: skip

_TITLES = {
    "python": "Python",
    "packages": later("Packages"),
    "libraries_window": later("Libraries of the window"),
    "libraries_runtime": later("Libraries of the runtime"),
    "fonts": later("Fonts"),
    "fonts_korean": later("Korean letters"),
    "fonts_emoji": later("Emoji"),
    "hangul": later("Writing Hangul"),
    "home": later("Folder of the home"),
    "disk": later("Disk"),
    "database": later("Database"),
    "memory": later("Memory"),
    "sandbox": later("Code from replies"),
    "starter": later("Starter model"),
    "runtime": later("Built-in runtime"),
    "ollama": "Ollama",
    "training": later("Training"),
    "gpu": later("Graphics card"),
    "kernels": later("How bases are held"),
    "training_memory": later("Memory for a training"),
    "trainable": later("Can be trained"),
    "chat_only": later("For chat only"),
}


def finding_title(name: str) -> str:
    """What was looked at, in two or three words."""
    return tr(_TITLES[name]) if name in _TITLES else name


def finding_words(sentence: str) -> str:
    """A sentence of the doctor in the user's language."""
    if current_language() == "en" or not sentence:
        return sentence
    for text, form in _forms():
        found = form.fullmatch(sentence)
        if found is not None:
            return tr(text, **found.groupdict()) if found.groupdict() else tr(text)
    return spoken(sentence)


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The most telling sentences first: where one holds another, the longer one is meant."""
    longest_first = sorted(_SENTENCES, key=lambda text: -len(text))
    return tuple((text, _form(text)) for text in longest_first)


def _form(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    made = (f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)
