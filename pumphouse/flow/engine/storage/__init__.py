# SPDX-License-Identifier: Apache-2.0
"""Where the states of a flow's atoms are kept, in memory and in the database."""
