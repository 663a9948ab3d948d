"""The window's process: one a home, on the screen before anything heavy is loaded."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app.errors import PerennialError
from app.gui.session import Session
from app.gui.single_window import SingleWindow
from app.gui.theme import install_theme
from app.gui.translation import current_language, system_language, tr, use_language
from app.gui.trouble import explain
from app.gui.window import MainWindow
from app.home import Home, open_home

FIRST_PAINT_VARIABLE = "PERENNIAL_FIRST_PAINT"
LOG_BYTES = 1_000_000


def run(home_path: Path | None = None) -> int:
    """Open the window on a home; its exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Perennial")
    application.setDesktopFileName("perennial")
    application.setStyle("Fusion")
    install_theme(application)
    use_language(system_language())
    try:
        home = open_home(home_path)
    except PerennialError as error:
        english = current_language() == "en"
        return _refuse(str(error) if english else explain(error).whole, error.exit_code)
    single = SingleWindow(home)
    if not single.take():
        return _point_to_first(single)
    _keep_log(home)
    session = Session(home)
    window = MainWindow(session)
    _catch_bugs(session)
    window.painted.connect(lambda: _on_painted(window, single))
    window.fit_screen()
    window.show()
    try:
        return application.exec()
    finally:
        single.release()


def _on_painted(window: MainWindow, single: SingleWindow) -> None:
    mark = os.environ.get(FIRST_PAINT_VARIABLE)
    if mark:
        Path(mark).write_text(f"{time.time():.3f}", "utf-8")
    window.start()
    QTimer.singleShot(0, window, lambda: single.listen(window.bring_forward))


def _point_to_first(single: SingleWindow) -> int:
    """A second window says so and brings the first one forward."""
    if single.knock():
        text = tr("Perennial is open on this home already; its window was brought forward.")
    else:
        text = tr(
            "Perennial is open on this home already, but its window does not answer. Close it,"
            " then start again."
        )
    return _refuse(text, 1)


def _refuse(text: str, code: int) -> int:
    sys.stderr.write(text + "\n")
    box = QMessageBox(QMessageBox.Icon.Information, "Perennial", text)
    box.setObjectName("refusal")
    box.exec()
    return code


def _keep_log(home: Home) -> None:
    handler = RotatingFileHandler(
        home.logs / "window.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger("perennial").addHandler(handler)


def _catch_bugs(session: Session) -> None:
    """An error that nobody expected is told and logged; the window stays."""

    def caught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        session.tell(explain(error))

    def caught_in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            caught(told.exc_type, told.exc_value, told.exc_traceback)

    sys.excepthook = caught
    threading.excepthook = caught_in_thread


if __name__ == "__main__":
    sys.exit(run())
