"""Runs a command that must end with the given exit code: exits.py CODE COMMAND.

Unlike `not`, tells the documented exit codes apart.  Output is passed on.
"""

import subprocess
import sys

code = subprocess.run(sys.argv[2:], check=False).returncode
if code != int(sys.argv[1]):
    sys.exit(f"exit code {code} instead of {sys.argv[1]}: {' '.join(sys.argv[2:])}")
