"""Reads forms and URLs with Python's urllib.

Standard input is a JSON object: forms in hexadecimal, and URLs. Prints the pairs of each form and the parts of each URL,
or null for what urllib refuses.
"""

import json
import sys
from urllib.parse import parse_qsl, urlsplit


def form(text):
    # parse_qsl takes ASCII; a byte beyond it means the same as its escape.
    ascii_text = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in bytes.fromhex(text))
    try:
        return parse_qsl(ascii_text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=100)
    except ValueError:
        return None


def url(text):
    try:
        parts = urlsplit(text)
        return {
            "scheme": parts.scheme,
            "user": parts.netloc.rpartition("@")[0],
            "host": parts.hostname or "",
            "port": parts.port if parts.port is not None else -1,
            "path": parts.path,
            "query": parts.query,
            "fragment": parts.fragment,
        }
    except ValueError:
        return None


question = json.load(sys.stdin)
print(json.dumps({"forms": [form(text) for text in question["forms"]], "urls": [url(text) for text in question["urls"]]}))
