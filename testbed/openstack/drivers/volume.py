# SPDX-License-Identifier: Apache-2.0
"""Cinder driver: every volume is a sparse raw file.

Needs no device mapper, iSCSI, NFS or loop device, only qemu-img.
"""
import os
import subprocess

from cinder.image import image_utils
from cinder import interface
from cinder.volume import configuration
from cinder.volume import driver
from cinder.volume import volume_utils
from oslo_config import cfg

OPTS = [cfg.StrOpt("testbed_volumes_dir", help="Where the volume files live.")]
cfg.CONF.register_opts(OPTS, group=configuration.SHARED_CONF_GROUP)


@interface.volumedriver
class FilesDriver(driver.VolumeDriver):
    """Volumes and snapshots as files in one directory."""

    VERSION = "1.0"
    CI_WIKI_NAME = "none"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(OPTS)

    @staticmethod
    def get_driver_options():
        return OPTS

    def do_setup(self, context):
        self.dir = self.configuration.testbed_volumes_dir
        os.makedirs(self.dir, exist_ok=True)

    def check_for_setup_error(self):
        pass

    def _path(self, thing):
        return os.path.join(self.dir, thing.name)

    local_path = _path

    @staticmethod
    def _copy(source, target, size_gb):
        subprocess.run(["cp", "--sparse=always", "--reflink=auto",
                        source, target], check=True)
        os.truncate(target, max(size_gb << 30, os.path.getsize(target)))

    # -- volumes and snapshots --------------------------------------------
    def create_volume(self, volume):
        with open(self._path(volume), "xb") as f:
            f.truncate(volume.size << 30)

    def delete_volume(self, volume):
        try:
            os.unlink(self._path(volume))
        except FileNotFoundError:
            pass

    def extend_volume(self, volume, new_size):
        os.truncate(self._path(volume), new_size << 30)

    def create_cloned_volume(self, volume, src_vref):
        self._copy(self._path(src_vref), self._path(volume), volume.size)

    def create_snapshot(self, snapshot):
        self._copy(self._path(snapshot.volume), self._path(snapshot), 0)

    def delete_snapshot(self, snapshot):
        self.delete_volume(snapshot)

    def create_volume_from_snapshot(self, volume, snapshot):
        self._copy(self._path(snapshot), self._path(volume), volume.size)

    def revert_to_snapshot(self, context, volume, snapshot):
        self._copy(self._path(snapshot), self._path(volume), volume.size)

    # -- images -----------------------------------------------------------
    def copy_image_to_volume(self, context, volume, image_service, image_id,
                             disable_sparse=False):
        image_utils.fetch_to_raw(context, image_service, image_id,
                                 self._path(volume),
                                 self.configuration.volume_dd_blocksize,
                                 size=volume.size, run_as_root=False)
        os.truncate(self._path(volume), volume.size << 30)

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        volume_utils.upload_volume(context, image_service, image_meta,
                                   self._path(volume), volume,
                                   run_as_root=False)

    # -- attachment -------------------------------------------------------
    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        pass

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        """The compute hosts share this file system: the file itself is the disk."""
        return {
            "driver_volume_type": "local",
            "data": {"device_path": self._path(volume)},
        }

    def terminate_connection(self, volume, connector, **kwargs):
        pass

    # -- existing files ---------------------------------------------------
    def manage_existing_get_size(self, volume, existing_ref):
        path = os.path.join(self.dir, existing_ref["source-name"])
        return -(-os.path.getsize(path) >> 30) or 1

    def manage_existing(self, volume, existing_ref):
        os.rename(os.path.join(self.dir, existing_ref["source-name"]),
                  self._path(volume))

    def unmanage(self, volume):
        pass

    def _update_volume_stats(self):
        fs = os.statvfs(self.dir)
        self._stats = {
            "volume_backend_name":
                self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "testbed", "driver_version": self.VERSION,
            "storage_protocol": "local", "reserved_percentage": 0,
            "total_capacity_gb": 10000,
            "free_capacity_gb": fs.f_bavail * fs.f_frsize / (1 << 30) * 100,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "max_over_subscription_ratio": 100,
            "multiattach": True,
        }
