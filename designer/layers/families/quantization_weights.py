"""Linear layers and convolutions whose weights count only by their signs: a bit each, and additions for products."""

from __future__ import annotations

from typing import ClassVar

from designer.layers.base import Category, Costs, Shape, numel
from designer.layers.families.convolution import Conv2d
from designer.layers.families.linear import Linear
from designer.layers.weights import Weighted

BITS = 32
"""Bits of an ordinary weight: so many binary ones take the place of one."""


def _binary_parameters(weights: dict[str, Shape]) -> int:
    """Values as NNC counts them: 32 binary weights are one, rounded up."""
    sizes = {name: numel(shape) for name, shape in weights.items()}
    return sum(size if name == "bias" else -(-size // BITS) for name, size in sizes.items())


class _Binary(Weighted, frozen=True, kw_only=True):
    """What stands before Linear or Conv2d among the bases: other costs, and a helper class of the layer's own name."""

    category: ClassVar[Category] = "quantization"
    title: ClassVar[str] = ""

    def multiply_adds(self, *inputs: Shape) -> int:
        """None: the products are additions."""
        return 0

    def costs(self, *inputs: Shape) -> Costs:
        """NNC's figures: an addition for each weight, at every place."""
        return Costs(adds=super().multiply_adds(*inputs))

    def parameters_nnc(self, *inputs: Shape) -> int:
        """A 32nd for each weight, and the biases."""
        return _binary_parameters(self.weights(*inputs))

    def module(self, *inputs: Shape) -> str:
        """BinaryConnectConv2d(...)."""
        _, _, arguments = (super().module(*inputs) or "").partition("(")
        return f"{type(self).__name__}({arguments}"

    def helpers(self) -> tuple[str, ...]:
        """The class itself and what it calls."""
        return (*super().helpers(), "straight_through", "signs", type(self).__name__)


class _BinaryLinear(_Binary, Linear, frozen=True, kw_only=True):
    stem: ClassVar[str] = "binary_fc"


class _BinaryConv2d(_Binary, Conv2d, frozen=True, kw_only=True):
    stem: ClassVar[str] = "binary_conv"


class BinaryConnectLinear(_BinaryLinear, frozen=True, kw_only=True):
    """Fully connected layer whose weights act as 1 or -1, by their signs (BinaryConnect, Courbariaux et al., 2015).

    Training moves the weights themselves, with the gradients of the signs. NNC's BinaryConnectAffine.
    """

    aliases: ClassVar[tuple[str, ...]] = ("BinaryConnectAffine", "binary connect", "二値結合")


class BinaryConnectConv2d(_BinaryConv2d, frozen=True, kw_only=True):
    """Convolution whose weights act as 1 or -1, by their signs (BinaryConnect, Courbariaux et al., 2015).

    Training moves the weights themselves, with the gradients of the signs. NNC's BinaryConnectConvolution.
    """

    aliases: ClassVar[tuple[str, ...]] = ("BinaryConnectConvolution", "binary connect", "二値畳み込み")


class BinaryWeightLinear(_BinaryLinear, frozen=True, kw_only=True):
    """Fully connected layer whose weights act by their signs, times the mean size of the weights of each output.

    Training moves the weights themselves, with the gradients of these (binary weight networks, Rastegari et al.,
    2016). NNC's BinaryWeightAffine.
    """

    aliases: ClassVar[tuple[str, ...]] = ("BinaryWeightAffine", "BWN", "XNOR", "二値重み結合")


class BinaryWeightConv2d(_BinaryConv2d, frozen=True, kw_only=True):
    """Convolution whose weights act by their signs, times the mean size of the weights of each output channel.

    Training moves the weights themselves, with the gradients of these (binary weight networks, Rastegari et al.,
    2016). NNC's BinaryWeightConvolution.
    """

    aliases: ClassVar[tuple[str, ...]] = ("BinaryWeightConvolution", "BWN", "XNOR", "二値重み畳み込み")
