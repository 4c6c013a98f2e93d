"""A search says why each passage was kept or dropped, and can be tried otherwise."""

import re

import pytest
from playwright.sync_api import expect

from documents_page import DocumentsPage

QUESTION = "What happens to the answer when my connection breaks?"


@pytest.fixture
def product(start_rill, open_chat):
    server = start_rill(documents=True)
    return DocumentsPage(open_chat(server.url, go=False)), server


def test_a_search_shows_every_candidate_with_its_ranks_and_reason(product):
    documents, server = product
    documents.open("/search")
    page = documents.page
    page.get_by_role("searchbox", name="Question or words to search for").fill(QUESTION)
    page.get_by_role("button", name="Search", exact=True).click()
    cards = page.get_by_test_id("candidate")
    expect(cards.first).to_have_attribute("data-kept", "true")
    expected = server.call("GET", "/search?q=" + QUESTION.replace(" ", "+").replace("?", "%3F"))["passages"]
    expect(cards).to_have_count(len(expected))
    first = cards.first
    expect(first.get_by_role("link")).to_have_text(expected[0]["title"])
    expect(first).to_contain_text(expected[0]["reason"])
    expect(first.locator(".step").first).to_contain_text(f"#{expected[0]['bm25_rank']}")
    kept = sum(each["kept"] for each in expected)
    expect(page.get_by_test_id("search-summary")).to_contain_text(f"{kept} of {len(expected)} passages kept")
    expect(page.get_by_text("Found by words only")).to_be_visible()
    page.wait_for_url(re.compile(r"/search\?q="))
    page.reload()
    expect(cards).to_have_count(len(expected))


def test_other_settings_are_tried_at_once_and_compared(product):
    documents, _ = product
    documents.open("/search?q=" + QUESTION.replace(" ", "+").replace("?", "%3F"))
    page = documents.page
    cards = page.get_by_test_id("candidate")
    expect(cards.first).to_be_visible()
    with page.expect_request(re.compile(r"/search\?.*limit=3")):
        page.get_by_role("combobox", name="Kept").select_option("3")
    expect(page.locator('[data-testid=candidate][data-kept="true"]')).to_have_count(3)
    with page.expect_request(re.compile(r"/search\?.*rerank=false")):
        page.get_by_role("checkbox", name="Rerank").uncheck()
    with page.expect_request(re.compile(r"word_weight=0.2&meaning_weight=0.8")):
        page.get_by_role("slider", name="From words only to meaning only").fill("80")
    title = cards.first.get_by_role("link").inner_text()
    cards.first.get_by_role("button", name="Only this document").click()
    expect(page.get_by_text(f"Only in “{title}”")).to_be_visible()
    expect(cards.filter(has_not=page.get_by_role("link", name=title, exact=True))).to_have_count(0)
    page.get_by_role("button", name="Rill’s own settings").click()
    expect(page.get_by_role("checkbox", name="Rerank")).to_be_checked()


def test_an_answer_explains_its_passages(product):
    documents, server = product
    chat = documents.chat
    chat.open("/")
    chat.ask(QUESTION)
    chat.expect_status("done")
    chat.sources.get_by_role("button", name="Why these passages?").click()
    panel = documents.panel
    expect(panel.get_by_role("searchbox")).to_have_value(QUESTION)
    expect(panel.get_by_text("source 1", exact=True)).to_be_visible()
    panel.get_by_test_id("candidate").first.get_by_role("link").click()
    chat.page.wait_for_url(re.compile(r"/documents/"))
    expect(documents.panel).to_have_count(0)
    expect(documents.marks.first).to_be_in_viewport()
