"""Which compiled program runs a call: one that is compiled when its image size
is first seen, or the one that an artifact holds."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import threading
from typing import Optional, Protocol

import numpy as np

from . import _native, artifacts

#: As cvt-compile takes it where nothing says otherwise.
DEFAULT_IMAGE_SIZE = 224
PRECISIONS = ("f32", "bf16", "int8")
HIDDEN_STATE = "hidden_states_"


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

    def __init__(self, path: str, model: _native.CompiledModel):
        self._path = path
        self._model = model
        self._names = model.output_names

    def run(self, pixel_values: np.ndarray, hidden_states: bool) -> Outputs:
        if hidden_states and HIDDEN_STATE + "0" not in self._names:
            raise ValueError(
                f"{self._path}: was compiled without hidden states; it has "
                f"{', '.join(self._names)}"
            )
        return Outputs(self._names, self._model.run(pixel_values))


@dataclasses.dataclass
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
        if self.max_batch < 1:
            raise ValueError(f"max_batch is {self.max_batch}, expected at least 1")


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
        self._opened: dict[tuple[int, int, bool], Program] = {}
        self._lock = threading.Lock()

    def change(self, settings: Settings) -> None:
        """Later runs use other settings."""
        with self._lock:
            if settings != self.settings:
                self.settings = settings
                self._opened = {}

    def compile(self, height: int, width: int, hidden_states: bool) -> pathlib.Path:
        """The artifact for one image size, in pixels."""
        variant = self._variant(height, width, hidden_states)
        with self._lock:
            return artifacts.artifact_path(self.source, variant)

    def run(self, pixel_values: np.ndarray, hidden_states: bool) -> Outputs:
        if pixel_values.ndim != 4:
            raise ValueError(
                f"pixel_values has the shape {pixel_values.shape}, expected "
                "(batch, channels, height, width)"
            )
        key = (*pixel_values.shape[2:], hidden_states)
        program = self._opened.get(key)
        if program is None:
            program = self._open(*key)
        return program.run(pixel_values, hidden_states)

    def _open(self, height: int, width: int, hidden_states: bool) -> Program:
        key = (height, width, hidden_states)
        with self._lock:
            if key not in self._opened:
                path, model = artifacts.open_artifact(
                    self.source, self._variant(*key), self.settings.threads
                )
                self._opened[key] = Program(str(path), model)
            return self._opened[key]

    def _variant(
        self, height: int, width: int, hidden_states: bool
    ) -> artifacts.Variant:
        outputs = self._outputs + (("hidden_states",) if hidden_states else ())
        return artifacts.Variant(
            height, width, self.settings.precision, self.settings.max_batch, outputs
        )


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
