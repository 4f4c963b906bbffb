"""Makes the fixtures of the tests of COCO masks, COCO files and average precision.

    python3 make_annotation_fixtures.py ../resources/dev/visionmamba/tasks

Written from the published definitions (the COCO paper, its evaluation page, and the description of
its run-length format), with the standard library alone and in other ways than the Java code: masks
are lists of all pixels, a polygon is filled by counting the marks before each pixel, and precision
is looked up over all detections for each recall. pycocotools 2.0.11 gives the same masks and the same
twelve numbers, to 2e-15.

Writes under the folder given:
  annotations/polygons.txt  one polygon a line: WIDTH HEIGHT X,Y,... and the counts of its mask
                            with commas, and its compressed counts
  metrics/instances.json    things in pictures: polygons, crowds with both kinds of run lengths,
                            empty boxes, boxes that reach out of the picture
  metrics/boxes.json        results with boxes; one class has over 100 in a picture, scores are
                            equal within pictures and across them
  metrics/masks.json        results with masks
  metrics/expected.txt      the twelve numbers for the boxes and for the masks

Every random number comes from a seeded generator, so a second run writes the same files.
"""
import json
import math
import random
import sys
from pathlib import Path

OUT = Path(sys.argv[1])
THRESHOLDS = [0.5 + i * (0.95 - 0.5) / 9 for i in range(9)] + [0.95]
RECALLS = [i * 0.01 for i in range(100)] + [1.0]
AREAS = {"all": (0, 1e10), "small": (0, 1024), "medium": (1024, 9216), "large": (9216, 1e10)}


# --- Masks: a list of 0 and 1 for each pixel, column after column.


def fine(value):
    """The nearest line of a grid five times as fine; halves go up, as int() cuts towards 0."""
    return int(5 * value + 0.5)


def fine_edge(start, end):
    """The points from one corner to the next, a step along the longer axis at a time."""
    long_axis = 0 if abs(end[0] - start[0]) >= abs(end[1] - start[1]) else 1
    lower, upper = (start, end) if start[long_axis] <= end[long_axis] else (end, start)
    length = upper[long_axis] - lower[long_axis]
    slope = (upper[1 - long_axis] - lower[1 - long_axis]) / length if length else 0.0
    points = []
    for t in range(length + 1):
        point = [0, 0]
        point[long_axis] = lower[long_axis] + t
        point[1 - long_axis] = int(lower[1 - long_axis] + slope * t + 0.5)
        points.append(tuple(point))
    return points if lower is start else points[::-1]


