"""The training panel: the recipe as a form, and real trainings by a real trainer in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.panels.data_choice import DataChoice
from designer.app.panels.device_choice import DeviceChoice
from designer.app.panels.training import TrainingPanel
from designer.graph import Graph, edits
from designer.graph.recipe import (
    ByEpoch,
    Cosine,
    MultiStep,
    Optimizer,
    Polynomial,
    Recipe,
    Step,
    Warmup,
    write,
)
from designer.training.launch import Launcher
from designer.training.schedules import learning_rate
from tests.gui.conftest import Mouse, press_keys
from tests.gui.training_panel import choose, editor, enter, network, recipe, said
from tests.gui.training_runs import epochs, finished, started, write_run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A few hundred tiny pictures of three classes that differ in brightness."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 3
    x = (rng.random((400, 8, 8, 3)) * 100 + 50 * y[:, None, None, None]).astype(np.uint8)
    path = tmp_path / "tiny.npz"
    np.savez(path, x_train=x[:300], y_train=y[:300], x_test=x[300:], y_test=y[300:])
    return path


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    """One launcher for all trainings, so that each finds a warm worker."""
    made = Launcher()
    yield made
    made.close()


Show = Callable[..., TrainingPanel]


@pytest.fixture
def show(qtbot: QtBot, tmp_path: Path, launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Shows the panel with a network and a recipe; devices and data are not looked at unless `whole`."""

    def shown(recipe: Recipe | None = None, graph: Graph | None = None, *, whole: bool = False) -> TrainingPanel:
        if not whole:  # each look starts a process that imports torch
            monkeypatch.setattr(DeviceChoice, "ask", lambda _: None)
            monkeypatch.setattr(DataChoice, "load", lambda _: None)
        raw = write(recipe, {}) if recipe else {}
        document = Document(edits.set_recipe(graph or network(), raw))
        panel = TrainingPanel(document, launcher, tmp_path / "runs")
        document.setParent(panel)
        qtbot.addWidget(panel)
        panel.resize(1280, 900)
        panel.show()
        qtbot.waitExposed(panel)
        panel.activateWindow()
        qtbot.waitUntil(panel.isActiveWindow)
        return panel

    return shown


# ---- the form


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("batch_size", "128", 128), ("epochs", "3", 3), ("validation", "0.25", 0.25), ("seed", "42", 42),
     ("learning_rate", "3e-4", 3e-4), ("weight_decay", "0.005", 0.005)],
)  # fmt: skip
def test_what_is_typed_is_in_the_recipe_and_one_undo_step(show: Show, name: str, text: str, value: Any) -> None:
    panel = show()
    before = recipe(panel)
    enter(panel, name, text)
    assert getattr(recipe(panel), name) == value
    panel._document.undo()
    assert recipe(panel) == before
    panel._document.redo()
    assert getattr(recipe(panel), name) == value


def test_undo_shows_in_the_form(show: Show) -> None:
    panel = show(Recipe(epochs=7))
    enter(panel, "epochs", "30")
    panel.setFocus()
    panel._document.undo()
    assert panel.form.training.values()["epochs"] == 7
    assert editor(panel, "epochs").text() == "7"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "text"), [("batch_size", "0"), ("epochs", "many"), ("validation", "1.5")])
def test_what_is_no_value_stays_typed_with_its_reason_and_the_recipe_stays(
    show: Show, qtbot: QtBot, name: str, text: str
) -> None:
    panel = show()
    before = panel._document.graph
    enter(panel, name, text)
    qtbot.waitUntil(lambda: said(panel, f"reason_{name}") != "", timeout=3000)
    assert editor(panel, name).text() == text  # type: ignore[attr-defined]
    assert panel._document.graph is before


