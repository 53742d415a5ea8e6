#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the samples in etc/pumphouse from the options themselves.
# Pumphouse has to be installed (pip install -e .); PYTHON names its interpreter.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -m oslo_config.generator --config-file etc/pumphouse/config-generator.conf
"$python" -m pumphouse.conf.reference sample > etc/pumphouse/migration.yaml
