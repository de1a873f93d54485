"""The curves of a run: what is drawn as events come, zoom, cursor, legend, scales, exports, words for every ending."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSlider,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from designer.app import style, theme
from designer.app.panels.curve_plot import CurvePlot, log_ticks
from designer.app.panels.curves import CurvesPanel
from designer.app.panels.run_monitor import RunMonitor
from designer.app.panels.run_status import duration
from designer.errors import message
from designer.training.launch import Launcher
from designer.training.runs import Run
from tests.gui.conftest import Mouse, press_keys
from tests.gui.training_runs import (
    PER_EPOCH,
    append,
    completed_run,
    epochs,
    error_at,
    finished,
    loss_at,
    started,
    steps,
    write_run,
)


@pytest.fixture
def panel(qtbot: QtBot) -> CurvesPanel:
    """The panel on the screen, following nothing."""
    made = CurvesPanel(RunMonitor(Launcher()))
    qtbot.addWidget(made)
    made._monitor.setParent(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def shown(panel: CurvesPanel, tmp_path: Path) -> CurvesPanel:
    """The panel with a run of four epochs that ended well."""
    panel._monitor.attach(completed_run(tmp_path))
    panel.view.redraw()
    return panel


def live(run: Run) -> Run:
    """As if its trainer had just been started."""
    (run.folder / "launched").touch()
    return run


def words(panel: CurvesPanel, name: str) -> str:
    label = panel.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def at(plot: CurvePlot, x: float, share_of_height: float = 0.5) -> QPoint:
    """The pixel of the plot's widget at an iteration."""
    view = plot.plot.vb
    low, high = plot.y_range
    scene = view.mapViewToScene(QPointF(x, low + share_of_height * (high - low)))
    return plot.widget.mapFromScene(scene)


# ---- what is drawn


def test_before_any_run_the_panel_says_what_to_do(panel: CurvesPanel) -> None:
    assert "Train" in words(panel, "curvesEmpty")
    assert not panel.findChild(QLabel, "curvesEmpty").isHidden()  # type: ignore[union-attr]
    assert words(panel, "runState") == "No training yet"


def test_a_finished_run_is_drawn_whole(shown: CurvesPanel) -> None:
    view = shown.view
    x, y = view.loss.data("epoch_training_loss")
    np.testing.assert_array_equal(x, [50, 100, 150, 200])
    np.testing.assert_allclose(y, [loss_at(i) for i in x])
    _, errors = view.error.data("validation_error")
    np.testing.assert_allclose(errors, [100 * (error_at(i) + 0.02) for i in x])
    x, _ = view.rate.data("learning_rate")
    assert x[0] == 1 and x[-1] == 200
    raw = view.curves.training_loss.raw
    np.testing.assert_allclose(raw.y, [loss_at(i) for i in range(1, 201)])


def test_the_strip_tells_how_a_finished_run_went(shown: CurvesPanel) -> None:
    assert words(shown, "runState") == "Completed"
    assert words(shown, "runResult") == "Test accuracy 81.25 %"
    best = 100 * (error_at(200) + 0.02)
    assert words(shown, "runBest") == f"best validation error {best:.2f} % (epoch 4)"
    detail = shown.status.detail.full_text()
    assert "4 epochs" in detail and "12,345 images/s" in detail and "8.0 s" in detail and "Test CPU" in detail
    bar = shown.findChild(QProgressBar, "runProgress")
    assert isinstance(bar, QProgressBar) and bar.value() == bar.maximum()


