# SPDX-License-Identifier: Apache-2.0
"""Stops Pumphouse wherever it could be stopped, takes its run over, and wakes it up.

A point is a request to a cloud, a chunk of an image or a durable write, before and
after, as in ``tools.crashproof``.  A scenario is begun and stopped with SIGSTOP at its
n-th point.  A process that calls itself one of another host takes the run over and
goes on with it to the end; the first one is woken with SIGCONT when that one has come
to a point chosen by the seed, or has ended.  Then both clouds and the database must
equal those of an undisturbed run, and the first one must have ended with one line.

On SQLite a process may be stopped while it has the file locked.  Then whoever wants to
take over ends within its time with one line that names the process, and has changed
nothing; and succeeds once that one goes on.  Such points are counted apart.

From the outside in::

    __main__      which parts, results that are kept, the last line
    results       what came of each point, added up
    point         stop, take over, wake, compare
    postgres      a world whose database is on a server
    trap          one process of Pumphouse that stops, or wakes another
"""
