"""Runs a command and prints its milliseconds and peak resident memory.

    python -I -S launch.py COMMAND...

Imports next to nothing: the kernel counts what a process had before exec as
its peak, so what starts the command must be smaller than it.
"""

import os
import sys
import time


def main():
    command = sys.argv[1:]
    null = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1)]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=streams)
    _, status, usage = os.wait4(child, 0)
    milliseconds = 1000 * (time.perf_counter() - started)
    print(f'{{"ms": {milliseconds}, "peak_bytes": {1024 * usage.ru_maxrss}}}')
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
