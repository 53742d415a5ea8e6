# SPDX-License-Identifier: Apache-2.0
"""The configuration of Placement."""


def write(cloud):
    """placement.conf."""
    cloud.write(
        "placement",
        "placement.conf",
        {
            "DEFAULT": {
                "debug": False,
                "use_stderr": False,
                "log_file": cloud.root / "log" / "placement.log",
            },
            "api": {"auth_strategy": "keystone"},
            "placement_database": cloud.database("placement"),
            "keystone_authtoken": cloud.tokens("placement"),
        },
    )
