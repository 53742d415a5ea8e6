# SPDX-License-Identifier: Apache-2.0
"""Drivers for nova, cinder and neutron: real data and bindings, no hypervisor."""
