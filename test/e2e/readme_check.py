"""README.md says what works: its commands run as printed, its output is what
they print, and it uses every flag of the tools.

In README.md, before a block of `sh`, or of `python`, which runs where the
package is installed:
    <!-- not run: WHY -->       the block is not run
and before a block of `text`:
    <!-- expected output -->    the block before must print this, where `...`
                                stands for anything
"""

import dataclasses
import re
import subprocess
import sys

import python_environment
import support

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!--\s*not run: (.*?)\s*-->\s*$", re.DOTALL)
EXPECTED = re.compile(r"<!--\s*expected output\s*-->\s*$")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
# Running the tests from a test would never end.
TESTS = "tools/test.sh"
# What python_environment.py does, in a folder of its own.
INSTALLATION = ["python3 -m venv env", "env/bin/pip install ."]
TIMEOUT_SECONDS = 900


@dataclasses.dataclass
class Block:
    language: str
    text: str
    before: str  # all of README.md before it


def read_blocks(readme):
    return [
        Block(match[1], match[2], readme[: match.start()])
        for match in FENCE.finditer(readme)
    ]


def make_working_folder(tools):
    """The checkout as a folder of links: commands find everything by the paths
    they print, and what they leave behind lands beside the links."""
    folder = tools.work / "checkout"
    folder.mkdir()
    for path in support.SOURCE.iterdir():
        if path.name != ".git":
            (folder / path.name).symlink_to(path)
    return folder


def without_test_run(checks, text):
    """The block's lines, those that would start all tests left out."""
    lines = []
    for line in text.splitlines():
        if line.split("#")[0].strip() == TESTS:
            path = support.SOURCE / TESTS
            checks.check(TESTS, path.stat().st_mode & 0o100, "is there, not run")
        else:
            lines.append(line)
    return "\n".join(lines)


def interpreter(tools, language):
    """The command that runs a text."""
    if language == "python":
        return [python_environment.environment(tools.build).python, "-c"]
    return ["bash", "-euo", "pipefail", "-c"]


def run_block(folder, command, text):
    return subprocess.run(
        [*command, text],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def matches(pattern, text):
    parts = [re.escape(part) for part in pattern.strip().split("...")]
    return re.fullmatch(".*?".join(parts), text.strip(), re.DOTALL)


def check_blocks(checks, tools, readme):
    folder = make_working_folder(tools)
    output = None
    for block in read_blocks(readme):
        if block.language in ("sh", "python"):
            output = None
            title = block.text.strip().splitlines()[0]
            reason = NOT_RUN.search(block.before)
            if reason:
                checks.skip(title, reason[1])
                continue
            commands = without_test_run(checks, block.text)
            if commands.splitlines() == INSTALLATION:
                environment = python_environment.environment(tools.build)
                checks.check(title, environment.python.exists(), "done elsewhere")
                continue
            if not commands.strip():
                continue
            command = interpreter(tools, block.language)
            result = run_block(folder, command, commands)
            output = result.stdout
            checks.check(
                title,
                result.returncode == 0,
                f"exit code {result.returncode}"
                + "".join(f", {l}" for l in result.stderr.splitlines()[-1:]),
            )
        elif block.language == "text" and EXPECTED.search(block.before):
            title = "output: " + block.text.strip().splitlines()[0]
            if output is None:
                checks.check(title, False, "no block was run before it")
            else:
                shown = matches(block.text, output)
                checks.check(title, shown, "" if shown else f"got:\n{output}")


def check_flags(checks, tools, readme):
    """Every flag that --help of the two tools names is in README.md."""
    used = set(FLAG.findall(readme))
    for tool in (tools.cvt_compile, tools.cvt_run):
        result = support.run(tool, "--help")
        flags = set(FLAG.findall(result.out)) - {"--help"}
        missing = sorted(flags - used)
        checks.check(
            f"flags of {tool.name}",
            result.code == 0 and flags and not missing,
            "missing: " + ", ".join(missing) if missing else f"{len(flags)} used",
        )


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    tools = support.Tools(options.build, "readme")
    checks = support.Checks()
    path = support.SOURCE / "README.md"
    if checks.check("README.md exists", path.exists()):
        readme = path.read_text()
        check_blocks(checks, tools, readme)
        check_flags(checks, tools, readme)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
