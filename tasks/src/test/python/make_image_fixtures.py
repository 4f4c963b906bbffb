"""Makes the fixtures of the image package's tests with PIL (made with Pillow 9.4.0).

    python3 make_image_fixtures.py ../resources/dev/visionmamba/tasks/image

Writes, under the folder given:
  decode/NAME.EXT and decode/NAME.EXT.rgb.gz   an encoded image and what PIL makes of it:
      ImageOps.exif_transpose(Image.open(f)).convert("RGB")
  sources/NAME.png                             pictures to resize
  resize/cases.txt, preprocess/cases.txt       one case a line (see the functions below)
  resize/NUMBER.gz, preprocess/NUMBER.gz       PIL's pixels for each case
  imagenet.f32.gz                              float32 of (level/255 - mean)/std, channel by channel

Pixels are interleaved bytes after their width and height as big-endian 32-bit numbers. Every
random number comes from a seeded generator, so a second run writes the same files.
"""
import gzip
import io
import math
import random
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image, ImageOps

Image.MAX_IMAGE_PIXELS = None
OUT = Path(sys.argv[1])


def photo(width, height, seed, noise=6):
    """Like a photograph: gradients, discs with sharp edges, fine stripes and noise."""
    rng = random.Random(seed)
    discs = [
        (rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.1, 0.35) * min(width, height) + 1,
         [rng.randrange(256) for _ in range(3)])
        for _ in range(6)
    ]
    ramp = [rng.uniform(0.5, 3) for _ in range(3)]
    data = bytearray()
    for y in range(height):
        for x in range(width):
            base = [
                127 + 120 * math.sin(ramp[c] * (x / width + c / 3) * 2 + y / height * 2) for c in range(3)
            ]
            for cx, cy, radius, colour in discs:
                if (x - cx) ** 2 + (y - cy) ** 2 < radius ** 2:
                    base = colour
            if x > 0.7 * width and y > 0.6 * height and (x + y) % 4 < 2:
                base = [255, 255, 255] if x % 3 else [0, 0, 0]
            data += bytes(
                max(0, min(255, int(v + rng.randint(-noise, noise)))) for v in base
            )
    return Image.frombytes("RGB", (width, height), bytes(data))


def pixels_file(image):
    return gzip.compress(struct.pack(">II", *image.size) + image.tobytes(), 9, mtime=0)


def put(path, data):
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def decode_case(name, data, expected=None):
    """Stores an encoded image with PIL's own pixels, or with others where PIL has none of use."""
    image = Image.open(io.BytesIO(data))
    image.load()
    if expected is None:
        expected = ImageOps.exif_transpose(image).convert("RGB")
    put(f"decode/{name}", data)
    put(f"decode/{name}.rgb.gz", pixels_file(expected))


def saved(image, **options):
    stream = io.BytesIO()
    image.save(stream, **options)
    return stream.getvalue()


# ---- PNG, written by hand: PIL can not write every kind. ----

PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_rows(rows, depth):
    out = b""
    for row in rows:
        bits = "".join(format(v, f"0{depth}b") for pixel in row for v in pixel)
        bits += "0" * (-len(bits) % 8)
        out += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return out


def png(rows, depth, colour, interlace=False, before=b"", after=b""):
    """rows: lists of tuples of samples."""
    width, height = len(rows[0]), len(rows)
    if interlace:
        raw = b""
        for x0, y0, dx, dy in PASSES:
            part = [row[x0::dx] for row in rows[y0::dy]]
            if part and part[0]:
                raw += png_rows(part, depth)
    else:
        raw = png_rows(rows, depth)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlace)))
        + before
        + png_chunk(b"IDAT", zlib.compress(raw, 9))
        + after
        + png_chunk(b"IEND", b"")
    )


