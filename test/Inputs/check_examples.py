"""Checks that the examples in TableGen descriptions are in tests.

usage: check_examples.py FILE.td... TEST.mlir...

Every ```mlir block of the descriptions must occur in the text of the tests,
where white space and comment lines do not count.  What a pass makes of its
example, the block that follows the word "becomes", is not looked for: the
test has it in the form in which it is printed.
"""
import re
import sys


def normalised(text):
    lines = (line.strip() for line in text.splitlines())
    return " ".join(
        " ".join(line for line in lines if not line.startswith("//")).split()
    )


def examples(td):
    return re.findall(r"(becomes)?\n *```mlir\n(.*?)```", td, re.DOTALL)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(paths):
    tests = normalised(
        "\n".join(read(path) for path in paths if path.endswith(".mlir"))
    )
    found = 0
    for path in paths:
        if not path.endswith(".td"):
            continue
        for becomes, example in examples(read(path)):
            if becomes:
                continue
            if normalised(example) not in tests:
                sys.exit(f"{path}: this example is in no test:\n{example}")
            found += 1
    print(f"{found} examples are tested")


main(sys.argv[1:])
