# SPDX-License-Identifier: Apache-2.0
"""Nova compute driver: no guest runs, but its disk is real.

Everything a hypervisor would keep is a file in instances_path/<uuid>:

  disk        the root disk, copied from the Glance image at spawn
  guest.json  host, power state, NICs and attached volumes

instances_path is shared by all compute hosts of a cloud, as with NFS, so live
migration and evacuation find the disk.  A snapshot uploads the root disk to
Glance. State survives a restart of the process. The console log lists the SHA-256 of
every disk, so a test can compare what a guest sees before and after a migration.
"""
import hashlib
import json
import os
import shutil
import uuid as uuid_module

import nova.conf
from nova.compute import power_state
from nova.image import glance
from nova.virt import fake

CONF = nova.conf.CONF


class FilesDriver(fake.FakeDriver):
    """Nova's fake driver, with files."""

    capabilities = dict(fake.FakeDriver.capabilities,
                        supports_image_type_qcow2=True,
                        supports_image_type_iso=True,
                        supports_migrate_to_same_host=True)
    vcpus = 256
    memory_mb = 1024 * 1024
    local_gb = 100000

    # -- files ------------------------------------------------------------
    def _dir(self, uuid):
        return os.path.join(CONF.instances_path, uuid)

    def _disk(self, uuid):
        return os.path.join(self._dir(uuid), "disk")

    def _read(self, uuid):
        try:
            with open(os.path.join(self._dir(uuid), "guest.json")) as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    def _write(self, instance, **changes):
        guest = self._read(instance.uuid)
        guest.update(changes, name=instance.name, uuid=instance.uuid,
                     host=self._host)
        os.makedirs(self._dir(instance.uuid), exist_ok=True)
        path = os.path.join(self._dir(instance.uuid), "guest.json")
        with open(path + ".new", "w") as f:
            json.dump(guest, f, indent=1, sort_keys=True)
        os.replace(path + ".new", path)

    def _set_state(self, instance, state):
        if instance.uuid in self.instances:
            self.instances[instance.uuid].state = state
            self._write(instance, state=state)

    # -- life of the host -------------------------------------------------
    @staticmethod
    def _node_uuid(node):
        return str(uuid_module.uuid5(uuid_module.NAMESPACE_DNS, node))

    def get_nodenames_by_uuid(self, refresh=False):
        return {self._node_uuid(n): n for n in self.get_available_nodes()}

    def get_available_resource(self, nodename):
        status = super().get_available_resource(nodename)
        if status:
            status["uuid"] = self._node_uuid(nodename)
        return status

    def init_host(self, host):
        super().init_host(host)
        for uuid in os.listdir(CONF.instances_path):
            guest = self._read(uuid)
            if guest.get("host") == host:
                self.instances[uuid] = fake.FakeInstance(
                    guest["name"], guest["state"], uuid)

    # -- life of a guest --------------------------------------------------
    def spawn(self, context, instance, image_meta, injected_files,
              admin_password, allocations, network_info=None,
              block_device_info=None, power_on=True, accel_info=None):
        super().spawn(context, instance, image_meta, injected_files,
                      admin_password, allocations, network_info,
                      block_device_info, power_on, accel_info)
        os.makedirs(self._dir(instance.uuid), exist_ok=True)
        disk = self._disk(instance.uuid)
        if instance.image_ref and not os.path.exists(disk):
            glance.API().download(context, instance.image_ref,
                                  dest_path=disk + ".part")
            os.replace(disk + ".part", disk)
        volumes = {}
        for bdm in (block_device_info or {}).get("block_device_mapping", []):
            data = bdm["connection_info"].get("data", {})
            volumes[bdm["mount_device"]] = data.get("device_path")
        self._write(
            instance, volumes=volumes,
            state=self.instances[instance.uuid].state,
            nics=[{"mac": vif["address"], "port": vif["id"],
                   "ips": [ip["address"] for ip in vif.fixed_ips()]}
                  for vif in network_info or []])

    def destroy(self, context, instance, network_info, block_device_info=None,
                destroy_disks=True, destroy_secrets=True):
        super().destroy(context, instance, network_info, block_device_info,
                        destroy_disks, destroy_secrets)
        if destroy_disks and self._read(instance.uuid).get(
                "host", self._host) == self._host:
            shutil.rmtree(self._dir(instance.uuid), ignore_errors=True)

    def snapshot(self, context, instance, image_id, update_task_state):
        super().snapshot(context, instance, image_id, update_task_state)
        images = glance.API()
        source = instance.image_meta
        known = source.obj_attr_is_set("disk_format") and source.disk_format
        meta = {
            "name": images.get(context, image_id)["name"],
            "status": "active",
            "disk_format": known or "raw",
            "container_format": "bare",
            "properties": {},
        }
        with open(self._disk(instance.uuid), "rb") as data:
            images.update(context, image_id, meta, data, purge_props=False)

    def power_off(self, instance, timeout=0, retry_interval=0):
        super().power_off(instance, timeout, retry_interval)
        self._set_state(instance, power_state.SHUTDOWN)

    def power_on(self, context, instance, network_info, *args, **kwargs):
        super().power_on(context, instance, network_info, *args, **kwargs)
        self._set_state(instance, power_state.RUNNING)

    def pause(self, instance):
        self._set_state(instance, power_state.PAUSED)

    def unpause(self, instance):
        self._set_state(instance, power_state.RUNNING)

    def suspend(self, context, instance):
        self._set_state(instance, power_state.SUSPENDED)

    def resume(self, context, instance, network_info, *args, **kwargs):
        self._set_state(instance, power_state.RUNNING)

    # -- moves between hosts ----------------------------------------------
    def instance_on_disk(self, instance):
        return os.path.exists(self._dir(instance.uuid))

    def check_instance_shared_storage_local(self, context, instance):
        return {"path": self._dir(instance.uuid)}

    def check_instance_shared_storage_remote(self, context, data):
        return bool(data) and os.path.exists(data["path"])

    def post_live_migration(self, context, instance, block_device_info,
                            migrate_data=None):
        gone = self.instances.pop(instance.uuid, None)
        if gone is not None:
            flavor = instance.flavor
            self.resources.release(vcpus=flavor.vcpus, mem=flavor.memory_mb,
                                   disk=flavor.root_gb)

    # -- devices ----------------------------------------------------------
    def attach_volume(self, context, connection_info, instance, mountpoint,
                      disk_bus=None, device_type=None, encryption=None):
        path = connection_info.get("data", {}).get("device_path")
        if path and not os.path.exists(path):
            raise IOError("volume file %s is missing" % path)
        super().attach_volume(context, connection_info, instance, mountpoint,
                              disk_bus, device_type, encryption)
        volumes = self._read(instance.uuid).get("volumes", {})
        volumes[mountpoint] = path
        self._write(instance, volumes=volumes)

    def detach_volume(self, context, connection_info, instance, mountpoint,
                      encryption=None):
        super().detach_volume(context, connection_info, instance, mountpoint,
                              encryption)
        volumes = self._read(instance.uuid).get("volumes", {})
        volumes.pop(mountpoint, None)
        self._write(instance, volumes=volumes)

    def get_host_uptime(self):
        return "up 1 day, 0 users, load average: 0.00, 0.00, 0.00"

    # -- what the guest "prints" ------------------------------------------
    def get_console_output(self, context, instance):
        """Digests of all disks: what a guest would see of its data."""
        guest = self._read(instance.uuid)
        lines = ["testbed guest %s on %s" % (instance.uuid, self._host)]
        disks = {"root": self._disk(instance.uuid)}
        disks.update(guest.get("volumes") or {})
        for name, path in sorted(disks.items()):
            if path and os.path.exists(path):
                with open(path, "rb") as f:
                    digest = hashlib.file_digest(f, "sha256").hexdigest()
                lines.append("disk %s sha256 %s size %d" % (
                    name, digest, os.path.getsize(path)))
        for nic in guest.get("nics", []):
            lines.append("nic %s %s" % (nic["mac"], ",".join(nic["ips"])))
        return "\n".join(lines) + "\n"
