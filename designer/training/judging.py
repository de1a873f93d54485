"""How wrong a network is: the share of wrong answers where it says classes or yes and no, else the loss itself."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from designer.graph.topology import Wire
from designer.layers.base import axis_of
from designer.layers.losses import Answer
from designer.shapes import Analysis
from designer.shapes.analysis import NodeFacts
from designer.shapes.reach import ends
from designer.training.columns import Wanted, root_facts, wanted
from designer.training.feeding import targets_of

Outputs = Tensor | tuple[Tensor, ...]
"""What `forward` returns."""


@dataclass(frozen=True)
class Verdict:
    """How the outputs of a network are compared with the right answers."""

    answer: Answer
    place: int
    """Which of the outputs holds the answers of the network."""
    wired: int | None
    """Which of the outputs holds the right ones; None where the data does."""
    want: Wanted | None
    axis: int
    """The axis of the classes, batch axis included."""
    classes: int
    top_k: int
    threshold: float

    @property
    def is_plain(self) -> bool:
        """Whether each picture gets one class, to be compared with its label."""
        return self.answer == "classes" and self.want is not None and self.want.shape == ()

    def right(self, outputs: Outputs, x: Tensor, y: Tensor, k: int = 1) -> Tensor:
        """How many samples of a batch are right; where there are several answers in one, the share of the right ones.

        With k, a class counts as told rightly if it is among the k highest scores.
        """
        scores, expected = self._pair(outputs, x, y)
        if self.answer == "binary":
            right = (scores >= self.threshold) == (expected >= 0.5)
        elif k == 1:
            right = scores.argmax(1) == expected
        else:
            right = (scores.topk(min(k, scores.shape[1]), dim=1).indices == expected.unsqueeze(1)).any(1)
        return right.sum() if right.dim() == 1 else right.flatten(1).float().mean(1).sum()

    def scores(self, outputs: Outputs) -> Tensor:
        """The output that is judged; (N, classes) for a network that tells classes of pictures."""
        return outputs[self.place] if isinstance(outputs, tuple) else outputs

    def _pair(self, outputs: Outputs, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (N, classes, ...) or (N, ...), and what they should say."""
        scores = self.scores(outputs)
        found = outputs if isinstance(outputs, tuple) else (outputs,)
        if self.wired is None:
            target = targets_of([self.want] if self.want else [], x, y)
            expected = target if isinstance(target, Tensor) else y
            return (scores.movedim(self.axis, 1) if self.answer == "classes" else scores), expected
        expected = found[self.wired]
        if self.answer != "classes":
            return scores, expected
        if expected.shape == scores.shape:
            expected = expected.argmax(self.axis)
        elif expected.dim() == scores.dim():
            expected = expected.squeeze(self.axis)
        return scores.movedim(self.axis, 1), expected.long()


def verdict_of(analysis: Analysis) -> Verdict:
    """How a network is judged: as its weightiest loss does, the last one in the drawing where several weigh alike."""
    losses = [facts for facts in root_facts(analysis) if facts.layer.is_loss]
    main = max(enumerate(losses), key=lambda pair: (getattr(pair[1].layer, "weight", 1.0), pair[0]))[1]
    scope = analysis.root
    returned = ends(scope.topology, scope.layers)
    wires = [wire for wire in scope.topology.inputs[scope.topology.index[main.node.id]] if wire is not None]
    return _verdict(main, wires, returned)


def _verdict(loss: NodeFacts, wires: list[Wire], returned: list[Wire]) -> Verdict:
    layer, inputs = loss.layer, loss.inputs or ((0,),)
    answer: Answer = getattr(layer, "answer", "classes")
    want = wanted(loss)
    if answer in ("classes", "binary") and len(wires) == 1 and want is None and hasattr(layer, "answer"):
        answer = "values"  # its target is generated inside the loss, out of reach
    axis = axis_of(getattr(layer, "axis", 0), inputs[0]) if answer == "classes" else 0
    return Verdict(
        answer,
        returned.index(wires[0]),
        returned.index(wires[1]) if len(wires) > 1 else None,
        want or (Wanted("y", (), "classes") if answer == "classes" and len(wires) == 1 else None),
        axis + 1,
        inputs[0][axis] if answer == "classes" else 0,
        int(getattr(layer, "top_k", 1)),
        float(getattr(layer, "threshold", 0.5)),
    )
