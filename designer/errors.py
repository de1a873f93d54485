"""Errors and texts meant for a user: template and values are kept apart, so that the app can translate them."""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True):
    """A sentence for the user: an English template, which is also its translation key, and the values that fill it."""

    template: str
    values: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Messages within messages come back from JSON as dictionaries; make them messages again."""
        for name, value in self.values.items():
            if isinstance(value, dict) and value.keys() == {"template", "values"}:
                self.values[name] = Message(**value)

    def __str__(self) -> str:
        return self.template.format(**self.values)


def message(template: str, /, **values: Any) -> Message:
    """Build a `Message`; templates are collected for translation by looking for calls of this function."""
    return Message(template, values)


class NetDesignerError(Exception):
    """Base of every error meant for a user: says what was found, where, what was expected and what to do."""

    def __init__(self, text: Message | str) -> None:
        self.message = text if isinstance(text, Message) else Message("{text}", {"text": text})
        super().__init__(str(self.message))
