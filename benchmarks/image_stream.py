#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams one image between two clouds: MiB/s, and peak memory while doing so.

    OS_CLIENT_CONFIG_FILE=clouds.yaml benchmarks/image_stream.py --mib 256

It makes an image of random bytes on the source, moves it, compares, and removes
both.  Clouds ``source`` and ``destination`` of clouds.yaml are used.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import sys
import time

from pumphouse.cloud.cloud import Cloud, connect
from pumphouse.transfer.base import MIB, Expected, Watch
from pumphouse.transfer.glance import ImageData
from pumphouse.transfer.stream import Stream


def peak() -> float:
    """Peak resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(cloud: Cloud) -> str:
    body = {
        "name": "benchmark-image-stream",
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private",
    }
    return str(cloud.post("image", "/images", body)["id"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--chunk", type=int, default=1024, help="KiB")
    parser.add_argument("--depth", type=int, default=4, help="chunks queued")
    args = parser.parse_args()
    source, destination = (
        connect("source", "source"),
        connect("destination", "destination"),
    )
    ids = [(source, make(source)), (destination, make(destination))]
    try:
        block, sha = os.urandom(MIB), hashlib.sha512()
        for _ in range(args.mib):
            sha.update(block)
        ImageData(*ids[0]).write(block for _ in range(args.mib))
        stream = Stream(chunk_size=args.chunk * 1024, depth=args.depth)
        expected = Expected(args.mib * MIB, {"sha512": sha.hexdigest()})
        before, start, cpu = peak(), time.monotonic(), time.process_time()
        stream.move(ImageData(*ids[0]), ImageData(*ids[1]), expected, Watch())
        took, used = time.monotonic() - start, time.process_time() - cpu
        print(
            f"{args.mib} MiB in {took:.2f} s: {args.mib / took:.0f} MiB/s, "
            f"{used:.2f} s CPU; peak memory {peak():.0f} MiB, "
            f"{peak() - before:.1f} MiB more than before"
        )
        there = destination.get("image", f"/images/{ids[1][1]}")
        return 0 if there["os_hash_value"] == sha.hexdigest() else 1
    finally:
        for cloud, image_id in ids:
            cloud.delete("image", f"/images/{image_id}")


if __name__ == "__main__":
    sys.exit(main())
