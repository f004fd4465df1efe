"""Holds the format of the C++ sources: what .clang-format makes of them."""

import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
CLANG_FORMAT = pathlib.Path(sys.executable).parent / "clang-format"
FOLDERS = ("compiler", "dialect", "frontend", "python", "runtime", "test", "tools")


def main():
    sources = [
        path
        for folder in FOLDERS
        for suffix in ("c", "cpp", "h", "hpp")
        for path in sorted((SOURCE / folder).rglob(f"*.{suffix}"))
    ]
    assert sources, "no C++ sources found"
    command = [CLANG_FORMAT, "--dry-run", "-Werror", *sources]
    return subprocess.run(command, cwd=SOURCE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
