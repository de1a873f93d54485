"""A graph as a module: exactly the generated source, executed."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType

from torch import nn

from designer.codegen import consent
from designer.codegen.source import Source, generate
from designer.graph.model import Graph


def build(graph: Graph) -> nn.Module:
    """The network of a graph with fresh weights, drawn from torch's global generator.

    Raises:
        CodegenError: the graph has errors; the text names the first of them.
        ConsentError: it has functions that users wrote, and nobody agreed here that they run.
    """
    return instantiate(generate(graph))


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
