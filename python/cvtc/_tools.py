"""The console scripts: the tools that the package brings, with the arguments of
this process, in its place."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import NoReturn


def cvt_compile() -> NoReturn:
    """Runs cvt-compile."""
    _become("cvt-compile")


def cvt_run() -> NoReturn:
    """Runs cvt-run."""
    _become("cvt-run")


def _become(name: str) -> NoReturn:
    path = pathlib.Path(__file__).parent / "bin" / name
    try:
        os.execv(path, [name, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"{name}: {path}: {error.strerror}; install cvtc again")
