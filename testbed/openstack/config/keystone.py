# SPDX-License-Identifier: Apache-2.0
"""The configuration of Keystone, with its keys."""

import base64
import os


def write(cloud):
    """keystone.conf and fresh fernet and credential keys."""
    etc = cloud.layout.etc(cloud.name, "keystone")
    fernet, credential = _keys(etc / "fernet"), _keys(etc / "credential")
    default = cloud.default("keystone")
    del default["state_path"]
    cloud.write(
        "keystone",
        "keystone.conf",
        {
            "DEFAULT": default,
            "database": cloud.database("keystone"),
            "token": {"provider": "fernet", "expiration": 86400},
            "fernet_tokens": {"key_repository": fernet},
            # without it, bootstrap looks below /etc/keystone
            "fernet_receipts": {"key_repository": fernet},
            "credential": {"key_repository": credential},
            "cache": {
                "enabled": True,
                # not oslo_cache.dict: it hands out what Zed has altered meanwhile
                "backend": "dogpile.cache.memory_pickle",
                "expiration_time": 60,
            },
            # the cheapest real hash: tests log in often
            "identity": {
                "password_hash_algorithm": "bcrypt",
                "password_hash_rounds": 4,
            },
            "oslo_messaging_notifications": {"driver": "noop"},
        },
    )


def _keys(directory):
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("0", "1"):
        key = base64.urlsafe_b64encode(os.urandom(32))
        (directory / name).write_bytes(key)
        (directory / name).chmod(0o600)
    return directory
