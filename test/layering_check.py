"""Holds the order of the folders: who may include whom, and who may link whom.

    frontend ──▶ dialect ◀── compiler ──▶ runtime/include/cvt/abi.h
    runtime uses none of them; python uses frontend and runtime; tools and test
    use all
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]

# Which other folders the sources of a folder may include, and its libraries
# link.
MAY_USE = {
    "frontend": {"dialect"},
    "dialect": set(),
    "compiler": {"dialect"},
    "runtime": set(),
    "python": {"frontend", "runtime"},
}
# Headers of another folder that may be included all the same.
SHARED_HEADERS = {"compiler": {"runtime/include/cvt/abi.h"}}
# What a folder must do without, headers and libraries by the start of a name.
# The longest matching path counts.
COMPILERS = (
    *("mlir/", "llvm/", "lld/", "MLIR", "LLVM", "lldELF", "cvt_mlir", "cvt_llvm"),
    "Halide",
)
FOREIGN = {
    "runtime": COMPILERS,
    "python": COMPILERS,
    "dialect": ("lld/", "Halide"),
    "frontend": ("lld/", "Halide"),
    "compiler": ("Halide.h", "Halide::"),
    "compiler/kernels": (),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
TABLEGEN_INCLUDE = re.compile(r'^\s*include\s*(")([^"]+)"', re.MULTILINE)
TARGET = re.compile(r"\b(?:cvt_add_library|add_library)\s*\(\s*(\w+)")
# The commands that name the libraries a target links, all of them or behind a
# keyword.
LINKS = (
    re.compile(r"\btarget_link_libraries\s*\(([^)]*)\)"),
    re.compile(r"\bcvt_add_library\s*\([^)]*\bLINK\b([^)]*)\)"),
)
CMAKE_COMMENT = re.compile(r"#[^\n]*")
# Where an include is looked for besides the including file's own folder.
INCLUDE_ROOTS = (".", "runtime/include")


def folder_of(path):
    return path.relative_to(SOURCE).parts[0]


def foreign_to(path):
    """The entry of FOREIGN for a file."""
    relative = path.relative_to(SOURCE).as_posix()
    matching = [key for key in FOREIGN if relative.startswith(key + "/")]
    return FOREIGN[max(matching, key=len)]


def find_header(includer, name):
    """The file of ours that an include means, or None."""
    for root in (includer.parent, *(SOURCE / root for root in INCLUDE_ROOTS)):
        path = (root / name).resolve()
        if path.is_file() and path.is_relative_to(SOURCE):
            return path
    return None


def check_includes(path):
    """Yields what is wrong with the includes of one file."""
    folder = folder_of(path)
    pattern = TABLEGEN_INCLUDE if path.suffix == ".td" else INCLUDE
    for _, name in pattern.findall(path.read_text()):
        header = find_header(path, name)
        if header is None:
            if name.startswith(foreign_to(path)):
                yield f"{folder} does without {name}"
            continue
        other = folder_of(header)
        shared = header.relative_to(SOURCE).as_posix() in SHARED_HEADERS.get(
            folder, ()
        )
        if other != folder and other not in MAY_USE[folder] and not shared:
            yield f"{folder} must not include {other} ({name})"


def check_links(path, targets):
    """Yields what is wrong with the names in one CMakeLists.txt."""
    folder = folder_of(path)
    text = CMAKE_COMMENT.sub("", path.read_text())
    linked = [found[1] for command in LINKS for found in command.finditer(text)]
    for word in sorted(set(re.findall(r"[\w:]+", " ".join(linked)))):
        other = targets.get(word, folder)
        if other != folder and other not in MAY_USE[folder]:
            yield f"{folder} must not link {word} of {other}"
        elif word.startswith(foreign_to(path)):
            yield f"{folder} does without {word}"


def main():
    files = [
        path
        for folder in MAY_USE
        for path in sorted((SOURCE / folder).rglob("*"))
        if path.is_file()
    ]
    lists = [path for path in files if path.name == "CMakeLists.txt"]
    sources = [p for p in files if p.suffix in (".h", ".c", ".cpp", ".inc", ".td")]
    targets = {
        name: folder_of(path)
        for path in lists
        for name in TARGET.findall(CMAKE_COMMENT.sub("", path.read_text()))
    }
    wrong = [
        f"{path.relative_to(SOURCE)}: {problem}"
        for path in sources
        for problem in check_includes(path)
    ] + [
        f"{path.relative_to(SOURCE)}: {problem}"
        for path in lists
        for problem in check_links(path, targets)
    ]
    print("\n".join(wrong) or f"{len(sources)} sources, {len(lists)} lists: in order")
    return 1 if wrong or not sources or not lists else 0


if __name__ == "__main__":
    sys.exit(main())
