# SPDX-License-Identifier: Apache-2.0
"""Looks at both clouds and at Pumphouse's own things before anything else is done.

Nothing is changed.  What is found is told all at once, a line each; what cannot be
known without a change is told as not looked at.
"""
