# SPDX-License-Identifier: Apache-2.0
"""What all parts of the simulated Neutron share: errors, lists, owners, quotas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from testbed.simulator.errors import ApiError, bad, conflict, missing
from testbed.simulator.neutron.filters import CONTROL, Filters, sort
from testbed.simulator.neutron.values import must_be_named
from testbed.simulator.service import Call, Service, after_marker, next_link
from testbed.simulator.tables import Record, Table

# The collection's table -> what its error is called
KINDS = {
    "networks": "Network",
    "subnets": "Subnet",
    "ports": "Port",
    "routers": "Router",
    "security_groups": "SecurityGroup",
    "security_group_rules": "SecurityGroupRule",
    "floatingips": "FloatingIP",
}
_WORDS = {
    "SecurityGroup": "Security group {} does not exist",
    "SecurityGroupRule": "Security group rule {} does not exist",
    "FloatingIP": "Floating IP {} could not be found",
}
EVERYBODY = "*"
SHARED, EXTERNAL = "access_as_shared", "access_as_external"
_ADMIN_ONLY = ("provider:", "binding:host", "binding:vif", "binding:profile")

Shown = Callable[[Record], Record]


class NeutronBase(Service):
    """One service's common behaviour."""

    name = "network"
    log_name = "network"

    # -- refusals ------------------------------------------------------------
    def worded(self, error: ApiError) -> Any:
        said = {"type": error.kind, "message": error.message, "detail": ""}
        return {"NeutronError": said}

    def out_of_quota(self) -> ApiError:
        return conflict("Quota exceeded for resources: ['simulated'].", "OverQuota")

    def prepare(self, call: Call) -> None:
        if call.request.method not in ("GET", "HEAD"):
            self.must_write(call)

    # -- records -------------------------------------------------------------
    def one(self, call: Call, table: str, key: str, *, shared: bool = False) -> Record:
        """The record of that id, if it is the sender's business.

        :param shared: what is shared with the sender is
        :raises ApiError: 404
        """
        record = self.state.tables[table].get(key)
        if record is not None:
            open_ = shared and self.reaches(key, call.project_id)
            if open_ or call.sees(record["project_id"]):
                return record
        kind = KINDS[table]
        words = _WORDS.get(kind, kind + " {} could not be found")
        raise missing(f"{words.format(key)}.", f"{kind}NotFound")

    def fresh(self, project_id: str, **values: Any) -> Record:
        """A new record: what all have, and *values*."""
        now = self.state.now()
        return {
            "id": self.state.uuid(),
            "project_id": project_id,
            "tenant_id": project_id,
            "description": "",
            "tags": [],
            "created_at": now,
            "updated_at": now,
            "revision_number": 0,
            **values,
        }

    def touch(self, table: str, key: str, **values: Any) -> Record:
        """Change a record, and count that."""
        rows = self.state.tables[table]
        values["updated_at"] = self.state.now()
        values["revision_number"] = rows.rows[key]["revision_number"] + 1
        return rows.change(key, values)

    def owner(self, call: Call, asked: Record) -> str:
        """Whose it is to be.

        :raises ApiError: 400, only administrators make things for others
        """
        owner = asked.get("project_id", asked.get("tenant_id")) or call.project_id
        if owner != call.project_id and not call.admin:
            raise bad(
                "Specifying 'project_id' other than the authenticated project in "
                "request is not allowed for the current user."
            )
        return str(owner)

    def known(
        self, asked: Record, names: Iterable[str], *, named: bool = False
    ) -> None:
        """:raises ApiError: 400, an attribute that nobody knows

        :param named: its name is one that not every release takes
        """
        unknown = sorted(set(asked) - set(names) - {"project_id", "tenant_id"})
        if unknown:
            raise bad(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        if named and self.cloud.release.newer:
            must_be_named(asked)

    # -- policies ------------------------------------------------------------
    def add_policy(
        self, owner: str, kind: str, thing: str, action: str, target: str
    ) -> Record:
        """That a project, or everybody, may use something."""
        record = {
            "id": self.state.uuid(),
            "project_id": owner,
            "tenant_id": owner,
            "object_type": kind,
            "object_id": thing,
            "action": action,
            "target_tenant": target,
        }
        return self.state.rbac_policies.add(record)

    def policies_of(self, thing: str) -> list[Record]:
        """The policies about it."""
        return [*self.state.rbac_policies.by("object_id", thing)]

    def targets(self, thing: str, *actions: str) -> set[str]:
        """For whom there is a policy with one of these actions about it."""
        found = self.policies_of(thing)
        return {each["target_tenant"] for each in found if each["action"] in actions}

    def reaches(self, thing: str, project_id: str, *actions: str) -> bool:
        """Whether a project may use it, by whichever action if none is given."""
        for_all = {EVERYBODY, project_id}
        return bool(self.targets(thing, *(actions or (SHARED, EXTERNAL))) & for_all)

    def forget_policies(self, thing: str) -> None:
        """It is gone, and the policies with it."""
        for each in self.policies_of(thing):
            self.state.rbac_policies.remove(each["id"])

    # -- ports and the addresses they hold -----------------------------------
    def add_port(self, record: Record) -> Record:
        """Keep a port, and its addresses as taken."""
        self._hold(record, record["fixed_ips"])
        return self.state.ports.add(record)

    def remove_port(self, key: str) -> None:
        """Forget a port; its addresses are free."""
        record = self.state.ports.remove(key)
        if record is not None:
            self._free(record)

    def readdress(self, key: str, ips: list[Record]) -> Record:
        """Give a port other addresses."""
        record = self.state.ports.rows[key]
        self._free(record)
        self._hold(record, ips)
        return self.touch("ports", key, fixed_ips=ips)

    @property
    def held(self) -> dict[tuple[str, str], str]:
        """(subnet, address) -> the port that has it."""
        found: dict[tuple[str, str], str] = self.state.values.setdefault("held", {})
        return found

    def _hold(self, record: Record, ips: list[Record]) -> None:
        for ip in ips:
            self.held[ip["subnet_id"], ip["ip_address"]] = record["id"]

    def _free(self, record: Record) -> None:
        for ip in record["fixed_ips"]:
            self.held.pop((ip["subnet_id"], ip["ip_address"]), None)

    # -- quotas --------------------------------------------------------------
    def must_fit(self, quota: str, project_id: str, more: int = 1) -> None:
        """:raises ApiError: 409, *project_id* has no room for so many *more*"""
        limit = self.limits(project_id)[quota]
        if limit >= 0 and self.used(quota, project_id) + more > limit:
            raise conflict(f"Quota exceeded for resources: ['{quota}'].", "OverQuota")

    def used(self, quota: str, project_id: str) -> int:
        """How many of these a project has."""
        table = self.state.tables.get(f"{quota}s")
        if table is None or f"{quota}s" not in KINDS:
            return 0
        return len(table.by("project_id", project_id))

    # -- what the parts do for each other ------------------------------------
    def limits(self, project_id: str) -> dict[str, int]:
        """The quotas of a project."""
        raise NotImplementedError

    def default_group(self, project_id: str) -> str:
        """The id of a project's default group."""
        raise NotImplementedError

    def add_rule(
        self, group: Record, direction: str, ethertype: str, **more: Any
    ) -> Record:
        """A rule of a group."""
        raise NotImplementedError

    def make_port(self, owner: str, asked: Record) -> Record:
        """A port."""
        raise NotImplementedError

    def drop_port(self, key: str) -> None:
        """No port any more."""
        raise NotImplementedError

    def drop_subnet(self, subnet_id: str) -> None:
        """No subnet any more."""
        raise NotImplementedError

    def associate(self, key: str, port_id: str | None, address: str | None) -> Record:
        """A floating IP leads to a port."""
        raise NotImplementedError

    # -- lists ---------------------------------------------------------------
    def listed(
        self,
        call: Call,
        collection: str,
        names: frozenset[str],
        shown: Shown,
        *,
        shared: bool = False,
    ) -> Any:
        """The document of a list, filtered, sorted, paged.

        :param names: by what it can be filtered
        :param shown: makes what is shown of a record
        :raises ApiError: 400
        """
        filters, control = self._query(call, names)
        table: Table = self.state.tables[collection]
        rows = [
            shown(row)
            for row in table.among(filters.exact)
            if call.admin or self._visible(call, row, shared)
        ]
        rows = sort([row for row in rows if filters.passes(row)], control)
        found: Record = {collection: rows}
        limit = int(control["limit"][0]) if control.get("limit") else 0
        if limit > 0:
            self._page(call, collection, found, limit, control)
        picked = control.get("fields")
        if picked:
            found[collection] = [
                {k: row[k] for k in picked if k in row} for row in found[collection]
            ]
        elif not call.admin:
            found[collection] = [self.seen(call, row) for row in found[collection]]
        return found

    def seen(self, call: Call, record: Record) -> Record:
        """What the sender may see of a record."""
        if call.admin:
            return record
        return {k: v for k, v in record.items() if not k.startswith(_ADMIN_ONLY)}

    def _visible(self, call: Call, row: Record, shared: bool) -> bool:
        if row["project_id"] == call.token["project_id"]:
            return True
        return shared and self.reaches(row["id"], call.project_id)

    def _query(
        self, call: Call, names: frozenset[str]
    ) -> tuple[Filters, dict[str, list[str]]]:
        control: defaultdict[str, list[str]] = defaultdict(list)
        filters: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in call.request.query:
            (control if name in CONTROL else filters)[name].append(value)
        unknown = [name for name in filters if name not in names]
        if unknown:
            raise bad(f"{unknown} is invalid attribute for filtering")
        if len(control["sort_key"]) != len(control["sort_dir"]):
            raise bad("The number of sort_keys and sort_dirs must be same")
        if "tenant_id" in filters:
            filters["project_id"] += filters.pop("tenant_id")
        return Filters(filters, control), control

    def _page(
        self, call: Call, collection: str, found: Any, limit: int, control: Any
    ) -> None:
        rows, marker = found[collection], call.request.first("marker")
        reverse = control.get("page_reverse", ["false"])[0].lower() == "true"
        rows = rows[::-1] if reverse else rows
        try:
            rest = after_marker(rows, marker)
        except KeyError:
            raise bad(f"marker {marker} could not be found") from None
        page = rest[:limit]
        url = f"{call.base}/v2.0/{collection.replace('_', '-')}"
        links = []
        if page and len(page) == limit:
            forward = next_link(url, call.request, page[-1]["id"])
            links.append({"rel": "next", "href": forward})
        if page and marker:
            back = next_link(url, call.request, page[0]["id"]) + "&page_reverse=True"
            links.append({"rel": "previous", "href": back})
        found[collection] = page[::-1] if reverse else page
        if links:
            found[f"{collection}_links"] = links
