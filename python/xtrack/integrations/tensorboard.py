"""What a TensorBoard writer is given is recorded in the active run, too, live: `patch()` once, before or after its import.

from xtrack.integrations import tensorboard

tensorboard.patch()
writer = SummaryWriter("runs/x")          # of torch.utils.tensorboard or tensorboardX
writer.add_scalar("loss", 0.5, 3)         # and run.log_metric("loss", 0.5, step=3)
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Callable, Optional, Sequence

from .. import _process
from .._errors import warn_once

__all__ = ["patch"]

# Where the writers are.
MODULES = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
MARK = "_xtrack_patched"

_installed = False


def patch() -> None:
    """From now on what `SummaryWriter` is given is recorded as well; twice is harmless. Nothing is imported for it.

    Scalars become metrics, histograms, images, figures, texts, sound and hyper-parameters what they are here. A run
    must be active; what cannot be recorded is said once, and the writer goes on.
    """
    global _installed
    for name in MODULES:
        if name in sys.modules:
            _patch(sys.modules[name])
    if not _installed:
        _installed = True
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Patches a module as soon as it is imported."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if fullname not in MODULES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        _patch(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _patch(module: ModuleType) -> None:
    writer = getattr(module, "SummaryWriter", None)
    if writer is None or getattr(writer, MARK, False):
        return
    setattr(writer, MARK, True)
    for name, record in RECORDED.items():
        plain = getattr(writer, name, None)
        if callable(plain):
            setattr(writer, name, _both(name, plain, record))


def _both(name: str, plain: Callable[..., Any], record: Callable[..., None]) -> Callable[..., Any]:
    def call(self: Any, *given: Any, **named: Any) -> Any:
        answer = plain(self, *given, **named)
        runs = _process.live()
        if runs:
            try:
                record(runs[-1], *given, **named)
            except Exception as error:
                warn_once(f"tensorboard {name}", f"SummaryWriter.{name} was not recorded: {error!r} (said once)")
        return answer

    call.__name__, call.__doc__, call.__wrapped__ = name, plain.__doc__, plain  # type: ignore[attr-defined]
    return call


def _scalar(run: Any, tag: str, scalar_value: Any, global_step: Any = None, *more: Any, **named: Any) -> None:
    run.log_metric(tag, scalar_value, global_step)


def _scalars(run: Any, main_tag: str, tag_scalar_dict: Any, global_step: Any = None, *more: Any, **named: Any) -> None:
    run.log_metrics({f"{main_tag}/{tag}": value for tag, value in tag_scalar_dict.items()}, global_step)


def _histogram(run: Any, tag: str, values: Any, global_step: Any = None, *more: Any, **named: Any) -> None:
    run.log_histogram(tag, values, global_step)


def _image(
    run: Any, tag: str, img_tensor: Any, global_step: Any = None, walltime: Any = None, dataformats: str = "CHW", **named: Any
) -> None:
    run.log_image(tag, img_tensor, global_step, layout=dataformats if dataformats in ("CHW", "HWC") else None)


def _figure(run: Any, tag: str, figure: Any, global_step: Any = None, *more: Any, **named: Any) -> None:
    for each in figure if isinstance(figure, (list, tuple)) else [figure]:
        run.log_figure(tag, each, global_step)


def _text(run: Any, tag: str, text_string: str, global_step: Any = None, *more: Any, **named: Any) -> None:
    run.log_text(tag, text_string, global_step)


def _audio(
    run: Any, tag: str, snd_tensor: Any, global_step: Any = None, sample_rate: int = 44100, *more: Any, **named: Any
) -> None:
    shape = getattr(snd_tensor, "shape", ())
    # (1, n) there, (n,) here.
    run.log_audio(tag, snd_tensor[0] if len(shape) == 2 and shape[0] == 1 else snd_tensor, global_step, sample_rate=sample_rate)


def _hparams(run: Any, hparam_dict: Any, metric_dict: Any = None, *more: Any, **named: Any) -> None:
    run.log_params(hparam_dict)
    # The metrics of it are written by another writer, which records them.


RECORDED = {
    "add_scalar": _scalar,
    "add_scalars": _scalars,
    "add_histogram": _histogram,
    "add_image": _image,
    "add_figure": _figure,
    "add_text": _text,
    "add_audio": _audio,
    "add_hparams": _hparams,
}
