"""Net Designer: design, train and understand PyTorch neural networks by drawing them.

    graph = designer.load("net.json")
    print(designer.source(graph))    # readable PyTorch that stands alone
    module = designer.build(graph)   # a torch.nn.Module running exactly that source

Every error meant for a user derives from `designer.NetDesignerError`. Importing this package imports neither torch nor
Qt: its functions are found when first asked for. Their types are in `__init__.pyi`.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "NetDesignerError": "designer.errors",
    "build": "designer.codegen.build",
    "load": "designer.graph.io",
    "source": "designer.codegen.source",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'designer' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