def test_each_optimizer_brings_its_own_properties(show: Show) -> None:
    panel = show(Recipe(learning_rate=0.01))
    choose(panel, "optimizer", "AdamW")
    assert recipe(panel).optimizer == Optimizer(name="AdamW")
    enter(panel, "optimizer_beta1", "0.8")
    switch = editor(panel, "optimizer_amsgrad")
    Mouse(switch).click(switch.rect().center())
    assert recipe(panel).optimizer.params == {"beta1": 0.8, "amsgrad": True}
    choose(panel, "optimizer", "RMSprop")
    assert recipe(panel).optimizer == Optimizer(name="RMSprop")
    enter(panel, "optimizer_alpha", "0.95")
    assert recipe(panel).optimizer.params == {"alpha": 0.95}
    for _ in range(2):
        panel._document.undo()
    assert recipe(panel).optimizer.params == {"beta1": 0.8, "amsgrad": True}
    assert editor(panel, "optimizer_beta1").text() == "0.8"  # type: ignore[attr-defined]


def test_a_property_the_optimizer_cannot_take_is_refused_with_its_reason(show: Show) -> None:
    panel = show(Recipe(optimizer=Optimizer(name="Momentum")))
    enter(panel, "optimizer_momentum", "1.0")
    assert "0.999999" in said(panel, "reason_momentum")
    assert recipe(panel).optimizer.params.get("momentum", 0.9) == 0.9


def test_an_optimizer_without_weight_decay_greys_it_out(show: Show) -> None:
    panel = show()
    assert editor(panel, "weight_decay").isEnabled()
    choose(panel, "optimizer", "Rprop")
    assert not editor(panel, "weight_decay").isEnabled()


def test_a_rate_far_from_the_optimizers_usual_one_is_pointed_out(show: Show) -> None:
    panel = show(Recipe(learning_rate=0.1, optimizer=Optimizer(name="Adam")))
    button = panel.findChild(QPushButton, "usualRate")
    assert isinstance(button, QPushButton) and button.isVisibleTo(panel)
    assert button.text() == "Use 0.001, usual for Adam"
    button.click()
    assert recipe(panel).learning_rate == 0.001
    assert not button.isVisibleTo(panel)


@pytest.mark.parametrize(("rate", "told"), [(0.01, False), (0.1, False), (0.001, False), (5.0, True), (1e-5, True)])
def test_rates_that_papers_begin_with_are_no_oddity(show: Show, rate: float, told: bool) -> None:
    panel = show(Recipe(learning_rate=rate, optimizer=Optimizer(name="Momentum")))
    button = panel.findChild(QPushButton, "usualRate")
    assert isinstance(button, QPushButton) and button.isVisibleTo(panel) == told


# ---- the learning rate over time


def test_iterations_and_epochs_are_converted_live(show: Show) -> None:
    # 50,000 pictures in batches of 64 are 782 iterations; NNC's user worked this out by hand.
    panel = show(Recipe(data="cifar10", batch_size=64, validation=0.0))
    choose(panel, "schedule", "Multiply every N")
    choose(panel, "schedule_unit", "iteration")
    enter(panel, "schedule_every", "4000")
    assert recipe(panel).schedule == Step(factor=0.1, every=4000, unit="iteration")
    assert said(panel, "scheduleConversion") == "every 4,000 iterations = 5.12 epochs"
    enter(panel, "batch_size", "128")
    assert said(panel, "scheduleConversion").startswith("every 4,000 iterations = 10.23 epochs")
    choose(panel, "schedule_unit", "epoch")
    enter(panel, "schedule_every", "100")
    assert said(panel, "scheduleConversion").startswith("every 100 epochs = 39,100 iterations")
    enter(panel, "warmup_length", "1")
    assert recipe(panel).warmup == Warmup(length=1, unit="epoch")
    assert said(panel, "warmupConversion") == "1 epoch = 391 iterations"


def test_milestones_are_typed_as_a_list_and_told_in_both_units(show: Show) -> None:
    panel = show(Recipe(data="synthetic", epochs=100))  # 141 iterations an epoch
    choose(panel, "schedule", "Multiply at milestones")
    enter(panel, "schedule_milestones", "30,60 80")
    choose(panel, "schedule_unit", "epoch")
    assert recipe(panel).schedule == MultiStep(factor=0.1, milestones=(30, 60, 80))
    assert said(panel, "scheduleConversion") == "after 30; 60; 80 epochs = 4,230; 8,460; 11,280 iterations"
    enter(panel, "epochs", "60")
    assert said(panel, "scheduleConversion").endswith("ends after 60 epochs; what comes later has no effect.")
    enter(panel, "epochs", "30")
    assert said(panel, "scheduleConversion").endswith("ends after 30 epochs, so the rate never changes.")
    enter(panel, "schedule_milestones", "0")
    assert recipe(panel).schedule == MultiStep(factor=0.1, milestones=(30, 60, 80))