def fill(polygon, width, height):
    corners = [(fine(polygon[i]), fine(polygon[i + 1])) for i in range(0, len(polygon), 2)]
    outline = []
    for i, corner in enumerate(corners):
        outline += fine_edge(corner, corners[(i + 1) % len(corners)])
    marks = []
    for (x0, y0), (x1, y1) in zip(outline, outline[1:]):
        if x0 == x1:
            continue
        column = x1 if x1 < x0 else x1 - 1
        # The middle of every fifth fine column is that of a coarse one.
        if column % 5 != 2 or not 0 <= column // 5 <= width - 1:
            continue
        row = min(max((min(y0, y1) + 0.5) / 5 - 0.5, 0), height)
        marks.append(column // 5 * height + math.ceil(row))
    mask = []
    marks.sort()
    passed = 0
    for i in range(width * height):
        while passed < len(marks) and marks[passed] <= i:
            passed += 1
        mask.append(passed % 2)
    return mask


def join(masks):
    return [int(any(pixel)) for pixel in zip(*masks)]


def counts(mask):
    runs = [0]
    kind = 0
    for pixel in mask:
        if pixel != kind:
            runs.append(0)
            kind = pixel
        runs[-1] += 1
    return runs


def compress(runs):
    text = ""
    for i, run in enumerate(runs):
        value = run - runs[i - 2] if i > 2 else run
        # As few groups of five bits as two's complement needs.
        groups = 1
        while not -(1 << 5 * groups - 1) <= value < 1 << 5 * groups - 1:
            groups += 1
        for g in range(groups):
            five = value >> 5 * g & 31
            text += chr(48 + five + (32 if g < groups - 1 else 0))
    return text


def bounds(mask, height):
    inside = [divmod(i, height) for i, pixel in enumerate(mask) if pixel]
    if not inside:
        return [0, 0, 0, 0]
    xs = [x for x, _ in inside]
    ys = [y for _, y in inside]
    return [min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1]


# --- Average precision.


def box_overlap(found, truth, crowd):
    across = min(found[0] + found[2], truth[0] + truth[2]) - max(found[0], truth[0])
    down = min(found[1] + found[3], truth[1] + truth[3]) - max(found[1], truth[1])
    if across <= 0 or down <= 0:
        return 0.0
    common = across * down
    own = found[2] * found[3]
    return common / (own if crowd else own + truth[2] * truth[3] - common)


def mask_overlap(found, truth, crowd):
    common = sum(a and b for a, b in zip(found, truth))
    if common == 0:
        return 0.0
    return common / (sum(found) if crowd else sum(a or b for a, b in zip(found, truth)))


def judge(truths, found, overlaps, threshold, area, most):
    """Judges the detections of a class in a picture: (score, 'right', 'wrong' or None)."""
    low, high = AREAS[area]
    aside = [t["crowd"] or not low <= t["area"] <= high for t in truths]
    free = set(range(len(truths)))
    verdicts = []
    for d in found[:most]:
        def best(candidates):
            met = [t for t in candidates if overlaps[d["n"]][t] >= min(threshold, 1 - 1e-10)]
            return max(met, key=lambda t: (overlaps[d["n"]][t], t)) if met else None

        match = best([t for t in range(len(truths)) if not aside[t] and t in free])
        if match is None:
            match = best(
                [t for t in range(len(truths)) if aside[t] and (t in free or truths[t]["crowd"])]
            )
        if match is None:
            verdict = "wrong" if low <= d["area"] <= high else None
        else:
            free.discard(match)
            verdict = None if aside[match] else "right"
        verdicts.append((d["score"], verdict))
    return verdicts, aside.count(False)


def curve(per_image, threshold, area, most):
    """Precision at 101 recalls and the greatest recall of one class; None without truths."""
    verdicts = []
    wanted = 0
    for truths, found, overlaps in per_image:
        more, positives = judge(truths, found, overlaps, threshold, area, most)
        verdicts += more
        wanted += positives
    if wanted == 0:
        return None
    verdicts.sort(key=lambda verdict: -verdict[0])
    points = []
    right = wrong = 0
    for _, verdict in verdicts:
        right += verdict == "right"
        wrong += verdict == "wrong"
        points.append((right / wanted, right / max(right + wrong, 1)))
    precision = []
    for recall in RECALLS:
        precision.append(max([p for r, p in points if r >= recall], default=0.0))
    return precision, right / wanted


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def twelve(truths, found, images, categories, overlap):
    classes = []
    for category in categories:
        per_image = []
        for image in sorted(images):
            own = [t for t in truths if (t["image"], t["category"]) == (image, category)]
            mine = [d for d in found if (d["image"], d["category"]) == (image, category)]
            mine = sorted(mine, key=lambda d: -d["score"])[:100]
            for n, d in enumerate(mine):
                d["n"] = n
            overlaps = [[overlap(d["shape"], t["shape"], t["crowd"]) for t in own] for d in mine]
            per_image.append((own, mine, overlaps))
        classes.append(per_image)

    def precision(area, thresholds):
        curves = [curve(c, t, area, 100) for t in thresholds for c in classes]
        return mean(p for c in curves if c is not None for p in c[0])

    def recall(area, most):
        curves = [curve(c, t, area, most) for t in THRESHOLDS for c in classes]
        return mean(c[1] for c in curves if c is not None)

    return [
        precision("all", THRESHOLDS),
        precision("all", THRESHOLDS[:1]),
        precision("all", THRESHOLDS[5:6]),
        precision("small", THRESHOLDS),
        precision("medium", THRESHOLDS),
        precision("large", THRESHOLDS),
        recall("all", 1),
        recall("all", 10),
        recall("all", 100),
        recall("small", 100),
        recall("medium", 100),
        recall("large", 100),
    ]


# --- The fixtures.


def star(rng, x, y, radius, corners):
    """A polygon around a point, in tenths of pixels."""
    polygon = []
    for i in range(corners):
        angle = 2 * math.pi * (i + rng.uniform(-0.3, 0.3)) / corners
        reach = radius * rng.uniform(0.6, 1.1)
        polygon += [round(x + reach * math.cos(angle), 1), round(y + reach * math.sin(angle), 1)]
    return polygon


def polygons(rng):
    lines = []
    for i in range(120):
        width, height = rng.randint(1, 40), rng.randint(1, 40)
        corners = rng.randint(3, 12)
        if i % 3 == 0:
            polygon = star(rng, rng.uniform(0, width), rng.uniform(0, height), 15, corners)
        elif i % 3 == 1:
            polygon = [rng.randint(-3, 43) for _ in range(2 * corners)]
        else:
            polygon = [round(rng.uniform(-20, 60), 3) for _ in range(2 * corners)]
        if i % 5 == 0:
            polygon += polygon[:2]
        runs = counts(fill(polygon, width, height))
        lines.append(
            f"{width} {height} {','.join(map(str, polygon))} {','.join(map(str, runs))} {compress(runs)}"
        )
    (OUT / "annotations").mkdir(parents=True, exist_ok=True)
    (OUT / "annotations/polygons.txt").write_text("\n".join(lines) + "\n")


def shaken(rng, polygon, by):
    return [round(v + rng.uniform(-by, by), 1) for v in polygon]


def main():
    polygons(random.Random(20260401))
    rng = random.Random(7)
    sizes = {}
    images = []
    for image in [42, 7, 139, 11, 300, 5, 64, 88]:
        sizes[image] = (rng.randint(120, 200), rng.randint(110, 170))
        images.append(
            {
                "id": image,
                "file_name": f"{image:012d}.jpg",
                "width": sizes[image][0],
                "height": sizes[image][1],
                "license": 3,
            }
        )
    categories = [(3, "cat"), (1, "person"), (9, "hat"), (17, "never seen")]
    annotations = []
    truths = {"boxes": [], "masks": []}
    guesses = []
    for image in sizes:
        if image == 88:
            continue
        width, height = sizes[image]
        for _ in range(rng.randint(3, 7)):
            category = rng.choice([1, 1, 3, 9])
            radius = rng.choice([6, 14, 30, 45, 70])
            polygon = star(
                rng, rng.uniform(0, width), rng.uniform(0, height), radius, rng.randint(4, 9)
            )
            crowd = rng.random() < 0.15
            parts = [polygon]
            if rng.random() < 0.3:
                parts.append(star(rng, rng.uniform(0, width), rng.uniform(0, height), 9, 5))
            mask = join([fill(part, width, height) for part in parts])
            annotation = {
                "id": 1000 + len(annotations),
                "image_id": image,
                "category_id": category,
                "iscrowd": int(crowd),
                "area": sum(mask),
                "bbox": bounds(mask, height),
                "segmentation": parts,
            }
            if crowd:
                runs = counts(mask)
                plain = len(annotations) % 2 == 0
                annotation["segmentation"] = {
                    "size": [height, width],
                    "counts": runs if plain else compress(runs),
                }
            if len(annotations) % 9 == 4:
                xs, ys = polygon[::2], polygon[1::2]
                left, top = min(xs), min(ys)
                annotation["bbox"] = [left, top, max(xs) - left, max(ys) - top]
            if len(annotations) % 13 == 6:
                annotation["bbox"] = annotation["bbox"][:2] + [0, annotation["bbox"][3]]
            annotations.append(annotation)
            common = {"image": image, "category": category, "crowd": crowd}
            common["area"] = annotation["area"]
            truths["boxes"].append(dict(common, shape=annotation["bbox"]))
            truths["masks"].append(dict(common, shape=mask))
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                other = category if rng.random() < 0.85 else rng.choice([1, 3, 9, 17])
                by = radius * rng.choice([0.02, 0.1, 0.3])
                guesses.append((image, other, [shaken(rng, part, by) for part in parts]))
    for image in sizes:
        width, height = sizes[image]
        for _ in range(rng.randint(0, 4)):
            polygon = star(rng, rng.uniform(0, width), rng.uniform(0, height), rng.choice([8, 40]), 6)
            guesses.append((image, rng.choice([1, 3, 9, 17]), [polygon]))
    rng.shuffle(guesses)

    found = {"boxes": [], "masks": []}
    results = {"boxes": [], "masks": []}

    def add(kind, image, category, score, shape, area, field):
        found[kind].append(
            {"image": image, "category": category, "score": score, "shape": shape, "area": area}
        )
        result = {"image_id": image, "category_id": category, "score": score}
        result.update(field)
        results[kind].append(result)

    for image, category, parts in guesses:
        width, height = sizes[image]
        score = round(rng.uniform(0.1, 1) * 12) / 12
        mask = join([fill(part, width, height) for part in parts])
        if sum(mask) == 0:
            continue
        segmentation = {"size": [height, width], "counts": compress(counts(mask))}
        add("masks", image, category, score, mask, sum(mask), {"segmentation": segmentation})
        box = [v + round(rng.uniform(-2, 2), 2) for v in bounds(mask, height)]
        box = [round(v, 2) for v in box[:2]] + [round(max(v, 0.5), 2) for v in box[2:]]
        add("boxes", image, category, score, box, box[2] * box[3], {"bbox": box})
    crowded = [t for t in truths["boxes"] if t["image"] == 5 and t["category"] == 1]
    for i in range(130):
        x, y, w, h = rng.choice(crowded)["shape"]
        by = rng.choice([1, 8, 40])
        box = [round(v + rng.uniform(-by, by), 1) for v in (x, y)] + [w, max(h, 1)]
        score = round(rng.uniform(0.1, 0.9) * 20) / 20
        add("boxes", 5, 1, score, box, box[2] * box[3], {"bbox": box})

    out = OUT / "metrics"
    out.mkdir(parents=True, exist_ok=True)
    dataset = {
        "info": {"description": "random shapes"},
        "licenses": [],
        "annotations": annotations,
        "images": images,
        "categories": [{"id": i, "name": name, "supercategory": "any"} for i, name in categories],
    }
    (out / "instances.json").write_text(json.dumps(dataset))
    lines = []
    for kind, overlap in (("boxes", box_overlap), ("masks", mask_overlap)):
        (out / f"{kind}.json").write_text(json.dumps(results[kind]))
        numbers = twelve(truths[kind], found[kind], sizes, [i for i, _ in categories], overlap)
        lines.append(kind + " " + " ".join(repr(n) for n in numbers))
    (out / "expected.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines), len(annotations), len(results["boxes"]), len(results["masks"]))


main()
