"""No damaged artifact is accepted: flipped bits, wrong lengths.  Each must end
cvt-run with exit code 3 and one sentence."""

import concurrent.futures
import random
import shutil
import struct
import subprocess
import sys

import support

RANDOM_BITS = 1000
TRUNCATIONS = 300
WORKERS = 2
REFUSED = 3


def header_bytes(content):
    """All bytes that say what the rest of the file is: the ELF header, its
    program headers, and the note's header with the manifest's."""
    program_headers, = struct.unpack_from("<Q", content, 32)
    entry_bytes, entries = struct.unpack_from("<2H", content, 54)
    note = content.index(b"CVTMODEL") - 16  # its header, and "CVT\0"
    manifest_bytes = 128
    return [
        *range(64),
        *range(program_headers, program_headers + entry_bytes * entries),
        *range(note, note + 16 + manifest_bytes),
    ]


class Victim:
    """A copy of the artifact that one worker damages and repairs."""

    def __init__(self, cvt_run, content, path):
        self.cvt_run = cvt_run
        self.content = content
        self.path = path
        self.path.write_bytes(content)
        self.picture = sorted((support.DIGITS / "test-images").iterdir())[0]

    def _complaint(self):
        """None if the file is refused as it should be, else what happened."""
        result = subprocess.run(
            [self.cvt_run, self.path, self.picture],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        lines = result.stderr.splitlines()
        if result.returncode == REFUSED and len(lines) == 1 and not result.stdout:
            return None
        return f"exit code {result.returncode}, {lines[-1:] or 'silent'}"

    def flipped(self, bit):
        byte, mask = bit // 8, 1 << bit % 8
        with open(self.path, "r+b") as file:
            file.seek(byte)
            file.write(bytes([self.content[byte] ^ mask]))
            file.flush()
            complaint = self._complaint()
            file.seek(byte)
            file.write(self.content[byte : byte + 1])
        return complaint and f"bit {bit % 8} of byte {byte}: {complaint}"

    def resized(self, length):
        padding = bytes(max(0, length - len(self.content)))
        self.path.write_bytes(self.content[:length] + padding)
        complaint = self._complaint()
        self.path.write_bytes(self.content)
        return complaint and f"length {length}: {complaint}"


def check_all(checks, victims, title, damage, values):
    """Applies `damage` (a method of Victim) with every value."""

    def share(index):
        complaints = (
            damage(victims[index], value) for value in values[index::WORKERS]
        )
        return [complaint for complaint in complaints if complaint]

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        accepted = sum(pool.map(share, range(WORKERS)), [])
    detail = f"{len(values) - len(accepted)} of {len(values)} refused"
    if accepted:
        detail += f"; first: {accepted[0]}"
    checks.check(title, not accepted, detail)


def main():
    parser = support.argument_parser(__doc__.splitlines()[0])
    parser.add_argument("--cvt-run", help="another cvt-run than the build's")
    parser.add_argument(
        "--every", type=int, default=1, help="only every N-th case"
    )
    options = parser.parse_args()
    tools = support.Tools(options.build, "damage")
    cvt_run = shutil.which(options.cvt_run or tools.cvt_run)
    checks = support.Checks()

    artifact = tools.work / "cvt-digits.cvt"
    result = support.run(tools.cvt_compile, support.DIGITS, "-o", artifact)
    if not checks.check("compile", result.code == 0, result.summary()):
        return checks.finish()
    content = artifact.read_bytes()
    header = header_bytes(content)
    bits = [byte * 8 + bit for byte in header for bit in range(8)]
    rest = sorted(set(range(len(content))) - set(header))
    generator = random.Random(1)
    random_bits = [
        generator.choice(rest) * 8 + generator.randrange(8)
        for _ in range(RANDOM_BITS)
    ]
    size = len(content)
    lengths = sorted(
        {
            *range(0, size, size // TRUNCATIONS + 1),
            *range(0, 130, 13),
            size - 1,
            size + 1,
            size + 4096,
        }
    )

    victims = [
        Victim(cvt_run, content, tools.work / f"victim-{index}.cvt")
        for index in range(WORKERS)
    ]
    for title, damage, values in (
        ("every bit of the header", Victim.flipped, bits),
        ("random bits of the rest", Victim.flipped, random_bits),
        ("other lengths", Victim.resized, lengths),
    ):
        check_all(checks, victims, title, damage, values[:: options.every])
    result = support.run(
        cvt_run, victims[0].path, victims[0].picture
    )
    checks.check("the repaired file runs", result.code == 0, result.summary())
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
