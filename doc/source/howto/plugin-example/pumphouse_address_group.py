# SPDX-License-Identifier: Apache-2.0
"""Address groups of Neutron, as a resource type for Pumphouse."""

from pumphouse.resources.fields import copied, dropped
from pumphouse.resources.network.neutron import STANDARD, NeutronType


class AddressGroup(NeutronType):
    """An address group: a list of prefixes that security group rules may name."""

    name = "address-group"
    extension = "address-group"  # a cloud without it has none
    path = "/address-groups"
    singular = "address_group"
    plural = "address_groups"
    set_later = ()  # address groups have no tags
    fields = (
        *STANDARD,
        copied("name"),
        copied("addresses", normal=sorted),
        dropped("shared", "sharing is set up by RBAC policies"),
    )
