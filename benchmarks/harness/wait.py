"""SC-008: how long a person looks at nothing, with the blocking answer and with the streamed one."""

import http.client
import json
import statistics
import time

from .levels import QUESTION, set_script
from .processes import Server

TOKENS, PACE_MS, FIRST_MS, REPEATS = 100, 20, 200, 5


def ask(port: int, path: str) -> tuple[http.client.HTTPResponse, float]:
    """Sends the question; returns the response and when it was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = time.monotonic()
    connection.request("POST", path, json.dumps({"message": QUESTION}), {"Content-Type": "application/json"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}: {response.read(300)!r}")
    return response, sent


def blocking_ms(port: int) -> float:
    response, sent = ask(port, "/chat")
    response.read()
    return (time.monotonic() - sent) * 1000


def streamed_ms(port: int) -> tuple[float, float]:
    """Until the first event and until the first token; the rest of the stream is read to its end."""
    response, sent = ask(port, "/chat/stream")
    first_event = first_token = None
    for line in response:
        now = (time.monotonic() - sent) * 1000
        if line.startswith(b"data:") and first_event is None:
            first_event = now
        if b'"type":"token"' in line and first_token is None:
            first_token = now
    if first_event is None or first_token is None:
        raise RuntimeError("The stream ended without a token.")
    return first_event, first_token


def perceived_wait(upstream: Server, rill: Server) -> dict:
    set_script(upstream, TOKENS, PACE_MS * 1000, FIRST_MS)
    blocking = statistics.median(blocking_ms(rill.port) for _ in range(REPEATS))
    streamed = [streamed_ms(rill.port) for _ in range(REPEATS)]
    first_token = statistics.median(token for _, token in streamed)
    return {
        "script": f"{TOKENS} tokens, one every {PACE_MS} ms, the first after {FIRST_MS} ms; "
        f"median of {REPEATS}",
        "blocking_ms": blocking,
        "first_event_ms": statistics.median(event for event, _ in streamed),
        "first_token_ms": first_token,
        "reduction_percent": 100 * (1 - first_token / blocking),
    }
