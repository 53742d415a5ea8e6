# SPDX-License-Identifier: Apache-2.0
"""Two small but real OpenStack clouds on one machine.

`layout` says where everything is; `install`, `prepare` and `lifecycle` are the
verbs; `serve` is what runs inside each service's process.
"""
