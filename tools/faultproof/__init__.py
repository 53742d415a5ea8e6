# SPDX-License-Identifier: Apache-2.0
"""Migrates on clouds that fail, and accepts no wrong result.

Each migration has a seed, from which come the faults of both clouds: which kinds, and
how often, up to one request in five.  While they last the operator plans, migrates and
resumes; every failure has to be one clear line with its exit code, and all that is on
the destination has to be bound or announced in the journal.  Then the clouds are well
again, and the operator resumes: the end has to equal an undisturbed migration.

``python -m tools.faultproof --seed S`` replays one exactly.
"""
