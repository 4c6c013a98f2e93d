"""A long answer at a high pace: are frames kept, and does a token cost the same at its end as at its begin?"""

import time

from playwright.sync_api import Browser, expect

from .answers import Writer
from .browser import Counters, TaskTrace, frame_figures, profile
from .upstream import Upstream

QUESTION = "How does Rill resume a stream after the connection breaks?"
IDLE_SECONDS = 5
PARTS = 10


def measure(browser: Browser, url: str, upstream: Upstream, tokens: int, rate: float) -> dict:
    answer = Writer(seed=1).tokens(tokens)
    with profile(browser) as context:
        page = context.new_page()
        page.goto(url)
        expect(page.locator("textarea")).to_be_enabled()
        counters = Counters(browser, page)
        time.sleep(1)
        page.evaluate("(seconds) => { window.__frames = window.__rill.frames(seconds); }", IDLE_SECONDS)
        time.sleep(IDLE_SECONDS + 0.2)
        floor = frame_figures(page.evaluate("() => window.__frames.end()"))
        upstream.play(answer, rate)
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        expect(page.locator(".answer .markdown").last).to_contain_text(answer[0].strip(), timeout=10_000)
        page.evaluate("() => { window.__from = performance.now(); window.__frames = window.__rill.frames(); }")
        samples = [(upstream.sent, counters.read())]
        for part in range(1, PARTS + 1):
            while upstream.sent < tokens * part / PARTS:
                time.sleep(0.01)
            samples.append((upstream.sent, counters.read()))
        taken = page.evaluate("() => window.__frames.end()")
        expect(page.locator(".answer").last).to_have_attribute("data-status", "done", timeout=30_000)
        shown = page.locator(".answer .markdown").last.evaluate("(element) => element.textContent.length")
        tasks = page.evaluate(
            "() => window.__rill.noted.tasks.filter((task) => task.startTime > window.__from).map((t) => t.duration)"
        )
    return {
        "tokens": tokens,
        "rate": rate,
        "characters": sum(map(len, answer)),
        "shown": shown,
        "upstream_late_ms": upstream.latest * 1000,
        "floor": floor,
        "frames": frame_figures(taken),
        "long_tasks": tasks,
        "parts": [costs(before, after) for before, after in zip(samples, samples[1:], strict=False)],
    }


def tasks(browser: Browser, url: str, upstream: Upstream, tokens: int, rate: float) -> list[float]:
    """Processor time of each task of the page's thread while an answer comes: not what others took from it."""
    with profile(browser) as context:
        page = context.new_page()
        page.goto(url)
        upstream.play(Writer(seed=3).tokens(tokens), rate)
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        while upstream.sent < tokens / 10:
            time.sleep(0.01)
        trace = TaskTrace(browser, page)
        while upstream.sent < tokens:
            time.sleep(0.01)
        return trace.end()


def costs(before: tuple[int, dict], after: tuple[int, dict]) -> dict[str, float]:
    """Microseconds of processor time for each token, by what it went into."""
    tokens = after[0] - before[0]
    part = {
        name: (after[1][name] - before[1][name]) / tokens * 1e6 for name in after[1] if name != "heap"
    }
    return {"tokens": tokens, "heap_mb": after[1]["heap"] / 1e6, **part}
