"""Every odd or hostile file we can think of, with the one right answer to each: "ok" or an error code.

The answer is that of the whole way in: `validation.inspect`, then `preparation.prepare`. The right answer to a valid
photo with something appended or hidden in it is "ok": what is sent on is drawn anew, and the original is only ever
given back as the picture it is.
"""

import functools
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.images import pictures, profiles
from tests.images.pictures import chunk, encoded, exif_block, heic, jpeg, png, segment, tiff_block, webp

UNSUPPORTED, UNREADABLE, ANIMATED = "photo_unsupported", "photo_unreadable", "photo_animated"
PIXELS, SMALL, NARROW = "photo_too_many_pixels", "photo_too_small", "photo_too_narrow"
SECRET = b"SECRET-OF-THE-OWNER"
SCRIPT = b"<html><script>alert(1)</script></html>"
XMP = b'<x:xmpmeta><rdf:Description exif:GPSLatitude="52,31.2N" dc:creator="' + SECRET + b'"/></x:xmpmeta>'
XMP_SEGMENT = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)


def zip_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("page.html", SCRIPT)
    return buffer.getvalue()


def icc_segments(profile: bytes, *, count: int = 1) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0" + bytes([1, count]) + profile)


def frames(kind: str, count: int = 2) -> bytes:
    """An animation, or a file of several pictures."""
    others = [pictures.room().rotate(90 * turn) for turn in range(1, count)]
    return encoded(pictures.room(), kind, save_all=True, append_images=others, duration=100)


