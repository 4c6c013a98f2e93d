"""How soon the page is there, and a long conversation in it."""

import json
import statistics
import time
import urllib.request

from playwright.sync_api import Browser, Page, expect

from .answers import Writer, tokens_of
from .browser import profile
from .upstream import Upstream

LAST = "This is the last answer."
SETTLING = 60
"""Seconds that a conversation gets until all of its messages are there."""


def converse(url: str, upstream: Upstream, messages: int) -> str:
    """Makes a conversation of so many messages, by asking. Returns its id."""
    writer = Writer(seed=2)
    session = None
    for turn in range(messages // 2):
        answer = writer.answer(blocks=3)
        if turn == messages // 2 - 1:
            answer += f"\n{LAST}"
        upstream.play(tokens_of(answer))
        question = f"Question {turn + 1}: how does Rill store conversations?"
        body = {"message": question} | ({"session_id": session} if session else {})
        request = urllib.request.Request(
            f"{url}/chat", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            session = json.load(response)["session_id"]
    return session


def first_paints(browser: Browser, url: str, times: int) -> list[dict[str, float]]:
    return [visit(browser, url, 0.3, "composer") for _ in range(times)]


def paint_floor(browser: Browser, url: str, times: int) -> list[dict[str, float]]:
    """The same browser and server, and a file that is one small picture."""
    return [visit(browser, f"{url}/favicon.svg", 0.3) for _ in range(times)]


def by_address(browser: Browser, url: str, session: str, messages: int, times: int) -> list[dict[str, float]]:
    address = f"{url}/c/{session}"
    return [visit(browser, address, 1.0, "conversation", "everything", wanted=messages) for _ in range(times)]


def visit(browser: Browser, address: str, settle: float, *watched: str, wanted: int = 0) -> dict[str, float]:
    """Opens an address with an empty cache. Times are from the navigation on."""
    with profile(browser, *watched, wanted=wanted) as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        return noted(page, 0, settle, watched)


def by_click(browser: Browser, url: str, session: str, messages: int, times: int) -> list[dict[str, float]]:
    """Opens the conversation from the list of a page that has long been there."""
    results = []
    watched = ("conversation", "everything")
    for _ in range(times):
        with profile(browser, *watched, wanted=messages) as context:
            page = context.new_page()
            page.goto(url)
            link = page.locator(f'nav a[href="/c/{session}"]')
            expect(link).to_be_visible()
            time.sleep(1)
            link.click()
            begun = page.evaluate("() => window.__rill.noted.marks.click")
            results.append(noted(page, begun, 1.0, watched))
    return results


def noted(page: Page, begun: float, settle: float, watched: tuple[str, ...]) -> dict[str, float]:
    """Waits until all that is watched has been seen; returns when that was, after the moment `begun`."""
    for name in watched:
        page.wait_for_function(
            "(name) => name in window.__rill.noted.marks", arg=name, timeout=SETTLING * 1000, polling=100
        )
    page.wait_for_function("() => window.__rill.noted.paints['first-contentful-paint']", polling=100)
    time.sleep(settle)
    found = page.evaluate(RESOURCES)
    server = found["messages"]
    tasks = [task["duration"] for task in found["tasks"] if task["startTime"] >= begun]
    return {
        "paint": found["paints"]["first-contentful-paint"],
        **{name: found["marks"][name] - begun for name in watched},
        "long_task": max(tasks, default=0),
        "server": server["duration"] if server else 0,
        "bytes": server["size"] if server else 0,
    }


RESOURCES = """() => {
  const isMessages = ({ name }) => new URL(name).pathname.endsWith("/messages");
  const [entry] = performance.getEntriesByType("resource").filter(isMessages);
  const messages = entry && { duration: entry.responseEnd - entry.startTime, size: entry.decodedBodySize };
  return { ...window.__rill.noted, messages };
}"""


def middle(results: list[dict[str, float]], name: str) -> float:
    return statistics.median(result[name] for result in results)


def most(results: list[dict[str, float]], name: str) -> float:
    return max(result[name] for result in results)
