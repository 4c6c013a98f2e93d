"""axe finds nothing on the pages about documents, in both themes, on a wide screen and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from documents_page import READING_TIME, DocumentsPage, file
from sample_files import BEES, LIGHTHOUSE, RIVER
from test_accessibility import CALM, assert_accessible

SCREENS = {
    "wide-light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "phone-dark": {
        "color_scheme": "dark",
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
    },
    "phone-light": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "wide-dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
}


@pytest.fixture(params=SCREENS)
def documents(request, open_chat, start_rill):
    server = start_rill()
    return DocumentsPage(open_chat(server.url, go=False, **SCREENS[request.param], **CALM)).open()


def check(documents: DocumentsPage) -> None:
    assert_accessible(documents.chat)
    wide = documents.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the screen"


def test_every_view_is_accessible_and_fits(documents):
    page = documents.page
    expect(page.get_by_role("heading", name="Add what you want to ask about")).to_be_visible()
    check(documents)
    documents.choose(
        file("a-very-long-name-" + "without-any-space-" * 12 + ".md", RIVER.replace("The Ardel", "Ardel" * 40)),
        file("broken.pdf", b"%PDF-1.4\nbroken", "application/pdf"),
        file("bees.md", BEES),
        file("lighthouse.pdf", LIGHTHOUSE, "application/pdf"),
    )
    documents.expect_ready("Bees")
    expect(documents.row("broken.pdf")).to_have_attribute("data-status", "failed", timeout=READING_TIME)
    expect(page.locator("[data-testid=document][data-status=ready]")).to_have_count(3, timeout=READING_TIME)
    page.get_by_role("button", name="Add a web page").click()
    page.get_by_role("textbox", name="Web address").fill("nothing:at-all")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("no web address")
    check(documents)

    page.goto(documents.chat.url + "/search?q=bees+and+mills")
    expect(page.get_by_test_id("candidate").first).to_be_visible()
    page.get_by_text("What the numbers mean").click()
    check(documents)

    documents.open()
    documents.row(re.compile("^Ardel")).get_by_role("link").click()
    expect(page.get_by_role("region", name="Text")).to_contain_text("Copper Spring")
    check(documents)
    page.get_by_role("button", name="Passages").click()
    expect(page.get_by_test_id("chunk").first).to_be_visible()
    check(documents)


def test_passages_and_their_reasons_are_accessible_and_fit(documents):
    documents.choose(file("bees.md", BEES), file("lighthouse.pdf", LIGHTHOUSE, "application/pdf"))
    ready = documents.page.locator("[data-testid=document][data-status=ready]")
    expect(ready).to_have_count(2, timeout=READING_TIME)
    chat = documents.chat
    chat.open("/")
    chat.ask("When do the heather bees swarm, and when did the keeper leave the tower?")
    chat.expect_status("done")
    for title in ("Bees", r"lighthouse\.pdf|The lighthouse"):
        chat.sources.get_by_role("button", name=re.compile(rf"Source \d+: ({title})")).first.click()
        shown = documents.panel.locator(".passage, .page-mark").first
        expect(shown).to_be_visible(timeout=READING_TIME)
        check(documents)
        chat.page.keyboard.press("Escape")
    chat.sources.get_by_role("button", name="Why these passages?").click()
    expect(documents.panel.get_by_test_id("candidate").first).to_be_visible()
    check(documents)
