# SPDX-License-Identifier: Apache-2.0
"""The error tree: lines for the operator, copies, and its picture."""

from __future__ import annotations

import copy
import inspect
import pickle

import testtools

from pumphouse import exceptions


def errors() -> list[type[exceptions.PumphouseError]]:
    return [
        kind
        for _name, kind in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(kind, exceptions.PumphouseError)
    ]


class TestErrors(testtools.TestCase):
    def test_the_line_says_what_to_which_and_what_to_do(self):
        error = exceptions.WrongState("it is in ERROR", resource="server web", hint="X")
        self.assertEqual("server web: it is in ERROR. X", str(error))

    def test_a_resource_is_named_once(self):
        error = exceptions.WrongState("it is in ERROR")
        self.assertEqual("server web", error.about("server web").resource)
        self.assertEqual("server web", error.about("network x").resource)

    def test_an_error_of_a_cloud_also_names_what_the_request_was_for(self):
        error = exceptions.Conflict("busy", resource="destination cloud new")
        for _ in range(2):
            error.about("server web")
        self.assertEqual("server web (destination cloud new): busy", str(error))

    def test_every_error_survives_copying_and_pickling(self):
        for kind in errors():
            error = kind("what", resource="r", hint="h")
            if isinstance(error, exceptions.CloudError):
                error.status = 409
            for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
                self.assertIs(kind, type(twin))
                self.assertEqual(vars(error), vars(twin))

    def test_every_error_is_in_the_picture(self):
        for kind in errors():
            self.assertIn(kind.__name__, exceptions.__doc__)
