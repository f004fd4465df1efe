#!/usr/bin/env bash
# Runs every test, setting the machine up first.  The last line of the output
# is `N passed, N failed`, with `, N skipped` behind it where tests were.
set -euo pipefail
if [ $# -ne 0 ]; then
  echo "usage: tools/test.sh" >&2
  exit 2
fi
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
tools/setup.sh --with-tests
exec .venv/bin/python test/run_suites.py
