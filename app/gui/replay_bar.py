"""The lines over the items: the group with its target and its verbs, and what was done last."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QApplication, QFrame, QProgressBar, QWidget

from app.gui.controls import Line, button, clear, icon_row, label, row, tool
from app.gui.dates import duration
from app.gui.keys import with_keys
from app.gui.replay_dialogs import target_field
from app.gui.replay_session import Progress, ReplaySession
from app.gui.replay_words import group_name
from app.gui.theme import fitted, space
from app.gui.translation import tr
from app.operations.replaying import GroupView

TARGET_PX, PROGRESS_PX = 72, 120
# What stands in the place of a button that was pressed.
_INSTEAD = {"replay_rehearse": "rehearsal_stop", "rehearsal_stop": "replay_rehearse"}


class GroupBar(QWidget):
    """Target, self-rehearsal, and for a group of one's own its end."""

    def __init__(self, replay: ReplaySession) -> None:
        super().__init__()
        self._replay = replay
        self._inside = row(self, gap=space("small"))
        self._line = label("", "small", name="rehearsal_line")
        self._share = QProgressBar()
        self._shown: tuple[GroupView | None, Progress | None, bool] = (None, None, False)
        replay.progressed.connect(self._show_progress)

    def refresh(self) -> None:
        """Show the group that is on, with the keyboard where it was."""
        shown = self._replay.overview
        group = shown.group(self._replay.group) if shown is not None else None
        progress = self._replay.progress
        stopping = progress is not None and progress.stop.is_set()
        if (group, progress, stopping) == self._shown:
            return
        self._shown = (group, progress, stopping)
        focused = QApplication.focusWidget()
        name = focused.objectName() if focused is not None and self.isAncestorOf(focused) else ""
        clear(self._inside)
        if group is None:
            return
        self._fill(group, progress)
        places = range(self._inside.count())
        made = [item.widget() for at in places if (item := self._inside.itemAt(at)) is not None]
        wanted = (name, _INSTEAD.get(name, name))
        for each in made:
            if name and each is not None and each.objectName() in wanted and each.isEnabled():
                each.setFocus()

    def _fill(self, group: GroupView, progress: Progress | None) -> None:
        # A long name gives way to the buttons.
        self._inside.addWidget(Line(group_name(group.name), "replay_group_on", "strong"))
        self._add_target(group)
        self._inside.addStretch()
        if progress is not None:
            self._add_progress(progress)
        else:
            self._add_rehearsal(group)
        if group.own:
            self._inside.addWidget(
                tool(
                    "replay_remove_group",
                    "trash",
                    tr("Remove the group with its items"),
                    lambda: self._replay.remove_group(group.name),
                )
            )

    def _add_target(self, group: GroupView) -> None:
        self._inside.addSpacing(space("small"))
        self._inside.addWidget(label(tr("Target"), "small"))
        field = target_field("replay_target", group.target)
        field.setAccessibleName(tr("Target of {group}", group=group_name(group.name)))
        field.setToolTip(
            tr("How many items a training can draw from; more where more is to be kept")
        )
        field.setFixedWidth(fitted(TARGET_PX))

        def on_finished() -> None:
            if field.isModified():
                field.setModified(False)
                self._replay.set_target(group.name, int(field.text()))

        field.editingFinished.connect(on_finished)
        self._inside.addWidget(field)

    def _add_rehearsal(self, group: GroupView) -> None:
        made = button(
            "replay_rehearse",
            tr("Let the base answer ({count})", count=group.questions_left)
            if group.questions_left
            else tr("Let the base answer"),
            "plain",
            self._replay.rehearse,
            icon="cube",
        )
        made.setEnabled(bool(group.questions_left))
        made.setToolTip(_rehearsal_tip(group))
        self._inside.addWidget(made)

    def _add_progress(self, progress: Progress) -> None:
        self._share = QProgressBar()
        self._share.setObjectName("rehearsal_progress")
        self._share.setAccessibleName(tr("How far the base has come"))
        self._share.setTextVisible(False)
        self._share.setFixedWidth(PROGRESS_PX)
        self._line = label("", "small", name="rehearsal_line")
        self._inside.addWidget(self._line)
        self._inside.addWidget(self._share)
        stop = button(
            "rehearsal_stop", tr("Stop"), "plain", self._replay.stop, icon="stop",
            tip=tr("Stops after this answer; those that are written stay"),
        )  # fmt: skip
        stop.setEnabled(not progress.stop.is_set())
        self._inside.addWidget(stop)
        self._show_progress()

    def _show_progress(self) -> None:
        progress = self._replay.progress
        if progress is None or self._shown[0] is None:  # while the groups are read it is not there
            return
        self._share.setRange(0, progress.whole)
        self._share.setValue(progress.done)
        self._line.setText(_progress_words(progress))


class ToldBar(QFrame):
    """What was done last, and the way back from it."""

    def __init__(self, replay: ReplaySession) -> None:
        super().__init__()
        self.setObjectName("replay_told")
        self.setProperty("kind", "good")
        self._replay = replay
        self._text = label("", name="replay_told_text", wrap=True)
        tip = with_keys(tr("Takes back what was done last"), "replay.undo")
        self._undo = button("replay_undo", tr("Undo"), "plain", replay.undo, tip=tip)
        inside = row(self, margins=(12, 6, 6, 6), gap=space("small"))
        inside.addWidget(icon_row("check-circle", "good"))
        inside.addWidget(self._text, 1)
        inside.addWidget(self._undo)
        inside.addWidget(tool("replay_told_close", "x", tr("Close"), self.hide))
        replay.told.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        told = self._replay.last
        self.setVisible(told is not None)
        if told is not None:
            self._text.setText(told.text)
            self._undo.setVisible(told.undo is not None)
            QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))


def _progress_words(progress: Progress) -> str:
    name = group_name(progress.group)
    if progress.stop.is_set():
        return tr("Stopping…")
    if not progress.whole:
        return tr("{group}: loading the base…", group=name)
    words = tr("{group}: {done} of {whole}", group=name, done=progress.done, whole=progress.whole)
    left = progress.left_s
    return words if left is None else f"{words} · {duration(left)}"


def _rehearsal_tip(group: GroupView) -> str:
    if group.blocked in ("base_language", "persona_language"):
        return tr("The base does not speak the language of this group.")
    if not group.questions_left:
        return tr("Nothing is left to ask: what you or the persona wrote stays as it is.")
    return tr(
        "The base itself answers the starter set's questions, and its answers are drawn in place"
        " of the set's. It can be stopped and goes on where it was."
    )
