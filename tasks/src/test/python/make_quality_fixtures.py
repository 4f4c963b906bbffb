"""Makes the fixtures of the PSNR and SSIM tests: pairs of pictures and what they measure.

    python3 make_quality_fixtures.py ../resources/dev/visionmamba/tasks/metrics/quality

Needs numpy and Pillow. Writes NAME-restored.png and NAME-original.png and cases.txt, one case a line:
NAME LUMA|COLOURS BORDER PSNR SSIM. The measures are computed here in the plainest way, straight from
their definitions in float64: every 11x11 window is cut out and weighted by a two-dimensional Gaussian,
nothing is separated or reused. Every random number comes from a seeded generator.
"""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(sys.argv[1])


def compared(levels, channels, border):
    """Planes of 0..255 with the border cut off."""
    full = 65535.0 if levels.dtype == np.uint16 else 255.0
    unit = levels.astype(np.float64) / full
    if levels.ndim == 2:
        planes = [unit * 255]
    elif channels == "LUMA":
        planes = [16 + unit @ np.array([65.481, 128.553, 24.966])]
    else:
        planes = [unit[:, :, c] * 255 for c in range(3)]
    if border:
        planes = [p[border:-border, border:-border] for p in planes]
    return planes


def psnr(first, second):
    error = np.mean([(a - b) ** 2 for a, b in zip(first, second)])
    return np.inf if error == 0 else 20 * np.log10(255 / np.sqrt(error))


def ssim(first, second):
    axis = np.arange(11) - 5
    window = np.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    means = []
    for a, b in zip(first, second):
        values = []
        for y in range(a.shape[0] - 10):
            for x in range(a.shape[1] - 10):
                p, q = a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11]
                mp, mq = (window * p).sum(), (window * q).sum()
                # The centred form of variance and covariance, not the difference of moments.
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                cov = (window * (p - mp) * (q - mq)).sum()
                values.append((2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
        means.append(np.mean(values))
    return np.mean(means)


def picture(rng, height, width, colours):
    """Waves, an edge and some grain, so that windows differ."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(colours):
        plane = 120 + 70 * np.sin(x / (3 + c) + c) * np.cos(y / 5.0) + 50 * (x + 2 * y > width)
        planes.append(plane + rng.normal(0, 6, plane.shape))
    return np.stack(planes, -1)


def pairs():
    rng = np.random.default_rng(11)
    for name, height, width, colours, noise in [
        ("noise", 37, 52, 3, 9), ("faint", 24, 19, 3, 1), ("heavy", 30, 31, 3, 80), ("small", 11, 11, 3, 5),
        ("grey", 28, 33, 1, 12)]:
        original = picture(rng, height, width, colours)
        restored = original + rng.normal(0, noise, original.shape)
        yield name, *(np.clip(np.rint(p), 0, 255).astype(np.uint8).squeeze() for p in (restored, original))
    original = picture(rng, 26, 23, 1).squeeze() * 257
    restored = original + rng.normal(0, 900, original.shape)
    yield "deep", *(np.clip(np.rint(p), 0, 65535).astype(np.uint16) for p in (restored, original))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, restored, original in pairs():
        for kind, levels in (("restored", restored), ("original", original)):
            Image.fromarray(levels).save(OUT / f"{name}-{kind}.png")
        for channels in ("LUMA", "COLOURS"):
            for border in (0, 2, 4):
                a, b = compared(restored, channels, border), compared(original, channels, border)
                similarity = ssim(a, b) if min(a[0].shape) >= 11 else float("nan")
                lines.append(f"{name} {channels} {border} {float(psnr(a, b))!r} {float(similarity)!r}")
    (OUT / "cases.txt").write_text("\n".join(lines) + "\n")


main()
