"""Makes the fixtures of the augmentation's tests with PIL (made with Pillow 11.3.0: 12.3.0 resizes the
columns before the rows where that is less work, and then differs by a level here and there).

    python3 make_augmentation_fixtures.py ../resources/dev/visionmamba/tasks/image

Reads sources/NAME.png under the folder given and writes, under its folder augment:
  cases.txt    one case a line: NUMBER SOURCE brightness|contrast|saturation FACTOR, or
               NUMBER SOURCE crop LEFT TOP WIDTH HEIGHT NEW_WIDTH NEW_HEIGHT KERNEL
  NUMBER.gz    PIL's pixels for the case, as make_image_fixtures.py writes them
  boxes.txt    boxes of random resized crops, one a line: WIDTH HEIGHT SMALLEST_SCALE
               LEFT TOP BOX_WIDTH BOX_HEIGHT and the uniform numbers that were drawn for it

Every random number comes from a seeded generator, so a second run writes the same files.
"""
import gzip
import math
import random
import struct
import sys
from pathlib import Path

from PIL import Image, ImageEnhance

FOLDER = Path(sys.argv[1])
OUT = FOLDER / "augment"
ENHANCE = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}
FACTORS = [0, 0.1, 0.37, 0.6, 0.9999, 1, 1.0001, 1.4, 1.93, 3.7]
KERNELS = {"BILINEAR": Image.Resampling.BILINEAR, "BICUBIC": Image.Resampling.BICUBIC}


def pixels_file(image):
    return gzip.compress(struct.pack(">II", *image.size) + image.tobytes(), 9, mtime=0)


def pixel_cases():
    rng = random.Random(3)
    sources = sorted(p.stem for p in (FOLDER / "sources").glob("*.png"))
    cases = []
    small = [s for s in sources if max(Image.open(FOLDER / "sources" / f"{s}.png").size) < 200]
    for i, factor in enumerate(FACTORS):
        for kind, enhancer in ENHANCE.items():
            name = small[(i + len(kind)) % len(small)]
            image = Image.open(FOLDER / "sources" / f"{name}.png").convert("RGB")
            cases.append((f"{name} {kind} {factor}", enhancer(image).enhance(factor)))
    for i in range(16):
        name = sources[i % len(sources)]
        image = Image.open(FOLDER / "sources" / f"{name}.png").convert("RGB")
        width, height = rng.randint(1, image.width), rng.randint(1, image.height)
        left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        size = (rng.randint(1, 40), rng.randint(1, 40))
        kernel = sorted(KERNELS)[i % 2]
        resized = image.crop((left, top, left + width, top + height)).resize(size, KERNELS[kernel])
        words = [name, "crop", left, top, width, height, *size, kernel]
        cases.append((" ".join(map(str, words)), resized))
    for number, (_, image) in enumerate(cases):
        (OUT / f"{number}.gz").write_bytes(pixels_file(image))
    (OUT / "cases.txt").write_text("".join(f"{n} {case}\n" for n, (case, _) in enumerate(cases)))


def box(width, height, scale, ratio, uniform):
    """torchvision's documented procedure: ten tries, then the middle of the picture."""
    for _ in range(10):
        area = width * height * (scale[0] + (scale[1] - scale[0]) * uniform())
        logs = math.log(ratio[0]), math.log(ratio[1])
        aspect = math.exp(logs[0] + (logs[1] - logs[0]) * uniform())
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            top = math.floor(uniform() * (height - h + 1))
            left = math.floor(uniform() * (width - w + 1))
            return left, top, w, h
    whole = width / height
    if whole < ratio[0]:
        w, h = width, round(width / ratio[0])
    elif whole > ratio[1]:
        w, h = round(height * ratio[1]), height
    else:
        w, h = width, height
    return (width - w) // 2, (height - h) // 2, w, h


def box_cases():
    rng = random.Random(4)
    lines = []
    sizes = [(640, 480), (28, 28), (100, 7), (7, 100), (500, 333), (1000, 10), (10, 1000), (33, 34)]
    for i in range(64):
        width, height = sizes[i % len(sizes)]
        smallest = [0.08, 0.25, 0.9][i % 3]
        drawn = []

        def uniform():
            drawn.append(rng.randrange(1 << 20) / (1 << 20))
            return drawn[-1]

        found = box(width, height, (smallest, 1.0), (3 / 4, 4 / 3), uniform)
        lines.append(" ".join(map(str, [width, height, smallest, *found, *drawn])) + "\n")
    (OUT / "boxes.txt").write_text("".join(lines))


OUT.mkdir(parents=True, exist_ok=True)
pixel_cases()
box_cases()
