"""Each kernel family against this machine's peaks, by cvt-bench-kernels."""

import subprocess

import models

README = models.SOURCE / "compiler" / "kernels" / "README.md"
BEGIN = "<!-- kernel table: tools/bench/run.sh --sections=kernels --update-readme -->\n"
END = "<!-- end of the kernel table -->\n"


def build_program(build):
    """Compiler and benchmark from the same sources: they must agree on names."""
    result = subprocess.run(
        ["cmake", "--build", build, "--target", "cvt-compile", "cvt-bench-kernels"],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise models.NotAvailable("cvt-compile and cvt-bench-kernels do not build")


def measure_precision(model, precision, threads):
    """What the program prints, in Markdown."""
    models.make_artifact(model, precision, "native")
    result = subprocess.run(
        [
            *(model.build / "bin" / "cvt-bench-kernels", f"--threads={threads}"),
            model.artifact(precision, "native"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise models.NotAvailable(result.stderr.strip())
    return result.stdout


def measure_kernels(model, precisions, threads):
    """A text for each precision."""
    build_program(model.build)
    texts = []
    for precision in precisions:
        try:
            texts.append(measure_precision(model, precision, threads))
        except models.NotAvailable as error:
            texts.append(f"not available: {precision}: {error}\n")
    return texts


def update_readme(text):
    """Puts the text in the place of what an earlier run wrote."""
    before, rest = README.read_text().split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
