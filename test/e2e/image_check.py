"""Compares the image path with Pillow and transformers, to the bit: decoded
pixels, resized pixels and pixel_values of several hundred generated pictures,
and whether files cut short at every length are accepted."""

import io
import itertools
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from PIL import Image

import image_samples as samples
import support

try:
    from transformers import ConvNextImageProcessor
    from transformers.image_utils import load_image
except ImportError as error:
    missing = error
else:
    missing = None

DATA = support.SOURCE / "test" / "unit" / "image" / "data"


class Jobs:
    """Jobs for cvt-image-dump.  All run in one process."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []
        self.expected = []

    def file(self, data):
        path = self.folder / f"in{len(self.lines)}"
        path.write_bytes(data)
        return path

    def add(self, name, verb, image, expected, **values):
        """expected: the array, or None if the job must fail."""
        out = self.folder / f"out{len(self.lines)}"
        words = [verb, str(out), str(image)]
        words += [f"{key}={self._word(value)}" for key, value in values.items()]
        self.lines.append("\t".join(words))
        self.expected.append((name, out, expected))

    @staticmethod
    def _word(value):
        if isinstance(value, (list, tuple)):
            return ",".join(map(repr, value))
        return repr(int(value) if isinstance(value, bool) else value)

    def mismatches(self, tool):
        """One sentence for each job that did not give what was expected."""
        run = subprocess.run([tool], input="\n".join(self.lines) + "\n",
                             capture_output=True, text=True)
        answers = run.stdout.splitlines()
        if run.returncode or len(answers) != len(self.lines):
            return [f"{len(answers)} answers to {len(self.lines)} jobs, exit code "
                    f"{run.returncode}: {run.stderr[-300:]}"]
        pairs = zip(answers, self.expected)
        return list(filter(None, (self._compare(a, *e) for a, e in pairs)))

    @staticmethod
    def _compare(answer, name, out, expected):
        if answer.startswith("error") or expected is None:
            if expected is None and answer.startswith("error"):
                return None
            return f"{name}: {answer}, expected " + (
                "an error" if expected is None else str(expected.shape))
        found = np.fromfile(out, expected.dtype)
        if found.size != expected.size:
            return f"{name}: {answer}, expected {expected.shape}"
        if found.tobytes() == expected.tobytes():
            return None
        differ = np.flatnonzero(found != expected.ravel())
        at = differ[0] if differ.size else 0
        return (f"{name}: {differ.size} of {found.size} values differ, the first "
                f"at {at}: {found[at]}, expected {expected.ravel()[at]}")


def pillow_pixels(data, orientation=True):
    """What Hugging Face's load_image makes of a file, or None if it fails."""
    try:
        image = Image.open(io.BytesIO(data))
        image = load_image(image) if orientation else image.convert("RGB")
        return np.asarray(image)
    except Exception:
        return None


def png_files():
    for (kind, depth, interlaced), seed in itertools.product(
            samples.PNG_KINDS, range(6)):
        rng = random.Random(seed)
        width, height = rng.choice([(1, 1), (rng.randint(1, 9), rng.randint(1, 9)),
                                    (rng.randint(1, 90), rng.randint(1, 70))])
        yield (f"png colour type {kind} depth {depth} interlaced {interlaced} "
               f"{width}x{height} seed {seed}",
               samples.any_png(kind, depth, interlaced, width, height, seed,
                               idat_bytes=rng.choice([7, 1 << 30])))


def jpeg_files(rng):
    for i, (mode, progressive, subsampling, quality) in enumerate(
            itertools.product(["RGB", "L", "CMYK"], [False, True], [0, 1, 2],
                              [30, 75, 95])):
        options = dict(progressive=progressive, quality=quality,
                       subsampling=subsampling, restart_marker_blocks=i % 3)
        width, height = rng.randint(1, 120), rng.randint(1, 90)
        data = samples.jpeg(width, height, i, mode, **options)
        yield f"jpeg {mode} {width}x{height} {options}", data
        if mode == "CMYK":
            yield (f"jpeg CMYK without Adobe marker {options}",
                   samples.without_adobe_marker(data))
    yield "jpeg stored as RGB", samples.jpeg(33, 21, 1, keep_rgb=True)


def webp_files(rng):
    for i, (mode, lossless) in enumerate(
            itertools.product(["RGB", "RGBA"], [False, True] * 4)):
        width, height = rng.randint(1, 90), rng.randint(1, 90)
        image = Image.fromarray(samples.rgb(width, height, i)).convert(mode)
        if mode == "RGBA":
            image.putalpha(Image.fromarray(samples.rgb(width, height, i + 99)[..., 0]))
        yield (f"webp {mode} {width}x{height} lossless {lossless}",
               samples.saved(image, "WEBP", lossless=lossless, exact=i % 4 < 2,
                             quality=rng.randint(10, 100)))
    frames = [Image.fromarray(samples.rgb(31, 17, i)) for i in range(3)]
    yield "webp animation", samples.saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:])


