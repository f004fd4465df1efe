"""Weights that a checkpoint lacks or has in another shape, bare models without a
classifier, and random weights: refused, or drawn where a flag says so."""

import json
import shutil
import sys

import numpy as np

import support
from checkpoint_support import CheckpointChecks, write_tensors

BARE_OUTPUTS = "--outputs=last_hidden_state,cls_token_value"


class DrawnWeightsChecks(CheckpointChecks):
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
    all_checks = DrawnWeightsChecks(checks, support.Tools(options.build, "drawn"))
    all_checks.check_bare()
    all_checks.check_missing()
    all_checks.check_other_labels()
    all_checks.check_random()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
