"""The method that gives an optimizer the network's parameters where some have a learning rate or decay of their own."""

from __future__ import annotations

import re

from designer.codegen.page import Page

_ASKED = re.compile(r"\.(lr_scale|weight_decay) = ")

_METHOD = '''
    def parameter_groups(self, lr: float, weight_decay: float) -> list[dict[str, object]]:
        """What to give an optimizer of torch.optim: the parameters by learning rate and weight decay.

        Some have a factor for the learning rate (lr_scale) or a weight decay of their own: see the initial weights.
        """
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for parameter in self.parameters():
            if parameter.requires_grad:
                rate = lr * getattr(parameter, "lr_scale", 1.0)
                decay = getattr(parameter, "weight_decay", weight_decay)
                groups.setdefault((rate, decay), []).append(parameter)
        return [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()]
'''


def add_parameter_groups(page: Page) -> None:
    """Add the method to the class at the end of a page, the network's, if any statement on the page asks for it."""
    if not any(_ASKED.search(line) for line in page.lines):
        return
    while page.lines and not page.lines[-1]:
        page.lines.pop()
    page.lines += [*_METHOD.rstrip().split("\n"), "", ""]
