"""The window: the start page first, and behind it the workbench with canvas and panels, built when it is needed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QStackedWidget, QStatusBar, QToolBar

from designer.app.i18n import tr
from designer.app.menu_titles import menu_titles
from designer.app.recent import settings
from designer.app.start_page import StartPage
from designer.importers import SUFFIXES

if TYPE_CHECKING:
    from designer.app.document import Document
    from designer.app.files import Files
    from designer.app.workbench import Workbench

LAYOUT_VERSION = 1
"""Saved window layouts of another version are not restored."""
TOOLBAR_HEIGHT = 48
FIRST_SIZE = QSize(1440, 900)
"""Of the window, until the user gives it another; less where the screen has less room."""


class MainWindow(QMainWindow):
    """One document, its start page and, from the first use on, its workbench."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setAcceptDrops(True)
        self._workbench: Workbench | None = None
        self._layout: QByteArray | None = None
        """Where the panels are while the start page hides them."""
        self.start_page = StartPage()
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start_page)
        self.setCentralWidget(self.centre)
        self._reserve_bars()
        page = self.start_page  # lambdas, as files and document are made when one of them is called
        page.newRequested.connect(lambda: self.files.new())  # noqa: PLW0108
        page.openRequested.connect(lambda path: self.files.open(path))  # noqa: PLW0108
        page.sampleRequested.connect(lambda path: self.files.open_sample(path))  # noqa: PLW0108
        page.recoverRequested.connect(lambda item: self.files.recover(item))  # noqa: PLW0108
        self._restore_geometry()
        self.show_start_page()
        if path is not None:
            self.files.open(path)

    def _reserve_bars(self) -> None:
        """Menu bar, toolbar and status bar have their places from the beginning, so that nothing jumps later.

        All are made in Python: for a widget that Qt made, PySide looks through every class it could be of, 10 ms each.
        """
        bar = QMenuBar(self)
        for id_, title in menu_titles():
            menu = QMenu(title, bar)
            menu.setObjectName(f"menu_{id_}")
            bar.addMenu(menu)
        self.setMenuBar(bar)
        self._toolbar = QToolBar(tr("Toolbar"), self)
        self._toolbar.setObjectName("toolbar")
        self._toolbar.setMovable(False)
        self._toolbar.setIconSize(QSize(20, 20))
        self._toolbar.setMinimumHeight(TOOLBAR_HEIGHT)
        self.addToolBar(self._toolbar)
        self.setStatusBar(QStatusBar(self))

    # ---- what the start page can be painted without

    @cached_property
    def document(self) -> Document:
        """The drawing; the first use loads the catalogue of layers and inference."""
        from designer.app.document import Document

        document = Document(parent=self)
        document.stateChanged.connect(self._show_title)
        return document

    @cached_property
    def files(self) -> Files:
        """What opens and saves the document."""
        from designer.app.files import Files

        files = Files(self, self.document)
        files.opened.connect(self._show_canvas)
        files.recovered.connect(lambda item: self.workbench.autosave.take_over(item))  # noqa: PLW0108
        return files

    @property
    def workbench(self) -> Workbench:
        """Canvas, panels and commands; the first use builds them."""
        if self._workbench is None:
            from designer.app.workbench import Workbench

            self._workbench = Workbench(self, self._toolbar)
            self.centre.addWidget(self._workbench.canvas)
            layout = settings().value("layout")
            if isinstance(layout, QByteArray):
                self.restoreState(layout, LAYOUT_VERSION)
            if not self.shows_drawing:
                self._hide_panels(self._workbench)
        return self._workbench

    # ---- what is shown

    @property
    def shows_drawing(self) -> bool:
        """Whether the canvas is in sight, not the start page."""
        return self.centre.currentWidget() is not self.start_page

    def show_start_page(self) -> None:
        """The start page, with the files as they are now."""
        self.start_page.refresh()
        self.centre.setCurrentWidget(self.start_page)
        self.statusBar().hide()
        if self._workbench is not None:
            self._hide_panels(self._workbench)
            self._workbench.show_training_state()
        self._show_title()

    def _hide_panels(self, workbench: Workbench) -> None:
        """The start page has the window to itself."""
        if self._layout is None:
            self._layout = self.saveState(LAYOUT_VERSION)
            for dock in workbench.docks.values():
                dock.hide()

    def _show_canvas(self) -> None:
        workbench = self.workbench
        if self._layout is not None:
            self.restoreState(self._layout, LAYOUT_VERSION)
            self._layout = None
        self.statusBar().show()
        self.centre.setCurrentWidget(workbench.canvas)
        workbench.canvas.setFocus()
        QTimer.singleShot(0, workbench.canvas, workbench.canvas.show_beginning)
        self._show_title()
        workbench.show_training_state()

    def _show_title(self) -> None:
        if self.shows_drawing:
            self.setWindowTitle(f"{self.document.title}[*] - {tr('Net Designer')}")
            self.setWindowModified(self.document.is_modified)
        else:
            self.setWindowModified(False)
            self.setWindowTitle(tr("Net Designer"))

    # ---- window

    def changeEvent(self, event: QEvent) -> None:
        """Icons follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_workbench", None) is not None:
            self.workbench.recolour()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A window made smaller takes from the panels, too: Qt would take it all from the drawing."""
        super().resizeEvent(event)
        if self.shows_drawing and event.size().height() < event.oldSize().height():
            self.workbench.make_room()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Graph files, and those that can be imported, may be dropped anywhere on the window."""
        if _fitting(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file, once the program that it comes from is let go: a question may come up."""
        if paths := _fitting(event):
            event.acceptProposedAction()
            QTimer.singleShot(0, self, lambda: self.files.open(paths[0]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work and about a training that runs; neither is lost without a word."""
        workbench = self._workbench
        if not self.files.may_discard() or (workbench is not None and not workbench.training.ask_on_close(self)):
            event.ignore()
            return
        state = settings()
        state.setValue("geometry", self.saveGeometry())
        if workbench is not None:
            state.setValue("layout", self._layout or self.saveState(LAYOUT_VERSION))
            workbench.close()
        event.accept()

    def _restore_geometry(self) -> None:
        geometry = settings().value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))


def _fitting(event: QDropEvent) -> list[Path]:
    """The files that are dragged and can be opened."""
    paths = (Path(url.toLocalFile()) for url in event.mimeData().urls())
    return [path for path in paths if path.suffix.lower() in (".json", *SUFFIXES)]
