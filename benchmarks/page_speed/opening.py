"""How soon the page is there, and a long conversation in it."""

import json
import statistics
import time
import urllib.request

from playwright.sync_api import Browser, expect

from .answers import Writer, tokens_of
from .browser import profile
from .upstream import Upstream

LAST = "This is the last answer."
SETTLING = 20
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
    return [visit(browser, url, "composer", settle=0.3) for _ in range(times)]


def by_address(browser: Browser, url: str, session: str, messages: int, times: int) -> list[dict[str, float]]:
    return [visit(browser, f"{url}/c/{session}", "conversation", 1.0, messages) for _ in range(times)]


def visit(browser: Browser, address: str, mark: str, settle: float, messages: int | None = None) -> dict[str, float]:
    """Opens an address with an empty cache. Times are from the navigation on."""
    with profile(browser, messages or 1 << 30) as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        page.wait_for_function("(mark) => mark in window.__rill.noted.marks", arg=mark)
        if messages:
            page.wait_for_function("() => window.__rill.noted.marks.everything", timeout=SETTLING * 1000)
        time.sleep(settle)
        return figures(page.evaluate("() => window.__rill.noted"), 0)


def by_click(browser: Browser, url: str, messages: int, times: int) -> list[dict[str, float]]:
    """Opens the conversation from the list of a page that has long been there."""
    results = []
    for _ in range(times):
        with profile(browser, messages) as context:
            page = context.new_page()
            page.goto(url)
            link = page.get_by_role("navigation", name="Conversations").get_by_role("link").first
            expect(link).to_be_visible()
            time.sleep(1)
            link.click()
            page.wait_for_function("() => window.__rill.noted.marks.conversation")
            page.wait_for_function("() => window.__rill.noted.marks.everything", timeout=SETTLING * 1000)
            time.sleep(1)
            noted = page.evaluate("() => window.__rill.noted")
            results.append(figures(noted, noted["marks"]["click"]))
    return results


def figures(noted: dict, begun: float) -> dict[str, float]:
    tasks = [task["duration"] for task in noted["tasks"] if task["startTime"] >= begun]
    marks = {name: at - begun for name, at in noted["marks"].items() if name != "click"}
    return {"paint": noted["paints"].get("first-contentful-paint"), **marks, "long_task": max(tasks, default=0)}


def middle(results: list[dict[str, float]], name: str) -> float:
    return statistics.median(result[name] for result in results)


def most(results: list[dict[str, float]], name: str) -> float:
    return max(result[name] for result in results)
