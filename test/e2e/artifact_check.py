"""What an artifact and the tools promise as files and processes: the same bytes
however they were compiled, nothing needed to run them, size and memory."""

import re
import shutil
import struct
import subprocess
import sys

import support

MIB = 1 << 20
# Everything in an artifact that is not packed weights.
MAX_OVERHEAD = 5 * MIB
MAX_COMPILE_MEMORY_MIB = 1024
NOT_IN_THE_RUNTIME = re.compile(r"LLVM|MLIR|lld|Halide|python", re.IGNORECASE)


def manifest_sizes(artifact):
    """file_bytes and weights_bytes of runtime/include/cvt/abi.h's header."""
    content = artifact.read_bytes()
    start = content.index(b"CVTMODEL")
    file_bytes, _code, _offset, weights_bytes = struct.unpack_from(
        "<4Q", content, start + 16
    )
    return file_bytes, weights_bytes


def compile_repeatedly(checks, tools, title, model, flags):
    """Without a cache and with one thread, then with an empty cache and with a
    full one.  Returns the artifact, or None, and the results."""
    artifacts, results = [], []
    cache = tools.work / f"{title}-cache"
    for threads, folder in ((1, "none"), (2, cache), (2, cache)):
        artifact = tools.work / f"{title}-{len(artifacts)}.cvt"
        result = support.run(
            tools.cvt_compile,
            model,
            "-o",
            artifact,
            f"--threads={threads}",
            f"--cache-dir={folder}",
            *flags,
        )
        if result.code != 0:
            checks.check(f"{title}: compile", False, result.summary())
            return None, results
        artifacts.append(artifact)
        results.append(result)
    plain, empty, full = (artifact.read_bytes() for artifact in artifacts)
    checks.check(f"{title}: the same bytes with one thread and two", plain == empty)
    checks.check(f"{title}: the same bytes from cached kernels", empty == full)
    return artifacts[0], results


def check_size(checks, title, artifact):
    file_bytes, weights_bytes = manifest_sizes(artifact)
    size = artifact.stat().st_size
    checks.check(
        f"{title}: size",
        file_bytes == size and size - weights_bytes <= MAX_OVERHEAD,
        f"{size / MIB:.2f} MiB, of which weights {weights_bytes / MIB:.2f} MiB",
    )


def check_resources(checks, title, results):
    """Memory is a promise; time is printed, since machines differ."""
    seconds = [f"{result.seconds:.1f} s" for result in results]
    peak = max(result.peak_mib for result in results)
    checks.check(
        f"{title}: memory of the compiler",
        peak < MAX_COMPILE_MEMORY_MIB,
        f"{peak:.0f} MiB at most;"
        f" one thread {seconds[0]}, two {seconds[1]}, cached {seconds[2]}",
    )


def check_dependencies(checks, tools, artifact):
    """What the system would load with cvt-run, and what it does load."""
    listed = subprocess.run(
        ["ldd", tools.cvt_run], capture_output=True, text=True, check=True
    ).stdout
    libraries = [line.split()[0] for line in listed.splitlines()]
    checks.check(
        "ldd cvt-run lists no LLVM, Halide or Python",
        not NOT_IN_THE_RUNTIME.search(listed) and "not found" not in listed,
        ", ".join(name.rsplit("/", 1)[-1] for name in libraries),
    )
    picture = sorted((support.DIGITS / "test-images").iterdir())[0]
    result = support.run(
        tools.cvt_run, artifact, picture, env={"LD_DEBUG": "files"}
    )
    loaded = re.findall(r"calling init: (\S+)", result.err)
    checks.check(
        "nor is one loaded while a picture is classified",
        result.code == 0
        and loaded
        and not any(NOT_IN_THE_RUNTIME.search(path) for path in loaded),
        f"{len(loaded)} libraries loaded",
    )


def check_no_needed(checks, artifact):
    readelf = shutil.which("readelf")
    if not readelf:
        checks.skip("an artifact needs no library", "readelf is not installed")
        return
    dynamic = subprocess.run(
        [readelf, "--wide", "--dynamic", artifact],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    checks.check("an artifact needs no library", "(NEEDED)" not in dynamic)


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    tools = support.Tools(options.build, "artifact")
    checks = support.Checks()

    artifact, results = compile_repeatedly(
        checks, tools, "cvt-digits", support.DIGITS, []
    )
    if artifact:
        check_size(checks, "cvt-digits", artifact)
        check_no_needed(checks, artifact)
        check_dependencies(checks, tools, artifact)
    narrow, results = compile_repeatedly(
        checks, tools, "cvt-digits-int8", support.DIGITS, ["--precision=int8"]
    )
    if artifact and narrow:
        check_size(checks, "cvt-digits-int8", narrow)
        wide_bytes, narrow_bytes = (
            manifest_sizes(path)[1] for path in (artifact, narrow)
        )
        checks.check(
            "weights in int8",
            narrow_bytes < wide_bytes / 2,
            f"{narrow_bytes / wide_bytes:.2f} of those in f32",
        )

    config = tools.work / "config.json"
    config.write_text('{"model_type": "cvt", "num_labels": 1000}')
    artifact, results = compile_repeatedly(
        checks, tools, "cvt-13", config, ["--random-weights=1"]
    )
    if artifact:
        check_size(checks, "cvt-13", artifact)
        check_resources(checks, "cvt-13", results)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
