"""Weights and the state of a training as safetensors files, each written whole. Nothing is ever unpickled.

`best.safetensors` and `last.safetensors` hold the state dict, for anyone to load. `resume.safetensors` holds all that
going on needs in one file, so that its parts always belong together: weights, the optimizer's tensors, the states of
the random number generators, the counters as JSON in its header and, in the middle of an update that several batches
make, the gradients so far.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from designer.errors import NetDesignerError, message
from designer.training.runs import Run

MODEL, OPTIMIZER, RANDOM, GRADIENT = "model.", "optimizer.", "random.", "gradient."


class CheckpointError(NetDesignerError):
    """A file of weights is missing, broken, or belongs to another network."""


class Progress(msgspec.Struct, kw_only=True):
    """How far a training is; what the trainer counts, and all that it needs besides tensors to go on."""

    iteration: int = 0
    """Iterations done over the whole training."""
    epoch: int = 0
    """Epochs done, validation included."""
    loss_sum: float = 0.0
    """Of the running epoch: the sum over its images so far."""
    wrong: float = 0.0
    """Of the running epoch: the sum of errors over its images so far, wrong answers or losses."""
    images: int = 0
    """Of the running epoch: images so far."""
    best_error: float = 2.0
    """The lowest validation error so far; means nothing as long as there is no best epoch."""
    best_loss: float = 0.0
    best_epoch: int = 0
    seconds: float = 0.0
    """Time trained in all lives of the run."""


class _Header(msgspec.Struct, kw_only=True):
    """The JSON in a resume file's header."""

    progress: Progress
    optimizer: dict[str, dict[str, Any]]
    """Of each parameter's state, what is no tensor."""


def save_weights(module: nn.Module, path: Path) -> None:
    """Write the module's state dict. Raises CheckpointError."""
    save_tensors(plain(module), path)


def plain(module: nn.Module) -> dict[str, Tensor]:
    """A copy of the module's state dict on the CPU."""
    return {name: _copy(tensor) for name, tensor in module.state_dict().items()}


def save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write a state dict that `plain` gave. Raises CheckpointError."""
    _save(path, tensors, {"format": "pt"})


def load_weights(module: nn.Module, path: Path) -> None:
    """Put saved weights into a module.

    Raises:
        CheckpointError: the file is missing or broken, or does not fit the network.
    """
    _fill(module, _load(path), path)


def load_trained(module: nn.Module, run: Run) -> Path:
    """Put the best weights of a run into its module, or the latest where none were validated; the file they came from.

    Raises:
        CheckpointError: the run has no weights yet.
    """
    for name in ("best.safetensors", "last.safetensors"):
        path = run.checkpoints / name
        if path.exists():
            load_weights(module, path)
            return path
    if not run.resume_point.exists():
        raise CheckpointError(message("The run '{run}' has no weights yet.", run=run.name))
    _fill(module, _with_prefix(_load(run.resume_point), MODEL), run.resume_point)
    return run.resume_point


def save_resume(
    path: Path, module: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, *, gradients: bool = False
) -> None:
    """Write all that going on needs, the gradients too where they are still added to. Raises CheckpointError."""
    tensors = {MODEL + name: tensor for name, tensor in plain(module).items()}
    if gradients:
        tensors |= {GRADIENT + name: _copy(p.grad) for name, p in module.named_parameters() if p.grad is not None}
    values: dict[str, dict[str, Any]] = {}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{OPTIMIZER}{index}.{key}"] = _copy(value)
            else:
                values.setdefault(str(index), {})[key] = value
    tensors |= {RANDOM + name: state for name, state in _random_states(module).items()}
    header = _Header(progress=progress, optimizer=values)
    _save(path, tensors, {"netdesigner": msgspec.json.encode(header).decode()})


def load_resume(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Put everything back as it was and give the counters.

    Raises:
        CheckpointError: the file is missing or broken, or does not fit the network or the optimizer.
    """
    tensors = _load(path)
    try:
        with safe_open(path, "pt") as file:
            header = msgspec.json.decode((file.metadata() or {})["netdesigner"], type=_Header)
        _fill(module, _with_prefix(tensors, MODEL), path)
        _give_gradients(module, _with_prefix(tensors, GRADIENT))
        _restore_optimizer(optimizer, _with_prefix(tensors, OPTIMIZER), header.optimizer)
        _restore_random(_with_prefix(tensors, RANDOM))
    except torch.OutOfMemoryError:  # a RuntimeError that is not the file's fault
        raise
    except (SafetensorError, OSError, LookupError, ValueError, TypeError, RuntimeError) as error:
        raise _broken(path, error) from None
    return header.progress


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], values: dict[str, dict[str, Any]]
) -> None:
    """Put its state back; whatever is wrong with it raises one of Python's own errors."""
    state: dict[int, dict[str, Any]] = {int(index): dict(each) for index, each in values.items()}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    parameters = dict(enumerate(p for group in optimizer.param_groups for p in group["params"]))
    state = {i: {key: _laid_out(value, parameters[i]) for key, value in each.items()} for i, each in state.items()}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _give_gradients(module: nn.Module, gradients: dict[str, Tensor]) -> None:
    for name, parameter in module.named_parameters():
        if name in gradients:
            parameter.grad = torch.empty_like(parameter, requires_grad=False).copy_(gradients[name])


def _laid_out(value: Any, parameter: Tensor) -> Any:
    """A tensor of the parameter's shape gets its memory format too: optimizers are much faster where the two agree."""
    if isinstance(value, Tensor) and value.shape == parameter.shape and value.is_floating_point():
        return torch.empty_like(parameter, dtype=value.dtype, device="cpu", requires_grad=False).copy_(value)
    return value


def _random_states(module: nn.Module) -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def _restore_random(states: dict[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])


def _copy(tensor: Tensor) -> Tensor:
    """On the CPU, contiguous and with memory of its own, as safetensors wants it."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format).contiguous()


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _save(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Temporary file beside it, flush to disk, rename: there is always the old file or the whole new one."""
    temporary: str | None = None
    try:
        path.parent.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        save_file(tensors, temporary, metadata)
        with open(temporary, "rb+") as file:  # noqa: PTH123 - its name is a string
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except (OSError, SafetensorError) as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise CheckpointError(message("The weights cannot be saved to {path}: {reason}. Is the disk full?",
                                      path=str(path), reason=str(error))) from error  # fmt: skip


def _load(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _broken(path, error) from None


def _fill(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(message("The weights in {path} belong to another network: {reason}", path=str(path),
                                      reason=" ".join(str(error).split()))) from None  # fmt: skip


def _broken(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        message("{path} cannot be read as saved weights: {reason}", path=str(path), reason=str(error))
    )