def test_the_curves_grow_as_events_are_appended(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    run = live(write_run(tmp_path, []))
    panel._monitor.attach(run)
    assert words(panel, "runState") == "Starting the trainer"
    append(run, [started(), *epochs(1, 1), steps(50, 20)])
    qtbot.waitUntil(lambda: panel.view.curves.last_iteration == 70, timeout=3000)
    assert words(panel, "runState") == "Epoch 2 of 4"
    assert "iteration 70 of 200" in panel.status.detail.full_text()
    assert "2 min 5 s left" in panel.status.detail.full_text()
    qtbot.waitUntil(lambda: len(panel.view.loss.data("training_loss")[0]) == 70, timeout=3000)
    append(run, [steps(70, 30)])
    qtbot.waitUntil(lambda: len(panel.view.loss.data("training_loss")[0]) == 100, timeout=3000)


def test_a_resumed_run_draws_over_what_it_does_again(panel: CurvesPanel, tmp_path: Path) -> None:
    first = [started(), *epochs(1, 2), steps(100, 30), finished("stopped")]
    again = [started(first_epoch=2, first_iteration=100), steps(100, 10)]
    panel._monitor.attach(live(write_run(tmp_path, [*first, *again])))
    curves = panel.view.curves
    assert curves.training_loss.raw.x.tolist() == list(range(1, 111))
    assert curves.validation_error.x.tolist() == [50, 100]
    assert words(panel, "runState") == "Epoch 3 of 4"


def test_events_keep_coming_after_a_run_is_resumed_from_elsewhere(
    panel: CurvesPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    run = write_run(tmp_path, [started(), *epochs(1, 1), finished("stopped")], outcome="stopped")
    panel._monitor.attach(run)
    assert words(panel, "runState") == "Stopped"
    append(live(run), [started(first_epoch=1, first_iteration=50), steps(50, 10)])
    qtbot.waitUntil(lambda: words(panel, "runState") == "Epoch 2 of 4", timeout=4000)


def test_nothing_is_drawn_while_nobody_sees_it(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    run = live(write_run(tmp_path, [started(), steps(0, 10)]))
    panel._monitor.attach(run)
    panel.view.redraw()
    panel.hide()
    append(run, [steps(10, 20)])
    qtbot.waitUntil(lambda: panel.view.curves.last_iteration == 30, timeout=3000)
    qtbot.wait(250)
    assert len(panel.view.loss.data("training_loss")[0]) == 10
    panel.show()
    qtbot.waitUntil(lambda: len(panel.view.loss.data("training_loss")[0]) == 30, timeout=3000)


def test_a_million_iterations_are_drawn_with_a_few_points(panel: CurvesPanel) -> None:
    view = panel.view
    view.begin()
    rng = np.random.default_rng(0)
    count = 1_000_000
    view.curves.add_steps(np.arange(1, count + 1), rng.random(count), rng.random(count), np.full(count, 0.1))
    view.redraw()
    for plot, key in ((view.loss, "training_loss"), (view.error, "training_error"), (view.rate, "learning_rate")):
        assert 100 < len(plot.data(key)[0]) < 5 * plot.width()
    view._zoom((500_000, 500_200))
    view.redraw()
    assert 200 <= len(view.loss.data("training_loss")[0]) <= 203


# ---- how a run ends


def test_a_long_run_is_caught_up_with_in_parts(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    long = [steps(first, 50) for first in range(0, 60_000, 50)]
    run = write_run(tmp_path, [started(1200), *long, finished("stopped")], outcome="stopped")
    attached = panel._monitor
    seen: list[str] = []
    attached.progressed.connect(lambda progress: seen.append(progress.state))
    attached.attach(run)
    assert 0 < attached.progress.iteration < 60_000, "the window is not held up until all is read"
    qtbot.waitUntil(lambda: attached.progress.outcome is not None)
    assert attached.progress.iteration == 60_000
    assert set(seen) == {"stopped"}, "a run that is over is never taken for one in training"
    assert list(panel.view.curves.training_loss.raw.x) == list(range(1, 60_001))


def test_a_failed_run_says_what_happened_and_what_to_try(panel: CurvesPanel, tmp_path: Path) -> None:
    end = finished("failed", text=message("The GPU ran out of memory."), advice=message("Halve the batch size."))
    panel._monitor.attach(write_run(tmp_path, [started(), *epochs(1, 1), end], outcome="failed"))
    assert not panel.banner.isHidden()
    assert words(panel, "runProblem") == "The GPU ran out of memory."
    assert words(panel, "runAdvice") == "Halve the batch size."
    assert words(panel, "runState") == "Failed"
    assert panel.findChild(QPushButton, "bannerResume").isHidden()  # type: ignore[union-attr]  # no checkpoint
    assert len(panel.view.curves.training_loss) == 50


def test_a_trainer_that_is_gone_without_a_word_is_noticed(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    run = live(write_run(tmp_path, [started(), *epochs(1, 1), steps(50, 5)]))
    panel._monitor.attach(run)
    assert panel.banner.isHidden()
    (run.folder / "launched").unlink()
    (run.checkpoints / "resume.safetensors").touch()
    qtbot.waitUntil(lambda: not panel.banner.isHidden(), timeout=5000)
    assert words(panel, "runState") == "Broke off"
    assert "gone without a word" in words(panel, "runProblem")
    with qtbot.waitSignal(panel.resumeRequested):
        button = panel.findChild(QPushButton, "bannerResume")
        assert isinstance(button, QPushButton) and button.isVisible()
        button.click()


def test_a_good_run_after_a_bad_one_takes_the_banner_away(panel: CurvesPanel, tmp_path: Path) -> None:
    panel._monitor.attach(write_run(tmp_path, [started(), finished("failed")], "bad", outcome="failed"))
    assert not panel.banner.isHidden()
    panel._monitor.attach(completed_run(tmp_path))
    assert panel.banner.isHidden()
    panel._monitor.attach(None)
    assert words(panel, "runState") == "No training yet"


def test_what_the_trainer_does_before_training_is_shown(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    from designer.training.events import Status

    run = live(write_run(tmp_path, [Status(text=message("Loading {data}", data="cifar10"))]))
    panel._monitor.attach(run)
    assert words(panel, "runState") == "Loading cifar10"
    bar = panel.findChild(QProgressBar, "runProgress")
    assert isinstance(bar, QProgressBar) and (bar.minimum(), bar.maximum()) == (0, 0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3.24, "3.2 s"), (42.4, "42 s"), (125, "2 min 5 s"), (7_260, "2 h 1 min"), (100_000, "1 d 3 h"), (-1, "0.0 s")],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


# ---- zoom, cursor, legend


def test_the_wheel_zooms_all_plots_along_x_and_double_click_shows_everything_again(shown: CurvesPanel) -> None:
    view = shown.view
    everything = view.loss.x_range
    mouse = Mouse(view.loss.widget)
    mouse.wheel(at(view.loss, 100), 240)
    start, end = view.loss.x_range
    assert end - start < 0.9 * (everything[1] - everything[0]) and start < 100 < end
    assert view.error.x_range == view.rate.x_range == (start, end)
    assert view.is_zoomed
    mouse.double_click(at(view.loss, 100))
    assert view.loss.x_range == pytest.approx(everything)
    assert not view.is_zoomed


def test_y_follows_what_is_visible_along_x(shown: CurvesPanel, qtbot: QtBot) -> None:
    view = shown.view
    highest = view.loss.y_range[1]
    mouse = Mouse(view.loss.widget)
    for _ in range(8):
        mouse.wheel(at(view.loss, 195), 240)
    qtbot.waitUntil(lambda: view.loss.y_range[1] < 0.5 * highest, timeout=2000)


def test_dragging_zooms_to_what_was_marked(shown: CurvesPanel, qtbot: QtBot) -> None:
    view = shown.view
    Mouse(view.loss.widget).drag(at(view.loss, 50, 0.9), at(view.loss, 150, 0.3))
    start, end = view.loss.x_range
    assert (start, end) == pytest.approx((50, 150), abs=2)
    picked = view.loss.y_range
    view.redraw()
    assert view.loss.y_range == picked  # y was chosen too, so it stays
    assert view.error.x_range == (start, end)


def test_a_zoomed_view_stays_while_the_run_goes_on(panel: CurvesPanel, qtbot: QtBot, tmp_path: Path) -> None:
    run = live(write_run(tmp_path, [started(), *epochs(1, 1)]))
    panel._monitor.attach(run)
    view = panel.view
    view.redraw()
    Mouse(view.loss.widget).wheel(at(view.loss, 25), 240)
    before = view.loss.x_range
    append(run, epochs(2, 1))
    qtbot.waitUntil(lambda: view.curves.last_iteration == 100, timeout=3000)
    view.redraw()
    assert view.loss.x_range == before
    press_keys(view.loss.widget, Qt.Key.Key_A)
    assert view.loss.x_range[1] >= 100


def test_arrow_keys_move_and_plus_zooms(shown: CurvesPanel) -> None:
    view = shown.view
    view.loss.widget.setFocus()
    start, end = view.loss.x_range
    press_keys(view.loss.widget, Qt.Key.Key_Plus)
    assert view.loss.x_range[1] - view.loss.x_range[0] == pytest.approx(0.8 * (end - start))
    left = view.loss.x_range[0]
    press_keys(view.loss.widget, Qt.Key.Key_Right)
    assert view.loss.x_range[0] > left


def test_the_cursor_reads_out_every_curve_at_its_iteration(shown: CurvesPanel) -> None:
    view = shown.view
    Mouse(view.error.widget).glide(at(view.error, 120))
    assert words(shown, "curvePlace") == "iteration 120 = epoch 2.40"
    assert view.error.legend.text("epoch_training_error") == f"per epoch {100 * error_at(100):.2f}"
    assert view.loss.legend.text("validation_loss") == f"Validation {loss_at(100) + 0.1:.3f}"
    smoothed = view.curves.training_loss.at(120)
    assert view.loss.legend.text("training_loss") == f"Training {smoothed:.3f}"
    assert view.rate.legend.text("learning_rate") == "0.001"
    QTest.mouseMove(view.loss.widget, QPoint(2, 2))
    view.set_cursor(None)
    assert words(shown, "curvePlace") == "iteration 200 = epoch 4.00"


def test_the_legend_hides_and_shows_curves(shown: CurvesPanel) -> None:
    view = shown.view
    drawn = view.loss._drawn[0]
    button = shown.findChild(QToolButton, "lossPlot_training_loss")
    assert isinstance(button, QToolButton)
    Mouse(button).click(button.rect().center())
    assert not drawn.front.isVisible() and not drawn.back.isVisible()
    Mouse(button).click(button.rect().center())
    assert drawn.front.isVisible() and drawn.back.isVisible()


def test_a_narrow_legend_goes_on_in_a_second_row_and_keeps_every_name(shown: CurvesPanel, qtbot: QtBot) -> None:
    legend = shown.view.error.legend
    buttons = legend.findChildren(QToolButton)
    shown.resize(1300, 312)
    qtbot.waitUntil(lambda: len({button.y() for button in buttons}) == 1)
    shown.resize(500, 312)  # what a window of 1000 x 700 has for the curves
    qtbot.waitUntil(lambda: len({button.y() for button in buttons}) == 2)
    for button in buttons:
        assert button.text().startswith(("Training ", "per epoch ", "Validation "))
        assert button.fontMetrics().horizontalAdvance(button.text()) < button.width()
        assert legend.rect().contains(button.geometry())
    assert not any(a.geometry().intersects(b.geometry()) for a, b in combinations(buttons, 2))
    assert legend.geometry().bottom() < shown.view.error.widget.y()


# ---- scales and smoothing


def test_the_loss_can_be_drawn_on_a_logarithmic_scale(shown: CurvesPanel) -> None:
    view = shown.view
    button = shown.findChild(QToolButton, "curveLog")
    assert isinstance(button, QToolButton)
    Mouse(button).click(button.rect().center())
    low, high = view.loss.y_range
    values = view.curves.training_loss.y
    assert low <= math.log10(values.min()) and math.log10(values.max()) <= high <= 1
    assert view.loss.plot.getAxis("left").logMode
    drawn = view.loss._drawn[0].front.curve.getData()[1]
    np.testing.assert_allclose(drawn, np.log10(view.loss.data("training_loss")[1]))
    assert not view.error.plot.getAxis("left").logMode
    Mouse(button).click(button.rect().center())
    assert view.loss.y_range[1] >= values.max()


def test_a_curve_that_touches_zero_survives_the_logarithmic_scale(panel: CurvesPanel) -> None:
    view = panel.view
    view.begin()
    view.curves.add_steps([1, 2, 3, 4], [1.0, 0.0, math.nan, 0.5], [50, 0, 0, 0], [0.1, 0.0, 0.1, 0.0])
    view._set_log(True)
    view.redraw()
    assert all(math.isfinite(value) for value in (*view.loss.y_range, *view.rate.y_range))


def test_the_x_axis_counts_epochs_on_demand(shown: CurvesPanel) -> None:
    view = shown.view
    button = shown.findChild(QToolButton, "curveEpochs")
    assert isinstance(button, QToolButton)
    Mouse(button).click(button.rect().center())
    for plot in view.plots:
        assert plot.plot.getAxis("bottom").scale == pytest.approx(1 / PER_EPOCH)
    assert view.loss.x_range[1] == pytest.approx(200, rel=0.05)  # the curves themselves stay where they are


def test_the_slider_smooths_and_off_is_the_raw_curve(shown: CurvesPanel) -> None:
    view = shown.view
    slider = shown.findChild(QSlider, "curveSmoothing")
    assert isinstance(slider, QSlider)
    rough = np.abs(np.diff(view.curves.training_loss.y)).sum()
    slider.setFocus()
    press_keys(slider, Qt.Key.Key_End)
    assert view.curves.training_loss.span == 4096
    assert np.abs(np.diff(view.curves.training_loss.y)).sum() < rough
    press_keys(slider, Qt.Key.Key_Home)
    np.testing.assert_allclose(view.curves.training_loss.y, view.curves.training_loss.raw.y)
    assert not view.loss._drawn[0].back.isVisible()


def test_errors_stay_within_0_and_100_percent(shown: CurvesPanel) -> None:
    low, high = shown.view.error.y_range
    assert 0 <= low < high <= 100


def test_wide_and_low_puts_the_plots_side_by_side(shown: CurvesPanel, qtbot: QtBot) -> None:
    view = shown.view
    assert view.error.y() > view.loss.y()
    shown.resize(1000, 380)
    qtbot.waitUntil(lambda: view.error.x() > view.loss.x() and view.error.y() == view.loss.y())
    for plot in view.plots:
        assert plot.width() >= 120 and plot.height() >= 60


# ---- exports and colours


def _answers(name: str) -> Callable[..., tuple[str, str]]:
    return lambda *_: (name, "")


def test_the_csv_holds_every_number(
    shown: CurvesPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", _answers(str(tmp_path / "curves")))
    button = shown.findChild(QToolButton, "curveCsv")
    assert isinstance(button, QToolButton)
    Mouse(button).click(button.rect().center())
    qtbot.waitUntil(lambda: shown._saving is None)
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200
    assert float(rows[99]["training_loss"]) == pytest.approx(loss_at(100), rel=1e-6)
    assert float(rows[99]["validation_error"]) == pytest.approx(error_at(100) + 0.02, rel=1e-6)
    assert rows[100]["validation_error"] == "" and rows[149]["epoch"] == "3"


def test_a_table_that_cannot_be_written_says_so(
    shown: CurvesPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", _answers(str(tmp_path / "no" / "such" / "folder.csv")))
    said: list[str] = []

    def close() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        said.append(box.text())
        box.accept()

    QTimer.singleShot(300, close)
    shown.export_csv()
    qtbot.waitUntil(lambda: bool(said))
    assert "folder.csv cannot be written" in said[0]


def test_the_png_shows_the_curves(shown: CurvesPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", _answers(str(tmp_path / "curves.png")))
    button = shown.findChild(QToolButton, "curvePng")
    assert isinstance(button, QToolButton)
    Mouse(button).click(button.rect().center())
    image = QImage(str(tmp_path / "curves.png"))
    assert image.width() > 1500
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert set(theme.palette().curves[:4]) <= colours


@pytest.fixture
def schemes() -> Iterator[Callable[[Qt.ColorScheme], None]]:
    """Switches the app's colour scheme, and back at the end."""
    yield style.choose
    style.choose(Qt.ColorScheme.Unknown)


def test_light_and_dark_are_followed_live(
    shown: CurvesPanel, qtbot: QtBot, schemes: Callable[[Qt.ColorScheme], None]
) -> None:
    view = shown.view
    for scheme in (Qt.ColorScheme.Dark, Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
        schemes(scheme)
        colours = theme.palette()
        qtbot.waitUntil(lambda: view.loss.widget.backgroundBrush().color().name() == colours.surface, timeout=2000)  # noqa: B023
        assert view.loss._drawn[0].front.opts["pen"].color().name() == colours.curves[0]
        assert colours.error in shown.banner.styleSheet()


def test_the_panel_imports_pyqtgraph_only_when_it_is_seen() -> None:
    import subprocess
    import sys

    code = (
        "import sys, designer.app.panels.training, designer.app.panels.runs\n"
        "print([m for m in ('pyqtgraph', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- the numbers at the axes


@given(low=st.floats(-8, 3), span=st.floats(0.01, 9), size=st.floats(40, 900))
@settings(max_examples=200, deadline=None)
def test_numbers_of_a_logarithmic_scale_never_touch(low: float, span: float, size: float) -> None:
    ticks = log_ticks(low, low + span, size)
    assert all(low <= tick <= low + span for tick in ticks)
    assert ticks == sorted(ticks)
    assert all((b - a) / span * size >= 16.9 for a, b in pairwise(ticks))
    if size >= 120:
        assert len(ticks) >= 2


@pytest.mark.parametrize("width", [500, 775, 1200])
def test_the_last_number_of_the_x_axis_is_whole(shown: CurvesPanel, width: int) -> None:
    shown.resize(width, 320)
    QTest.qWait(20)
    shown.view.redraw()
    image = QImage(width, 320, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for plot in (shown.view.rate, shown.view.error):
        texts = [text for _, _, text in plot.plot.getAxis("bottom").generateDrawSpecs(painter)[2]]
        assert "200" in texts
    painter.end()
