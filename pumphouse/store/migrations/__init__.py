# SPDX-License-Identifier: Apache-2.0
"""Alembic's environment: one file a revision in ``versions``."""