def test_a_polynomial_has_its_power(show: Show) -> None:
    panel = show(Recipe(data="synthetic", epochs=10))
    choose(panel, "schedule", "Polynomial")
    enter(panel, "schedule_power", "0.5")
    assert recipe(panel).schedule == Polynomial(power=0.5)
    assert said(panel, "scheduleConversion") == "falls to 0 over 10 epochs = 1,410 iterations"


def test_batches_that_make_one_update_are_told_in_pictures(show: Show) -> None:
    panel = show(Recipe(data="synthetic"))
    assert said(panel, "updateWords") == ""
    enter(panel, "accumulate", "4")
    assert recipe(panel).accumulate == 4
    assert said(panel, "updateWords") == "256 pictures per update, 36 updates per epoch"


def test_a_decay_after_the_end_of_the_training_is_pointed_out(show: Show) -> None:
    panel = show(Recipe(data="synthetic", epochs=10, schedule=Step(every=10)))
    assert said(panel, "scheduleConversion").endswith("ends after 10 epochs, so the rate never changes.")
    enter(panel, "schedule_every", "5")
    assert said(panel, "scheduleConversion") == "every 5 epochs = 705 iterations"
    choose(panel, "schedule_unit", "iteration")
    enter(panel, "schedule_every", "1410")
    assert "never changes" in said(panel, "scheduleConversion")
    enter(panel, "epochs", "11")
    assert "never changes" not in said(panel, "scheduleConversion")
    choose(panel, "schedule", "Rates by epoch")
    assert said(panel, "scheduleConversion") == ""
    panel.findChild(QToolButton, "rateAdd").click()  # type: ignore[union-attr]
    assert said(panel, "scheduleConversion") == ""
    panel.findChild(QToolButton, "rateAdd").click()  # type: ignore[union-attr]
    assert said(panel, "scheduleConversion") == "The training ends after 11 epochs; what comes later has no effect."


def test_without_known_data_there_is_no_false_conversion(show: Show) -> None:
    panel = show(Recipe(data="/nowhere.npz", schedule=Step(every=5)))
    assert said(panel, "scheduleConversion") == "every 5 epochs = ?"
    assert panel.form.per_epoch is None


@pytest.mark.parametrize(
    "schedule",
    [
        Step(factor=0.5, every=3),
        Cosine(final=0.001),
        ByEpoch(rates=((0, 0.1), (4, 0.01))),
        Polynomial(power=2),
        MultiStep(milestones=(3, 6)),
    ],
)
def test_the_small_plot_shows_the_rates_the_trainer_uses(show: Show, schedule: Any) -> None:
    chosen = Recipe(data="synthetic", epochs=9, schedule=schedule, warmup=Warmup(length=1), learning_rate=0.1)
    panel = show(chosen)
    per_epoch = panel.form.per_epoch
    assert per_epoch == 141  # 9,000 of 10,000 pictures in batches of 64
    points = panel.form.schedule.plot.points
    assert points[-1][0] == 9
    for epoch, rate in points[:-1]:
        assert rate == learning_rate(chosen, round(epoch * per_epoch), per_epoch)


def test_a_rate_that_falls_evenly_is_drawn_as_a_straight_line(show: Show) -> None:
    plot = show(Recipe(data="synthetic", schedule=Polynomial(power=1))).form.schedule.plot
    assert all(y == pytest.approx(1 - x, abs=0.01) for x, y in plot._scaled())


