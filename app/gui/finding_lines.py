"""What the doctor found, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.gui.controls import column, icon_row, label, row
from app.gui.finding_words import finding_title, finding_words
from app.gui.theme import space
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.training_findings import Finding

_ICONS = {
    "bad": ("x-circle", "danger"),
    "warn": ("warning", "warning"),
    "ok": ("check-circle", "good"),
}


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """What is to be mended before what is well."""
    return sorted(findings, key=lambda each: list(_ICONS).index(each.state))


def findings_summary(findings: tuple[Finding, ...]) -> str:
    """All of them in one sentence."""
    worse = sum(finding.state == "bad" for finding in findings)
    little = sum(finding.state == "warn" for finding in findings)
    if not worse and not little:
        return tr("Everything is as it should be.")
    return tr("{bad} to mend, {warn} to look at.", bad=worse, warn=little)


def finding_line(finding: Finding) -> QWidget:
    """What was looked at, what was found, and what to do; the words can be selected."""
    holder = QWidget()
    holder.setObjectName(f"finding_{finding.state}")
    line = row(holder, margins=(0, space("hair"), 0, space("hair")), gap=space("small"))
    icon = icon_row(*_ICONS[finding.state])
    line.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
    words = column()
    words.addWidget(label(finding_title(finding.name), "strong", wrap=True))
    told = label(finding_words(finding.text), name=f"finding_{finding.name}", wrap=True)
    told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    words.addWidget(told)
    if finding.next_step:
        step = label(finding_words(finding.next_step), "soft", wrap=True)
        step.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.addWidget(step)
    line.addLayout(words, 1)
    return holder
