"""Messages: what they say, and that they come back whole from files and from other processes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys

import msgspec
import pytest

from designer.errors import Message, NetDesignerError, message, printable

NESTED = message("{what} in {where}", what=message("{count} faults", count=2), where="conv1")


class Line(msgspec.Struct):
    """Something in a file that holds messages."""

    text: Message
    advice: Message | None = None


def test_a_message_is_its_template_filled_in() -> None:
    assert str(NESTED) == "2 faults in conv1"
    assert str(NetDesignerError("{as it is}")) == "{as it is}"


def test_messages_are_equal_by_template_and_values() -> None:
    assert message("{a}", a=1) == message("{a}", a=1)
    assert message("{a}", a=1) != message("{a}", a=2)
    assert message("a") != message("b")
    assert message("a") != "a"
    assert len({message("{a}", a=[1]), message("{a}", a=[1]), message("{a}", a=[2])}) == 2


def test_two_messages_without_values_share_none() -> None:
    assert Message("a").values is not Message("a").values


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copied_message_is_the_same(again: object) -> None:
    assert callable(again)
    assert again(NESTED) == NESTED


def test_msgspec_writes_and_reads_messages_within_structs() -> None:
    line = Line(NESTED, message("Go on."))
    written = msgspec.json.encode(line)
    assert msgspec.json.decode(written, type=Line) == line
    assert msgspec.convert(msgspec.to_builtins(line), Line) == line
    assert msgspec.json.decode(b'{"text":{"template":"a"}}', type=Line) == Line(message("a"))
    with pytest.raises(msgspec.ValidationError, match="template"):
        msgspec.json.decode(b'{"text":{}}', type=Line)


def test_a_message_is_a_dataclass_to_who_asks() -> None:
    assert [field.name for field in dataclasses.fields(Message)] == ["template", "values"]


def test_the_start_of_the_window_loads_neither_msgspec_nor_dataclasses() -> None:
    code = (
        "import sys; import designer.cli, designer.commands.open, designer.app.main_window, designer.app.style\n"
        "print({'msgspec', 'dataclasses', 'torch', 'numpy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert shown.stdout.strip() == "set()"


def test_terminal_controls_and_direction_marks_are_made_visible() -> None:
    assert printable("a\x1b[31m\u202eb\nc") == "a\\x1b[31m\\u202eb\\nc"
