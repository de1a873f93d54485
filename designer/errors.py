"""Errors and texts meant for a user: template and values are kept apart, so that the app can translate them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from dataclasses import Field


class _Fields:
    """A dataclass's fields, made when they are first asked for: the start of the app does without `dataclasses`."""

    def __get__(self, instance: object, owner: type[Message]) -> dict[str, Field[Any]]:
        from dataclasses import field, fields, make_dataclass

        made = make_dataclass("Message", [("template", str), ("values", dict, field(default_factory=dict))])
        found = owner.__dataclass_fields__ = {each.name: each for each in fields(made)}
        return found


class Message:
    """A sentence for the user: an English template, which is also its translation key, and the values that fill it.

    To msgspec, which writes it to files and reads it again, it is a dataclass.
    """

    __slots__ = ("template", "values")
    __dataclass_fields__: ClassVar[Any] = _Fields()

    template: Final[str]
    values: Final[dict[str, Any]]

    def __init__(self, template: str, values: dict[str, Any] | None = None) -> None:
        self.template = template
        self.values = {} if values is None else values
        self.__post_init__()

    def __post_init__(self) -> None:
        """Messages within messages come back from JSON as dictionaries; make them messages again."""
        for name, value in self.values.items():
            if isinstance(value, dict) and value.keys() == {"template", "values"}:
                self.values[name] = Message(**value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.template == other.template and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.template)  # the values may hold lists

    def __repr__(self) -> str:
        return f"Message({self.template!r}, {self.values!r})"

    def __str__(self) -> str:
        return self.template.format(**self.values)


def message(template: str, /, **values: Any) -> Message:
    """Build a `Message`; templates are collected for translation by looking for calls of this function."""
    return Message(template, values)


def printable(text: str) -> str:
    """The text on one line, with all that cannot be seen (line ends, terminal controls, direction marks) escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class NetDesignerError(Exception):
    """Base of every error meant for a user: says what was found, where, what was expected and what to do."""

    def __init__(self, text: Message | str) -> None:
        self.message = text if isinstance(text, Message) else Message("{text}", {"text": text})
        super().__init__(str(self.message))
