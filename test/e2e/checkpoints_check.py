"""Checkpoints: every format gives the demo model's logits and, written as
safetensors, its tensors; which file of a folder counts; bare models; weights
that are missing; other numbers of labels; names of models in Hugging Face's
cache."""

import json
import pathlib
import shutil
import sys

import numpy as np

import support

PICTURES = support.DIGITS / "test-images"
FORMATS = support.SOURCE / "test" / "models" / "cvt-digits-formats"
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
BARE_OUTPUTS = "--outputs=last_hidden_state,cls_token_value"


class Models:
    """Model folders made from the demo model."""

    def __init__(self, work):
        self.work = work

    def folder(self, name, **config):
        """A new folder with config and processor, and no weights."""
        folder = self.work / name
        folder.mkdir(parents=True)
        shutil.copy(support.DIGITS / "preprocessor_config.json", folder)
        original = json.loads((support.DIGITS / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(original | config))
        return folder


def read_tensors(path):
    """A safetensors file as arrays, and its metadata."""
    raw = pathlib.Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", None)
    types = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}
    tensors = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(raw[first:last], types[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write_tensors(path, tensors):
    header, offset = {}, 0
    types = {"float32": "F32", "float16": "F16", "int64": "I64"}
    for name, values in tensors.items():
        header[name] = {
            "dtype": types[values.dtype.name],
            "shape": values.shape,
            "data_offsets": [offset, offset + values.nbytes],
        }
        offset += values.nbytes
    text = json.dumps(header).encode()
    content = b"".join(values.tobytes() for values in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


class CheckpointChecks:
    def __init__(self, checks, tools):
        self.checks = checks
        self.tools = tools
        self.models = Models(tools.work)
        self.tensors, _ = read_tensors(support.DIGITS / "model.safetensors")
        self.emitted = tools.work / "emitted.safetensors"

    def compile(self, model, *flags, output=None, env=None):
        return support.run(
            *(self.tools.cvt_compile, model, *flags),
            *("-o", output or self.tools.work / "model.cvt"),
            env=env,
        )

    def emit(self, name, model, *flags, env=None):
        """The tensors of a model that --emit=safetensors writes, or None."""
        self.emitted.unlink(missing_ok=True)
        result = self.compile(
            *(model, "--emit=safetensors", *flags), output=self.emitted, env=env
        )
        if not self.checks.check(name, result.code == 0, result.summary()):
            return None
        return read_tensors(self.emitted)[0]

    def check_emitted(self, name, expected, model, *flags, counters=True, env=None):
        found = self.emit(name, model, *flags, env=env)
        if found is None:
            return
        if not counters:
            expected = {
                key: value * 0 if value.dtype == np.int64 else value
                for key, value in expected.items()
            }
        same = found.keys() == expected.keys() and all(
            found[key].dtype == value.dtype and np.array_equal(found[key], value)
            for key, value in expected.items()
        )
        self.checks.check(f"{name}: tensors", same)

    def check_refused(self, name, words, model, *flags, env=None):
        result = self.compile(model, *flags, env=env)
        self.checks.check(
            name,
            result.code == 3
            and len(result.err.splitlines()) == 1
            and all(word in result.err for word in words),
            result.summary(),
        )

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

    def check_bare(self):
        """Models without a head, with and without "cvt." in names."""
        bare = {
            name.removeprefix("cvt."): values
            for name, values in self.tensors.items()
            if name.startswith("cvt.")
        }
        body = {f"cvt.{name}": values for name, values in bare.items()}
        for saved, tensors in (("bare", bare), ("headless", body)):
            folder = self.models.folder(saved)
            write_tensors(folder / "model.safetensors", tensors)
            self.check_refused(
                f"{saved}: no logits",
                ["has no classifier", "bare CvtModel", BARE_OUTPUTS, "--init-missing"],
                folder,
            )
            self.check_init_missing(saved, folder)
            self.check_emitted(f"{saved}: {BARE_OUTPUTS}", bare, folder, BARE_OUTPUTS)
            folder = self.models.folder(f"{saved}-model", architectures=["CvtModel"])
            write_tensors(folder / "model.safetensors", tensors)
            self.check_emitted(f"{saved}: CvtModel", bare, folder)
        result = self.compile(folder)
        info = support.run(
            *(self.tools.cvt_run, self.tools.work / "model.cvt", "--info", "--json")
        )
        outputs = [output["name"] for output in json.loads(info.out)["outputs"]]
        self.checks.check(
            "CvtModel's outputs",
            result.code == 0 and outputs == ["last_hidden_state", "cls_token_value"],
            str(outputs),
        )
        folder = self.models.folder("body", architectures=["CvtModel"])
        shutil.copy(support.DIGITS / "model.safetensors", folder)
        self.check_emitted("a classifier's weights as CvtModel", bare, folder)

    def check_init_missing(self, saved, folder):
        """A head for the bare model in `folder`."""
        found = self.emit(f"{saved}: --init-missing", folder, "--init-missing")
        if found is None:
            return
        self.checks.check(
            f"{saved}: the head is drawn",
            found.keys() == self.tensors.keys()
            and 0.01 < found["classifier.weight"].std() < 0.03
            and (found["layernorm.weight"] == 1).all()
            and not found["layernorm.bias"].any()
            and not found["classifier.bias"].any()
            and all(
                np.array_equal(found[name], values)
                for name, values in self.tensors.items()
                if name.startswith("cvt.")
            ),
        )
        result = self.compile(folder, "--init-missing")
        warning = (
            "drawn at random: layernorm.weight is missing, layernorm.bias is "
            "missing, classifier.weight is missing, classifier.bias is missing"
        )
        self.checks.check(
            f"{saved}: an artifact with a warning",
            result.code == 0
            and len(result.err.splitlines()) == 1
            and warning in result.err,
            result.summary(),
        )

    def check_missing(self):
        """Tensors that are missing here and there, or all."""
        folder = self.models.folder("gaps")
        name = "cvt.encoder.stages.0.layers.0.output.dense.weight"
        rest = {key: self.tensors[key] for key in self.tensors if key != name}
        write_tensors(folder / "model.safetensors", rest)
        self.check_refused(
            *("a gap", [f"{name} is missing; --init-missing draws"], folder)
        )
        found = self.emit("a gap, --init-missing", folder, "--init-missing")
        if found is not None:
            drawn = found.pop(name)
            self.checks.check(
                "the gap is drawn",
                0.01 < drawn.std() < 0.03
                and all(np.array_equal(found[key], rest[key]) for key in found),
            )
        write_tensors(folder / "model.safetensors", {"other": np.zeros(3, "<f4")})
        for flags in ([], ["--init-missing"]):
            result = self.compile(folder, *flags)
            self.checks.check(
                " ".join(["nothing of the model", *flags]),
                result.code == 3
                and "does not fit config.json" in result.err
                and "--init-missing" not in result.err,
                result.summary(),
            )

    def check_other_labels(self):
        names = {str(i): f"class {i}" for i in range(7)}
        folder = self.models.folder("seven", id2label=names, label2id={})
        shutil.copy(support.DIGITS / "model.safetensors", folder)
        self.check_refused(
            "another number of labels",
            [
                "classifier.weight has shape [10, 64] instead of [7, 64]",
                "--ignore-mismatched-sizes",
            ],
            folder,
        )
        flag = "--ignore-mismatched-sizes"
        found = self.emit(f"seven labels, {flag}", folder, flag)
        if found is not None:
            head = found.pop("classifier.weight")
            bias = found.pop("classifier.bias")
            rest = {name: values for name, values in self.tensors.items()}
            self.checks.check(
                "the head is drawn, the rest kept",
                head.shape == (7, 64)
                and 0.01 < head.std() < 0.03
                and not bias.any()
                and bias.shape == (7,)
                and all(np.array_equal(found[name], rest[name]) for name in found),
            )
        result = self.compile(folder, flag)
        self.checks.check(
            "an artifact with a warning",
            result.code == 0
            and "warning: " in result.err
            and "classifier.weight has shape [10, 64] instead of [7, 64]" in result.err,
            result.summary(),
        )

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

    def check_random(self):
        config = support.DIGITS / "config.json"
        first = self.emit("random weights", config, "--random-weights=3")
        if first is None:
            return
        again = self.emit("random weights again", config, "--random-weights=3")
        other = self.emit("other random weights", config, "--random-weights=4")
        weight = "classifier.weight"
        self.checks.check(
            "random weights are their seed's",
            first.keys() == self.tensors.keys()
            and np.array_equal(first[weight], again[weight])
            and not np.array_equal(first[weight], other[weight])
            and abs(first[weight].std() - 0.02) < 0.003
            and not first["classifier.bias"].any(),
        )
        self.check_hugging_face()

    def check_hugging_face(self):
        """What was written last, as from_pretrained takes it."""
        name = "from_pretrained takes it"
        try:
            import transformers
        except ImportError as error:
            self.checks.skip(name, str(error))
            return
        folder = self.models.folder("hugging-face")
        shutil.copy(self.emitted, folder / "model.safetensors")
        _, report = transformers.CvtForImageClassification.from_pretrained(
            folder, output_loading_info=True
        )
        self.checks.check(name, not any(report.values()), str(report))


def main():
    options = support.argument_parser(__doc__.splitlines()[0]).parse_args()
    checks = support.Checks()
    all_checks = CheckpointChecks(checks, support.Tools(options.build, "checkpoints"))
    all_checks.check_formats()
    all_checks.check_choice()
    all_checks.check_original()
    all_checks.check_wrong_tensorflow()
    all_checks.check_half()
    all_checks.check_bare()
    all_checks.check_missing()
    all_checks.check_other_labels()
    all_checks.check_hub()
    all_checks.check_random()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
