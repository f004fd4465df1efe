"""Which compiled program runs a call: one that is compiled when its image size
is first seen, or the one that an artifact holds."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import threading
from typing import Optional, Protocol

import numpy as np

from . import _native, artifacts

#: As cvt-compile takes it where nothing says otherwise.
DEFAULT_IMAGE_SIZE = 224
PRECISIONS = ("f32", "bf16", "int8")
HIDDEN_STATE = "hidden_states_"
#: As cvt-compile limits it.
MAX_BATCH = 4096
#: Programs that a model keeps open, each with its threads and memory.
MAX_OPEN = 8

# One compilation at a time, which uses all CPUs; none goes on during a fork.  A
# signal's handler may fork the thread that compiles.
_compiling = threading.RLock()
os.register_at_fork(
    before=_compiling.acquire,
    after_in_parent=_compiling.release,
    after_in_child=_compiling.release,
)


class Outputs:
    """The arrays of one run, by name."""

    def __init__(self, names: list[str], arrays: list[np.ndarray]):
        self._arrays = dict(zip(names, arrays))

    def get(self, name: str) -> Optional[np.ndarray]:
        return self._arrays.get(name)

    def hidden_states(self) -> tuple[np.ndarray, ...]:
        """(batch, channels, height, width) of each stage."""
        return tuple(
            array
            for name, array in self._arrays.items()
            if name.startswith(HIDDEN_STATE)
        )


class Programs(Protocol):
    """Runs a model.  Any number of threads may use one at once."""

    def run(self, pixel_values: np.ndarray, hidden_states: bool) -> Outputs:
        """The outputs for (batch, channels, height, width) float32 numbers,
        those of stages only if `hidden_states`.  Raises ValueError."""
        ...


class Program:
    """The program of one artifact."""

    def __init__(self, path: pathlib.Path, model: _native.CompiledModel, threads: int):
        self.path = path
        self.model = model
        self._threads = threads
        self._names = model.output_names

    @classmethod
    def open(cls, path: pathlib.Path, threads: int) -> Program:
        """The program of an artifact of the user's.  Raises OSError,
        RuntimeError or ValueError."""
        return cls(path, _native.CompiledModel(str(path), threads), threads)

    def __reduce__(self):
        return Program.open, (self.path, self._threads)

    def run(self, pixel_values: np.ndarray, hidden_states: bool) -> Outputs:
        if hidden_states and HIDDEN_STATE + "0" not in self._names:
            raise ValueError(
                f"{self.path}: was compiled without hidden states; it has "
                f"{', '.join(self._names)}"
            )
        return Outputs(self._names, self.model.run(pixel_values))


@dataclasses.dataclass(frozen=True)
class Settings:
    """How programs are compiled."""

    precision: str = "f32"
    #: Larger batches run in pieces of this.
    max_batch: int = 8
    #: Threads that compute; 0: one for each CPU.
    threads: int = 0

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"precision is {self.precision!r}, expected one of "
                f"{', '.join(PRECISIONS)}"
            )
        if not isinstance(self.max_batch, int) or not 1 <= self.max_batch <= MAX_BATCH:
            raise ValueError(
                f"max_batch is {self.max_batch!r}, expected a whole number from 1 to "
                f"{MAX_BATCH}"
            )


#: Settings, height, width, and whether hidden states are among the outputs.
_Key = tuple[Settings, int, int, bool]


class CompiledPrograms:
    """Compiles a program for each image size when it is first seen."""

    def __init__(
        self,
        source: artifacts.Source,
        outputs: tuple[str, ...],
        settings: Settings,
    ):
        """`outputs`: what calls without hidden states return."""
        self.source = source
        self.settings = settings
        self._outputs = outputs
        self._channels = json.loads(source.config)["num_channels"]
        self._opened: dict[_Key, Program] = {}

    def __reduce__(self):
        return CompiledPrograms, (self.source, self._outputs, self.settings)

    def compile(
        self, settings: Settings, height: int, width: int, hidden_states: bool
    ) -> pathlib.Path:
        """The artifact for one image size, in pixels; later runs use these
        settings."""
        program = self._open((settings, height, width, hidden_states))
        self.settings = settings
        return program.path

    def run(self, pixel_values: np.ndarray, hidden_states: bool) -> Outputs:
        self._check_shape(pixel_values.shape)
        key = (self.settings, *pixel_values.shape[2:], hidden_states)
        program = self._opened.get(key) or self._open(key)
        return program.run(pixel_values, hidden_states)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        """Before something is compiled that nobody wants."""
        if len(shape) != 4 or shape[1] != self._channels or 0 in shape:
            raise ValueError(
                f"pixel_values has the shape {shape}, expected (batch, "
                f"{self._channels}, height, width), all at least 1"
            )

    def _open(self, key: _Key) -> Program:
        settings, height, width, hidden_states = key
        outputs = self._outputs + (("hidden_states",) if hidden_states else ())
        variant = artifacts.Variant(
            height, width, settings.precision, settings.max_batch, outputs
        )
        with _compiling:
            if key not in self._opened:
                path, model = artifacts.open_artifact(
                    self.source, variant, settings.threads
                )
                while len(self._opened) >= MAX_OPEN:
                    del self._opened[next(iter(self._opened))]
                self._opened[key] = Program(path, model, settings.threads)
            return self._opened[key]


def own_image_size(source: artifacts.Source) -> tuple[int, int]:
    """Height and width in pixels that a model was made for: as its image
    processor says, else its config."""
    if source.processor is not None:
        processor = json.loads(
            _native.check_processor_config(
                source.processor, "preprocessor_config.json"
            )
        )
        return processor["size"], processor["size"]
    size = json.loads(source.config).get("image_size") or DEFAULT_IMAGE_SIZE
    return tuple(size) if isinstance(size, list) else (size, size)
