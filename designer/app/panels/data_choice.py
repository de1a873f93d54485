"""Which data a network is trained with: the choice, what it looks like, and whether it fits the network."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QProgressBar, QPushButton, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.panels.controls import ComboBox
from designer.app.panels.data_fit import Misfit, misfits
from designer.app.panels.data_pictures import ClassBars, Mosaic
from designer.app.panels.jobs import Answer, Job
from designer.app.panels.problem_card import FixButton
from designer.app.panels.words import Words
from designer.app.tips import tip
from designer.data.catalogue import BUILT_IN, class_title, data_folder, find
from designer.data.errors import DataError
from designer.data.previewing import THUMBNAILS, Preview, progress_of, read
from designer.errors import Message
from designer.graph import GraphError
from designer.layers.base import show
from designer.shapes import Analysis

_NAMED = 12
"""So many classes at most are listed by name."""
_OPEN_NPZ, _OPEN_FOLDER = object(), object()


class DataChoice(QWidget):
    """The list of data sets with a look into the chosen one, which a process of its own loads."""

    dataChosen = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """Emits what recipes call the data: a built-in set's name or a path."""
    mended = Signal()
    """A mend was applied, and its button is gone."""
    sizesKnown = Signal()  # noqa: N815
    """`train_size` may be different now."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data")
        self.setAcceptDrops(True)
        self._document = document
        self._data = ""
        self._wanted = False
        self._paths: list[str] = []
        self._previews: dict[str, tuple[Preview, QPixmap]] = {}
        self._job: Job | None = None
        self._misfits: list[Misfit] = []
        self.combo = ComboBox()
        self.combo.setObjectName("recipe_data")
        self.combo.setAccessibleName(tr("Data"))
        self.combo.setToolTip(tip(tr("The pictures the network learns from. Files and folders may be dropped here.")))
        self.combo.activated.connect(self._choose)
        self.progress = QProgressBar()
        self.progress.setObjectName("dataProgress")
        self.progress.setAccessibleName(tr("Loading the data"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.GRID)
        self.facts = Words("dataFacts")
        self.problem = Words("dataProblem", "error")
        self.load_button = QPushButton(tr("Download and look at it"))
        self.load_button.setObjectName("dataLoad")
        self.load_button.clicked.connect(self._load_anyway)
        self.mosaic = Mosaic()
        self.bars = ClassBars()
        self.bars_caption = Words("dataClassesCaption")
        self.fit = FitView()
        self.fit.mendRequested.connect(self._mend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        for widget in (self.combo, self.progress, self.problem, self.load_button, self.fit, self.mosaic,
                       self.bars_caption, self.bars, self.facts):  # fmt: skip
            column.addWidget(widget)
        self.show_data("synthetic")

    # ---- what is known

    @property
    def preview(self) -> Preview | None:
        """What is known of the chosen data from loading it."""
        found = self._previews.get(self._data)
        return found[0] if found else None

    @property
    def train_size(self) -> int | None:
        """Training pictures of the chosen data; None as long as that is not known."""
        preview, info = self.preview, find(self._data)
        if preview is not None and preview.error is None:
            return preview.train_size
        return info.train_size if info is not None else None

    @property
    def stopping_misfits(self) -> list[Misfit]:
        """Why the network cannot be trained with this data, as far as is known."""
        return [misfit for misfit in self._misfits if misfit.stops]

    # ---- choosing

    def show_data(self, data: str) -> None:
        """Show the recipe's data."""
        if data == self._data:
            return
        self._data = data
        if self._job is not None:  # it looks into what was chosen before
            self._job.cancel()
            self._job = None
        if find(data) is None and data not in self._paths:
            self._paths.append(data)
        self._fill()
        self._show_preview()
        self.sizesKnown.emit()
        if self.isVisible():
            self.load()

    def _fill(self) -> None:
        self.combo.clear()
        for info in BUILT_IN:
            self.combo.addItem(render(info.title), info.name)
        for path in self._paths:
            self.combo.addItem(Path(path).name or path, path)
            self.combo.setItemData(self.combo.count() - 1, path, Qt.ItemDataRole.ToolTipRole)
        self.combo.insertSeparator(self.combo.count())
        self.combo.addItem(tr("Open .npz..."), _OPEN_NPZ)
        self.combo.addItem(tr("Open folder of images..."), _OPEN_FOLDER)
        self.combo.setCurrentIndex(self.combo.findData(self._data))

    def _choose(self, index: int) -> None:
        chosen = self.combo.itemData(index)
        self.combo.setCurrentIndex(self.combo.findData(self._data))
        if chosen is _OPEN_NPZ:
            name, _ = QFileDialog.getOpenFileName(
                self, tr("Open pictures and labels"), str(Path.home()), tr("Arrays (*.npz)")
            )
            chosen = name
        elif chosen is _OPEN_FOLDER:
            chosen = QFileDialog.getExistingDirectory(
                self, tr("Open a folder with one folder of images per class"), str(Path.home())
            )
        if chosen:
            self._take(str(chosen))

    def _take(self, data: str) -> None:
        if data == self._data:
            self._previews.pop(data, None)  # chosen once more: look again, the file may be another one now
            self._show_preview()
        else:
            self.dataChosen.emit(data)  # the document says it back through `show_data`
        self._load_anyway()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped."""
        if _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take a dropped .npz file or folder."""
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self._take(str(path))

    # ---- loading

    def load(self) -> None:
        """Look into the data, unless that means a download that nobody asked for."""
        info = find(self._data)
        if info is not None and info.needs_download and not (data_folder() / f"{info.name}.npz").is_file():
            return
        self._load_anyway()

    def _load_anyway(self) -> None:
        if self._data in self._previews or self._job is not None:
            return
        folder = tempfile.TemporaryDirectory(prefix="netdesigner-preview-", ignore_cleanup_errors=True)
        self._job = Job(self, "designer.data.preview", self._data, folder.name)
        self._job.printed.connect(self._show_progress)
        self._job.ended.connect(partial(self._loaded, self._data, folder))
        self._show_preview()

    def _show_progress(self, line: str) -> None:
        done = progress_of(line)
        if done is not None:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * done))

    def _loaded(self, data: str, folder: tempfile.TemporaryDirectory[str], answer: Answer) -> None:
        self._job = None
        pixmap = QPixmap()
        try:
            preview = read(Path(folder.name))
            pixmap.load(str(Path(folder.name) / THUMBNAILS))
        except DataError as error:
            preview = Preview(name=data, error=error.message)
        folder.cleanup()
        self._previews[data] = (preview, pixmap)
        if data == self._data:
            self._show_preview()
            self.sizesKnown.emit()

    # ---- what is shown

    def _show_preview(self) -> None:
        preview = self.preview
        error = preview.error if preview else None
        loading = self._job is not None and preview is None
        self.progress.setRange(0, 0)
        self.progress.setVisible(loading)
        self.problem.say(render(error) if error else "")
        info = find(self._data)
        away = info is not None and info.needs_download and preview is None and not loading
        self.load_button.setVisible(away and not (data_folder() / f"{self._data}.npz").is_file())
        usable = preview if preview is not None and error is None else None
        self._show_pictures(usable)
        self.facts.say(self._facts(usable))
        self.check(self._document.analysis)

    def _show_pictures(self, preview: Preview | None) -> None:
        pixmap = self._previews[self._data][1] if preview else QPixmap()
        names = [render(class_title(name)) for name in preview.classes] if preview else []
        self.mosaic.show_pictures(pixmap, preview.mosaic if preview else None, names)
        self.bars.show_counts(names, preview.train_counts if preview else ())
        self.mosaic.setVisible(preview is not None)
        uneven = preview is not None and len(set(preview.train_counts)) > 1  # otherwise the facts say it all
        self.bars.setVisible(uneven)
        self.bars_caption.say(tr("Training pictures of each class:") if uneven else "")

    def _facts(self, preview: Preview | None) -> str:
        info = find(self._data)
        if preview is not None:
            return "\n".join([
                _sizes(preview.train_size, preview.test_size, preview.shape),
                _classes(preview.classes, preview.train_counts),
                *map(render, preview.notes),
            ])  # fmt: skip
        if info is not None:
            return _sizes(info.train_size, info.test_size, info.shape) + "\n" + _classes(info.classes, ())
        return tr("Loading {path}", path=self._data) if self._job else self._data

    def check(self, analysis: Analysis) -> None:
        """Say what does not fit between the data and the network."""
        preview, info = self.preview, find(self._data)
        if preview is not None and preview.error is None:
            self._misfits = misfits(analysis, preview.shape, len(preview.classes))
        elif info is not None:
            self._misfits = misfits(analysis, info.shape, len(info.classes))
        else:
            self._misfits = []
        self.fit.show_misfits(self._misfits)

    def _mend(self, misfit: Misfit) -> None:
        if misfit.fix is not None:
            try:
                self._document.edit(render(misfit.fix.title), misfit.fix.apply)
            except (GraphError, KeyError):  # the drawing changed since the mend was offered
                self.check(self._document.analysis)
                return
            self.mended.emit()


