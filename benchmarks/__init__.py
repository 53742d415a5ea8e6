# SPDX-License-Identifier: Apache-2.0
"""Measurements.  Each prints a table and writes build/bench/NAME.json."""
