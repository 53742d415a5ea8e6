# SPDX-License-Identifier: Apache-2.0
"""Two simulated OpenStack clouds in memory, for scale, faults and crash points.

Any client of the OpenStack APIs runs on them unchanged: they speak HTTP.  What they
know of Keystone, Nova, Neutron, Glance and Cinder is what Pumphouse uses, and it
answers as the real releases do; ``tests/contract`` holds both to the same tests.

From the outside in::

    server      a thread or a process that listens        (server, process, pair)
    http        bytes to requests, answers to bytes       (http, messages)
    cloud       who asks, what breaks, who answers        (cloud, faults, router)
    services    keystone, nova, neutron, glance, cinder   (service and packages)
    state       tables of records, ids, clock             (state, tables)
"""