def test_each_rate_of_the_table_is_an_undo_step_and_tab_leaves_it(show: Show, qtbot: QtBot) -> None:
    panel = show(Recipe(schedule=ByEpoch(rates=((0, 0.1), (10, 0.01)))))
    table = editor(panel, "rates")
    assert isinstance(table, QTableWidget)
    table.setCurrentCell(0, 1)
    for text in ("0.05", "0.02"):
        table.setFocus()
        if table.state() != QTableWidget.State.EditingState:
            press_keys(table, Qt.Key.Key_F2)
        (line,) = [line for line in table.findChildren(QLineEdit) if line.isVisible()]
        line.selectAll()
        press_keys(line, text, Qt.Key.Key_Return)
        wanted = ByEpoch(rates=((0, float(text)), (10, 0.01)))
        qtbot.waitUntil(lambda wanted=wanted: recipe(panel).schedule == wanted)
    panel._document.undo()
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.05), (10, 0.01)))
    panel._document.undo()
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.1), (10, 0.01)))
    table.setFocus()
    press_keys(table, Qt.Key.Key_Tab)
    assert not table.hasFocus() and not table.isAncestorOf(QApplication.focusWidget() or panel)


def test_rates_by_epoch_are_a_table(show: Show) -> None:
    panel = show(Recipe(learning_rate=0.01))
    choose(panel, "schedule", "Rates by epoch")
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.01),))
    add = panel.findChild(QToolButton, "rateAdd")
    assert isinstance(add, QToolButton)
    add.click()
    add.click()
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.01), (10, 0.001), (20, 0.0001)))
    table = editor(panel, "rates")
    assert isinstance(table, QTableWidget)
    cell = table.item(1, 1)
    assert cell is not None
    cell.setText("0.003")
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.01), (10, 0.003), (20, 0.0001)))
    cell.setText("fast")
    assert said(panel, "reason_rates") and cell.text() == "fast"
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.01), (10, 0.003), (20, 0.0001)))
    cell.setText("0.002")
    assert said(panel, "reason_rates") == ""
    table.selectRow(2)
    panel.findChild(QToolButton, "rateRemove").click()  # type: ignore[union-attr]
    assert recipe(panel).schedule == ByEpoch(rates=((0, 0.01), (10, 0.002)))
    while table.rowCount() > 1:
        panel.findChild(QToolButton, "rateRemove").click()  # type: ignore[union-attr]
    panel.findChild(QToolButton, "rateRemove").click()  # type: ignore[union-attr]
    assert table.rowCount() == 1


