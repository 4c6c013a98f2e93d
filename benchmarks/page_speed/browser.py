"""Chromium, and what it says of itself."""

import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

RECORDER = Path(__file__).with_name("recorder.js")
VIEWPORT = {"width": 1280, "height": 800}


@contextmanager
def chromium() -> Iterator[Browser]:
    executable = os.environ.get("RILL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def profile(browser: Browser, *watched: str, wanted: int = 0) -> Iterator[BrowserContext]:
    """A profile with nothing in its cache. `wanted` is how many messages "everything" is."""
    context = browser.new_context(viewport=VIEWPORT)
    context.add_init_script(f"window.__watched = {list(watched)}; window.__wanted = {wanted};" + RECORDER.read_text())
    yield context
    context.close()


class Counters:
    """Processor time of the page's thread and of Chromium's processes, so far, in seconds."""

    def __init__(self, browser: Browser, page: Page):
        self._page = page.context.new_cdp_session(page)
        # Time of the thread, not of the clock: what else the machine does is not in it.
        self._page.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        self._page.send("Performance.enable")
        self._browser = browser.new_browser_cdp_session()

    def read(self) -> dict[str, float]:
        metrics = {each["name"]: each["value"] for each in self._page.send("Performance.getMetrics")["metrics"]}
        names = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return {
            **{name: metrics[name] for name in names},
            "heap": metrics["JSHeapUsedSize"],
            "processes": sum(each["cpuTime"] for each in processes),
        }


class TaskTrace:
    """The tasks of the page's thread while it is open, each with its processor time, in milliseconds."""

    def __init__(self, browser: Browser, page: Page):
        self._page = page
        self._session = browser.new_browser_cdp_session()
        self._events: list[dict] = []
        self._is_complete = False
        self._session.on("Tracing.dataCollected", lambda part: self._events.extend(part["value"]))
        self._session.on("Tracing.tracingComplete", lambda _: setattr(self, "_is_complete", True))
        categories = {"includedCategories": ["toplevel"], "excludedCategories": ["*"]}
        self._session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": categories})

    def end(self) -> list[float]:
        self._session.send("Tracing.end")
        while not self._is_complete:
            self._page.wait_for_timeout(50)
        mains = {
            (event["pid"], event["tid"])
            for event in self._events
            if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        threads: dict[tuple[int, int], list[float]] = {thread: [] for thread in mains}
        for event in self._events:
            thread = (event["pid"], event["tid"])
            if thread in threads and event.get("ph") == "X" and event["name"].endswith("RunTask"):
                threads[thread].append(event.get("tdur", 0) / 1000)
        return max(threads.values(), key=sum, default=[])


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def frame_figures(taken: dict[str, list[float]]) -> dict[str, float]:
    """`late` is the share of frames that came a whole frame late, or more."""
    at = taken["at"]
    intervals = [after - before for before, after in zip(at, at[1:], strict=False)]
    return {
        "frames": len(intervals),
        "per_second": len(intervals) / (at[-1] - at[0]) * 1000,
        "p50": statistics.median(intervals),
        "p95": percentile(intervals, 0.95),
        "p99": percentile(intervals, 0.99),
        "longest": max(intervals),
        "late": sum(interval > 25 for interval in intervals) / len(intervals),
        "work_p50": statistics.median(taken["work"]),
        "work_p95": percentile(taken["work"], 0.95),
        "work_p99": percentile(taken["work"], 0.99),
    }
