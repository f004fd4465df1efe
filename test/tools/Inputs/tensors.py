"""Writes .npy files that cvt-run takes, and some that it refuses: tensors.py DIR."""

import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
np.save(folder / "good.npy", np.zeros((3, 3, 64, 64), np.float32))
np.save(folder / "shape.npy", np.zeros((2, 3, 32, 64), np.float32))
np.save(folder / "double.npy", np.zeros((2, 3, 64, 64)))
np.save(folder / "none.npy", np.zeros((0, 3, 64, 64), np.float32))
(folder / "cut.npy").write_bytes((folder / "good.npy").read_bytes()[:1000])
(folder / "text.npy").write_text("hello")
