"""Makes data/: small pictures that test code cannot make itself, and beside
each the pixels that Pillow 13.0.0 decodes, orientation applied, as PPM.  Needs
cjpeg (Debian: libjpeg-turbo-progs).  Run again only to add pictures."""

import io
import pathlib
import subprocess
import sys

from PIL import Image
from transformers.image_utils import load_image

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
import image_samples as samples  # noqa: E402


def picture(width=13, height=11, seed=7):
    return Image.fromarray(samples.rgb(width, height, seed))


def cjpeg(*flags):
    """What libjpeg-turbo's own encoder writes, which has flags Pillow lacks."""
    return subprocess.run(["cjpeg", *flags], capture_output=True, check=True,
                          input=samples.saved(picture(35, 27), "PPM")).stdout


def ycck():
    """A CMYK file whose Adobe marker says that it holds YCCK."""
    data = bytearray(samples.jpeg(13, 11, 7, "CMYK"))
    data[data.index(b"Adobe") + 11] = 2
    return bytes(data)


def animation():
    frames = [picture(), picture(seed=8)]
    return samples.saved(frames[0], "WEBP", save_all=True, lossless=True,
                         append_images=frames[1:])


def files():
    yield "baseline.jpg", samples.jpeg(35, 27, 7, quality=80)
    yield "progressive.jpg", samples.jpeg(35, 27, 7, quality=80, progressive=True)
    yield "grey.jpg", samples.jpeg(13, 11, 7, "L")
    yield "cmyk.jpg", samples.jpeg(13, 11, 7, "CMYK")
    yield "cmyk-no-marker.jpg", samples.without_adobe_marker(
        samples.jpeg(13, 11, 7, "CMYK"))
    yield "ycck.jpg", ycck()
    yield "rgb.jpg", samples.jpeg(13, 11, 7, keep_rgb=True)
    yield "420-restarts.jpg", cjpeg("-sample", "2x2", "-restart", "2B")
    yield "422.jpg", cjpeg("-sample", "2x1")
    yield "440.jpg", cjpeg("-sample", "1x2")
    yield "411.jpg", cjpeg("-sample", "4x1")
    yield "410-progressive.jpg", cjpeg("-sample", "4x2", "-progressive")
    yield "arithmetic.jpg", cjpeg("-arithmetic")
    yield "one-pixel.jpg", samples.jpeg(1, 1, 7)
    yield "exif-6.jpg", samples.saved(
        picture(), "JPEG", exif=b"Exif\0\0" + samples.exif(6))
    for depth, color_type in ((1, 0), (4, 3), (8, 2), (16, 0), (16, 6)):
        yield (f"interlaced-{color_type}-{depth}.png",
               samples.any_png(color_type, depth, True, 13, 11, 7))
    yield "interlaced-thin.png", samples.any_png(2, 8, True, 1, 9, 7)
    yield "filters.png", samples.any_png(2, 8, False, 13, 11, 7, idat_bytes=50)
    for kind in ("eXIf", "late eXIf", "raw profile", "xmp", "zipped xmp"):
        yield (kind.replace(" ", "-") + "-8.png",
               samples.png_with_orientation(kind, 8))
    yield "lossy.webp", samples.saved(picture(), "WEBP", quality=70)
    yield "lossless.webp", samples.saved(picture(), "WEBP", lossless=True)
    transparent = picture()
    transparent.putalpha(picture(seed=9).convert("L"))
    yield "lossy-alpha.webp", samples.saved(transparent, "WEBP", exact=True)
    yield "lossless-alpha.webp", samples.saved(
        transparent, "WEBP", lossless=True, exact=True)
    yield "animation.webp", animation()
    yield "exif-5.webp", samples.saved(
        picture(), "WEBP", exif=b"Exif\0\0" + samples.exif(5, big_endian=True))
    yield "xmp-3.webp", samples.saved(
        picture(), "WEBP", xmp=samples.XMP.format(3).encode())


def main():
    folder = HERE / "data"
    folder.mkdir(exist_ok=True)
    for name, data in files():
        (folder / name).write_bytes(data)
        decoded = load_image(Image.open(io.BytesIO(data)))
        (folder / (name + ".ppm")).write_bytes(samples.saved(decoded, "PPM"))


if __name__ == "__main__":
    main()
