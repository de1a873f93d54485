"""Tooltips: short lines stay as they are, long ones are broken by Qt, and nothing in them is markup."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from designer.app.tips import tip

LONG = "How many pictures the network sees before its weights change, and " * 5


def test_short_tips_stay_plain() -> None:
    assert tip("Save the drawing\n(Ctrl+S)") == "Save the drawing\n(Ctrl+S)"


def test_long_tips_are_rich_text_in_which_nothing_is_markup() -> None:
    made = tip(f"a < b & c\n{LONG}")
    assert made.startswith("<qt>a &lt; b &amp; c<br>How many")


def test_wide_characters_count_twice() -> None:
    assert tip("畳み込み" * 7) == "畳み込み" * 7
    assert tip("畳み込み" * 10).startswith("<qt>")


def test_a_long_tip_is_narrower_than_its_line(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    QToolTip.showText(widget.mapToGlobal(QPoint(5, 5)), tip(LONG), widget)
    (label,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, QLabel) and w.isVisible()]
    assert label.width() < label.fontMetrics().horizontalAdvance(LONG) / 2
    QToolTip.hideText()
