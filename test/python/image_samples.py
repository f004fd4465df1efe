"""Pictures and values of image processors, for the tests beside this file."""

import logging

import numpy as np

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
SMALL = {"size": {"shortest_edge": 32}, "crop_pct": 0.875, "resample": 3, **IMAGENET}

# Each override alone, and some together.
OVERRIDES = [
    {},
    *({"resample": number} for number in range(6)),
    {"do_resize": False},
    {"size": {"shortest_edge": 50}},
    {"size": 17},
    {"size": {"shortest_edge": 384}},
    {"size": {"shortest_edge": 390, "longest_edge": 400}, "resample": 0},
    {"crop_pct": 1.0},
    {"crop_pct": 0.3},
    {"crop_pct": 1.9},
    {"crop_pct": 1.0, "size": 41, "resample": 1},
    {"do_rescale": False},
    {"rescale_factor": 1 / 127},
    {"rescale_factor": 2},
    {"do_normalize": False},
    {"image_mean": 0.3},
    {"image_std": 0.7},
    {"image_mean": 100, "image_std": 50.5, "do_rescale": False},
    {"do_rescale": False, "do_normalize": False},
    {"do_resize": False, "do_rescale": False},
    {"do_resize": False, "do_normalize": False},
    {"do_resize": False, "do_rescale": False, "do_normalize": False},
    {"data_format": "channels_last"},
    {"data_format": "channels_last", "do_rescale": False, "do_normalize": False},
    {"data_format": "channels_last", "do_resize": False},
]


def noise(height, width, channels=3, seed=1):
    """Smooth and noisy bytes."""
    rng = np.random.default_rng([seed, height, width, channels])
    y, x = np.mgrid[0:height, 0:width]
    wave = 127 + 100 * np.sin(x * 0.2 + y * 0.1)
    pixels = wave[..., None] + rng.normal(0, 30, (height, width, channels))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def first(pixels):
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def pnm(pixels):
    """A binary PNM file."""
    height, width, _ = pixels.shape
    return f"P6 {width} {height} 255\n".encode() + pixels.tobytes()


def quieten(test):
    """Without warnings of cvtc during a test."""
    logger = logging.getLogger("cvtc")
    logger.setLevel(logging.ERROR)
    test.addCleanup(logger.setLevel, logging.NOTSET)
