"""Small pictures in every format, colour type and layout that the decoder
reads, as bytes, made from seeds.  Used by image_check.py and by
test/unit/image/make_data.py."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description '
    'tiff:Orientation="{}"/></x:xmpmeta>'
)


def rgb(width, height, seed):
    """A picture with gradients, edges and noise: (height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(3):
        fx, fy, phase = rng.uniform(0, 0.3), rng.uniform(0, 0.3), rng.uniform(0, 6)
        wave = 127 + 120 * np.sin(fx * x + fy * y + phase)
        planes.append(np.where((x + y) % 17 < 3, 255 - wave, wave))
    noise = rng.normal(0, 8, (height, width, 3))
    return np.clip(np.stack(planes, axis=-1) + noise, 0, 255).astype(np.uint8)


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def exif(orientation, big_endian=False):
    """An EXIF block, without "Exif\\0\\0", that holds only an orientation."""
    order = ">" if big_endian else "<"
    return (
        (b"MM\0*" if big_endian else b"II*\0")
        + struct.pack(order + "IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    )


# PNG


def chunk(name, data):
    crc = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2)]


def _packed_rows(samples, depth):
    """Rows of (height, width, channels) samples as PNG stores them."""
    height = samples.shape[0]
    flat = samples.reshape(height, -1)
    if depth == 16:
        return flat.astype(">u2").view(np.uint8).reshape(height, -1)
    if depth == 8:
        return flat.astype(np.uint8)
    bits = (flat[..., None] >> np.arange(depth)[::-1]) & 1
    return np.packbits(bits.astype(np.uint8).reshape(height, -1), axis=1)


def _paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))


def _filtered(rows, step, filters):
    """Each row behind a filter byte, `step` bytes a pixel."""
    out = []
    previous = np.zeros(rows.shape[1], np.int32)
    for row, kind in zip(rows.astype(np.int32), filters):
        left = np.concatenate([np.zeros(step, np.int32), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, np.int32), previous])[: len(row)]
        guess = [0, left, previous, (left + previous) // 2,
                 _paeth(left, previous, corner)][kind]
        out.append(bytes([kind]) + ((row - guess) & 255).astype(np.uint8).tobytes())
        previous = row
    return b"".join(out)


def png(samples, color_type, depth, interlaced=False, palette=None, trns=None,
        before=b"", after=b"", seed=0, idat_bytes=1 << 30):
    """A PNG file.  samples: (height, width, channels) of `depth` bits; palette:
    (n, 3); before, after: chunks before and behind the pixels."""
    height, width, _ = samples.shape
    rng = np.random.default_rng(seed)
    step = max(1, CHANNELS[color_type] * depth // 8)
    data = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size:
            data += _filtered(_packed_rows(part, depth), step,
                              rng.integers(0, 5, part.shape[0]))
    data = zlib.compress(data, 6)
    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth,
                                      color_type, 0, 0, int(interlaced)))
    if palette is not None:
        out += chunk(b"PLTE", np.asarray(palette, np.uint8).tobytes())
    if trns is not None:
        out += chunk(b"tRNS", trns)
    out += before
    for at in range(0, len(data), idat_bytes):
        out += chunk(b"IDAT", data[at : at + idat_bytes])
    return out + after + chunk(b"IEND", b"")


