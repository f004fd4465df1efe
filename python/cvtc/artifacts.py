"""Compiled models on disk: made by cvt-compile when they are first needed,
kept in the user's cache folder for the next time."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import pathlib
import signal
import stat
import subprocess
import sys
import tempfile
import time
from typing import Callable, Optional

from . import _native

logger = logging.getLogger(__name__)

COMPILER = pathlib.Path(__file__).parent / "bin" / "cvt-compile"
#: What was not used for longest is removed above this.
CACHE_LIMIT_BYTES = 8 << 30
# cvt-compile's exit codes for a command line or a model that is wrong.
WRONG_INPUT = (2, 3)
WARNING_PREFIX = "cvt-compile: warning: "
ERROR_PREFIX = "cvt-compile: "
HELP_SUFFIX = "; try cvt-compile --help"


@dataclasses.dataclass(frozen=True)
class Source:
    """What a model is compiled from."""

    #: Text of config.json.
    config: str
    #: Text of preprocessor_config.json, if pictures are to be its input.
    processor: Optional[str] = None
    #: Model folder, file or index of weights; None: all are drawn at random.
    weights: Optional[str] = None
    #: The files that hold them.
    weight_files: tuple[str, ...] = ()
    #: Of weights that are drawn at random.
    seed: int = 0
    #: Draw weights whose shape is not the config's instead of failing.
    ignore_mismatched_sizes: bool = False
    #: "gelu" or "quick_gelu"; None: as the weights were trained with.
    activation: Optional[str] = None
    #: What the user has been told about the weights already.
    known_warnings: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Variant:
    """One of the programs that a model can be compiled to."""

    height: int
    width: int
    precision: str
    max_batch: int
    #: As --outputs of cvt-compile names them.
    outputs: tuple[str, ...]


def artifact_path(source: Source, variant: Variant) -> pathlib.Path:
    """The artifact of a variant, which is compiled unless the cache has it.

    Prints what it does on standard error while it compiles.  Raises ValueError
    for a model or variant that cannot be compiled, RuntimeError if the
    compiler fails."""
    path = _folder() / f"{_key(source, variant)}.cvt"
    if path.exists():
        os.utime(path)
    else:
        _compile(source, variant, path)
    return path


def open_artifact(
    source: Source, variant: Variant, threads: int
) -> tuple[pathlib.Path, _native.CompiledModel]:
    """Opens what `artifact_path` gives; compiles a damaged one again."""
    path = artifact_path(source, variant)
    try:
        return path, _native.CompiledModel(str(path), threads)
    except RuntimeError as error:
        logger.warning("%s; compiling it again", error)
    _compile(source, variant, path)
    return path, _native.CompiledModel(str(path), threads)


def write_weights(source: Source, path: pathlib.Path) -> None:
    """Writes the weights as safetensors, with Hugging Face's names, in f32.

    Raises ValueError or RuntimeError."""
    _run_compiler(source, ["--emit=safetensors", f"--output={path}"])


def _folder() -> pathlib.Path:
    """The cache's folder.  An artifact is code: it must be the user's own."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(cache) / "cvtc" / "models"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return _temporary_folder(str(error))
    status = folder.stat()
    if status.st_uid != os.geteuid():
        return _temporary_folder(f"{folder} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return _temporary_folder(f"{folder} can be written to by other users")
    if not os.access(folder, os.W_OK):
        return _temporary_folder(f"{folder} cannot be written to")
    return folder


_temporary: Optional[tempfile.TemporaryDirectory] = None


def _temporary_folder(reason: str) -> pathlib.Path:
    """A folder for this process alone, where there is no cache."""
    global _temporary
    if _temporary is None:
        logger.warning("compiled models are not kept for next time: %s", reason)
        _temporary = tempfile.TemporaryDirectory(prefix="cvtc-")
    return pathlib.Path(_temporary.name)


def _digest_file(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _cpu() -> str:
    """What this CPU can do, since code is generated for it."""
    try:
        with open("/proc/cpuinfo") as file:
            return next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return ""


def _identity(source: Source) -> dict:
    """What of a source, beside its weights, decides about the artifact."""
    values = dataclasses.asdict(source)
    for key in ("weights", "weight_files", "known_warnings"):
        del values[key]
    return values


def _key(source: Source, variant: Variant) -> str:
    """Equal for two calls only if they give the same artifact."""
    compiler = COMPILER.stat()
    identity = {
        "source": _identity(source),
        "weights": [_digest_file(file) for file in source.weight_files],
        "variant": dataclasses.asdict(variant),
        "compiler": (_native.__version__, compiler.st_size, compiler.st_mtime_ns),
        "cpu": _cpu(),
    }
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _image_size_flag(source: Source, variant: Variant) -> str:
    takes_pictures = source.processor is not None and variant.height == variant.width
    size = f"{variant.height}" if takes_pictures else f"{variant.height}x{variant.width}"
    return f"--image-size={size}"


def _compile(source: Source, variant: Variant, path: pathlib.Path) -> None:
    flags = [
        f"--output={path}",
        _image_size_flag(source, variant),
        f"--precision={variant.precision}",
        f"--max-batch={variant.max_batch}",
        f"--outputs={','.join(variant.outputs)}",
    ]
    message = (
        f"cvtc: compiling for {variant.height}x{variant.width} pixels in "
        f"{variant.precision}, once"
    )
    with _progress(message):
        _run_compiler(source, flags)
    _prune(path)


class _progress:
    """Says on standard error what takes a while, and then how long it took."""

    def __init__(self, message: str):
        self._message = message

    def __enter__(self) -> None:
        self._started = time.monotonic()
        print(self._message, "...", end=" ", file=sys.stderr, flush=True)

    def __exit__(self, kind, value, traceback) -> None:
        seconds = time.monotonic() - self._started
        end = "failed" if kind else f"done in {seconds:.1f} s"
        print(end, file=sys.stderr, flush=True)


def _run_compiler(source: Source, flags: list[str]) -> None:
    """Runs cvt-compile on files made from `source`."""
    with tempfile.TemporaryDirectory(prefix="cvtc-") as folder:
        config = pathlib.Path(folder) / "config.json"
        config.write_text(source.config)
        if source.processor is not None:
            (config.parent / "preprocessor_config.json").write_text(source.processor)
        command = [str(COMPILER), str(config), *flags, *_weight_flags(source)]
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    lines = result.stderr.splitlines()
    for line in lines:
        warning = line[len(WARNING_PREFIX) :]
        if line.startswith(WARNING_PREFIX) and warning not in source.known_warnings:
            logger.warning("%s", warning)
    if result.returncode != 0:
        raise _failure(result.returncode, lines)


def _weight_flags(source: Source) -> list[str]:
    if source.weights is None:
        return [f"--random-weights={source.seed}"]
    flags = [f"--weights={source.weights}", "--init-missing"]
    if source.ignore_mismatched_sizes:
        flags.append("--ignore-mismatched-sizes")
    if source.activation:
        flags.append(f"--activation={source.activation}")
    return flags


def _failure(code: int, lines: list[str]) -> Exception:
    """The compiler's one sentence as an exception."""
    if code < 0:
        name = signal.Signals(-code).name
        return RuntimeError(f"cvt-compile was ended by the signal {name}")
    message = lines[-1] if lines else f"cvt-compile ended with exit code {code}"
    # What is about the program rather than the model.
    message = message.removeprefix(ERROR_PREFIX).removesuffix(HELP_SUFFIX)
    kind: Callable[[str], Exception] = (
        ValueError if code in WRONG_INPUT else RuntimeError
    )
    return kind(message)


def _prune(newest: pathlib.Path) -> None:
    """Removes what was not used for longest, down to the cache's limit."""
    entries = []
    for path in newest.parent.glob("*.cvt"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # another process removed it
        entries.append((path == newest, status.st_mtime, status.st_size, path))
    total = sum(size for _, _, size, _ in entries)
    for is_newest, _, size, path in sorted(entries):
        if total <= CACHE_LIMIT_BYTES or is_newest:
            break
        path.unlink(missing_ok=True)
        total -= size
