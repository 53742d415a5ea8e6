# SPDX-License-Identifier: Apache-2.0
"""Kills Pumphouse at every point where it could die, and looks at what is left.

A point is a request to a cloud (just before it is sent, just after its answer came),
a chunk of an image, or a durable write (before and after its commit).  For n = 1, 2, …
a scenario is begun, killed with SIGKILL at the n-th point, and gone on with in a new
process as an operator would, until a run ends without reaching the n-th point.  Each
time both clouds and the database must equal those of an undisturbed run.  And whenever
a command ends, killed or not, all that is on the destination is bound or announced.

From the outside in::

    __main__      which scenarios, how many points, the last line
    scenarios     what is begun, and how an operator goes on
    sweep         n = 1, 2, …; compares
    world         two simulated clouds and a database that go back in milliseconds
    tenant        what is there to migrate
    others        what others attach to that, and share with it
    api           a cloud as a user of it
    kept          results that are kept, so that a proof may be stopped between
    results       what came of each point, added up
    side_by_side  worlds in processes of their own, and bounds on every wait
    accounts      what must hold whenever a command ends
    compare       what is there twice, left over, or missing
    child         one process of Pumphouse, with the trap that kills it
"""
