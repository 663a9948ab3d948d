"""Where an import begins: files to choose or to drop, and what can be taken in."""

from __future__ import annotations

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.gui.controls import button, card, column, label, row
from app.gui.file_choice import FILES, FOLDER, Mode, choose_paths
from app.gui.folders import usual_folder
from app.gui.icons import icon_label
from app.gui.import_sources import ImportSources
from app.gui.import_words import format_name
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.importing import import_formats

_ICON_PX = 32


class ImportChoose(QWidget):
    """Empty state of the import: what to do next."""

    paths_chosen = Signal(list)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("import_choose")
        self.sources = ImportSources(session)
        frame, zone = card("import_zone")
        zone.addStretch()
        picture = icon_label("download-simple", "accent_text", _ICON_PX)
        zone.addWidget(picture, alignment=Qt.AlignmentFlag.AlignHCenter)
        for text, kind in (
            (tr("Drop files or folders here"), "title"),
            (tr("You see what comes in before anything is stored."), "soft"),
        ):
            line = label(text, kind, wrap=True)
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            zone.addWidget(line)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        self._files = button(
            "import_files_choose", tr("Choose files…"), "primary", self._choose_files,
            tip=tr("Choose exported chats, cards of characters or archives of personas"),
        )  # fmt: skip
        buttons.addWidget(self._files)
        folder = button(
            "import_folder_choose", tr("Choose a folder…"), "plain", self._choose_folder,
            tip=tr("For many files at once: every one in it that is known is looked at"),
        )  # fmt: skip
        buttons.addWidget(folder)
        buttons.addStretch()
        zone.addSpacing(space("small"))
        zone.addLayout(buttons)
        zone.addStretch()
        inside = column(self, gap=space("medium"))
        inside.addWidget(frame, 1)
        inside.addWidget(self.sources)
        known = column(gap=space("hair"))
        known.addWidget(label(tr("What can be taken in"), "section"))
        known.addWidget(label(_known(), "soft", wrap=True))
        inside.addLayout(known)

    def take_focus(self) -> None:
        self._files.setFocus()

    def _choose_files(self) -> None:
        self._open(FILES, tr("Choose files"))

    def _choose_folder(self) -> None:
        self._open(FOLDER, tr("Choose a folder"))

    def _open(self, mode: Mode, title: str) -> None:
        downloads = usual_folder(QStandardPaths.StandardLocation.DownloadLocation)
        choose_paths(
            self, "import_file_dialog", title, mode, self.paths_chosen.emit, folder=downloads
        )


def _known() -> str:
    formats = ", ".join(format_name(each.name, each.title) for each in import_formats())
    return tr(
        "{formats}; as JSON, JSON lines, PNG or within a ZIP, and the archive of a persona. The"
        " format is recognised by the content.",
        formats=formats,
    )
