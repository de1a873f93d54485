"""Matrices: the last two axes of every sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Category, Costs, Layer, Ports, Shape, ShapeError, numel, show
from designer.layers.saved import OUTPUT, Saved


class MatMul(Layer, frozen=True, kw_only=True):
    """The matrix product of two inputs: rows of the first times columns of the second, along their last two axes.

    Axes before them are equal, or 1 where one matrix counts for the whole axis.
    """

    category: ClassVar[Category] = "math"
    aliases: ClassVar[tuple[str, ...]] = ("BatchMatmul", "bmm", "dot", "行列積")
    ports: ClassVar[Ports] = Ports(("a", "b"))

    transpose_a: Annotated[bool, Meta(title="Transpose a", description="Swaps a's rows and columns before.")] = False
    transpose_b: Annotated[bool, Meta(title="Transpose b", description="Swaps b's rows and columns before.")] = False

    def _matrices(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        a, b = inputs
        for port, shape in enumerate((a, b)):
            if len(shape) < 2:
                raise _no_matrix("MatMul", shape, port)
        return _turned(a) if self.transpose_a else a, _turned(b) if self.transpose_b else b

    def output(self, *inputs: Shape) -> Shape:
        """(..., rows of a, columns of b)."""
        a, b = self._matrices(inputs)
        if a[-1] != b[-2]:
            raise ShapeError("matmul-sizes", message(
                "MatMul needs as many rows in b as a has columns, but {a} from {from0} has {columns}, and {b} from "
                "{from1} has {rows}.", a=show(a), columns=a[-1], b=show(b), rows=b[-2]), port=1,
                data={"shapes": inputs})  # fmt: skip
        if len(a) != len(b) or any(i != j and 1 not in (i, j) for i, j in zip(a[:-2], b[:-2], strict=True)):
            raise ShapeError("matmul-stacks", message(
                "MatMul needs equal sizes along all axes but the last two: {a} from {from0}, {b} from {from1}.",
                a=show(inputs[0]), b=show(inputs[1])), port=1, data={"shapes": inputs})  # fmt: skip
        return (*map(max, a[:-2], b[:-2]), a[-2], b[-1])

    def multiply_adds(self, *inputs: Shape) -> int:
        """For every value of the output, one for each of a's columns."""
        return numel(self.output(*inputs)) * self._matrices(inputs)[0][-1]

    def summary(self) -> str:
        """'aᵀ b' where something is transposed."""
        if not (self.transpose_a or self.transpose_b):
            return ""
        return f"a{'ᵀ' * self.transpose_a} b{'ᵀ' * self.transpose_b}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a @ b.mT."""
        turned = (self.transpose_a, self.transpose_b)
        return " @ ".join(f"{name}.mT" if turn else name for name, turn in zip(args, turned, strict=True))


class _Square(Layer, frozen=True, kw_only=True):
    """Something about square matrices."""

    category: ClassVar[Category] = "math"

    def _size(self, shape: Shape) -> int:
        if len(shape) < 2:
            raise _no_matrix(type(self).__name__, shape, 0)
        if shape[-1] != shape[-2]:
            raise ShapeError("not-square", message(
                "{layer} needs square matrices, but {from0} gives {shape}, whose last two sizes differ.",
                layer=type(self).__name__, shape=show(shape)), data={"shape": shape})  # fmt: skip
        return shape[-1]

    def helpers(self) -> tuple[str, ...]:
        """Enough bits."""
        return ("widened",)


class Inverse(_Square, frozen=True, kw_only=True):
    """The inverse of square matrices, the last two axes; a matrix that has none is an error at run time."""

    aliases: ClassVar[tuple[str, ...]] = ("BatchInv", "inv", "逆行列")
    saves: ClassVar[Saved] = OUTPUT

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        self._size(inputs[0])
        return inputs[0]

    def multiply_adds(self, *inputs: Shape) -> int:
        """The cube of the size for every matrix."""
        return numel(inputs[0]) * self._size(inputs[0])

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.linalg.inv(x), in the input's type."""
        return f"torch.linalg.inv(widened({args[0]})).to({args[0]}.dtype)"


class Determinant(_Square, frozen=True, kw_only=True):
    """The determinant of square matrices, the last two axes, which it takes away."""

    aliases: ClassVar[tuple[str, ...]] = ("BatchDet", "det", "行列式")
    function: ClassVar[str] = "torch.linalg.det({x})"
    saves: ClassVar[Saved] = Saved(output=True, per_input=1.08)

    def output(self, *inputs: Shape) -> Shape:
        """One value for every matrix."""
        self._size(inputs[0])
        return inputs[0][:-2] or (1,)

    def costs(self, *inputs: Shape) -> Costs:
        """An LU decomposition, which divides once for every value below the diagonal."""
        size, count = self._size(inputs[0]), numel(inputs[0][:-2])
        return Costs(multiply_adds=self.multiply_adds(*inputs), divisions=count * size * (size - 1) // 2)

    def multiply_adds(self, *inputs: Shape) -> int:
        """Those of an LU decomposition: 1 + 4 + 9 + ... + (size - 1) squared."""
        size = self._size(inputs[0])
        return numel(inputs[0][:-2]) * size * (size - 1) * (2 * size - 1) // 6

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.linalg.det(x), in the input's type; a sample that is one matrix gives one value, (N, 1)."""
        text = f"{self.function.format(x=f'widened({args[0]})')}.to({args[0]}.dtype)"
        return text if len(inputs[0]) > 2 else f"{text}.unsqueeze(1)"


class LogDeterminant(Determinant, frozen=True, kw_only=True):
    """The logarithm of the absolute value of the determinant of square matrices, the last two axes."""

    saves: ClassVar[Saved] = Saved(per_input=1.09)
    aliases: ClassVar[tuple[str, ...]] = ("BatchLogdet", "logdet", "slogdet")
    function: ClassVar[str] = "torch.linalg.slogdet({x}).logabsdet"


def _turned(shape: Shape) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2])


def _no_matrix(layer: str, shape: Shape, port: int) -> ShapeError:
    values = {"layer": layer, "shape": show(shape)}
    if port:
        text = message("{layer} needs matrices (two axes or more), but {from1} gives {shape}.", **values)
    else:
        text = message("{layer} needs matrices (two axes or more), but {from0} gives {shape}.", **values)
    return ShapeError("needs-matrix", text, port=port, data={"shape": shape})
