# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the documentation: `make docs`.

Reference pages are generated while the pages are built, from the code itself:
see ``tools/docs.py`` for what is generated and ``tools/docs_sphinx.py`` for how
it gets into a page.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

project = "Pumphouse"
copyright = "The Pumphouse maintainers; Apache License, version 2.0"
author = "The Pumphouse maintainers"

extensions = [
    "cliff.sphinxext",
    "sphinx.ext.autodoc",
    "reno.sphinxext",
    "tools.docs_sphinx",
]

root_doc = "index"
exclude_patterns = ["**/README.*"]
highlight_language = "text"

# cliff adds the same options for output to every command that has any; the CLI
# page explains them once.
autoprogram_cliff_application = "pumphouse"
autoprogram_cliff_app_dist_name = "pumphouse"
autoprogram_cliff_ignored = [
    "--help",
    "--format",
    "--column",
    "--quote",
    "--noindent",
    "--max-width",
    "--fit-width",
    "--print-empty",
    "--sort-column",
    "--sort-ascending",
    "--sort-descending",
    "--prefix",
    "--variable",
]

# Looks like no other project's site, and loads nothing from any.
html_theme = "furo"
html_title = "Pumphouse"
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
