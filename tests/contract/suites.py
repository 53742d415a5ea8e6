# SPDX-License-Identifier: Apache-2.0
"""Makes test cases of the contract, for each service and each side."""

from __future__ import annotations

from tests.contract.access import Access
from tests.contract.compute import Compute
from tests.contract.elsewhere import Services
from tests.contract.identity import Identity
from tests.contract.image import Images
from tests.contract.network import Networks
from tests.contract.refusals import Refusals
from tests.contract.routing import Routing
from tests.contract.servers import Servers
from tests.contract.sharing import Sharing

CONTRACTS = (
    *(Identity, Access, Services, Compute, Images),
    *(Networks, Refusals, Routing, Servers, Sharing),
)
SIDES = {"source": False, "destination": True}


def of(module: str, how: type, case: type) -> dict[str, type]:
    """The test cases, by name, for *module* to have.

    :param how: a class whose ``connect`` gives the administrator of a side
    :param case: the base class of the test cases
    """
    made = {}
    for contract in CONTRACTS:
        for side, newer in SIDES.items():
            name = f"Test{contract.__name__}{side.title()}"
            about = {"side": side, "newer": newer, "__module__": module}
            made[name] = type(name, (how, contract, case), about)
    return made
