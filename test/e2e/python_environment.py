"""The Python package as a user has it: `pip install .` in a virtual environment
of its own, in the build folder.  Made when a check first asks for it, and
again when sources have changed since."""

import dataclasses
import hashlib
import pathlib
import shutil
import subprocess
import sys

import support

# All that an installation is made from.
SOURCES = (
    *("CMakeLists.txt", "LICENSE", "pyproject.toml"),
    *("compiler", "dialect", "frontend", "python", "runtime", "tools"),
)
CONSTRAINTS = support.SOURCE / "tools" / "requirements.txt"


@dataclasses.dataclass(frozen=True)
class Environment:
    folder: pathlib.Path

    @property
    def scripts(self):
        return self.folder / "bin"

    @property
    def python(self):
        return self.scripts / "python"

    @property
    def packages(self):
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"


def _digest_sources():
    digest = hashlib.sha256(sys.version.encode())
    for name in SOURCES:
        top = support.SOURCE / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path} {path.stat().st_size}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def environment(build):
    """The environment of a build folder.  Raises CalledProcessError, with pip's
    words in its output, if the package does not install."""
    folder = pathlib.Path(build).resolve() / "python-environment"
    stamp = folder / "made-from"
    sources = _digest_sources()
    if not (stamp.is_file() and stamp.read_text() == sources):
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder)
        stamp.write_text(sources)
    return Environment(folder)


def _install(folder):
    made = Environment(folder)
    install = [made.python, "-m", "pip", "install", "--no-input", support.SOURCE]
    for command in ([sys.executable, "-m", "venv", folder], install):
        subprocess.run(
            command,
            # A user's: with the caches of pip and of the C++ compiler.
            env={**support.USER_ENVIRONMENT, "PIP_CONSTRAINT": str(CONSTRAINTS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
