"""A layer whose forward pass is a Python function that the user writes."""

from __future__ import annotations

import ast
import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import Message, message
from designer.layers.base import Category, Layer, Note, Ports, Shape, ShapeError, show

MAX_LENGTH = 20_000
_DEF = re.compile(r"\bdef[\s\\]+[^\s(\[\\]+")


class PythonFunction(Layer, frozen=True, kw_only=True):
    """Runs a function of yours, written in Python: `def forward(x):` takes tensors and returns one.

    Tensors are (N, ...), with the batch first; torch, nn and F are at hand. The function gets as many arguments as
    wires enter, and has no weights. It becomes part of the generated code, and runs only after you agreed to that text
    on this computer.
    """

    category: ClassVar[Category] = "control"
    title: ClassVar[str] = "Python function"
    stem: ClassVar[str] = "function"
    aliases: ClassVar[tuple[str, ...]] = ("custom layer", "Lambda", "code", "def forward", "関数", "カスタム")
    ports: ClassVar[Ports] = Ports(("x",), variadic=True)

    code: Annotated[
        str,
        Meta(
            max_length=MAX_LENGTH,
            title="Function",
            description="One `def` with a tensor for each wire; it returns a tensor whose first axis is the batch.",
            extra_json_schema={"contentMediaType": "text/x-python"},
        ),
    ] = "def forward(x):\n    return x\n"
    output_shape: Annotated[
        Annotated[
            tuple[Annotated[int, Meta(ge=1, le=1_000_000)], ...],
            Meta(min_length=1, max_length=8),
        ]
        | None,
        Meta(title="Output shape", description="What comes out, without the batch axis; empty: as the first input."),
    ] = None

    def output(self, *inputs: Shape) -> Shape:
        """The shape that the user says comes out. The function itself is read, never run."""
        self._check(len(inputs))
        return inputs[0] if self.output_shape is None else self.output_shape

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """That the shape is assumed, where nothing says it and the function does more than to return its input."""
        if self.output_shape is not None or self._returns_its_input:
            return ()
        text = message("Assumed to keep the shape of {from0}, {shape}. Set Output shape if it does not.",
                       shape=show(inputs[0]))  # fmt: skip
        return [Note("assumed-shape", text, {"shape": inputs[0]})]

    @property
    def _returns_its_input(self) -> bool:
        """Whether the function is `def forward(x): return x`."""
        definition = self._definition
        if isinstance(definition, Message) or len(definition.body) != 1 or definition.decorator_list:
            return False
        first = [*definition.args.posonlyargs, *definition.args.args][:1]
        only = definition.body[0]
        return (
            isinstance(only, ast.Return) and isinstance(only.value, ast.Name)
            and [only.value.id] == [argument.arg for argument in first]
        )  # fmt: skip

    def _check(self, wires: int) -> None:
        definition = self._definition
        if isinstance(definition, Message):
            raise _bad_code(definition)
        arguments = definition.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        needed = len(names) - len(arguments.defaults)
        if any(default is None for default in arguments.kw_defaults):
            raise _bad_code(message("The function has arguments without a default that no wire can give."))
        if wires < needed or (wires > len(names) and arguments.vararg is None):
            raise _bad_code(message(
                "The function takes {count} arguments ({names}), but {wires} wires enter this node.",
                count=len(names), names=", ".join(names), wires=wires))  # fmt: skip

    @cached_property
    def _definition(self) -> ast.FunctionDef | Message:
        """The function as Python's parser reads it, or what is wrong with it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\d" in a text and the like
                tree = ast.parse(self._text)
                compile(tree, "<function>", "exec")  # finds a `return` outside and the like; executes nothing
        except SyntaxError as error:
            return message("Line {line} of the function cannot be read: {reason}.", line=error.lineno or 1,
                           reason=error.msg)  # fmt: skip
        except (ValueError, RecursionError, MemoryError) as error:
            return message("The function cannot be read: {reason}.", reason=str(error) or type(error).__name__)
        if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
            return message("The text must be one function, `def forward(x): ...`, with nothing before or after it.")
        return tree.body[0]

    @property
    def _text(self) -> str:
        """The code with Unix line ends."""
        return re.sub(r"\r\n|\r|\f", "\n", self.code).strip("\n") + "\n"

    @cached_property
    def _name(self) -> str:
        """What the function is called in the generated code: nodes with different functions never share a name."""
        definition = self._definition
        name = "forward" if isinstance(definition, Message) else definition.name
        return f"{name}_{zlib.crc32(self._text.encode()):08x}"

    def functions(self) -> Mapping[str, str]:
        """The function under its name in the generated code; nothing where it cannot be read."""
        definition = self._definition
        if isinstance(definition, Message):
            return {}
        lines = self._text.split("\n")
        start = definition.lineno - 1  # decorators and comments lie above
        below = _DEF.sub(f"def {self._name}", "\n".join(lines[start:]), count=1)
        return {self._name: "\n".join([*lines[:start], below])}

    def summary(self) -> str:
        """The output shape, where it is set."""
        return "" if self.output_shape is None else show(self.output_shape)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """forward_1a2b3c(x)."""
        return f"{self._name}({', '.join(args)})"


def _bad_code(text: Message) -> ShapeError:
    return ShapeError("bad-property", text, data={"field": "code"})
