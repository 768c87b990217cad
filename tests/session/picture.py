"""Pictures of the screen: grim's PPM in, pixels and boxes out."""

import collections
import struct
import zlib

Box = collections.namedtuple("Box", "x y width height")


def color(text):
    """#RRGGBB as three numbers."""
    return tuple(bytes.fromhex(text.lstrip("#")))


def is_near(one, other, distance):
    """True where no channel of the two differs by more than this."""
    return all(abs(a - b) <= distance for a, b in zip(one, other))


class Picture:
    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data  # three bytes a pixel, row by row

    @staticmethod
    def of_ppm(ppm):
        """P6 as ppm(5) has it, without comments, as grim writes it."""
        magic, width, height, most, data = ppm.split(None, 4) if ppm[:2] == b"P6" else (None,) * 5
        if magic != b"P6" or most != b"255":
            raise ValueError(f"not a picture: {ppm[:20]!r}")
        width, height = int(width), int(height)
        # split() has eaten more than one byte where the first pixels look like white space.
        return Picture(width, height, ppm[len(ppm) - 3 * width * height:])

    @staticmethod
    def size_of_png(png):
        """Width and height of a PNG file that is whole: every chunk's sum is right and the pixels unpack."""
        if png[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError("not a PNG file")
        at, size, packed, last = 8, None, b"", None
        while at < len(png):
            length, last = struct.unpack(">I4s", png[at:at + 8])
            body = png[at + 8:at + 8 + length]
            (checksum,) = struct.unpack(">I", png[at + 8 + length:at + 12 + length])
            if checksum != zlib.crc32(last + body):
                raise ValueError(f"the chunk {last} is damaged")
            if last == b"IHDR":
                size = struct.unpack(">II", body[:8])
            if last == b"IDAT":
                packed += body
            at += 12 + length
        if last != b"IEND" or len(zlib.decompress(packed)) < size[0] * size[1]:
            raise ValueError("the PNG file is cut short")
        return size

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return tuple(self.data[at:at + 3])

    def row(self, y, x=0, width=None):
        at = 3 * (y * self.width + x)
        return self.data[at:at + 3 * (self.width - x if width is None else width)]

    def count(self, wanted, box=None):
        """How many pixels of a box, or of all, have this colour."""
        box = box or Box(0, 0, self.width, self.height)
        found = 0
        for y in range(box.y, box.y + box.height):
            row = self.row(y, box.x, box.width)
            if bytes(wanted) in row:
                found += sum(row[at:at + 3] == bytes(wanted) for at in range(0, len(row), 3))
        return found

    def bounds(self, wanted, box=None, besides=None):
        """The smallest box around all pixels of this colour in a box, less those that another picture has there."""
        box = box or Box(0, 0, self.width, self.height)
        wanted = bytes(wanted)
        found = []
        for y in range(box.y, box.y + box.height):
            row = self.row(y, box.x, box.width)
            if wanted not in row:
                continue
            other = besides.row(y, box.x, box.width) if besides else b""
            found += [(box.x + at // 3, y) for at in range(0, len(row), 3)
                      if row[at:at + 3] == wanted and other[at:at + 3] != wanted]
        if not found:
            return None
        left, right = min(x for x, _ in found), max(x for x, _ in found)
        top, bottom = min(y for _, y in found), max(y for _, y in found)
        return Box(left, top, right - left + 1, bottom - top + 1)
