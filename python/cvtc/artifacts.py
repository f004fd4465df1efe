"""Compiled models on disk: made by cvt-compile when they are first needed,
kept in the user's cache folder for the next time."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import hashlib
import json
import logging
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, Optional

from . import _native

logger = logging.getLogger(__name__)

COMPILER = pathlib.Path(__file__).parent / "bin" / "cvt-compile"
#: What was not used for longest is removed above this.
CACHE_LIMIT_BYTES = 8 << 30
# Start of the names of folders in which artifacts are made, and after how long
# one must be of a process that was killed.
UNFINISHED = "making-"
UNFINISHED_SECONDS = 24 * 60 * 60
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
    #: Of their content when the model was loaded.
    weight_digests: tuple[str, ...] = dataclasses.field(init=False)
    #: Of weights that are drawn at random.
    seed: int = 0
    #: Draw weights whose shape is not the config's instead of failing.
    ignore_mismatched_sizes: bool = False
    #: "gelu" or "quick_gelu"; None: as the weights were trained with.
    activation: Optional[str] = None
    #: What the user has been told about the weights already.
    known_warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight_digests", _digests(self.weight_files))


@dataclasses.dataclass(frozen=True)
class Variant:
    """One of the programs that a model can be compiled to."""

    height: int
    width: int
    precision: str
    max_batch: int
    #: As --outputs of cvt-compile names them.
    outputs: tuple[str, ...]


def open_artifact(
    source: Source, variant: Variant, threads: int
) -> tuple[pathlib.Path, _native.CompiledModel]:
    """Opens the artifact of a variant, which is compiled unless the cache has
    it, and again if that is damaged.

    Says what it does on standard error while it compiles.  Raises ValueError
    for a model or variant that cannot be compiled, RuntimeError if the
    compiler fails or weights are not what they were."""
    path = _folder_for(source) / f"{_key(source, variant)}.cvt"
    try:
        os.utime(path)
        return path, _native.CompiledModel(str(path), threads)
    except RuntimeError as error:
        logger.warning("%s; compiling it again", error)
    except OSError:
        pass  # not there, or another process has just removed it
    _compile(source, variant, path)
    return path, _native.CompiledModel(str(path), threads)


def write_weights(source: Source, path: pathlib.Path) -> None:
    """Writes the weights as safetensors, with Hugging Face's names, in f32.

    Raises ValueError or RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="cvtc-") as folder:
        _run_compiler(
            source, pathlib.Path(folder), ["--emit=safetensors", f"--output={path}"]
        )


def _folder_for(source: Source) -> pathlib.Path:
    if source.weights is None:
        # No other model will ever have the same.
        return _temporary_folder()
    folder, reason = _cache_folder()
    if folder is None:
        _warn_once(f"compiled models are not kept for next time: {reason}")
        return _temporary_folder()
    return folder