def any_png(color_type, depth, interlaced, width, height, seed, **options):
    """A PNG of that kind with random content, tRNS where it may have one."""
    rng = np.random.default_rng(seed)
    if color_type in (2, 6) and depth == 8:
        samples = rgb(width, height, seed).astype(np.int64)
        if color_type == 6:
            alpha = rng.integers(0, 256, (height, width, 1))
            samples = np.concatenate([samples, alpha], axis=-1)
    else:
        samples = rng.integers(0, 1 << depth, (height, width, CHANNELS[color_type]))
    if color_type == 0 and depth == 16:
        samples //= rng.integers(1, 300, samples.shape)  # some below 256
    palette = trns = None
    if color_type == 3:
        # Now and then fewer colours than the indices reach.
        count = max(1, (1 << depth) - int(rng.integers(0, 2)) * (1 << depth) // 3)
        palette = rng.integers(0, 256, (count, 3))
        trns = rng.integers(0, 256, count, dtype=np.uint8).tobytes()
    elif color_type == 0:
        trns = struct.pack(">H", int(samples[0, 0, 0]))
    elif color_type == 2:
        trns = struct.pack(">HHH", *map(int, samples[0, 0]))
    return png(samples, color_type, depth, interlaced, palette, trns, seed=seed,
               **options)


PNG_KINDS = [(color_type, depth, interlaced)
             for color_type, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16),
                                        3: (1, 2, 4, 8), 4: (8, 16),
                                        6: (8, 16)}.items()
             for depth in depths for interlaced in (False, True)]


def png_with_orientation(kind, orientation):
    """kind: eXIf, late eXIf, raw profile, xmp, zipped xmp."""
    block = exif(orientation, big_endian=True)
    text = XMP.format(orientation).encode()
    hexed = (b"Exif\0\0" + block).hex()
    profile = "\nexif\n{:8}\n{}\n".format(len(block) + 6, hexed).encode()
    xmp = b"XML:com.adobe.xmp\0"
    made = {
        "eXIf": chunk(b"eXIf", block),
        "late eXIf": chunk(b"eXIf", block),
        "raw profile": chunk(
            b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)),
        "xmp": chunk(b"iTXt", xmp + b"\0\0\0\0" + text),
        "zipped xmp": chunk(b"iTXt", xmp + b"\1\0\0\0" + zlib.compress(text)),
    }[kind]
    side = "after" if kind == "late eXIf" else "before"
    return any_png(2, 8, False, 7, 4, orientation, **{side: made})


# JPEG


def jpeg(width, height, seed, mode="RGB", **options):
    image = Image.fromarray(rgb(width, height, seed)).convert(mode)
    return saved(image, "JPEG", **options)


def without_adobe_marker(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


# BMP


def bmp(width, height, seed, bits, top_down=False, palette=None, os2=False,
        masks=None, header_bytes=40, forget_palette=False):
    """masks: of red, green, blue (a BITFIELDS file).  palette: (n, 3)."""
    rng = np.random.default_rng(seed)
    row = width * bits // 8
    stride = (row + 3) & ~3
    pixels = rng.integers(0, 256, (height, stride), dtype=np.uint8)
    if palette is not None:
        pixels[:, :row] = rng.integers(0, len(palette), (height, row))
    if os2:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack(
            "<IiiHHIIiiII", header_bytes, width, -height if top_down else height,
            1, bits, 3 if masks else 0, height * stride, 0, 0,
            0 if palette is None else len(palette), 0)
        if masks:
            header += struct.pack("<III", *masks)
        header += bytes(max(0, header_bytes - len(header)))
    colours = b""
    if palette is not None:
        for r, g, b in palette:
            colours += bytes([b, g, r] if os2 else [b, g, r, 0])
    offset = 14 + len(header) + (0 if forget_palette else len(colours))
    head = struct.pack("<2sIHHI", b"BM", 0, 0, 0, offset)
    return head + header + colours + pixels.tobytes()


# PNM


def pnm(width, height, seed, magic, maximum, header="{} {}\n{} {}\n"):
    """Samples go beyond `maximum` here and there."""
    rng = np.random.default_rng(seed)
    limit = 256 if maximum < 256 else 65536
    kind = np.uint8 if maximum < 256 else ">u2"
    samples = rng.integers(0, min(limit, maximum + maximum // 8 + 1),
                           (height, width, 3 if magic == "P6" else 1))
    if magic == "P5" and maximum > 255:
        samples //= rng.integers(1, 300, samples.shape)
    return header.format(magic, width, height, maximum).encode() + \
        samples.astype(kind).tobytes()
