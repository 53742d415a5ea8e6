# SPDX-License-Identifier: Apache-2.0
"""Configuration: pumphouse.conf (oslo.config) and the migration file (YAML)."""