def many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    data = jpeg(progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * count + b"\xff\xd9"


def grey_rows(width: int, height: int, *, depth: int = 8) -> bytes:
    row = b"\0" + bytes(range(256)) * (width * depth // 8 // 256 + 1)
    return row[: 1 + width * depth // 8] * height


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of zeros, packed a thousandfold."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def bomb_chunk(kind: bytes, lead: bytes) -> bytes:
    """A PNG with a chunk that unpacks to ten megabytes of text or profile."""
    return pictures.with_chunks(png(), chunk(kind, lead + zlib.compress(bytes(10_000_000))))


def heic_claiming(width: int, height: int) -> bytes:
    """A HEIC whose size property is a lie."""
    data = heic()
    place = data.find(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def noise(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)


def detailed_jpeg(**options: object) -> bytes:
    return jpeg(1024, 768, quality=95, **options)


def directory_of_itself() -> bytes:
    """An EXIF directory whose GPS directory is that directory again, with the largest possible count."""
    entries = struct.pack("<HHII", 0x8825, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 0xFFFFFFFF, 6)
    return b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 0xFFFF) + entries


def palette(*, transparent: bool) -> bytes:
    picture = pictures.room().quantize(32)
    return encoded(picture, "PNG", **({"transparency": bytes([0, 128] + [255] * 30)} if transparent else {}))


def sixteen_bit_grey(*, before: bytes = b"") -> bytes:
    return pictures.raw_png(512, 512, depth=16, color=0, rows=grey_rows(512, 512, depth=16), before=before)


def sixteen_bit_color(*, before: bytes = b"") -> bytes:
    return pictures.raw_png(512, 512, depth=16, color=2, rows=grey_rows(512, 512, depth=48), before=before)


def interlaced() -> bytes:
    """A grey PNG stored in seven passes, from coarse to fine."""
    pixels = np.asarray(pictures.room().convert("L"))
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = (b"\0" + row.tobytes() for y, x, down, right in passes for row in pixels[y::down, x::right])
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 640, 512, 8, 0, 0, 0, 1))
    packed = chunk(b"IDAT", zlib.compress(b"".join(rows), 1))
    return b"\x89PNG\r\n\x1a\n" + header + packed + chunk(b"IEND", b"")


@functools.lru_cache(maxsize=1)
def depth_map_heic() -> bytes:
    """The transparency of a HEIC, renamed to what phones store beside a portrait."""
    return heic(pictures.room().convert("RGBA")).replace(b"auxid:1", b"auxid:2")


Case = tuple[str, Callable[[], bytes], str]

PHOTOS: tuple[Case, ...] = (
    ("jpeg", jpeg, "ok"),
    ("jpeg_progressive", lambda: jpeg(progressive=True), "ok"),
    ("jpeg_without_subsampling", lambda: jpeg(subsampling="4:4:4"), "ok"),
    ("jpeg_grey", lambda: encoded(pictures.room().convert("L"), "JPEG"), "ok"),
    ("jpeg_cmyk", lambda: encoded(pictures.room().convert("CMYK"), "JPEG"), "ok"),
    ("jpeg_coded_as_rgb", lambda: jpeg(keep_rgb=True), "ok"),
    ("jpeg_restart_at_every_block", lambda: jpeg(restart_marker_blocks=1), "ok"),
    ("jpeg_with_fill_bytes", lambda: pictures.with_segments(jpeg(), b"\xff" * 5000), "ok"),
    ("jpeg_ending_in_decoder_grey", lambda: encoded(Image.new("RGB", (800, 600), (128, 128, 128)), "JPEG"), "ok"),
    ("mpo_of_two_pictures", lambda: frames("MPO"), "ok"),
    ("jpeg_with_gain_map_behind", lambda: jpeg() + jpeg(160, 128), "ok"),
    ("jpeg_motion_photo", lambda: jpeg() + b"\0\0\0\x18ftypmp42" + noise(200_000), "ok"),
    ("png", png, "ok"),
    ("png_grey", lambda: png(mode="L"), "ok"),
    ("png_grey_with_alpha", lambda: png(mode="LA"), "ok"),
    ("png_rgba", lambda: png(mode="RGBA"), "ok"),
    ("png_one_bit", lambda: png(mode="1"), "ok"),
    ("png_interlaced", interlaced, "ok"),
    ("png_palette", lambda: palette(transparent=False), "ok"),
    ("png_palette_transparent", lambda: palette(transparent=True), "ok"),
    ("png_sixteen_bit_grey", sixteen_bit_grey, "ok"),
    ("png_sixteen_bit_color", sixteen_bit_color, "ok"),
    ("png_sixteen_bit_keyed_grey", lambda: sixteen_bit_grey(before=chunk(b"tRNS", b"\x01\x02")), "ok"),
    ("png_sixteen_bit_keyed_color", lambda: sixteen_bit_color(before=chunk(b"tRNS", b"\x01\x02" * 3)), "ok"),
    ("png_keyed_color", lambda: png(transparency=(200, 40, 40)), "ok"),
    ("png_told_to_be_one_frame", lambda: pictures.with_chunks(png(), chunk(b"acTL", struct.pack(">II", 1, 0))), "ok"),
    ("webp", webp, "ok"),
    ("webp_lossless", lambda: webp(lossless=True), "ok"),
    ("webp_rgba", lambda: encoded(pictures.room().convert("RGBA"), "WEBP", method=0), "ok"),
    ("heic", heic, "ok"),
    ("heic_rgba_with_thumbnail", lambda: heic(pictures.room().convert("RGBA"), thumbnails=[128]), "ok"),
    ("heic_with_depth_map", depth_map_heic, "ok"),
    ("heic_of_two_eyes", lambda: pictures.heic_pair(group=b"ster"), "ok"),
    ("heic_of_two_renderings", lambda: pictures.heic_pair(group=b"altr"), "ok"),
)

METADATA: tuple[Case, ...] = (
    ("jpeg_gps", lambda: jpeg(exif=exif_block(gps=True, note=SECRET)), "ok"),
    ("jpeg_xmp_gps", lambda: pictures.with_segments(jpeg(), XMP_SEGMENT), "ok"),
    ("jpeg_comment", lambda: jpeg(comment=SECRET), "ok"),
    (
        "jpeg_photoshop_record",
        lambda: pictures.with_segments(jpeg(), segment(0xED, b"Photoshop 3.0\0" + SECRET)),
        "ok",
    ),
    ("jpeg_huge_exif", lambda: jpeg(exif=exif_block(note=SECRET + b"x" * 65_000)), "ok"),
    ("jpeg_megabytes_of_segments", lambda: pictures.with_segments(jpeg(), segment(0xE1, SECRET * 3000) * 100), "ok"),
    ("jpeg_exif_in_pieces", lambda: pictures.with_segments(jpeg(), *[segment(0xE1, exif_block())] * 3), "ok"),
    ("jpeg_exif_cut_off", lambda: jpeg(exif=exif_block(gps=True)[:40]), "ok"),
    ("jpeg_exif_of_noise", lambda: jpeg(exif=b"Exif\0\0II*\0" + noise(3000)), "ok"),
    ("jpeg_exif_in_itself", lambda: jpeg(exif=directory_of_itself()), "ok"),
    ("jpeg_orientation_zero", lambda: jpeg(exif=exif_block(orientation=0)), "ok"),
    ("jpeg_orientation_nine", lambda: jpeg(exif=exif_block(orientation=9)), "ok"),
    ("png_exif", lambda: pictures.with_chunks(png(), chunk(b"eXIf", tiff_block(gps=True, note=SECRET))), "ok"),
    ("png_xmp", lambda: pictures.with_chunks(png(), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), "ok"),
    ("png_text", lambda: pictures.with_chunks(png(), chunk(b"tEXt", b"Comment\0" + SECRET)), "ok"),
    ("webp_exif_and_xmp", lambda: webp(exif=tiff_block(gps=True, note=SECRET), xmp=XMP), "ok"),
    ("heic_exif_and_xmp", lambda: heic(exif=exif_block(gps=True, note=SECRET), xmp=XMP), "ok"),
)

COLOR: tuple[Case, ...] = (
    ("profile_wide", lambda: jpeg(icc_profile=profiles.rgb("wide")), "ok"),
    ("profile_adobe", lambda: jpeg(icc_profile=profiles.rgb("adobe")), "ok"),
    ("profile_of_noise", lambda: jpeg(icc_profile=noise(4000)), "ok"),
    ("profile_cut_off", lambda: jpeg(icc_profile=profiles.rgb("wide")[:200]), "ok"),
    (
        "profile_missing_a_part",
        lambda: pictures.with_segments(jpeg(), icc_segments(profiles.rgb("wide"), count=2)),
        "ok",
    ),
    ("profile_for_grey_in_color", lambda: jpeg(icc_profile=profiles.grey(1.8)), "ok"),
    (
        "profile_for_grey_in_cmyk",
        lambda: encoded(pictures.room().convert("CMYK"), "JPEG", icc_profile=profiles.grey(1.8)),
        "ok",
    ),
    ("profile_for_color_in_grey", lambda: png(mode="L", icc_profile=profiles.rgb("wide")), "ok"),
    (
        "profile_in_palette",
        lambda: encoded(pictures.room().quantize(8), "PNG", icc_profile=profiles.rgb("wide")),
        "ok",
    ),
    ("profile_in_webp", lambda: webp(icc_profile=profiles.rgb("wide")), "ok"),
    ("profile_in_heic", lambda: heic(icc_profile=profiles.rgb("wide")), "ok"),
)

POLYGLOTS: tuple[Case, ...] = (
    ("jpeg_then_zip", lambda: jpeg() + zip_archive(), "ok"),
    ("jpeg_then_html", lambda: jpeg() + SCRIPT, "ok"),
    ("jpeg_with_html_as_comment", lambda: pictures.with_segments(jpeg(), segment(0xFE, SCRIPT)), "ok"),
    ("jpeg_with_php_in_exif", lambda: jpeg(exif=exif_block(note=b"<?php system($_GET['c']); ?>")), "ok"),
    ("png_then_zip", lambda: png() + zip_archive(), "ok"),
    ("webp_then_html", lambda: webp() + SCRIPT, "ok"),
    ("heic_then_zip", lambda: heic() + zip_archive(), "ok"),
    ("zip_then_jpeg", lambda: zip_archive() + jpeg(), UNSUPPORTED),
    ("gif_then_jpeg", lambda: b"GIF89a/*" + jpeg(), UNSUPPORTED),
    ("html_then_jpeg", lambda: SCRIPT + jpeg(), UNSUPPORTED),
    ("pdf_then_jpeg", lambda: b"%PDF-1.4\n" + jpeg(), UNSUPPORTED),
    ("newline_then_jpeg", lambda: b"\n" + jpeg(), UNSUPPORTED),
)

DISGUISED: tuple[Case, ...] = (
    ("nothing", lambda: b"", "photo_empty"),
    ("one_byte", lambda: b"\xff", UNSUPPORTED),
    ("zeros", lambda: bytes(100_000), UNSUPPORTED),
    ("text", lambda: b"dear photographer, " * 100, UNSUPPORTED),
    ("html", lambda: b"\xef\xbb\xbf\n <!DOCTYPE html>" + SCRIPT, UNSUPPORTED),
    ("svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', UNSUPPORTED),
    ("svg_packed", lambda: b"\x1f\x8b\x08\0" + noise(100), UNSUPPORTED),
    ("pdf", lambda: b"%PDF-1.7\n", UNSUPPORTED),
    ("zip", zip_archive, UNSUPPORTED),
    ("program", lambda: b"MZ" + noise(500), UNSUPPORTED),
    ("gif", lambda: encoded(pictures.room(), "GIF"), UNSUPPORTED),
    ("gif_animated", lambda: frames("GIF"), UNSUPPORTED),
    ("tiff", lambda: encoded(pictures.room(), "TIFF"), UNSUPPORTED),
    ("bmp", lambda: encoded(pictures.room(), "BMP"), UNSUPPORTED),
    ("icon", lambda: encoded(pictures.room(), "ICO"), UNSUPPORTED),
    ("avif", lambda: encoded(pictures.room(), "AVIF", speed=10), UNSUPPORTED),
    ("jpeg_2000", lambda: encoded(pictures.room(), "JPEG2000"), UNSUPPORTED),
    ("jpeg_xl", lambda: b"\xff\x0a" + noise(500), UNSUPPORTED),
    ("postscript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", UNSUPPORTED),
    ("video", lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + noise(500), UNSUPPORTED),
    ("camera_raw", lambda: b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + noise(500), UNSUPPORTED),
    ("sound", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(24), UNSUPPORTED),
    ("jpeg_in_a_byte_order_mark", lambda: b"\xef\xbb\xbf" + jpeg(), UNSUPPORTED),
)

SEVERAL: tuple[Case, ...] = (
    ("png_animated", lambda: frames("PNG"), ANIMATED),
    ("webp_animated", lambda: frames("WEBP"), ANIMATED),
    ("heic_of_two_photos", lambda: pictures.heic_pair(group=None), ANIMATED),
    ("heic_burst", lambda: pictures.heic_pair(group=b"brst"), ANIMATED),
    ("heic_sequence", lambda: heic().replace(b"heic", b"msf1"), ANIMATED),
    ("heic_with_a_track", lambda: heic() + struct.pack(">I4s", 8, b"moov"), ANIMATED),
)

SIZES: tuple[Case, ...] = (
    ("jpeg_of_4_gigapixels", lambda: pictures.with_frame(jpeg(), width=65_500, height=65_500), PIXELS),
    ("png_claiming_400_megapixels", lambda: pictures.raw_png(20_000, 20_000, depth=8, color=2, rows=b""), PIXELS),
    ("png_of_169_megapixels", lambda: bomb_png(13_000, 13_000), PIXELS),
    ("webp_of_268_megapixels", lambda: pictures.webp_canvas(webp(xmp=XMP), 16_384, 16_384), PIXELS),
    ("heic_claiming_400_megapixels", lambda: heic_claiming(20_000, 20_000), PIXELS),
    ("one_pixel", lambda: encoded(Image.new("RGB", (1, 1)), "PNG"), SMALL),
    ("long_hair", lambda: encoded(Image.new("RGB", (1, 30_000)), "PNG"), SMALL),
    ("short_side_511", lambda: jpeg(511, 700), SMALL),
    ("short_side_512", lambda: jpeg(700, 512), "ok"),
    ("three_to_one", lambda: jpeg(512, 1536), "ok"),
    ("over_three_to_one", lambda: jpeg(1537, 512), NARROW),
    ("jpeg_claiming_more_than_it_has", lambda: pictures.with_frame(jpeg(), height=1200), UNREADABLE),
    ("webp_claiming_more_than_it_has", lambda: pictures.webp_canvas(webp(xmp=XMP), 900, 900), UNREADABLE),
    ("heic_claiming_more_than_it_has", lambda: heic_claiming(900, 900), UNREADABLE),
)

SLOW: tuple[Case, ...] = (
    ("jpeg_of_many_scans", lambda: many_scans(400), UNREADABLE),
    ("jpeg_of_tiny_segments", lambda: pictures.with_segments(jpeg(), segment(0xE5, b"") * 50_000), UNREADABLE),
    ("png_of_tiny_chunks", lambda: pictures.with_chunks(png(), chunk(b"prVt", b"") * 150_000), UNREADABLE),
    ("webp_of_tiny_chunks", lambda: webp() + b"JUNK\0\0\0\0" * 20_000, "ok"),
    ("png_text_bomb", lambda: bomb_chunk(b"zTXt", b"Comment\0\0"), UNREADABLE),
    ("png_profile_bomb", lambda: bomb_chunk(b"iCCP", b"profile\0\0"), UNREADABLE),
    ("png_xmp_bomb", lambda: bomb_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0"), UNREADABLE),
)

DAMAGED: tuple[Case, ...] = (
    ("jpeg_start_alone", lambda: jpeg()[:4], UNREADABLE),
    ("jpeg_cut_in_header", lambda: jpeg()[:300], UNREADABLE),
    ("jpeg_cut_in_half", lambda: jpeg()[:30_000], UNREADABLE),
    ("jpeg_without_its_last_byte", lambda: jpeg()[:-1], UNREADABLE),
    ("jpeg_progressive_cut", lambda: jpeg(progressive=True)[:30_000], UNREADABLE),
    ("jpeg_cut_and_closed", lambda: jpeg()[:30_000] + b"\xff\xd9", UNREADABLE),
    ("jpeg_cut_before_the_next_picture", lambda: jpeg()[:30_000] + jpeg(), UNREADABLE),
    (
        "jpeg_grey_cut_and_closed",
        lambda: encoded(pictures.room().convert("L"), "JPEG")[:20_000] + b"\xff\xd9",
        UNREADABLE,
    ),
    (
        "jpeg_cmyk_cut_and_closed",
        lambda: encoded(pictures.room().convert("CMYK"), "JPEG")[:60_000] + b"\xff\xd9",
        UNREADABLE,
    ),
    ("jpeg_with_a_zeroed_block", lambda: pictures.overwritten(detailed_jpeg(), bytes(4096)), UNREADABLE),
    ("jpeg_with_a_block_of_noise", lambda: pictures.overwritten(detailed_jpeg(), noise(4096)), UNREADABLE),
    ("jpeg_with_a_block_of_ones", lambda: pictures.overwritten(detailed_jpeg(), b"\xff" * 4096), UNREADABLE),
    ("jpeg_missing_a_block", lambda: pictures.without(detailed_jpeg(), 4096), UNREADABLE),
    (
        "jpeg_with_restarts_and_noise",
        lambda: pictures.overwritten(detailed_jpeg(restart_marker_rows=1), noise(4096)),
        UNREADABLE,
    ),
    (
        "jpeg_with_restarts_and_two_bytes",
        lambda: pictures.overwritten(detailed_jpeg(restart_marker_rows=1), b"\xff\x4f"),
        UNREADABLE,
    ),
    (
        "jpeg_progressive_with_a_stray_marker",
        lambda: pictures.overwritten(jpeg(progressive=True), b"\xff\xd3"),
        UNREADABLE,
    ),
    ("jpeg_without_pixels", lambda: jpeg()[: pictures.scan_start(jpeg())] + b"\xff\xd9", UNREADABLE),
    ("jpeg_of_height_zero", lambda: pictures.with_frame(jpeg(), height=0), UNREADABLE),
    ("jpeg_of_twelve_bits", lambda: pictures.with_frame(jpeg(), precision=12), UNREADABLE),
    ("jpeg_lossless_frame", lambda: jpeg().replace(b"\xff\xc0", b"\xff\xc3", 1), UNREADABLE),
    ("jpeg_of_two_frames", lambda: jpeg().replace(b"\xff\xc4", jpeg()[158:177] + b"\xff\xc4", 1), UNREADABLE),
    ("jpeg_without_tables", lambda: jpeg().replace(b"\xff\xdb", b"\xff\xee"), UNREADABLE),
    ("png_signature_alone", lambda: png()[:8], UNREADABLE),
    ("png_cut_in_header", lambda: png()[:20], UNREADABLE),
    ("png_cut_in_half", lambda: png()[:40_000], UNREADABLE),
    ("png_without_its_end", lambda: png()[:-12], UNREADABLE),
    ("png_with_a_flipped_byte", lambda: pictures.overwritten(png(), bytes([png()[len(png()) // 2] ^ 1])), UNREADABLE),
    ("png_stored_with_a_flipped_byte", lambda: pictures.overwritten(png(compress_level=0), b"\x01"), UNREADABLE),
    ("png_with_a_wrong_header_checksum", lambda: png()[:16] + b"\x7f" + png()[17:], UNREADABLE),
    ("png_of_width_zero", lambda: pictures.raw_png(0, 600, depth=8, color=2, rows=b""), UNREADABLE),
    ("png_of_no_known_kind", lambda: pictures.raw_png(600, 600, depth=3, color=7, rows=bytes(9999)), UNREADABLE),
    ("png_with_too_few_rows", lambda: pictures.raw_png(600, 600, depth=8, color=0, rows=bytes(9999)), UNREADABLE),
    ("png_without_pixels", lambda: png()[:33] + chunk(b"IEND", b""), UNREADABLE),
    ("png_header_in_second_place", lambda: png()[:8] + chunk(b"tEXt", b"a\0b") + png()[8:], UNREADABLE),
    (
        "png_palette_missing",
        lambda: pictures.raw_png(600, 600, depth=8, color=3, rows=grey_rows(600, 600)),
        UNREADABLE,
    ),
    ("webp_start_alone", lambda: webp()[:16], UNREADABLE),
    ("webp_cut_in_half", lambda: webp()[:10_000], UNREADABLE),
    ("webp_cut_behind_its_picture", lambda: webp(xmp=XMP)[:-10], UNREADABLE),
    ("webp_of_unknown_kind", lambda: b"RIFF\x10\0\0\0WEBPVP9 " + bytes(8), UNREADABLE),
    ("webp_with_noise_in_lossless", lambda: pictures.overwritten(webp(lossless=True), noise(4096)), UNREADABLE),
    ("heic_start_alone", lambda: heic()[:24], UNREADABLE),
    ("heic_cut_in_header", lambda: heic()[:300], UNREADABLE),
    ("heic_cut_in_half", lambda: heic()[: len(heic()) // 2], UNREADABLE),
    ("heic_of_noise", lambda: heic()[:28] + noise(5000), UNREADABLE),
)

CORPUS: tuple[Case, ...] = PHOTOS + METADATA + COLOR + POLYGLOTS + DISGUISED + SEVERAL + SIZES + SLOW + DAMAGED