def png_cases():
    rng = random.Random(11)
    width, height = 23, 17
    picture = photo(width, height, 1)
    rgb = [[picture.getpixel((x, y)) for x in range(width)] for y in range(height)]
    gamma = png_chunk(b"gAMA", struct.pack(">I", 100000))
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            top = (1 << depth) - 1
            rows = []
            for row in rgb:
                out = []
                for pixel in row:
                    values = [v * top // 255 for v in pixel]
                    if depth == 16:
                        values = [v ^ rng.randrange(256) for v in values]
                    alpha = rng.randrange(top + 1)
                    out.append(tuple((values + [alpha])[:4] if colour == 6 else
                                     (values[1], alpha) if colour == 4 else
                                     values if colour == 2 else (values[1],)))
                rows.append(out)
            before = gamma
            if colour == 3:
                before += png_chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(3 * (top + 1))))
            expected = None
            if colour == 0 and depth == 16:
                # PIL clips these at 255 when it converts; the high byte is what one wants to see.
                expected = Image.frombytes(
                    "RGB", (width, height), bytes(p[0] >> 8 for row in rows for p in row for _ in range(3)))
            for interlace in (False, True):
                name = f"png-type{colour}-{depth}bit{'-interlaced' if interlace else ''}.png"
                decode_case(name, png(rows, depth, colour, interlace, before), expected)
            if colour in (0, 2, 3) and depth <= 8:
                clear = (
                    bytes(rng.randrange(256) for _ in range(top + 1)) if colour == 3
                    else b"".join(struct.pack(">H", v) for v in rows[3][4]))
                transparent = before + png_chunk(b"tRNS", clear)
                decode_case(f"png-type{colour}-{depth}bit-transparent.png", png(rows, depth, colour, False, transparent))
    rows = [[tuple(p) for p in row] for row in rgb]
    exif = Image.Exif()
    exif[0x0112] = 6
    block = exif.tobytes()
    tiff = block[6:] if block.startswith(b"Exif") else block
    decode_case("png-exif6.png", png(rows, 8, 2, before=png_chunk(b"eXIf", tiff)))
    exif[0x0112] = 8
    block = exif.tobytes()
    text = f"\nexif\n{len(block):8d}\n".encode()
    text += b"\n".join(block.hex().encode()[i:i + 72] for i in range(0, 2 * len(block), 72)) + b"\n"
    decode_case("png-raw-profile8.png", png(
        rows, 8, 2, after=png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))))
    decode_case("png-raw-profile8-plain.png", png(
        rows, 8, 2, before=png_chunk(b"tEXt", b"Raw profile type exif\0" + text)))
    # What an encoder makes, with all filters; one pixel; many columns.
    decode_case("png-filters.png", saved(photo(48, 32, 2), format="PNG", optimize=True))
    decode_case("png-1x1.png", saved(Image.new("RGB", (1, 1), (1, 128, 254)), format="PNG"))
    decode_case("png-1x1-grey.png", saved(Image.new("L", (1, 1), 77), format="PNG"))


# ---- JPEG ----


