# SPDX-License-Identifier: Apache-2.0
"""Big tenants, made in the memory of a cloud, without a request."""
