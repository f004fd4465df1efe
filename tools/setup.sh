#!/usr/bin/env bash
# Makes a Debian 12 machine ready and builds cvtc into build/, asking nothing.
#
#   tools/setup.sh                what compiling and running models needs
#   tools/setup.sh --with-tests   also all that tools/test.sh runs
#
# Needs root or sudo only while Debian packages are missing.  May be called
# again at any time: what is there already is left alone.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

with_tests=0
case "${1-}" in
"") ;;
--with-tests) with_tests=1 ;;
*)
  echo "usage: tools/setup.sh [--with-tests]" >&2
  exit 2
  ;;
esac

packages=(
  g++ ccache python3-dev python3-venv
  llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools liblld-22-dev clang-22
  nlohmann-json3-dev libcli11-dev libxxhash-dev libhdf5-dev
  libaec-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libzstd-dev zlib1g-dev
  libgtest-dev
)
logs=build/logs

# step TITLE LOG COMMAND...: runs the command with its output in a log; where it
# fails, shows the end of that and stops.
step() {
  local title=$1 log=$logs/$2.log started=$SECONDS
  shift 2
  mkdir -p "$logs"
  printf '%s ... ' "$title"
  if "$@" >"$log" 2>&1 </dev/null; then
    echo "done in $((SECONDS - started)) s"
    return
  fi
  echo "failed"
  tail -n 30 "$log" >&2
  echo "tools/setup.sh: failed: $title (the whole output is in $log)" >&2
  exit 1
}

install_packages() {
  local installed missing=() package
  installed=$'\n'$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
    "${packages[@]}" 2>/dev/null || true)$'\n'
  for package in "${packages[@]}"; do
    [[ $installed == *$'\n'"$package installed"$'\n'* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local as_root=(env)
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "tools/setup.sh: failed: needs root or sudo to install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo env)
  fi
  local apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600)
  step "Updating the list of Debian packages" apt-update "${apt[@]}" update
  step "Installing ${#missing[@]} Debian packages" apt-install \
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

# create_environment FOLDER: with Debian's Python, since python3-venv, installed
# above, belongs to it and to no other.  An environment knows its own path, so
# one that was moved is made anew.
create_environment() {
  [[ -x $1/bin/python && $(cat "$1/made-in" 2>/dev/null) == "$PWD" ]] &&
    return
  step "Creating the Python environment $1" "venv$1" \
    /usr/bin/python3 -m venv --clear "$1"
  echo "$PWD" >"$1/made-in"
}

# install_requirements FILE FOLDER: a copy of the file in the environment says
# that it is installed.
install_requirements() {
  cmp -s "tools/$1" "$2/$1" && return
  step "Installing tools/$1 into $2" "pip-${1%.txt}" \
    "$2/bin/python" -m pip install --disable-pip-version-check \
    --progress-bar off -r "tools/$1"
  cp "tools/$1" "$2/$1"
}

configure() {
  [[ -f build/build.ninja ]] &&
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" build/CMakeCache.txt && return
  step "Configuring build/" configure cmake --fresh --preset release \
    -DPython3_EXECUTABLE="$PWD/.venv/bin/python"
}

# On a terminal ninja shows its own progress.
build() {
  local targets=(cvt-compile cvt-run cvt-opt cvt)
  ((with_tests)) && targets=(all)
  if [[ ! -t 1 ]]; then
    step "Building ${targets[*]}" build ninja -C build "${targets[@]}"
  elif ! ninja -C build "${targets[@]}"; then
    echo "tools/setup.sh: failed: Building ${targets[*]}" >&2
    exit 1
  fi
}

install_packages
create_environment .venv
export PATH=$PWD/.venv/bin:$PATH
install_requirements requirements.txt .venv
if ((with_tests)); then
  install_requirements requirements-test.txt .venv
  # TensorFlow asks for other versions of what both need.
  create_environment .venv-tensorflow
  install_requirements requirements-tensorflow.txt .venv-tensorflow
fi
configure
build
echo "Ready: build/bin"