def _sizes(train: int, test: int, shape: tuple[int, ...]) -> str:
    return tr("{train} training and {test} test pictures of {shape}",
              train=f"{train:,}", test=f"{test:,}", shape=show(shape))  # fmt: skip


def _classes(names: Sequence[str], counts: Sequence[int]) -> str:
    """How many classes there are, by name where they are few, and how many training pictures each has."""
    words = tr("{count} classes", count=len(names))
    if 0 < len(names) <= _NAMED:
        words += ": " + ", ".join(render(class_title(name)) for name in names)
    if counts and min(counts) == max(counts):
        words += " " + tr("({count} training each)", count=f"{counts[0]:,}")
    elif counts:
        fewest, most = f"{min(counts):,}", f"{max(counts):,}"
        words += " " + tr("({fewest} to {most} training each)", fewest=fewest, most=most)
    return words


class FitView(QWidget):
    """What does not fit between data and network, each with a button that mends it."""

    mendRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """Emits the `Misfit` to mend."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataFit")
        self._shown: list[tuple[Message, bool]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self.hide()

    def show_misfits(self, found: list[Misfit]) -> None:
        """Show these; nothing is rebuilt where they are the same."""
        said = [(misfit.text, misfit.stops) for misfit in found]
        if said == self._shown:
            return
        self._shown = said
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        for misfit in found:
            words = Words("misfit", "error" if misfit.stops else "warning")
            self._column.addWidget(words)
            words.say(render(misfit.text))
            if misfit.fix is not None:
                button = FixButton(render(misfit.fix.title))
                button.setObjectName("misfitMend")
                button.clicked.connect(partial(self.mendRequested.emit, misfit))
                self._column.addWidget(button)
        self.setVisible(bool(found))


def _dropped(event: QDragEnterEvent | QDropEvent) -> Path | None:
    """The one local .npz file or folder being dragged."""
    urls = event.mimeData().urls()
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and (path.is_dir() or path.suffix.lower() == ".npz") else None
