"""Texts on the screen: every one goes through Qt's translation, with its values filled in after it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication

from designer.errors import Message

CONTEXT = "NetDesigner"


def tr(template: str, /, **values: Any) -> str:
    """The text in the user's language; `{name}` in it stands for the value of that name."""
    translated = QCoreApplication.translate(CONTEXT, template)
    return translated.format(**values) if values else translated


def render(text: Message) -> str:
    """A message of the parts below Qt in the user's language."""
    values = {key: render(value) if isinstance(value, Message) else value for key, value in text.values.items()}
    return QCoreApplication.translate(CONTEXT, text.template).format(**values)
