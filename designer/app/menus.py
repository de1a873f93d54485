"""The window's own commands, and the menus made from all commands there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu

from designer.app import icons, style, theme
from designer.app.actions import Actions
from designer.app.canvas import commands as canvas_commands
from designer.app.help import show_about, show_cheat_sheet
from designer.app.i18n import tr
from designer.app.menu_titles import menu_titles
from designer.app.recent import recent_files
from designer.graph import Graph

if TYPE_CHECKING:
    from designer.app.main_window import MainWindow
    from designer.app.workbench import Workbench

_Key = QKeySequence.StandardKey
_ICONS = {
    "file.new": "new", "file.open": "open", "file.save": "save", "edit.undo": "undo", "edit.redo": "redo",
    "graph.tidy": "tidy", "graph.repeat": "repeat", "view.frame": "frame", "view.home": "home", "train.stop": "stop",
    "train.start": "train",
}  # fmt: skip

_SECTIONS = {
    "file.save", "file.export", "view.home", "file.quit", "edit.cut", "edit.delete", "edit.select_all",
    "edit.nudge_left", "graph.repeat", "graph.block", "graph.tidy", "view.palette", "view.code_beside",
    "view.theme_system", "help.about",
}  # fmt: skip
"""The commands above which a menu has a line."""


def register_actions(bench: Workbench, actions: Actions) -> None:
    """Register every command once."""
    window, document, training = bench.window, bench.document, bench.training
    files = window.files
    add = actions.add
    add("file.new", tr("&New"), files.new, menu="file", keys=_Key.New, tip=tr("Begin an empty drawing"))
    add("file.open", tr("&Open..."), files.open, menu="file", keys=_Key.Open, tip=tr("Open a network from a file"))
    add("file.import", tr("&Import..."), files.import_network, menu="file",
        tip=tr("Open a network of Neural Network Console (.sdcproj, .nntxt, .nnp)"))  # fmt: skip
    add("file.save", tr("&Save"), files.save, menu="file", keys=_Key.Save, tip=tr("Save the drawing"))
    add("file.save_as", tr("Save &as..."), files.save_as, menu="file", keys="Ctrl+Shift+S",
        tip=tr("Save the drawing to another file"))  # fmt: skip
    add("file.export", tr("&Export as Python..."), files.export_code, menu="file", keys="Ctrl+E",
        tip=tr("Save the network as PyTorch source that stands alone"))  # fmt: skip
    add("view.home", tr("Start &page"), lambda: _go_home(window), menu="file",
        tip=tr("Recent files and sample networks"))  # fmt: skip
    add("file.quit", tr("&Quit"), window.close, menu="file", keys="Ctrl+Q", tip=tr("Close the window"))
    add("edit.undo", tr("Undo"), document.undo, menu="edit", keys=_Key.Undo, tip=tr("Take back the last step"))
    add("edit.redo", tr("Redo"), document.redo, menu="edit", keys=("Ctrl+Shift+Z", "Ctrl+Y"),
        tip=tr("Do the step again that was taken back"))  # fmt: skip
    canvas_commands.register_actions(bench.canvas, actions)
    add("graph.insert", tr("&Insert the palette's layer"), lambda: _insert(bench), menu="graph", keys="Insert",
        scope=bench.canvas, tip=tr("Put the layer chosen in the palette behind the selected node"))  # fmt: skip
    bench.palette.addAction(actions["graph.insert"])  # its key also works where the layer was chosen
    add("train.start", tr("Train"), bench.train, menu="train", keys=("F5", "Ctrl+Return"),
        tip=tr("Train this network now, on the fastest device there is"))  # fmt: skip
    add("train.stop", tr("Stop"), training.stop, menu="train", keys="Shift+F5",
        tip=tr("Stop the training; what it learned so far is kept"))  # fmt: skip
    add("train.resume", tr("Resume"), training.resume, menu="train",
        tip=tr("Go on with the run that is shown, from where it stopped"))  # fmt: skip
    for key, name in enumerate(bench.docks, start=1):
        title = bench.docks[name].windowTitle()
        add(
            f"view.{name}",
            title,
            partial(bench.raise_panel, name),
            menu="view",
            keys=f"Alt+{key}",
            tip=tr("Show this panel"),
        )
    add("view.code_beside", tr("Code beside the canvas"), lambda: _code_beside(bench), menu="view",
        tip=tr("Put the code at the right of the canvas, or back into the tabs below"))  # fmt: skip
    add("view.search", tr("Search layers"), bench.palette.focus_search, menu="view", keys="Ctrl+L",
        tip=tr("Find a layer by name"))  # fmt: skip
    _register_colours(window, actions)
    add("help.keys", tr("Gestures and shortcuts"), lambda: show_cheat_sheet(window, actions), menu="help", keys="F1")
    add("help.about", tr("About Net Designer"), lambda: show_about(window), menu="help",
        tip=tr("Its version, and those of PyTorch, Qt and Python"))  # fmt: skip
    add("help.about_qt", tr("About Qt"), QApplication.aboutQt, menu="help")
    for id_, name in _ICONS.items():
        actions[id_].setProperty("icon_name", name)
        actions[id_].setIcon(icons.icon(name))


def _register_colours(window: MainWindow, actions: Actions) -> None:
    """Three switches of which one is on; the choice is there again at the next start."""
    group = QActionGroup(window)
    for name, text, scheme in (
        ("system", tr("Colours of the system"), Qt.ColorScheme.Unknown),
        ("light", tr("Light colours"), Qt.ColorScheme.Light),
        ("dark", tr("Dark colours"), Qt.ColorScheme.Dark),
    ):
        action = actions.add(f"view.theme_{name}", text, partial(style.choose_for_good, scheme), menu="view",
                             checkable=True)  # fmt: skip
        group.addAction(action)
        action.setChecked(theme.chosen() == scheme)


def _insert(bench: Workbench) -> None:
    layer = bench.palette.current_layer
    if layer is not None:
        bench.canvas.insert_layer(layer)
    else:
        bench.raise_panel("palette")
        bench.palette.focus_search()


def _go_home(window: MainWindow) -> None:
    if window.files.may_discard():
        window.document.replace(Graph(), None)
        window.show_start_page()


def _code_beside(bench: Workbench) -> None:
    window, dock, inspector = bench.window, bench.docks["code"], bench.docks["inspector"]
    if window.dockWidgetArea(dock) == Qt.DockWidgetArea.BottomDockWidgetArea:
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        window.splitDockWidget(dock, inspector, Qt.Orientation.Horizontal)
        window.resizeDocks([dock], [560], Qt.Orientation.Horizontal)
    else:
        window.tabifyDockWidget(bench.docks["problems"], dock)
    bench.raise_panel("code")


def fill_menus(window: MainWindow, actions: Actions) -> None:
    """Each menu gets its commands, in the order they were registered."""
    for id_, _ in menu_titles():
        menu = window.findChild(QMenu, f"menu_{id_}")
        if menu is None:
            raise LookupError(id_)
        for action in actions.of_menu(id_):
            if action.objectName() in _SECTIONS:
                menu.addSeparator()
            menu.addAction(action)
            if action.objectName() == "file.open":
                menu.addMenu(_recent_menu(window))


def _recent_menu(window: MainWindow) -> QMenu:
    menu = QMenu(tr("Open &recent"), window)

    def fill() -> None:
        menu.clear()
        for path in recent_files():
            action = QAction(path.name, menu)
            action.setToolTip(str(path))
            action.triggered.connect(lambda *_, p=path: window.files.open(p))
            menu.addAction(action)
        if menu.isEmpty():
            menu.addAction(tr("No files yet")).setEnabled(False)

    menu.aboutToShow.connect(fill)
    return menu
