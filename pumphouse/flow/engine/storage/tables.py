# SPDX-License-Identifier: Apache-2.0
"""The tables: TaskFlow's own, with what they lack, and one for who owns a flow."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from taskflow.persistence.backends.sqlalchemy import tables as stock

metadata = MetaData()
_stock = stock.fetch(metadata)
logbooks: Table = _stock.logbooks
flowdetails: Table = _stock.flowdetails
atomdetails: Table = _stock.atomdetails

# They say of each primary key once more that it is unique.
for _table in _stock:
    _table.c.uuid.unique = None
    _table.constraints -= {
        each for each in _table.constraints if isinstance(each, UniqueConstraint)
    }

# An atom's name holds a resource's id, and those of keypairs hold a name.
atomdetails.c.name.type = Text()
Index("ix_atomdetails_parent_uuid", atomdetails.c.parent_uuid)
Index("ix_flowdetails_parent_uuid", flowdetails.c.parent_uuid)

flow_owners = Table(
    "flow_owners",
    metadata,
    Column(
        "flow_uuid",
        String(64),
        ForeignKey(flowdetails.c.uuid, ondelete="CASCADE"),
        primary_key=True,
    ),
    # grows with each engine that takes the flow over; saves carry it
    Column("epoch", Integer, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
)
