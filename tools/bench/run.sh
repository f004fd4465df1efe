#!/usr/bin/env bash
# Runs the benchmark with the flags given, in an environment of its own, which
# the first run makes: build/bench-venv.  Needs a build (tools/setup.sh).
set -euo pipefail
source=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
environment=$source/build/bench-venv
export PATH=$source/.venv/bin:$PATH

if [[ ! -x $source/build/bin/cvt-compile ]]; then
  echo "tools/bench/run.sh: build/bin/cvt-compile is missing: run tools/setup.sh" >&2
  exit 1
fi
if [[ ! -x $environment/bin/python ]]; then
  /usr/bin/python3 -m venv "$environment"
fi

# install FILE: once; a copy of it in the environment says that it is there.
install() {
  cmp -s "$source/tools/bench/$1" "$environment/$1" && return
  echo "Installing tools/bench/$1 into build/bench-venv ..." >&2
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
    -r "$source/tools/bench/$1" >&2 || return
  cp "$source/tools/bench/$1" "$environment/$1"
}

install requirements.txt
install requirements-iree.txt ||
  echo "tools/bench/run.sh: IREE does not install here: it is left out" >&2
exec "$environment/bin/python" "$source/tools/bench/bench.py" "$@"
