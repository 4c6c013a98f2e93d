"""A citation opens its document at the very passage: after a reload, on a page of a PDF, and when it is gone."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import ChatPage
from documents_page import READING_TIME, DocumentsPage, file
from sample_files import BEES, LIGHTHOUSE, RIVER, pdf, write_folder

# Motion is off, so that nothing is measured in the middle of a slide.
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "reduced_motion": "reduce",
}

QUESTION = "When do the heather bees swarm?"


@pytest.fixture
def server(start_rill):
    """A server with an empty knowledge base and extractive answers."""
    return start_rill()


@pytest.fixture
def documents(open_chat, server):
    return DocumentsPage(open_chat(server.url, go=False)).open()


def ask(documents: DocumentsPage, question: str) -> ChatPage:
    """Goes from the documents to a new conversation and asks there."""
    chat = documents.chat
    chat.new_chat_button.click()
    chat.ask(question)
    chat.expect_status("done")
    return chat


def open_source(chat: ChatPage, title: str):
    card = chat.sources.get_by_role("button", name=re.compile(rf"Source \d+: {title}")).first
    card.click()
    return chat.page.get_by_role("dialog")


def test_a_folder_is_dropped_asked_about_and_its_passage_opened_also_after_a_reload(documents, tmp_path):
    documents.drop(write_folder(tmp_path))
    documents.expect_ready("The Ardel", "Bees")
    chat = ask(documents, QUESTION)
    for _ in range(2):
        mark = chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first
        mark.click()
        marked = documents.panel.locator(".passage").filter(has_text="third week of June")
        expect(marked).to_be_in_viewport()
        chat.page.keyboard.press("Escape")
        expect(documents.panel).to_have_count(0)
        expect(mark).to_be_focused()
        chat.reload()


def test_the_panel_leads_to_the_document_at_the_same_passage(documents):
    documents.choose(file("bees.md", BEES), file("river.md", RIVER))
    documents.expect_ready("Bees", "The Ardel")
    chat = ask(documents, QUESTION)
    panel = open_source(chat, "Bees")
    panel.get_by_role("link", name="Open document").click()
    chat.page.wait_for_url(re.compile(r"/documents/[0-9a-f-]{36}\?start=\d+&end=\d+$"))
    expect(documents.panel).to_have_count(0)
    expect(documents.marks.filter(has_text="third week of June")).to_be_in_viewport()
    chat.page.go_back()
    chat.expect_status("done")


def test_a_pdf_opens_at_its_page_with_the_passage_marked_on_it(documents):
    documents.choose(file("lighthouse.pdf", LIGHTHOUSE, "application/pdf"))
    expect(documents.rows).to_have_attribute("data-status", "ready", timeout=READING_TIME)
    chat = ask(documents, "When did the last keeper leave the tower?")
    chat.source_cards.first.click()
    panel = documents.panel
    expect(panel.get_by_role("img", name=re.compile("^Page 2 of "))).to_be_visible(timeout=READING_TIME)
    mark = panel.get_by_test_id("page-mark").first
    expect(mark).to_be_visible()
    sheet = panel.get_by_test_id("page-sheet").bounding_box()
    box = mark.bounding_box()
    # The lines begin 72 points from the left and from the top of a page of 612 by 792.
    assert abs((box["x"] - sheet["x"]) / sheet["width"] - 72 / 612) < 0.02
    assert 0.05 < (box["y"] - sheet["y"]) / sheet["height"] < 0.2
    panel.get_by_role("button", name="Next page").click()
    expect(panel.get_by_role("img", name=re.compile("^Page 3 of "))).to_be_visible(timeout=READING_TIME)
    panel.get_by_role("button", name="Text").click()
    expect(panel.locator(".passage").filter(has_text="Ida Quell").first).to_be_in_viewport()


def test_a_passage_deep_in_a_long_pdf_is_shown_on_its_page_and_in_its_text(documents):
    filler = [[f"Log of day {day}", "Nothing happened, and the sea was grey all day long."] * 12 for day in range(60)]
    filler[44] = ["Log of day 44", "A white whale with a harpoon in its back swam by at noon."]
    documents.choose(file("log.pdf", pdf(filler), "application/pdf"))
    expect(documents.rows).to_have_attribute("data-status", "ready", timeout=READING_TIME)
    chat = ask(documents, "When did the white whale with the harpoon swim by?")
    chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first.click()
    panel = documents.panel
    expect(panel.get_by_test_id("page-mark").first).to_be_in_viewport(timeout=READING_TIME)
    panel.get_by_role("button", name="Text").click()
    whale = panel.locator(".passage").filter(has_text="white whale").first
    expect(whale).to_be_in_viewport()
    text = panel.get_by_role("group", name="Passage")
    first = panel.locator(".page-break").first.inner_text()
    text.evaluate("(view) => { view.scrollTop = 0; }")
    expect(panel.locator(".page-break").first).not_to_have_text(first)
    expect(whale).to_be_attached()


def test_a_deleted_document_is_marked_in_the_answers_that_cite_it(documents, server):
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    chat = ask(documents, QUESTION)
    session = chat.session_id()
    mark = chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first
    expect(mark).not_to_have_class(re.compile("removed"))
    chat.page.get_by_role("link", name="Documents", exact=True).click()
    documents.delete("Bees")
    for path in (None, f"/c/{session}"):
        if path is None:
            chat.page.go_back()
        else:
            chat.page.goto(chat.url + path)
        expect(mark).to_have_class(re.compile("removed"))
        expect(mark).to_have_attribute("title", "This document has been removed")
        expect(chat.sources.get_by_role("button", name=re.compile("^Source"))).to_contain_text("Removed")
        mark.click()
        expect(documents.panel.get_by_test_id("passage-notice")).to_contain_text("has been removed")
        expect(documents.panel.get_by_role("group", name="Passage")).to_contain_text("third week of June")
        chat.page.keyboard.press("Escape")


def test_a_document_deleted_in_another_tab_is_marked_at_once(documents, open_chat, server):
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    chat = ask(documents, QUESTION)
    other = DocumentsPage(open_chat(server.url, context=documents.chat.context, go=False)).open()
    other.delete("Bees")
    mark = chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first
    expect(mark).to_have_class(re.compile("removed"))


def test_a_changed_document_says_that_the_passage_is_gone(documents):
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    chat = ask(documents, QUESTION)
    chat.page.get_by_role("link", name="Documents", exact=True).click()
    documents.choose(file("bees.md", "# Wasps\n\nThere were never any bees here, only wasps.\n"))
    documents.expect_ready("Wasps")
    chat.page.go_back()
    chat.expect_status("done")
    chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first.click()
    expect(documents.panel.get_by_test_id("passage-notice")).to_contain_text("has changed")
    expect(documents.panel.get_by_role("group", name="Passage")).to_contain_text("third week of June")


def test_on_a_phone_the_passage_takes_the_whole_screen(open_chat, server):
    chat = open_chat(server.url, go=False, **PHONE)
    documents = DocumentsPage(chat).open()
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    ask(documents, QUESTION)
    chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first.click()
    expect(documents.panel.locator(".passage").filter(has_text="third week of June")).to_be_in_viewport()
    box = documents.panel.bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