def test_a_narrow_panel_cuts_nothing_sideways(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(Recipe(schedule=ByEpoch(rates=((0, 0.1), (4, 0.01)))))
    panel.show_run(write_run(tmp_path / "runs", [started(), *epochs(1, 3), finished("stopped")]).folder)
    panel.resize(775, 312)  # what is left of a window of 1000 x 700
    qtbot.wait(100)
    inside = panel.form.widget()
    assert inside.width() >= inside.minimumSizeHint().width()
    assert inside.width() <= panel.form.viewport().width()
    assert panel.form.verticalScrollBar().isVisible()
    place = panel.curves.findChild(QLabel, "curvePlace")
    assert isinstance(place, QLabel)
    assert place.text().endswith("150")
    assert place.fontMetrics().horizontalAdvance(place.text()) <= place.width()
    assert place.toolTip() == "iteration 150 = epoch 3.00"
    assert "best validation error" in panel.curves.status.best.text()
    panel.resize(1500, 312)
    qtbot.wait(100)
    assert place.text() == "iteration 150 = epoch 3.00"


# ---- recipes from files


def test_a_recipe_that_cannot_be_used_is_told_and_can_be_mended(show: Show) -> None:
    graph = edits.set_recipe(network(), {"epochs": "many", "batch_size": 32, "mine": 1})
    panel = show(graph=graph)
    panel._document.replace(graph, None)
    assert "epochs" in said(panel, "recipeProblem")
    assert panel.form.recipe.batch_size == 32
    panel.train()
    assert said(panel, "runProblem") == "The training cannot begin"
    enter(panel, "epochs", "4")
    assert recipe(panel).epochs == 4 and recipe(panel).batch_size == 32
    assert panel._document.graph.recipe["mine"] == 1
    assert said(panel, "recipeProblem") == ""


def test_an_unknown_optimizer_and_device_are_shown_as_they_are(show: Show) -> None:
    panel = show(Recipe(optimizer=Optimizer(name="Lion"), device="cuda:7"))
    assert "Lion" in said(panel, "optimizerProblem")
    assert panel.form.device.combo.currentText() == "cuda:7"
    choose(panel, "optimizer", "SGD")
    assert said(panel, "optimizerProblem") == ""
    choose(panel, "device", "Automatic (the fastest)")
    assert recipe(panel).device == "auto"


# ---- what can be trained


def test_only_a_network_without_errors_can_be_trained(show: Show, qtbot: QtBot) -> None:
    panel = show()
    assert panel.can_train
    with qtbot.waitSignal(panel.stateChanged):
        panel._document.edit("cut", lambda g: edits.disconnect(g, [g.edges[0]]))
    assert not panel.can_train
    panel._document.replace(Graph(), None)
    assert not panel.can_train
    panel.train()
    assert not panel.is_running


def test_without_a_loss_train_says_so_and_offers_the_mend(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(Recipe(data="any.npz"), edits.remove(network(), ["loss"]))
    panel.train()
    assert said(panel, "runProblem") == "The training cannot begin"
    assert "no loss" in said(panel, "runAdvice")
    assert not (tmp_path / "runs").exists()
    (button,) = [b for b in panel.curves.banner.findChildren(QPushButton, "fix") if b.isVisible()]
    assert button.text() == "Add SoftmaxCrossEntropy behind scores"
    with qtbot.waitSignal(panel.mended):
        Mouse(button).click(button.rect().center())
    assert [node.type for node in panel._document.graph.nodes] == ["Input", "Linear", "SoftmaxCrossEntropy"]
    assert not panel._document.problems
    assert not panel.curves.banner.isVisible(), "it was about the drawing as it was"


def test_a_stopped_run_has_its_resume_beside_it_and_another_training_is_asked_about(
    show: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = show(Recipe(data="any.npz"))
    run = write_run(tmp_path / "runs", [started(), *epochs(1, 2), finished("stopped")], "stopped", outcome="stopped")
    panel.show_run(run.folder)
    button = panel.findChild(QPushButton, "resumeButton")
    assert isinstance(button, QPushButton)
    assert not button.isVisible(), "there is no checkpoint"
    assert not panel.can_resume
    run.resume_point.touch()
    panel.show_run(run.folder)
    assert button.isVisible()
    assert panel.can_resume
    assert button.toolTip() == "Go on from iteration 100 of 200"
    other = write_run(tmp_path / "runs", [started()], "other")
    (other.folder / "launched").touch()
    questions: list[str] = []

    def refuse() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox) and box.objectName() == "besideQuestion"
        questions.append(box.text())
        box.button(QMessageBox.StandardButton.Cancel).click()

    for press in (lambda: Mouse(button).click(button.rect().center()), panel.train):
        QTimer.singleShot(100, refuse)
        press()
    assert questions == ["'other' is being trained."] * 2
    assert not panel.is_running


def test_data_that_does_not_fit_stops_the_training_before_it_starts(show: Show, tmp_path: Path) -> None:
    panel = show(Recipe(data="cifar10"))
    panel.train()
    assert said(panel, "runProblem") == "The training cannot begin"
    assert "3x32x32" in said(panel, "runAdvice")
    assert not (tmp_path / "runs").exists()


# ---- closing


@pytest.mark.parametrize(
    ("button", "closes", "stops"),
    [("trainingGoesOn", True, False), ("stopTraining", True, True), ("", False, False)],
)
def test_closing_asks_what_becomes_of_the_training(
    show: Show, tmp_path: Path, button: str, closes: bool, stops: bool
) -> None:
    panel = show()
    assert panel.ask_on_close()
    run = write_run(tmp_path / "runs", [started()])
    (run.folder / "launched").touch()
    panel._follow(run)

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox) and box.objectName() == "closeQuestion"
        found = box.findChild(QPushButton, button) if button else box.button(QMessageBox.StandardButton.Cancel)
        assert isinstance(found, QPushButton)
        found.click()

    QTimer.singleShot(100, answer)
    assert panel.ask_on_close() == closes
    assert (run.folder / "stop").exists() == stops


# ---- real trainings


def test_one_click_trains_and_draws_and_tests(show: Show, qtbot: QtBot, pictures: Path) -> None:
    panel = show(Recipe(data=str(pictures), epochs=2, batch_size=20, learning_rate=0.05, validation=0.2), whole=True)
    with qtbot.waitSignal(panel.runStarted):
        panel.train()
    assert panel.is_running and not panel.can_train
    qtbot.waitUntil(lambda: not panel.is_running, timeout=120_000)
    assert panel.monitor.progress.state == "completed", panel.monitor.progress.outcome
    view = panel.curves.view
    view.redraw()
    assert view.curves.training_loss.raw.x.tolist() == list(range(1, 25))  # 240 pictures in batches of 20, twice
    x, y = view.error.data("validation_error")
    assert x.tolist() == [12, 24] and np.all((y >= 0) & (y <= 100))
    assert view.rate.data("learning_rate")[1].tolist() == [0.05] * 24
    assert said(panel, "runState") == "Completed"
    accuracy = float(said(panel, "runResult").removeprefix("Test accuracy ").removesuffix(" %"))
    assert accuracy > 40  # brightness alone tells the classes apart
    assert "best validation error" in said(panel, "runBest")
    assert panel.can_train
    qtbot.waitUntil(lambda: panel.form.device.devices is not None, timeout=60_000)
    assert panel.form.device.devices[-1].kind == "cpu"  # type: ignore[index]
    assert panel.form.device.combo.itemText(0).startswith("Automatic: ")


def test_a_training_is_stopped_and_goes_on_where_it_stopped(show: Show, qtbot: QtBot, pictures: Path) -> None:
    panel = show(Recipe(data=str(pictures), epochs=100_000, batch_size=20, learning_rate=0.01))
    panel.train()
    curves = panel.curves.view.curves
    qtbot.waitUntil(lambda: panel.curves.view.curves.last_iteration > 100, timeout=120_000)
    curves = panel.curves.view.curves
    assert "left" in panel.curves.status.detail.full_text()
    panel.stop()
    qtbot.waitUntil(lambda: not panel.is_running, timeout=30_000)
    assert said(panel, "runState") == "Stopped"
    reached = curves.last_iteration
    assert panel.can_resume
    panel.resume()
    assert panel.is_running
    qtbot.waitUntil(lambda: panel.curves.view.curves.last_iteration > reached + 100, timeout=120_000)
    x = panel.curves.view.curves.training_loss.raw.x
    assert np.all(np.diff(x) == 1) and x[0] == 1  # no gap and nothing twice
    panel.stop()
    qtbot.waitUntil(lambda: not panel.is_running, timeout=30_000)


def test_a_run_is_shown_again_by_another_window(show: Show, qtbot: QtBot, pictures: Path) -> None:
    first = show(Recipe(data=str(pictures), epochs=40, batch_size=50))
    first.train()
    run = first.monitor.run
    assert run is not None
    second = show()
    second.show_run(run.folder)
    assert second.is_running
    qtbot.waitUntil(lambda: not second.is_running, timeout=120_000)
    assert said(second, "runState") == "Completed"
    assert second.curves.view.curves.last_iteration == 240  # 40 times 270 pictures in batches of 50


def test_a_training_without_its_data_says_what_is_missing(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    panel = show(Recipe(data=str(tmp_path / "gone.npz"), epochs=1))
    panel.train()
    qtbot.waitUntil(lambda: not panel.is_running, timeout=120_000)
    assert said(panel, "runState") == "Failed"
    assert "gone.npz" in said(panel, "runProblem")
    assert panel.can_train


def test_a_folder_that_holds_no_run_says_so(show: Show, tmp_path: Path) -> None:
    panel = show()
    panel.show_run(tmp_path)
    assert "holds no run" in said(panel, "runProblem")
