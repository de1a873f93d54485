"""Names for code: identifiers made of whatever people call their nodes, and text that is safe inside comments."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
import unicodedata
from collections.abc import Iterable

from designer.errors import printable

MAX_COLUMNS = 40
DOCSTRING = 100
"""The columns of a line in a longer docstring."""

_MODULE = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_MODULE.split())
"""What torch.nn.Module calls its own; a submodule of that name would break it."""

_CODE = "F batch block error logits loss model nn parameter_groups self skip target torch x"
CODE_NAMES = frozenset(_CODE.split())
"""Names that the generated code uses itself."""

RESERVED = MODULE_ATTRIBUTES | CODE_NAMES | frozenset(keyword.kwlist) | frozenset(dir(builtins))


class Namespace:
    """Hands out identifiers, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = RESERVED.union(taken)
        self._given: set[str] = set()

    def claim(self, wanted: str) -> str:
        """`wanted` itself, `wanted_` where Python or the code has that name, `wanted_2` where another node has it."""
        if wanted in self._taken:
            wanted += "_"
        name, number = wanted, 2
        while name in self._given or name in self._taken:
            name = f"{wanted}_{number}"
            number += 1
        self._given.add(name)
        return name


def identifier(name: str, stem: str) -> str:
    """The closest identifier to a node's name: `a"b` -> `a_b`, `1x1` -> `conv_1x1` with `conv` as the stem.

    Python compares identifiers in NFKC form, so that is what comes out. None begins with an underscore, as torch's
    private attributes do.
    """
    text = _words(name)
    if not text:
        return stem
    return text if text.isidentifier() else _cut(f"{stem}_{text}")


def class_name(name: str, otherwise: str) -> str:
    """A name in CapWords: `cntk_resnet20` -> `CntkResnet20`; `otherwise` leads where that alone is no identifier."""
    text = "".join(word[0].upper() + word[1:] for word in _words(name).split("_") if word)
    text = unicodedata.normalize("NFKC", text)
    return text if text.isidentifier() else otherwise + text


def _words(name: str) -> str:
    """The parts of a name that an identifier may hold, joined by underscores."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(c if ("a" + c).isidentifier() else "_" for c in text)
    return _cut(unicodedata.normalize("NFKC", text))


def _cut(text: str) -> str:
    text = re.sub(r"_{2,}", "_", text).strip("_")
    return shortened(text, MAX_COLUMNS).rstrip("_")


def in_docstring(text: str, columns: int = 60) -> str:
    """The beginning of a text for use between triple double quotes."""
    return shortened(printable(text), columns).strip().replace("\\", "\\\\").replace('"', "'")


def docstring(text: str) -> list[str]:
    """A longer text as the lines of a docstring, the outer quotes left out; nothing where there is none."""
    lines: list[str] = []
    for line in text.replace("\u3000", " ").strip().splitlines():
        columns = DOCSTRING if line.isascii() else DOCSTRING // 2
        lines += [in_docstring(part, DOCSTRING) for part in textwrap.wrap(line, columns) or [""]]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def shortened(text: str, columns: int) -> str:
    """The beginning of the text that fits into that many columns."""
    text = text[:columns]
    while width(text) > columns:
        text = text[:-1]
    return text


def width(text: str) -> int:
    """How many columns a line takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
