# SPDX-License-Identifier: Apache-2.0
"""Realistic tenants: `testbed seed` makes them, `testbed reset` removes them.

`plan` decides everything, from the seed alone and without a cloud; `identity`,
`network`, `image`, `volume` and `compute` make what the plan says and is not there.
"""
