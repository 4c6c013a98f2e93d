"""Rill's page as a person uses it, and what it must never do while they do."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

RECORDER = Path(__file__).with_name("recorder.js")

SEARCHING = "Searching knowledge base…"
RERANKING = "Reranking results…"
GENERATING = "Generating response…"

ERROR_TIME = 2_000
"""Milliseconds in which a failure must have become a sentence on the page."""


class ChatPage:
    """One tab with Rill's page in it."""

    def __init__(self, context: BrowserContext, url: str):
        self.context = context
        self.url = url
        self.page: Page = context.new_page()
        self.console: list[str] = []
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))

        self.input = self.page.get_by_role("textbox", name="Message", exact=True)
        self.send_button = self.page.get_by_role("button", name="Send", exact=True)
        self.stop_button = self.page.get_by_role("button", name="Stop", exact=True)
        self.retry_button = self.page.get_by_role("button", name="Retry", exact=True)
        self.continue_button = self.page.get_by_role("button", name="Continue", exact=True)
        self.try_now_button = self.page.get_by_role("button", name="Try now", exact=True)
        self.cancel_retry_button = self.page.get_by_role("button", name="Cancel retry", exact=True)
        self.jump_button = self.page.get_by_role("button", name="Jump to latest", exact=True)
        self.new_chat_button = self.page.get_by_role("button", name="New chat", exact=True)
        self.stage = self.page.get_by_test_id("stage")
        self.questions = self.page.get_by_test_id("question")
        self.answers = self.page.get_by_test_id("answer")
        self.answer = self.answers.last
        self.answer_text = self.answer.locator(".markdown")
        self.sources = self.answer.get_by_test_id("sources")
        self.source_cards = self.sources.get_by_role("listitem").get_by_role("button")
        self.interrupted = self.page.get_by_test_id("interrupted")
        self.error = self.page.get_by_test_id("error")
        self.reconnect = self.page.get_by_test_id("reconnect")
        self.slow = self.page.get_by_test_id("slow")
        self.scroller = self.page.get_by_role("region", name="Conversation", exact=True)
        self.conversations = self.page.get_by_role("navigation", name="Conversations")

    def open(self, path: str = "/") -> "ChatPage":
        self.page.goto(self.url + path)
        expect(self.input).to_be_enabled()
        return self

    def reload(self) -> None:
        self.page.reload()
        expect(self.input).to_be_visible()

    def ask(self, text: str) -> None:
        """Writes a message and sends it with Enter."""
        self.input.fill(text)
        self.input.press("Enter")
        expect(self.questions.last).to_have_text(re.compile(re.escape(text)))

    def expect_answer(self, text: str, status: str | None = None, timeout: float = 10_000) -> None:
        """Waits until the last answer shows exactly this text."""
        expect(self.answer_text).to_have_text(text, timeout=timeout)
        if status is not None:
            self.expect_status(status)

    def expect_status(self, status: str, timeout: float = 10_000) -> None:
        expect(self.answer).to_have_attribute("data-status", status, timeout=timeout)

    def expect_idle(self) -> None:
        """The input works and Stop is Send again."""
        expect(self.input).to_be_enabled()
        expect(self.send_button).to_be_visible()
        expect(self.stop_button).to_have_count(0)
        expect(self.stage).to_have_count(0)

    def expect_error(self, code: str, timeout: float = ERROR_TIME) -> Locator:
        """Waits for the error card; returns it."""
        expect(self.error).to_be_visible(timeout=timeout)
        expect(self.error).to_have_attribute("data-code", code)
        assert_sentence(self.error.locator(".error-text").inner_text())
        return self.error

    def expect_interrupted(self, timeout: float = 10_000) -> None:
        """Waits until the page says that the server was away, and offers to go on."""
        expect(self.interrupted).to_be_visible(timeout=timeout)
        assert_sentence(self.interrupted.locator("p").inner_text())
        expect(self.continue_button).to_be_enabled()
        expect(self.error).to_have_count(0)
        self.expect_idle()

    def expect_reconnecting(self, timeout: float = ERROR_TIME) -> str:
        """Waits for the notice that the connection is lost; returns its sentence."""
        expect(self.reconnect).to_be_visible(timeout=timeout)
        sentence = self.reconnect.get_by_role("status").inner_text()
        assert_sentence(sentence)
        return sentence

    def session_id(self) -> str:
        """The id in the address, which is there once the server has made the session."""
        self.page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}$"))
        return self.page.url.rsplit("/", 1)[1]

    def recorded(self) -> dict[str, list[Any]]:
        return self.page.evaluate("() => window.__recorded")

    def stages_seen(self) -> list[str]:
        return [stage["text"] for stage in self.recorded()["stages"] if stage["text"] is not None]

    def assert_text_only_grew(self, whole: str) -> None:
        """The answer never showed anything but a beginning of `whole`: no character twice, none lost."""
        for state in self.recorded()["answers"]:
            assert whole.startswith(state["text"]), f"the page showed {state['text']!r}"

    def own_console(self) -> list[str]:
        """The console without the browser's own lines about failed requests, which no page can prevent."""
        return [line for line in self.console if "Failed to load resource:" not in line]

    def assert_quiet(self) -> None:
        """Nothing in the console, nothing against the content security policy."""
        assert self.own_console() == []
        if not self.page.is_closed():
            assert self.recorded()["violations"] == []

    def _note_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")


def assert_sentence(text: str) -> None:
    """A sentence that a person understands: no code, no stack, no path."""
    assert re.match(r"[A-Z].{15,}[.…]$", text.strip(), re.DOTALL), f"not a sentence: {text!r}"
    assert not re.search(r"[A-Z]+_[A-Z]+|https?://|/\w+/\w+|Error:|undefined|null", text), (
        f"not for people: {text!r}"
    )


def words(count: int, first: int = 1) -> str:
    """Text in which a repeated or missing piece shows: `word1 word2 word3`."""
    return " ".join(f"word{number}" for number in range(first, first + count))
