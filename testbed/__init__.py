# SPDX-License-Identifier: Apache-2.0
"""Clouds to try Pumphouse on: real ones (`openstack`) and simulated ones."""
