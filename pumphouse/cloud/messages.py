# SPDX-License-Identifier: Apache-2.0
"""The cloud's own words, out of whatever shape a service puts its errors in."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import requests

from pumphouse.cloud.redact import redact

LONGEST = 300  # characters of the cloud's words that go into an error
# Glance puts HTML into JSON; JSON Schema recites the schema after the complaint
_NOISE = re.compile(r"<br\s*/?>|\s+Failed validating .*", re.DOTALL)
_ENOUGH = 65_536  # bytes of an error's body that are worth reading


def message_of(response: requests.Response, sent: Any = None) -> str:
    """What *response* says went wrong, one line, no full stop; "" if nothing.

    Secrets are masked: those that look like one and those that were sent.

    :param sent: the JSON body of the request
    """
    text = _text(response)
    try:
        said = _from_json(json.loads(text))
    except ValueError:
        said = _from_html(text)
    said = _NOISE.sub(" ", redact(said, sent))
    said = " ".join(said.split()).strip(". ")
    return said if len(said) <= LONGEST else said[: LONGEST - 1].rstrip() + "…"


def request_id_of(response: requests.Response) -> str:
    """The id under which the cloud's owner finds the request in the logs."""
    headers = response.headers
    return str(
        headers.get("x-openstack-request-id")
        or headers.get("x-compute-request-id")
        or ""
    )


def _text(response: requests.Response) -> str:
    try:
        return response.content[:_ENOUGH].decode("utf-8", "replace")
    except (requests.RequestException, RuntimeError):  # the body broke off or is gone
        return ""


def _from_json(body: Any) -> str:
    """Keystone, Nova, Cinder, Neutron, Placement: each wraps it another way."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, map(_from_json, body)))
    if not isinstance(body, dict):
        return ""
    for key in ("message", "detail", "title", "description"):
        if isinstance(body.get(key), str) and body[key]:
            return str(body[key])
    for value in body.values():  # {"itemNotFound": {"code": 404, "message": …}}
        if isinstance(value, dict | list | str) and (said := _from_json(value)):
            return said
    return ""


def _from_html(text: str) -> str:
    """Glance and the proxies in front answer with small HTML pages."""
    if "<" not in text:
        return text
    text = re.sub(r"(?is)<(title|style|script)\b.*?</\1>", " ", text)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))
