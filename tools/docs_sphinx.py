# SPDX-License-Identifier: Apache-2.0
"""The Sphinx extension that puts generated parts into pages.

A page says ``.. generated:: NAME``, where NAME is a key of
``tools.docs.GENERATORS``; what that returns is read as part of the page.
"""

from __future__ import annotations

from docutils import nodes, statemachine
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

from tools import docs


class Generated(SphinxDirective):
    """``.. generated:: NAME``"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in docs.GENERATORS:
            known = ", ".join(docs.GENERATORS)
            raise self.error(f"nothing generates {name!r}; known are: {known}")
        lines = docs.GENERATORS[name]().splitlines()
        content = statemachine.StringList(lines, source=f"<generated {name}>")
        holder = nodes.section()
        holder.document = self.state.document
        nested_parse_with_titles(self.state, content, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
