"""A graph as a module: exactly the generated source, executed."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from designer.codegen import consent
from designer.codegen.errors import CodegenError
from designer.codegen.source import Source, generate
from designer.errors import message
from designer.graph.model import Graph


def build(graph: Graph, weights: str | os.PathLike[str] | None = None) -> nn.Module:
    """The network of a graph with fresh weights, drawn from torch's global generator, or those of a .safetensors file.

    Raises:
        CodegenError: the graph has errors (the text names the first), or the weights are not those of this graph.
        ConsentError: it has functions that users wrote, and nobody agreed here that they run.
    """
    module = instantiate(generate(graph))
    if weights is not None:
        _load(module, Path(weights))
    return module


def _load(module: nn.Module, path: Path) -> None:
    """Give a module the weights of a file; what the file does not hold stays as it is."""
    try:
        missing = module.load_state_dict(load_file(path), strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).partition("\n\t")[2] or str(error)
        raise CodegenError(message("The weights in {path} cannot be used: {reason}", path=str(path),
                                   reason=reason)) from None  # fmt: skip
    if missing.unexpected_keys:
        raise CodegenError(message("The weights in {path} are those of another network: it has no {names}.",
                                   path=str(path), names=", ".join(missing.unexpected_keys[:5])))  # fmt: skip


def instantiate(code: Source) -> nn.Module:
    """An instance of the network's class. The text runs once: equal texts share their classes.

    Raises:
        ConsentError: the text has functions that users wrote, and nobody agreed here that they run.
    """
    consent.require(code.functions)
    module: nn.Module = getattr(_module(code), code.class_name)()
    return module


def _module(code: Source) -> ModuleType:
    """The text as an imported module, so that tracebacks, `inspect` and pickling find it."""
    name = f"netdesigner_{hashlib.sha256(code.text.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    file = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = file
    linecache.cache[file] = (len(code.text), None, code.text.splitlines(keepends=True), file)
    exec(compile(code.text, file, "exec"), module.__dict__)  # noqa: S102 - our own compiler's output, or agreed to
    sys.modules[name] = module
    return module
