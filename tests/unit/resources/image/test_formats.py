# SPDX-License-Identifier: Apache-2.0
"""What the first bytes say, and whether Glance takes them for what is declared."""

from __future__ import annotations

import struct

import testtools
from oslo_utils.imageutils import format_inspector

from pumphouse.resources.image import formats

QCOW2 = b"QFI\xfb\0\0\0\3" + bytes(504)
BACKED = b"QFI\xfb\0\0\0\3" + bytes(7) + b"x" + bytes(496)
ENTRY = struct.pack("<B3BB3BII", 0, 0, 2, 0, 0x83, 0, 0, 0, 1, 9)
MBR = bytes(446) + ENTRY + bytes(48) + b"\x55\xaa"
ODD_MBR = bytes(510) + b"\x55\xaa"
ISO = bytes(32769) + b"CD001" + bytes(2042)
BOOTABLE = MBR + ISO[512:]
HYBRID = QCOW2 + ISO[512:]
LUKS2 = b"LUKS\xba\xbe\0\2" + bytes(600)
SCRIPT = b"#!/bin/sh\n" * 60 + b"\xff" * 60
TAIL = 0xFFFFFFFFFFFFFFFF
SPARSE = struct.pack("<4sIIQQQQIQQ", b"KDMV", 1, 0, 9, 9, 1, 1, 9, 0, 9)
STREAM = struct.pack("<4sIIQQQQIQQ", b"KDMV", 1, 0, 9, 9, 1, 1, 9, 0, TAIL)
TEXT = b'createType="monolithicSparse"\nRW 9 SPARSE "a.vmdk"\n'
VMDK, STREAMED = (
    head.ljust(512, b"\0") + TEXT.ljust(1536, b"\0") for head in (SPARSE, STREAM)
)
FLAT = SPARSE.ljust(512, b"\0") + b'createType="monolithicFlat"\n'.ljust(512, b"\0")


def image(disk_format, container_format="bare"):
    return {"disk_format": disk_format, "container_format": container_format}


def look(data, size=None):
    return formats.look(data[: formats.ENOUGH], len(data) if size is None else size)


class TestLook(testtools.TestCase):
    def test_formats(self):
        for data, wanted in (
            (b"", "raw"),
            (bytes(512), "raw"),
            (QCOW2, "qcow2"),
            (b"conectix" + bytes(504), "vhd"),
            (b"vhdxfile" + bytes(504), "vhdx"),
            (VMDK, "vmdk"),
            (bytes(64) + b"\x7f\x10\xda\xbe" + bytes(444), "vdi"),
            (b"QED\0" + bytes(508), "qed"),
            (ISO, "iso"),
            (BOOTABLE, "iso"),
            (MBR, "gpt"),
            (LUKS2, "luks"),
            (HYBRID, "iso and qcow2"),
            (b"abc", "raw"),
            (SCRIPT, ""),
        ):
            self.assertEqual(wanted, formats.data_is(look(data)), data[:8])

    def test_data_is_told_by_its_beginning(self):
        """What follows changes nothing, nor that it was not read."""
        for data in (bytes(512), QCOW2, BACKED, MBR, ODD_MBR, ISO, LUKS2, FLAT):
            whole = look(data.ljust(formats.ENOUGH, b"\0"))
            self.assertEqual(whole, look(data.ljust(formats.ENOUGH + 512, b"\0")))

    def test_what_is_known_is_what_the_library_tells(self):
        """A new format in the library has to be thought about."""
        self.assertEqual({*format_inspector.ALL_FORMATS}, {*formats.TOLD})

    def test_what_is_kept_holds_none_of_the_data(self):
        found = look(FLAT)
        self.assertEqual(
            {"formats": ["vmdk"], "unsafe": {"vmdk": ["descriptor"]}}, found
        )


class TestVerdict(testtools.TestCase):
    def refused(self, data, *more, size=None):
        return formats.refused(image(*more), look(data, size))

    def test_what_the_format_says_is_taken(self):
        for data, *more in (
            (QCOW2, "qcow2"), (bytes(512), "raw"), (b"", "raw"), (MBR, "raw"),
            (ISO, "iso"), (BOOTABLE, "iso"), (bytes(512), "ploop"), (VMDK, "vmdk"),
            (bytes(9), "ami"), (QCOW2, "raw"), (SCRIPT, "qcow2"),
        ):  # fmt: skip
            self.assertEqual("", self.refused(data, *more), more)

    def test_what_contradicts_it_is_not(self):
        for data, declared, said in (
            (bytes(512), "qcow2", "its disk_format is qcow2, but its data is not"),
            (b"", "qcow2", "its disk_format is qcow2, but its data is not"),
            (QCOW2, "vmdk", "its disk_format is vmdk, but its data is qcow2"),
            (ODD_MBR, "aki", "its disk_format is aki, but its data is a raw disk"),
            (QCOW2, "ami", "its disk_format is ami, but its data is qcow2"),
            (MBR, "qcow2", "but its data is a raw disk with partitions (gpt)"),
            (HYBRID, "raw", "its data looks like iso and qcow2 at once"),
        ):
            self.assertIn(said, self.refused(data, declared))

    def test_nor_is_what_is_unsafe(self):
        for data, declared, said in (
            (BACKED, "qcow2", "its data, qcow2, is unsafe (backing_file)"),
            (BACKED, "raw", "its data, qcow2, is unsafe (backing_file)"),
            (ODD_MBR, "raw", "is unsafe (mbr)"),
            (LUKS2, "raw", "is unsafe (version)"),
            (FLAT, "vmdk", "is unsafe (descriptor)"),
            (b"conectix", "vhd", "its data, vhd, is unsafe (incomplete)"),
        ):
            self.assertIn(said, self.refused(data, declared))

    def test_what_only_the_end_tells_is_not_judged(self):
        """Never more is said than was looked at."""
        streamed = STREAMED.ljust(formats.ENOUGH, b"\0")
        self.assertIn("footer", self.refused(streamed, "vmdk"))
        self.assertEqual("", self.refused(streamed, "vmdk", size=formats.ENOUGH + 1))

    def test_only_bare_containers_are_looked_into(self):
        for container in ("ovf", "ova", "ami", "docker", "compressed", None):
            self.assertEqual("", self.refused(QCOW2, "vmdk", container))

    def test_raw_that_is_something_else(self):
        """Glance takes it, Nova may build nothing of it."""
        for data, declared, wanted in (
            (QCOW2, "raw", "its disk_format is raw, but its data is qcow2"),
            (BOOTABLE, "raw", "its disk_format is raw, but its data is iso"),
            (MBR, "raw", ""),
            (bytes(512), "raw", ""),
            (QCOW2, "qcow2", ""),
        ):
            self.assertEqual(wanted, formats.unbuildable(image(declared), look(data)))
