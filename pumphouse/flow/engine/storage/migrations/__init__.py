# SPDX-License-Identifier: Apache-2.0
"""How a database comes to the tables of this version."""
