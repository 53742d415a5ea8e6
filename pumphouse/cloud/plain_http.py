# SPDX-License-Identifier: Apache-2.0
"""Whether a server that was addressed as https speaks plain http.

Many such servers wait for the rest of what they take for a request line: the
handshake ends by its time, which looks like a network that is slow.
"""

from __future__ import annotations

import requests

from pumphouse.cloud.causes import chain

SAID = "it speaks http, not https"

_PATIENCE = 3.0  # seconds
_WRONG_PORT = 400  # what a server with TLS answers to plain http


def spoken(url: str, error: BaseException) -> bool:
    """Whether *error*, of a request to *url*, is that of a handshake with http."""
    waited = (requests.exceptions.Timeout, requests.exceptions.ConnectionError)
    if not url.startswith("https://") or not any(
        isinstance(one, waited) for one in chain(error)
    ):
        return False
    plain = "http://" + url.removeprefix("https://").partition("?")[0]
    try:
        answer = requests.get(
            plain, timeout=_PATIENCE, allow_redirects=False, stream=True
        )
    except requests.RequestException:
        return False
    answer.close()
    return answer.status_code != _WRONG_PORT
