"""The device a network is trained on: the fastest one is preset and named."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.app.i18n import tr
from designer.app.panels.controls import ComboBox
from designer.app.panels.jobs import Answer, Job
from designer.app.tips import tip
from designer.training.launch import Device

AUTOMATIC = "auto"


class DeviceChoice(QWidget):
    """A list of the devices there are, asked of torch in a process of its own when it is first needed."""

    deviceChosen = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """Emits what recipes call the device: 'auto', 'cuda:0', 'cpu'."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._devices: list[Device] | None = None
        self._job: Job | None = None
        self._chosen = AUTOMATIC
        self.combo = ComboBox()
        self.combo.setObjectName("recipe_device")
        self.combo.setAccessibleName(tr("Device"))
        self.combo.setToolTip(tip(tr("What computes. 'Automatic' takes the fastest there is: CUDA, MPS or the CPU.")))
        self.combo.activated.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.combo)
        self._fill()

    @property
    def devices(self) -> list[Device] | None:
        """What can train here, fastest first; None as long as it is not known."""
        return self._devices

    def ask(self) -> None:
        """Find out what there is, once."""
        if self._devices is None and self._job is None:
            self._job = Job(self, "designer.training.devices")
            self._job.ended.connect(self._answered)

    def show_device(self, device: str) -> None:
        """Show the recipe's device, also one that is not here."""
        if device != self._chosen or self.combo.currentData() != device:
            self._chosen = device
            self._fill()

    def _answered(self, answer: Answer) -> None:
        self._job = None
        try:
            self._devices = msgspec.json.decode(answer.output, type=list[Device])
        except msgspec.MsgspecError:
            self._devices = []
            words = tr("PyTorch cannot be used here: {reason}", reason=answer.last_words)
            self.combo.setToolTip(tip(words))
        self._fill()

    def _fill(self) -> None:
        devices = self._devices or []
        self.combo.clear()
        self.combo.addItem(
            tr("Automatic: {device}", device=_title(devices[0])) if devices else tr("Automatic (the fastest)"),
            AUTOMATIC,
        )
        for device in devices:
            self.combo.addItem(f"{_title(device)} ({device.id})" if device.kind != "cpu" else _title(device), device.id)
        at = self.combo.findData(self._chosen)
        if at < 0:
            known = self._devices is not None
            self.combo.addItem(
                tr("{device} (not on this computer)", device=self._chosen) if known else self._chosen, self._chosen
            )
            at = self.combo.count() - 1
        self.combo.setCurrentIndex(at)

    def _choose(self, index: int) -> None:
        device = str(self.combo.itemData(index))
        if device != self._chosen:
            self._chosen = device
            self.deviceChosen.emit(device)


def _title(device: Device) -> str:
    return tr("{name} (CPU)", name=device.name) if device.kind == "cpu" else device.name
