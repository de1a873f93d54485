"""The editors of forms: Qt's own, but deaf to the wheel unless focused, able to show an error and a mixed value."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QSizePolicy, QWidget

from designer.app import theme

_RADIUS = 4.0


def _paint_outline(widget: QWidget, *, invalid: bool) -> None:
    """The outline of a field, which Fusion hardly shows on dark ground; red where the text is no value."""
    if widget.hasFocus() and not invalid:
        return  # Fusion's own outline in the accent colour
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colours = theme.palette()
    painter.setPen(QPen(QColor(colours.error), 1.5) if invalid else QPen(QColor(colours.field), 1))
    inset = 0.75 if invalid else 0.5
    painter.setOpacity(1.0 if widget.isEnabled() else 0.5)
    radius = _RADIUS if invalid else _RADIUS / 2
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)
    painter.end()


def leaves_undo_to_document(event: QKeyEvent) -> bool:
    """Whether this is Qt asking an editor if it wants Ctrl+Z for itself; then the event is marked as not wanted.

    Every valid text is in the document as it is typed, so undo there is what the user means.
    """
    if event.type() != QEvent.Type.ShortcutOverride:
        return False
    undo = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
    if undo:
        event.ignore()
    return undo


class LineEdit(QLineEdit):
    """One line of text that can be marked as wrong. Undo is the document's where nothing was typed here."""

    invalid = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextMargins(2, 0, 2, 0)  # text begins where that of numbers and lists does

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z to the window while there is no typing of its own to take back."""
        own = self.isUndoAvailable() or self.isRedoAvailable()
        if not own and isinstance(event, QKeyEvent) and leaves_undo_to_document(event):
            return False
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line with its outline, red where it is marked."""
        super().paintEvent(event)
        _paint_outline(self, invalid=self.invalid)


class NumberEdit(QAbstractSpinBox):
    """A number with steppers. Any text may be typed; `step` says what the arrows make of it.

    QSpinBox would silently drop keys, clamp values and stop at 32 bits; here the form says what is wrong instead.
    """

    stepped = Signal()
    """The arrows, arrow keys or the wheel changed the text."""
    invalid = False

    def __init__(self, step: Callable[[str, int], str | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step = step
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def stepBy(self, steps: int) -> None:
        """Replace the text by the number `steps` further on, if there is one."""
        text = self._step(self.text(), steps)
        if text is not None and text != self.text():
            self.lineEdit().setText(text)
            self.stepped.emit()
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways: the form's bounds end the steps."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept every key: the form reads the text."""
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        """Leave the text alone."""
        return text

    def sizeHint(self) -> QSize:
        """Narrow enough for a side panel."""
        return QSize(96, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few digits."""
        return QSize(64, super().minimumSizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only where the user is editing: the wheel over a form scrolls it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The spin box with its outline, red where it is marked."""
        super().paintEvent(event)
        _paint_outline(self, invalid=self.invalid)


class ComboBox(QComboBox):
    """A combo box for side panels: deaf to the wheel, and narrow when it must be."""

    invalid = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel over a form scrolls it; it never changes a choice that was just made."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The combo box with its outline, red where it is marked."""
        super().paintEvent(event)
        _paint_outline(self, invalid=self.invalid)


class Switch(QCheckBox):
    """A check box drawn as a switch; half-way where the selected nodes differ."""

    _SIZE = QSize(32, 18)

    def sizeHint(self) -> QSize:
        """The track and its focus ring."""
        return self._SIZE + QSize(4, 4)

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`: it does not shrink."""
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        """All of the widget is clickable."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """A track filled with the accent colour when on, and a knob."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        track = QRectF(2, (self.height() - self._SIZE.height()) / 2, self._SIZE.width(), self._SIZE.height())
        state = self.checkState()
        on = state == Qt.CheckState.Checked
        painter.setPen(QPen(QColor(colours.accent if on else colours.muted), 1.2))
        painter.setBrush(QColor(colours.accent) if on else QColor(colours.surface))
        painter.drawRoundedRect(track.adjusted(0.6, 0.6, -0.6, -0.6), track.height() / 2, track.height() / 2)
        where = {Qt.CheckState.Unchecked: 0.0, Qt.CheckState.PartiallyChecked: 0.5, Qt.CheckState.Checked: 1.0}[state]
        radius = track.height() / 2 - 4
        left, right = track.left() + radius + 4, track.right() - radius - 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.on_accent if on else colours.muted))
        painter.drawEllipse(QPointF(left + (right - left) * where, track.center().y()), radius, radius)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(
                track.adjusted(-1.4, -1.4, 1.4, 1.4), track.height() / 2 + 1, track.height() / 2 + 1
            )
        painter.end()

    def nextCheckState(self) -> None:
        """A click never leads to the half-way state; from there it switches on."""
        self.setCheckState(
            Qt.CheckState.Unchecked if self.checkState() == Qt.CheckState.Checked else Qt.CheckState.Checked
        )

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in the new scheme's colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self.update()


def decimal_step(value: float, steps: int) -> float:
    """Steps of a tenth of the leading digit: 0.9 -> 0.91, 1e-4 -> 1.1e-4, 20 -> 21; from 0 by 0.01."""
    for _ in range(abs(steps)):
        toward_zero = value * steps < 0
        size = abs(value) * (0.999999 if toward_zero else 1.000001)  # at a power of ten the finer step leads inwards
        exponent = math.floor(math.log10(size)) - 1 if size else -2
        value = round(value + math.copysign(10.0**exponent, steps), max(0, -exponent))
    return value