def _cache_folder() -> tuple[Optional[pathlib.Path], str]:
    """The cache's folder, or why there is none.  An artifact is code: nobody
    else may choose it."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.expanduser("~/.cache")
    if not os.path.isabs(cache):
        return None, "the user has no home folder"
    folder = pathlib.Path(cache) / "cvtc" / "models"
    try:
        pathlib.Path(cache).mkdir(parents=True, exist_ok=True)
        for place in (folder.parent, folder):
            # Not with parents=True, which leaves theirs to the umask.
            place.mkdir(mode=0o700, exist_ok=True)
            status = place.stat()
            if status.st_uid != os.geteuid():
                return None, f"{place} belongs to another user"
            if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None, f"{place} can be written to by other users"
    except OSError as error:
        return None, str(error)
    if not os.access(folder, os.W_OK):
        return None, f"{folder} cannot be written to"
    return folder, ""


@functools.lru_cache(maxsize=None)
def _warn_once(message: str) -> None:
    logger.warning("%s", message)


_temporary_lock = threading.RLock()
#: By process: one that was forked must not remove its parent's.
_temporary_folders: dict[int, pathlib.Path] = {}


def _temporary_folder() -> pathlib.Path:
    """A folder that lives as long as this process."""
    with _temporary_lock:
        process = os.getpid()
        if process not in _temporary_folders:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="cvtc-"))
            _temporary_folders[process] = folder
            atexit.register(_remove_of_process, folder, process)
        return _temporary_folders[process]


def _remove_of_process(folder: pathlib.Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


os.register_at_fork(
    before=_temporary_lock.acquire,
    after_in_parent=_temporary_lock.release,
    after_in_child=_temporary_lock.release,
)


def _digests(files: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_digest_file, files))


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
    """What of a source decides about the artifact."""
    values = dataclasses.asdict(source)
    for key in ("weights", "weight_files", "known_warnings"):
        del values[key]
    return values


def _key(source: Source, variant: Variant) -> str:
    """Equal for two calls only if they give the same artifact."""
    compiler = COMPILER.stat()
    identity = {
        "source": _identity(source),
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
    _check_weights_unchanged(source)
    flags = [
        _image_size_flag(source, variant),
        f"--precision={variant.precision}",
        f"--max-batch={variant.max_batch}",
        f"--outputs={','.join(variant.outputs)}",
    ]
    message = (
        f"compiling for {variant.height}x{variant.width} pixels in "
        f"{variant.precision}, once"
    )
    # Beside the artifact, to be renamed to it.
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=path.parent) as folder:
        made = pathlib.Path(folder) / path.name
        with _progress(message):
            _run_compiler(source, made.parent, [f"--output={made}", *flags])
        _check_weights_unchanged(source)
        os.replace(made, path)
    _prune(path)


def _check_weights_unchanged(source: Source) -> None:
    """What is compiled must be what the artifact's name says."""
    try:
        unchanged = _digests(source.weight_files) == source.weight_digests
    except OSError as error:
        raise RuntimeError(
            f"the model's weights cannot be read any more: {error}; keep them until "
            "the model is compiled for each image size that is needed"
        ) from None
    if not unchanged:
        raise RuntimeError(
            f"{', '.join(source.weight_files)}: changed since the model was loaded; "
            "load it again"
        )


class _progress:
    """Says on standard error what takes a while, and then how long it took."""

    def __init__(self, message: str):
        self._message = message

    def __enter__(self) -> None:
        self._started = time.monotonic()
        self._say(f"{self._message} ...")

    def __exit__(self, kind, value, traceback) -> None:
        seconds = time.monotonic() - self._started
        end = "ended without result" if kind else "done"
        self._say(f"{self._message}: {end} after {seconds:.1f} s")

    def _say(self, line: str) -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"cvtc: {line}\n")
            sys.stderr.flush()


def _run_compiler(source: Source, folder: pathlib.Path, flags: list[str]) -> None:
    """Runs cvt-compile on files made from `source` in an empty folder."""
    config = folder / "config.json"
    config.write_text(source.config, encoding="utf-8")
    if source.processor is not None:
        (folder / "preprocessor_config.json").write_text(
            source.processor, encoding="utf-8"
        )
    result = subprocess.run(
        [str(COMPILER), str(config), *flags, *_weight_flags(source)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    # Messages shall not name a file that is gone when they are read.
    lines = result.stderr.replace(str(config), "config").splitlines()
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
    """Removes what was not used for longest, down to the cache's limit, and what
    killed processes have left."""
    entries = []
    for path in newest.parent.iterdir():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # another process removed it
        if path.suffix == ".cvt":
            entries.append((path == newest, status.st_mtime, status.st_size, path))
        elif path.name.startswith(UNFINISHED):
            if time.time() - status.st_mtime > UNFINISHED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
    total = sum(size for _, _, size, _ in entries)
    for is_newest, _, size, path in sorted(entries):
        if total <= CACHE_LIMIT_BYTES or is_newest:
            break
        path.unlink(missing_ok=True)
        total -= size