def jpeg_frame(data):
    """Where the frame header's segment starts."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    return at


def without_segment(data, marker):
    at = 2
    while data[at + 1] != marker:
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]:]


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def patched(data, changes):
    out = bytearray(data)
    for at, value in changes.items():
        out[at] = value
    return bytes(out)


def jpeg_cases():
    small, picture = photo(37, 29, 3), photo(48, 32, 4)
    for sampling, label in ((0, "444"), (1, "422"), (2, "420")):
        for image, size in ((small, "odd"), (picture, "even")):
            quality = 60 if size == "odd" else 92
            decode_case(f"jpeg-{label}-{size}.jpg",
                        saved(image, format="JPEG", quality=quality, subsampling=sampling))
        decode_case(f"jpeg-{label}-progressive.jpg",
                    saved(small, format="JPEG", quality=85, subsampling=sampling, progressive=True))
    decode_case("jpeg-1x1.jpg", saved(Image.new("RGB", (1, 1), (200, 30, 90)), format="JPEG"))
    decode_case("jpeg-2x1-420.jpg", saved(photo(2, 1, 5), format="JPEG", subsampling=2))
    decode_case("jpeg-wide.jpg", saved(photo(500, 3, 6), format="JPEG", quality=50))
    decode_case("jpeg-photo-420.jpg", saved(photo(64, 48, 7), format="JPEG", quality=90))
    # 4:4:0 from 4:2:2: as many blocks of each kind, in another arrangement.
    base = saved(photo(48, 48, 8), format="JPEG", quality=85, subsampling=1)
    decode_case("jpeg-440.jpg", patched(base, {jpeg_frame(base) + 11: 0x12}))
    grey = saved(small.convert("L"), format="JPEG", quality=85)
    decode_case("jpeg-grey.jpg", grey)
    decode_case("jpeg-grey-sampling22.jpg", patched(grey, {jpeg_frame(grey) + 11: 0x22}))
    decode_case("jpeg-grey-progressive.jpg",
                saved(small.convert("L"), format="JPEG", quality=85, progressive=True))
    # Which colours the three components are: by JFIF, by Adobe's marker, by their names.
    base = saved(small, format="JPEG", quality=85, subsampling=0)
    bare = without_segment(base, 0xE0)
    decode_case("jpeg-no-jfif.jpg", bare)
    decode_case("jpeg-adobe-rgb.jpg", bare[:2] + adobe(0) + bare[2:])
    decode_case("jpeg-adobe-ycc.jpg", bare[:2] + adobe(1) + bare[2:])
    decode_case("jpeg-jfif-and-adobe-rgb.jpg", base[:20] + adobe(0) + base[20:])
    frame, scan = jpeg_frame(bare), bare.index(b"\xff\xda\x00\x0c\x03")
    for label, ids in (("rgb-names", b"RGB"), ("odd-names", bytes([0, 7, 9]))):
        decode_case(f"jpeg-{label}.jpg", patched(bare, {
            frame + 10: ids[0], frame + 13: ids[1], frame + 16: ids[2],
            scan + 5: ids[0], scan + 7: ids[1], scan + 9: ids[2]}))
    # Inks.
    inks = Image.merge("CMYK", (*small.split(), photo(37, 29, 9).getchannel(0)))
    base = saved(inks, format="JPEG", quality=90)
    decode_case("jpeg-cmyk.jpg", base)
    at = base.index(b"Adobe")
    decode_case("jpeg-ycck.jpg", patched(base, {at + 11: 2}))
    decode_case("jpeg-cmyk-no-adobe.jpg", without_segment(base, 0xEE))
    # Application data of all sorts; bytes between and after; another image behind the first.
    base = saved(small, format="JPEG", quality=85, icc_profile=b"no profile" * 300, comment=b"words \xff\xd9")
    decode_case("jpeg-application-data.jpg", base)
    decode_case("jpeg-trailing.jpg", base + b"\xff\xd8\xff" + bytes(50))
    decode_case("jpeg-two-images.jpg", base + grey)
    stored = photo(24, 16, 10)
    for orientation in range(0, 10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        decode_case(f"jpeg-exif{orientation}.jpg", saved(stored, format="JPEG", quality=80, exif=exif.tobytes()))
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 5, 0) + bytes(4)
    decode_case("jpeg-exif5-big-endian.jpg", saved(stored, format="JPEG", exif=b"Exif\0\0" + tiff))


# ---- GIF and BMP ----


def gif_cases():
    picture = photo(33, 21, 12)
    indexed = picture.quantize(64)
    decode_case("gif-plain.gif", saved(indexed, format="GIF", interlace=0))
    decode_case("gif-interlaced.gif", saved(indexed, format="GIF", interlace=1))
    decode_case("gif-transparent.gif", saved(indexed, format="GIF", transparency=5))
    decode_case("gif-2-colours.gif", saved(picture.convert("1"), format="GIF"))
    decode_case("gif-grey.gif", saved(picture.convert("L"), format="GIF"))
    decode_case("gif-1x1.gif", saved(Image.new("P", (1, 1), 0), format="GIF"))
    more = [photo(33, 21, seed).quantize(64) for seed in (13, 14)]
    decode_case("gif-animated.gif", saved(indexed, format="GIF", save_all=True, append_images=more, duration=50))
    # Enough codes to fill the code table, and to start it anew.
    rng = random.Random(17)
    noise = Image.frombytes("P", (200, 150), bytes(rng.choice((0, 0, 0, 1, 2)) for _ in range(30000)))
    noise.putpalette([9, 50, 99, 255, 0, 128, 30, 200, 10])
    decode_case("gif-many-codes.gif", saved(noise, format="GIF"))
    for name, options in (("gif-offset.gif", {}), ("gif-offset-transparent.gif", {"transparency": 9})):
        data = saved(indexed, format="GIF", interlace=0, **options)
        at = data.index(b"," + struct.pack("<HHHH", 0, 0, 33, 21))
        data = patched(data, {6: 40, 8: 30, at + 1: 4, at + 3: 6})
        decode_case(name, data)


def bmp(width, height, bits, rows, palette=b"", compression=0, core=False, masks=b"", data=None):
    pixels = data if data is not None else b"".join(row + bytes(-len(row) % 4) for row in rows)
    if core:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    start = 14 + len(header) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + masks + palette + pixels


def bmp_cases():
    picture = photo(19, 13, 15)
    decode_case("bmp-24bit.bmp", saved(picture, format="BMP"))
    decode_case("bmp-32bit.bmp", saved(picture.convert("RGBA"), format="BMP"))
    decode_case("bmp-palette.bmp", saved(picture.quantize(200), format="BMP"))
    decode_case("bmp-grey.bmp", saved(picture.convert("L"), format="BMP"))
    decode_case("bmp-1bit.bmp", saved(picture.convert("1"), format="BMP"))
    rng = random.Random(16)
    rows = [bytes(rng.randrange(256) for _ in range(10)) for _ in range(6)]
    palette = bytes(v if i % 4 < 3 else 0 for i, v in enumerate(rng.randrange(256) for _ in range(64)))
    decode_case("bmp-4bit.bmp", bmp(20, 6, 4, rows, palette))
    decode_case("bmp-top-down.bmp", bmp(3, -6, 24, [row[:9] for row in rows]))
    decode_case("bmp-core.bmp", bmp(3, 6, 24, [row[:9] for row in rows], core=True))
    decode_case("bmp-555.bmp", bmp(5, 6, 16, rows))
    decode_case("bmp-565.bmp", bmp(5, 6, 16, rows, compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    decode_case("bmp-32bit-plain.bmp", bmp(2, 6, 32, [row[:8] for row in rows]))
    run_lengths = b"\x05\x01\x03\x02\0\0" + b"\0\x04\x01\x02\x03\x04\x04\x09\0\0" + b"\x08\x03\0\0\0\1"
    colours = bytes(v if i % 4 < 3 else 0 for i, v in enumerate(rng.randrange(256) for _ in range(1024)))
    decode_case("bmp-rle8.bmp", bmp(8, 3, 8, [], colours, 1, data=run_lengths))


# ---- Resizing and preprocessing ----

SOURCES = {
    "photo": (101, 75, 21),
    "tall": (45, 67, 22),
    "wide": (1000, 3, 23),
    "column": (2, 700, 24),
    "dot": (1, 1, 25),
    "line": (5, 1, 26),
    "ribbon": (20000, 3, 27),
}


def resize_cases(images):
    """Each line: number, source, RGB or L, new width, new height, kernel."""
    sizes = {
        "photo": [(43, 32), (75, 56), (107, 80), (101, 27), (27, 75), (1, 1), (7, 90)],
        "tall": [(22, 33), (44, 66), (46, 68), (60, 14)],
        "wide": [(300, 9), (499, 3), (10, 10)],
        "column": [(20, 31), (2, 399)],
        "dot": [(13, 9)],
        "line": [(17, 4), (2, 1)],
    }
    lines = []
    for source, wanted in sizes.items():
        for size in wanted:
            for kernel in ("BICUBIC", "BILINEAR"):
                for mode in ("RGB", "L"):
                    if mode == "L" and size[0] * size[1] > 2000:
                        continue
                    image = images[source].convert(mode).resize(size, Image.Resampling[kernel])
                    number = len(lines)
                    lines.append(f"{number} {source} {mode} {size[0]} {size[1]} {kernel}")
                    put(f"resize/{number}.gz", pixels_file(image))
    put("resize/cases.txt", ("\n".join(lines) + "\n").encode())


def preprocess(image, mode, resize, kernel, crop_height, crop_width):
    """torchvision.transforms: Resize(int) and CenterCrop on a PIL image, by their source."""
    image = image.convert(mode)
    width, height = image.size
    short, long = (width, height) if width <= height else (height, width)
    new_long = int(resize * long / short)
    width, height = (resize, new_long) if width <= height else (new_long, resize)
    image = image.resize((width, height), Image.Resampling[kernel])
    if crop_width > width or crop_height > height:
        padding = (
            (crop_width - width) // 2 if crop_width > width else 0,
            (crop_height - height) // 2 if crop_height > height else 0,
            (crop_width - width + 1) // 2 if crop_width > width else 0,
            (crop_height - height + 1) // 2 if crop_height > height else 0,
        )
        image = ImageOps.expand(image, border=padding, fill=0)
        width, height = image.size
    top = int(round((height - crop_height) / 2.0))
    left = int(round((width - crop_width) / 2.0))
    halves = {(size - crop) % 4 for size, crop in ((height, crop_height), (width, crop_width))}
    return image.crop((left, top, left + crop_width, top + crop_height)), halves


def preprocess_cases(images):
    """Each line: number, source, RGB or L, resize, kernel, crop height, crop width."""
    cases = [
        ("photo", "RGB", 64, "BICUBIC", 56, 56),
        ("photo", "RGB", 64, "BILINEAR", 56, 56),
        ("photo", "RGB", 37, "BICUBIC", 32, 32),
        ("photo", "RGB", 38, "BICUBIC", 31, 31),
        ("photo", "RGB", 75, "BICUBIC", 60, 70),
        ("photo", "L", 64, "BICUBIC", 55, 56),
        ("photo", "L", 100, "BILINEAR", 64, 33),
        ("tall", "RGB", 64, "BICUBIC", 56, 56),
        ("tall", "RGB", 45, "BILINEAR", 41, 40),
        ("tall", "RGB", 40, "BICUBIC", 51, 50),
        ("tall", "L", 40, "BICUBIC", 101, 61),
        ("wide", "RGB", 64, "BICUBIC", 56, 56),
        ("wide", "RGB", 3, "BILINEAR", 9, 17),
        ("column", "RGB", 50, "BICUBIC", 44, 44),
        ("column", "L", 50, "BILINEAR", 44, 44),
        ("dot", "RGB", 32, "BICUBIC", 28, 28),
        ("line", "RGB", 33, "BICUBIC", 28, 28),
        ("ribbon", "RGB", 256, "BICUBIC", 224, 224),
        ("ribbon", "RGB", 2, "BILINEAR", 2, 64),
    ]
    lines = []
    seen = set()
    for number, (source, mode, resize, kernel, height, width) in enumerate(cases):
        image, halves = preprocess(images[source], mode, resize, kernel, height, width)
        seen |= halves
        lines.append(f"{number} {source} {mode} {resize} {kernel} {height} {width}")
        put(f"preprocess/{number}.gz", pixels_file(image))
    assert {1, 3} <= seen, "offsets of a half must be rounded both ways"
    put("preprocess/cases.txt", ("\n".join(lines) + "\n").encode())


def imagenet_table():
    def f32(value):
        return struct.unpack(">f", struct.pack(">f", value))[0]

    out = b""
    for mean, std in zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)):
        for level in range(256):
            # One operation in double precision, rounded to single, is the single operation.
            value = f32(f32(f32(level / 255) - f32(mean)) / f32(std))
            out += struct.pack(">f", value)
    put("imagenet.f32.gz", gzip.compress(out, 9, mtime=0))


def main():
    png_cases()
    jpeg_cases()
    gif_cases()
    bmp_cases()
    images = {name: photo(*shape, noise=0 if name == "ribbon" else 3) for name, shape in SOURCES.items()}
    for name, image in images.items():
        put(f"sources/{name}.png", saved(image, format="PNG", optimize=True))
    resize_cases(images)
    preprocess_cases(images)
    imagenet_table()


main()