def other_files(rng):
    def size():
        return rng.randint(1, 40), rng.randint(1, 40)
    noise = np.random.default_rng(5)
    colours = noise.integers(0, 256, (256, 3)).tolist()
    grey = [[i, i, i] for i in range(256)]
    for top_down in (False, True):
        for palette in (colours, colours[:40], grey):
            for extra in ({}, {"forget_palette": True}, {"header_bytes": 124}):
                yield f"bmp 8 {extra}", samples.bmp(
                    *size(), rng.randint(0, 999), 8, top_down, palette, **extra)
        for bits in (24, 32):
            for header in (40, 108, 124):
                yield f"bmp {bits} header {header}", samples.bmp(
                    *size(), rng.randint(0, 999), bits, top_down, header_bytes=header)
        for masks in ((0xff0000, 0xff00, 0xff), (0xff000000, 0xff0000, 0xff00)):
            for header in (40, 56):
                yield f"bmp masks {masks} header {header}", samples.bmp(
                    *size(), 1, 32, top_down, masks=masks, header_bytes=header)
    yield "bmp OS/2", samples.bmp(*size(), 1, 24, os2=True)
    yield "bmp OS/2 palette", samples.bmp(*size(), 1, 8, palette=colours, os2=True)
    header = "{}\n# width\n{}# no space\n {}\t\r{}\n"
    for magic, maximum in itertools.product(
            ("P5", "P6"), (1, 3, 15, 100, 254, 255, 256, 257, 1023, 4095, 65534, 65535)):
        yield f"{magic} {maximum}", samples.pnm(*size(), maximum, magic, maximum)
        yield f"{magic} {maximum} comments", samples.pnm(
            *size(), maximum, magic, maximum, header)


def oriented_files():
    image = Image.fromarray(samples.rgb(37, 21, 3))
    for orientation in range(10):
        for big_endian in (False, True):
            block = b"Exif\0\0" + samples.exif(orientation, big_endian)
            for format in ("JPEG", "WEBP"):
                yield f"{format} EXIF {orientation}", samples.saved(
                    image, format, exif=block)
        packet = samples.XMP.format(orientation).encode()
        yield f"jpeg XMP {orientation}", samples.saved(image, "JPEG", xmp=packet)
        yield f"webp XMP {orientation}", samples.saved(image, "WEBP", xmp=packet)
        yield f"jpeg EXIF 6, XMP {orientation}", samples.saved(
            image, "JPEG", xmp=packet, exif=b"Exif\0\0" + samples.exif(6))
        for kind in ("eXIf", "late eXIf", "raw profile", "xmp", "zipped xmp"):
            yield (f"png {kind} {orientation}",
                   samples.png_with_orientation(kind, orientation))


def check_decoding(checks, tool, folder, rng):
    files = list(itertools.chain(png_files(), jpeg_files(rng), webp_files(rng),
                                 other_files(rng), oriented_files()))
    files += [(path.name, path.read_bytes()) for path in sorted(DATA.iterdir())]
    jobs = Jobs(folder)
    for name, data in files:
        path = jobs.file(data)
        expected = pillow_pixels(data)
        jobs.add(name, "decode", path, expected)
        raw = pillow_pixels(data, orientation=False)
        jobs.add(name + ", as stored", "decode", path, raw, orientation=0)
    report(checks, f"decoding of {len(files)} files", jobs.mismatches(tool))


def report(checks, name, mismatches):
    checks.check(name, not mismatches, "".join(
        f"\n  {m}" for m in mismatches[:20]) + (
            f"\n  and {len(mismatches) - 20} more" if len(mismatches) > 20 else ""))


def check_truncation(checks, tool, folder):
    """Every length of some files.  Both must accept the same lengths."""
    files = [("png", samples.any_png(2, 8, False, 6, 5, 1)),
             ("png palette", samples.any_png(3, 4, False, 9, 5, 2, idat_bytes=9)),
             ("png interlaced", samples.any_png(0, 8, True, 9, 7, 3)),
             ("png interlaced low", samples.any_png(0, 8, True, 5, 1, 3)),
             ("jpeg", samples.jpeg(19, 13, 1, quality=40)),
             ("jpeg progressive", samples.jpeg(19, 13, 1, quality=40, progressive=True)),
             ("webp", samples.saved(Image.fromarray(samples.rgb(19, 13, 2)), "WEBP")),
             ("webp lossless", samples.saved(
                 Image.fromarray(samples.rgb(7, 5, 2)), "WEBP", lossless=True)),
             ("bmp", samples.bmp(5, 4, 1, 24)),
             ("bmp palette", samples.bmp(5, 4, 1, 8, palette=[[1, 2, 3]] * 20)),
             ("ppm", samples.pnm(5, 4, 1, "P6", 255)),
             ("pgm 16", samples.pnm(5, 4, 1, "P5", 1000))]
    jobs = Jobs(folder)
    for name, data in files:
        accepted = None
        for length in range(len(data)):
            part = data[:length]
            # Pillow refuses a PNG that ends inside of a chunk's header though it
            # accepts a shorter one.  Ours accepts both.
            accepted = pillow_pixels(part) if accepted is None else accepted
            jobs.add(f"{name}, {length} of {len(data)} bytes", "decode",
                     jobs.file(part), accepted)
    report(checks, f"{len(jobs.lines)} truncated files", jobs.mismatches(tool))


