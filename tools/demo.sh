#!/usr/bin/env bash
# Compiles the model in test/models/cvt-digits and classifies some of the
# pictures beside it, which it was not trained on.  Sets the machine up first.
set -euo pipefail
if [ $# -ne 0 ]; then
  echo "usage: tools/demo.sh" >&2
  exit 2
fi
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

# show COMMAND...: prints the command, then runs it.
show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

tools/setup.sh
mkdir -p build/demo
model=test/models/cvt-digits
pictures=$model/test-images

show build/bin/cvt-compile "$model" -o build/demo/cvt-digits.cvt
show build/bin/cvt-run build/demo/cvt-digits.cvt --top-k=2 \
  "$pictures"/0004-four.png "$pictures"/0005-five.png \
  "$pictures"/0006-six.png "$pictures"/0009-nine.png \
  "$pictures"/0017-seven.png "$pictures"/0018-eight.png
show build/bin/cvt-run build/demo/cvt-digits.cvt --info

cat <<'END'

Where to look next:
  build/bin/cvt-run build/demo/cvt-digits.cvt test/models/cvt-digits/test-images
      classifies all 360 pictures
  build/bin/cvt-compile test/models/cvt-digits -o model.cvt --save-ir=build/demo/ir
      writes the program after each phase of the compiler, to read
  build/bin/cvt-compile --help, build/bin/cvt-run --help
      every flag, with an example
  README.md
      the map of the folders
END
