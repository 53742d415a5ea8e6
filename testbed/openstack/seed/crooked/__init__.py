# SPDX-License-Identifier: Apache-2.0
"""A tenant in which everything is as it should not be: `testbed seed --crooked`.

What public bug reports and operators' files have that tidy tenants do not: meaning
that lies in policies, roles and other projects; things that newer releases refuse;
servers in every state. Each function makes one situation, named after it. Where a
situation needs it, the other cloud gets its part.
"""