def check_resizing(checks, tool, folder, rng):
    jobs = Jobs(folder)
    shapes = [(1, 1), (2, 300), (300, 2), (1, 900), (900, 1), (101, 99)]
    for seed in range(60):
        shapes.append((rng.randint(1, 260), rng.randint(1, 260)))
    for seed, (width, height) in enumerate(shapes):
        image = Image.fromarray(samples.rgb(width, height, seed))
        path = jobs.file(samples.saved(image, "PPM"))
        for filter in range(6):
            scale = rng.choice([20, 100, 600])
            size = rng.choice([
                (rng.randint(1, scale), rng.randint(1, scale)),
                (width, rng.randint(1, scale)), (rng.randint(1, scale), height),
                (width, height), (rng.randint(1, 10), rng.randint(1, 10))])
            expected = np.asarray(image.resize(size, filter))
            name = f"{width}x{height} to {size} by filter {filter}"
            values = dict(width=size[0], height=size[1], filter=filter)
            jobs.add(name, "resize", path, expected, **values)
            left, top = rng.randrange(size[0]), rng.randrange(size[1])
            w, h = rng.randint(1, size[0] - left), rng.randint(1, size[1] - top)
            window = np.ascontiguousarray(expected[top : top + h, left : left + w])
            jobs.add(f"{name}, window {left, top, w, h}", "resize", path, window,
                     left=left, top=top, w=w, h=h, **values)
    report(checks, f"{len(jobs.lines)} resized pictures", jobs.mismatches(tool))


def random_config(rng):
    def colours():
        return [rng.uniform(0.1, 0.9) for _ in range(3)]
    size = rng.choice([2, 7, 32, 64, 100, 224, 383, 384, 400])
    return rng.choice([
        {"size": {"shortest_edge": size}, "crop_pct": 0.875, "resample": 3,
         "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]},
        {"size": size, "crop_pct": rng.choice([1.0, 0.7, 0.9, 1.3]),
         "resample": rng.randrange(6), "do_rescale": rng.random() < 0.6,
         "do_normalize": rng.random() < 0.6, "image_mean": colours(),
         "image_std": colours(), "rescale_factor": rng.choice([1 / 255, 1 / 127, 2.0])},
        {"do_resize": False, "resample": 2, "do_normalize": rng.random() < 0.8},
        {},
    ])


def check_pixel_values(checks, tool, folder, rng):
    jobs = Jobs(folder)
    for seed in range(160):
        # From 4 pixels on: Hugging Face takes a height of 1 or 3 for channels.
        width, height = rng.randint(4, 500), rng.randint(4, 500)
        if seed % 10 == 0:
            width, height = rng.choice([(4, 600), (600, 4), (5, 5)])
        config = random_config(rng)
        data = samples.jpeg(width, height, seed, quality=90) if seed % 2 else \
            samples.any_png(2, 8, False, width, height, seed)
        path = jobs.file(data)
        processor = ConvNextImageProcessor(**config)
        expected = processor(load_image(str(path)), return_tensors="np",
                             input_data_format="channels_last").pixel_values
        values = {k: v for k, v in config.items() if k != "size"}
        if "size" in config:
            values["size"] = processor.size["shortest_edge"]
        jobs.add(f"{width}x{height} with {config}", "preprocess", path,
                 np.ascontiguousarray(expected, np.float32), **values)
    path = jobs.file(samples.jpeg(30, 20, 1))
    jobs.add("a size that the model does not take", "preprocess", path, None,
             size=32, model_size=64)
    jobs.add("the wrong size without resize", "preprocess", path, None,
             do_resize=False, model_size=32)
    report(checks, f"{len(jobs.lines)} pixel_values", jobs.mismatches(tool))


def main():
    parser = support.argument_parser(__doc__)
    parser.add_argument(
        "tool",
        nargs="?",
        type=pathlib.Path,
        help="cvt-image-dump, default: the one in the build's folder test/",
    )
    parser.add_argument("--seed", type=int, default=1, help="of random choices")
    options = parser.parse_args()
    checks = support.Checks()
    if missing:
        checks.skip("comparison with Pillow and transformers", str(missing))
        return checks.finish()
    tool = options.tool or options.build / "test" / "cvt-image-dump"
    warnings.simplefilter("ignore")
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        check_decoding(checks, tool, folder, rng)
        check_truncation(checks, tool, folder)
        check_resizing(checks, tool, folder, rng)
        check_pixel_values(checks, tool, folder, rng)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
