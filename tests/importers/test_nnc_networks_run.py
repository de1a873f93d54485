"""Imported networks run: forward on random data of the right shape, and one step of training where there is a loss."""

from __future__ import annotations

import pytest
import torch
from nnc_reference import needs_samples, networks, sample

from designer.codegen.build import build
from designer.importers import load
from designer.training.random_data import random_batch

pytestmark = needs_samples


@pytest.mark.parametrize(("project", "network"), [(project, network) for project, network, _ in networks()])
def test_an_imported_network_runs_and_learns(project: str, network: str) -> None:
    torch.manual_seed(0)
    graph = load(sample(project), network)
    module = build(graph)
    inputs, target = random_batch(graph, 2)
    outputs = module(*inputs)
    values = outputs if isinstance(outputs, tuple) else (outputs,)
    assert all(torch.isfinite(value).all() for value in values)
    if not hasattr(module, "loss"):
        return
    loss = module.loss(outputs, target)
    loss.backward()
    trained = [p for p in module.parameters() if p.requires_grad]
    assert loss.isfinite()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in trained)
    before = [p.detach().clone() for p in trained[:4]]
    torch.optim.SGD(trained, lr=0.01).step()
    assert any(not torch.equal(a, b) for a, b in zip(before, trained, strict=False))
