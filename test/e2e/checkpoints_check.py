"""Checkpoints: every format gives the demo model's logits and, written as
safetensors, its tensors; which file of a folder counts; names of models in
Hugging Face's cache."""

import json
import pathlib
import shutil
import sys

import numpy as np

import support
from checkpoint_support import CheckpointChecks, write_tensors

PICTURES = support.DIGITS / "test-images"
FORMATS = support.SOURCE / "test" / "models" / "cvt-digits-formats"
# Beside .venv, by tools/setup.sh.
TENSORFLOW_PYTHON = support.SOURCE / ".venv-tensorflow" / "bin" / "python"
TOLERANCE = 1e-4
# Files of FORMATS, more flags, and the expected logits.
FILES = (
    ("pytorch_model.bin", [], "logits.npy"),
    ("pytorch_model.bin", ["--activation=quick_gelu"], "logits_quick_gelu.npy"),
    ("tf_model.h5", [], "logits.npy"),
    ("microsoft.pth", [], "logits_quick_gelu.npy"),
    ("microsoft.pth", ["--activation=gelu"], "logits.npy"),
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FormatChecks(CheckpointChecks):
    def check_formats(self):
        pixels = self.tools.work / "pixels.npy"
        for file, more, expected in FILES:
            logits = np.load(support.DIGITS / "expected" / expected)
            flags = [f"--weights={FORMATS / file}", *more]
            title = " ".join([file, *more])
            artifact = self.tools.work / "format.cvt"
            outputs = self.tools.work / "format-outputs"
            for result in (
                self.compile(support.DIGITS, *flags, output=artifact),
                support.run(
                    *(self.tools.cvt_run, artifact, PICTURES),
                    f"--save-pixel-values={pixels}",
                ),
                support.run(
                    *(self.tools.cvt_run, artifact, f"--input={pixels}"),
                    f"--output-dir={outputs}",
                ),
            ):
                if not self.checks.check(title, result.code == 0, result.summary()):
                    break
            else:
                error = np.abs(np.load(outputs / "logits.npy") - logits).max()
                self.checks.check(
                    f"{title}: logits", error <= TOLERANCE, f"at most {error:.1e} off"
                )
            self.check_emitted(
                f"{title} as safetensors",
                self.tensors,
                support.DIGITS,
                *flags,
                counters=not file.endswith(".h5"),
            )

    def check_choice(self):
        """Which file counts, and that its content says what it is."""
        safetensors = support.DIGITS / "model.safetensors"
        pickle = FORMATS / "pytorch_model.bin"
        folder = self.models.folder("choice")
        shutil.copy(pickle, folder)
        self.check_emitted("only pytorch_model.bin", self.tensors, folder)
        shutil.copy(pickle, folder / "model.safetensors")
        (folder / "pytorch_model.bin").write_text("broken")
        self.check_emitted("a pickle as model.safetensors", self.tensors, folder)
        shutil.copy(safetensors, folder / "weights")
        (folder / "model.safetensors").write_text("broken")
        self.check_emitted(
            *("--weights", self.tensors, folder, f"--weights={folder / 'weights'}")
        )
        self.check_emitted(
            "a config and --weights",
            self.tensors,
            folder / "config.json",
            f"--weights={safetensors}",
        )
        (folder / "model.safetensors").unlink()
        (folder / "pytorch_model.bin").unlink()
        shutil.copy(FORMATS / "tf_model.h5", folder)
        self.check_emitted(
            *("only tf_model.h5", self.tensors, folder), counters=False
        )
        (folder / "tf_model.h5").rename(folder / "model.safetensors")
        self.check_emitted(
            "HDF5 as model.safetensors", self.tensors, folder, counters=False
        )
        (folder / "model.safetensors").write_text("broken")
        self.check_refused(
            "neither format",
            ["model.safetensors: is not a file of weights"],
            folder,
        )
        config = self.models.folder("only-config") / "config.json"
        self.check_emitted(
            "a folder as --weights",
            self.tensors,
            *(config, f"--weights={support.DIGITS}"),
        )
        self.check_refused(
            "a folder without weights as --weights",
            ["only-config: has no weights; it must hold"],
            *(config, f"--weights={config.parent}"),
        )
        self.check_refused(
            "a device as --weights",
            ["/dev/null: is not a regular file"],
            *(folder, "--weights=/dev/null"),
        )
        self.check_refused(
            "no file as --weights",
            ["none.bin: No such file"],
            *(folder, "--weights=none.bin"),
        )
        names = sorted(self.tensors)
        parts = {"a.bin": names[::2], "b": names[1::2]}
        for file, part in parts.items():
            write_tensors(folder / file, {name: self.tensors[name] for name in part})
        index = folder / "index"
        weight_map = {name: file for file, part in parts.items() for name in part}
        index.write_text(json.dumps({"weight_map": weight_map}))
        self.check_emitted(
            *("an index as --weights", self.tensors, folder, f"--weights={index}")
        )
        index.write_text(json.dumps({"weight_map": {names[0]: "index"}}))
        self.check_refused(
            "an index that names itself",
            ["index: is not a file of weights"],
            *(folder, f"--weights={index}"),
        )

    def check_original(self):
        """What is particular to the original repository's checkpoints."""
        folder = self.models.folder("original")
        file = folder / "best.pth"
        shutil.copy(FORMATS / "microsoft.pth", file)
        hint = f"best.pth is read if it is named: --weights={file}"
        self.check_refused("only a .pth", ["has no weights", hint], folder)
        named = f"--weights={file}"
        digests, activations = {}, {}
        for flags in ([], ["--activation=quick_gelu"], ["--activation=gelu"]):
            self.compile(folder, named, *flags)
            info = support.run(
                *(self.tools.cvt_run, self.tools.work / "model.cvt"),
                *("--info", "--json"),
            )
            model = json.loads(info.out)["model"]
            digests["".join(flags)] = model["source_sha256"]
            activations["".join(flags)] = model["activation"]
        default, quick, gelu = digests.values()
        self.checks.check(
            "the activation is part of the artifact's facts",
            default == quick != gelu
            and [*activations.values()] == ["quick_gelu", "quick_gelu", "gelu"],
            f"{activations}",
        )
        shutil.copy(file, folder / "second.pth")
        result = self.compile(folder)
        self.checks.check(
            "two .pth", result.code == 3 and "--weights" not in result.err, result.err
        )

    def check_tensorflow_saves(self):
        """All that save_pretrained of transformers' TensorFlow classes writes."""
        title = "what TensorFlow's classes save"
        if not TENSORFLOW_PYTHON.exists():
            self.checks.skip(title, f"there is no {TENSORFLOW_PYTHON}")
            return
        original = self.models.folder("tensorflow-original")
        shutil.copy(FORMATS / "tf_model.h5", original)
        saved = self.tools.work / "tensorflow-saves"
        script = pathlib.Path(__file__).with_name("save_tensorflow.py")
        result = support.run(TENSORFLOW_PYTHON, script, original, saved)
        if not self.checks.check(title, result.code == 0, result.summary()):
            return
        for name in ("h5", "safetensors", "h5-shards", "safetensors-shards"):
            is_sharded = bool(list((saved / name).glob("*.index.json")))
            self.checks.check(
                f"{name} has an index or not", is_sharded == name.endswith("shards")
            )
            self.check_emitted(
                f"{title}: {name}", self.tensors, saved / name, counters=False
            )
        bare = {
            name.removeprefix("cvt."): values
            for name, values in self.tensors.items()
            if name.startswith("cvt.")
        }
        config = json.loads((saved / "bare" / "config.json").read_text())
        self.checks.check(
            "a bare model's config", config["architectures"] == ["CvtModel"]
        )
        self.check_emitted(
            f"{title}: a bare model", bare, saved / "bare", counters=False
        )

    def check_wrong_tensorflow(self):
        """A variable of another shape, named as PyTorch names and sees it."""
        try:
            import h5py
        except ImportError as error:
            self.checks.skip("TensorFlow's variables of another shape", str(error))
            return
        folder = self.models.folder("tensorflow")
        shutil.copy(FORMATS / "tf_model.h5", folder)
        with h5py.File(folder / "tf_model.h5", "r+") as file:
            head = file["classifier/tf_cvt_for_image_classification/classifier"]
            del head["kernel:0"]
            head["kernel:0"] = np.zeros((64, 9), "<f4")
        self.check_refused(
            "TensorFlow's variables of another shape",
            [
                "tf_model.h5: does not fit config.json",
                "classifier.weight has shape [9, 64] instead of [10, 64]",
            ],
            folder,
        )

    def check_half(self):
        folder = self.models.folder("half")
        half = {
            name: values.astype(np.float16) if values.dtype == np.float32 else values
            for name, values in self.tensors.items()
        }
        write_tensors(folder / "model.safetensors", half)
        expected = {
            name: values.astype(np.float32) if values.dtype == np.float16 else values
            for name, values in half.items()
        }
        self.check_emitted("float16 becomes float32", expected, folder)

    def check_hub(self):
        """A cache as huggingface_hub lays it out."""
        home = self.tools.work / "hf-home"
        model = home / "hub" / "models--owner--digits"
        blobs = model / "blobs"
        snapshot = model / "snapshots" / COMMIT
        for folder in (blobs, snapshot, model / "refs"):
            folder.mkdir(parents=True)
        for number, file in enumerate(
            ("config.json", "preprocessor_config.json", "model.safetensors")
        ):
            shutil.copy(support.DIGITS / file, blobs / str(number))
            (snapshot / file).symlink_to(f"../../blobs/{number}")
        (model / "refs" / "main").write_text(COMMIT)
        name = "owner/digits"
        clean = {"HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "HF_HOME": ""}
        empty = str(self.tools.work)
        self.check_emitted(
            *("HF_HOME", self.tensors, name), env=clean | {"HF_HOME": str(home)}
        )
        self.check_emitted(
            "HF_HUB_CACHE",
            self.tensors,
            name,
            env={"HF_HUB_CACHE": str(home / "hub"), "HF_HOME": empty},
        )
        (self.tools.work / "huggingface").symlink_to(home)
        self.check_emitted(
            *("XDG_CACHE_HOME", self.tensors, name),
            env=clean | {"XDG_CACHE_HOME": empty},
        )
        (self.tools.work / "home" / ".cache").mkdir(parents=True)
        (self.tools.work / "home" / ".cache" / "huggingface").symlink_to(home)
        self.check_emitted(
            *("the home folder", self.tensors, name),
            env=clean | {"XDG_CACHE_HOME": "", "HOME": str(self.tools.work / "home")},
        )
        here = clean | {"HF_HOME": str(home)}
        for missing in ("microsoft/cvt-13", "cvt"):
            self.check_refused(
                f"{missing} is not there",
                [f"{missing}: is neither", f"hf download {missing}"],
                missing,
                env=here,
            )
        for odd in ("../digits", "a/b/c", "owner/..", "a./b", "a--b/c", "x.git"):
            self.check_refused(
                *(f"{odd} is no name", ["no such file or folder"], odd), env=here
            )
        (snapshot / "model.safetensors").unlink()
        self.check_refused(
            "a snapshot without weights",
            ["has no weights", f"hf download {name}"],
            name,
            env=here,
        )
        (model / "refs" / "main").write_text("../" * 13 + "x")
        self.check_refused(
            *("a ref that leaves", [f"hf download {name}"], name), env=here
        )


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    checks = support.Checks()
    all_checks = FormatChecks(checks, support.Tools(options.build, "checkpoints"))
    all_checks.check_formats()
    all_checks.check_choice()
    all_checks.check_original()
    all_checks.check_tensorflow_saves()
    all_checks.check_wrong_tensorflow()
    all_checks.check_half()
    all_checks.check_hub()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
