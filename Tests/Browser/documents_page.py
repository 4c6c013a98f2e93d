"""The documents' pages as a person uses them."""

import contextlib
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from chat_page import ChatPage

READING_TIME = 20_000
"""Milliseconds in which small documents must have been read, on a machine that is busy with other tests too."""

LOOKS = 40
"""How often a drag looks whether the page takes it."""


class DocumentsPage:
    """The documents, in a tab that a test has opened."""

    def __init__(self, chat: ChatPage):
        self.chat = chat
        self.page = chat.page
        self.rows = self.page.get_by_test_id("document")
        self.uploads = self.page.get_by_test_id("uploads")
        self.tray = self.page.get_by_test_id("upload-tray")
        self.index_line = self.page.get_by_test_id("index-line")
        self.panel = self.page.get_by_role("dialog")
        self.marks = self.page.locator(".passage")

    def open(self, path: str = "/documents") -> "DocumentsPage":
        self.page.goto(self.chat.url + path)
        expect(self.page.get_by_role("main")).to_be_visible()
        return self

    def row(self, title: str | re.Pattern[str]) -> Locator:
        return self.rows.filter(has=self.page.get_by_role("link", name=title))

    def drop(self, *paths: Path) -> None:
        """Drops files and folders of this machine on the page, as the desktop would."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}

        def send(*kinds: str) -> None:
            for kind in kinds:
                session.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 400, "data": data})

        # A person lets go when the page says where: its part that takes files is loaded a moment after the rest.
        for _ in range(LOOKS):
            send("dragEnter", "dragOver")
            with contextlib.suppress(PlaywrightTimeout):
                self.page.get_by_test_id("drop-veil").wait_for(timeout=500)
                break
            send("dragCancel")
        send("drop")
        session.detach()

    def choose(self, *files: dict[str, Any]) -> None:
        """Chooses files with "Add files"."""
        self.page.get_by_test_id("files").set_input_files(list(files))

    def expect_ready(self, *titles: str) -> None:
        for title in titles:
            expect(self.row(title)).to_have_attribute("data-status", "ready", timeout=READING_TIME)

    def delete(self, title: str) -> None:
        row = self.row(title)
        row.hover()
        row.get_by_role("button", name="Delete").click()
        self.panel.get_by_role("button", name="Delete", exact=True).click()
        expect(row).to_have_count(0)


def file(name: str, content: bytes | str, kind: str = "") -> dict[str, Any]:
    content = content.encode() if isinstance(content, str) else content
    return {"name": name, "mimeType": kind, "buffer": content}
