# SPDX-License-Identifier: Apache-2.0
"""What Nova refuses of an image together with a flavor, before it builds.

The rules are those of ``nova/compute/api.py`` (``_validate_flavor_image``), the same
in Zed and 2026.2.  Image and flavor may have been changed since the source's server
was built, or be others on the destination.
"""

from __future__ import annotations

from collections.abc import Iterator

from pumphouse.models import Record

_GIB = 1 << 30
_DISK_CONFIG = "OS-DCF:diskConfig"


def refused(
    server: Record,
    image: Record,
    flavor: Record,
    where: str,
    *,
    same: bool,
    then: str = "plan again",
) -> Iterator[str]:
    """Why Nova would not build *server*, each with what to do.

    :param image: as it is, or will be, on the destination
    :param flavor: likewise
    :param where: where the image can be changed: "on the source", say
    :param same: the server was built of this very image and a flavor of this size
        before, so its data fits
    :param then: what to do after that
    """
    name, key = image.get("name") or image["id"], image["id"]
    again = f"{where}, then {then}"
    larger = f"{where}, or map flavor {flavor['name']} to a larger one; then {then}"
    if image.get("status") == "deactivated":
        yield (
            f"its image {name} is deactivated, and Nova builds from none that is: "
            f"'openstack image set --activate {key}' {again}"
        )
    needs, has = int(image.get("min_ram") or 0), int(flavor.get("ram") or 0)
    if needs > has:
        yield (
            f"its image {name} needs {needs} MiB of memory (min_ram), its flavor "
            f"{flavor['name']} has {has}: 'openstack image set --min-ram {has} {key}' "
            f"{larger}"
        )
    disk = int(flavor.get("disk") or 0)
    if disk:  # 0: as large as the image
        yield from _of_disk(image, flavor, disk, larger, same)
    config_drive = str(image.get("img_config_drive") or "optional")
    if config_drive not in ("optional", "mandatory"):
        yield (
            f"its image {name} says img_config_drive={config_drive}, which Nova does "
            f"not take: 'openstack image unset --property img_config_drive {key}' "
            f"{again}"
        )
    resize = str(image.get("auto_disk_config") or "").strip().lower()
    if resize == "disabled" and server.get(_DISK_CONFIG) == "AUTO":
        yield (
            f"its image {name} says auto_disk_config=disabled, and the server has "
            "diskConfig AUTO: 'openstack image unset --property auto_disk_config "
            f"{key}' {again}"
        )
    if image.get("cinder_encryption_key_id"):
        yield (
            f"its image {name} came from an encrypted volume: Nova does not boot it; "
            "leave the server out"
        )


def _of_disk(
    image: Record, flavor: Record, disk: int, larger: str, same: bool
) -> Iterator[str]:
    name, key = image.get("name") or image["id"], image["id"]
    needs = int(image.get("min_disk") or 0)
    if needs > disk:
        yield (
            f"its image {name} needs {needs} GiB of disk (min_disk), its flavor "
            f"{flavor['name']} has {disk}: 'openstack image set --min-disk {disk} "
            f"{key}' {larger}"
        )
    # The hypervisor looks at the virtual size, once the server is being built.
    size = max(int(image.get(n) or 0) for n in ("size", "virtual_size"))
    if size > disk * _GIB and not same:
        yield (
            f"its image {name} is {-(-size // _GIB)} GiB large, its flavor "
            f"{flavor['name']} has {disk} GiB of disk: map the flavor to a larger one, "
            "then plan again"
        )
