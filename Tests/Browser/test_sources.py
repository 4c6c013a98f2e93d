"""The default product, end to end: built-in documents, extractive answers, citations with their passage."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import GENERATING, RERANKING, SEARCHING
from scripted_upstream import paced

QUESTION = "What happens to the answer when my connection breaks?"
"""One that the built-in documents answer."""


def longest_prose(snippet: str) -> str:
    """The longest run of plain words in a line; passages are shown without marks and headings."""
    lines = [line for line in snippet.splitlines() if not line.startswith("#")]
    return max(re.findall(r"[A-Za-z, ]+", "\n".join(lines)), key=len).strip()


@pytest.fixture
def product(start_rill, open_chat):
    """What a user gets who has configured nothing."""
    server = start_rill(documents=True)
    return open_chat(server.url), server


def test_an_example_question_is_answered_from_the_built_in_documents(product):
    chat, server = product
    expect(chat.page.get_by_test_id("server-facts")).to_contain_text("quotes sentences from your documents")
    expect(chat.page.get_by_test_id("server-facts")).to_contain_text(
        re.compile(r"\d+ documents in the knowledge base")
    )
    example = chat.page.get_by_role("list", name="Example questions").get_by_role("button").first
    question = example.inner_text()
    example.click()
    chat.expect_status("done")
    expect(chat.questions).to_contain_text(question)
    assert chat.stages_seen()[-3:] == [SEARCHING, RERANKING, GENERATING]
    expect(chat.sources.get_by_role("listitem").first).to_be_visible()
    expect(chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first).to_be_visible()
    expect(chat.page.get_by_test_id("model")).to_have_text(re.compile("Extractive"))
    stored = server.messages(chat.session_id())[-1]
    assert stored["provider"] == "extractive" and re.search(r"\[\d\]", stored["content"])


@pytest.mark.parametrize("number", range(4))
def test_every_example_question_has_a_cited_answer(product, number):
    chat, server = product
    example = chat.page.get_by_role("list", name="Example questions").get_by_role("button").nth(number)
    example.click()
    chat.expect_status("done")
    stored = server.messages(chat.session_id())[-1]
    cited = {int(mark) for mark in re.findall(r"\[(\d+)\]", stored["content"])}
    assert cited, f"no citation in {stored['content']!r}"
    assert cited <= {source["number"] for source in stored["sources"]}
    expect(chat.error).to_have_count(0)


def test_a_question_that_the_documents_do_not_answer_is_answered_honestly(product):
    chat, server = product
    chat.ask("Which wine goes with grilled zebra?")
    chat.expect_status("done")
    assert not re.search(r"\[\d+\]", server.messages(chat.session_id())[-1]["content"])
    expect(chat.answer_text).to_contain_text(re.compile(r"\b(no|not|nothing|none)\b", re.IGNORECASE))


def test_a_citation_opens_the_passage_it_stands_for(product):
    chat, server = product
    chat.ask(QUESTION)
    chat.expect_status("done")
    stored = {source["number"]: source for source in server.messages(chat.session_id())[-1]["sources"]}
    mark = chat.answer_text.get_by_role("button", name=re.compile("^Source ")).first
    number = int(mark.inner_text())
    mark.click()
    panel = chat.page.get_by_role("dialog")
    expect(panel).to_have_accessible_name(f"Source {number}: {stored[number]['title']}")
    expect(panel.get_by_role("group", name="Passage")).to_contain_text(
        longest_prose(stored[number]["snippet"])
    )
    chat.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(mark).to_be_focused()


def test_the_sources_of_a_model_answer_are_shown_and_survive_a_reload(start_rill, open_chat, upstream):
    server = start_rill(upstream, documents=True)
    chat = open_chat(server.url)
    chat.ask(QUESTION)
    exchange = upstream.next_exchange()
    exchange.send("It goes on [1], as the second one says [2]. There is no [99].")
    marks = chat.answer_text.get_by_role("button", name=re.compile("^Source "))
    expect(marks).to_have_text(["1", "2"])
    expect(chat.answer_text).to_contain_text("There is no")
    expect(chat.answer_text).not_to_contain_text("99")
    exchange.finish()
    for _ in range(2):
        chat.expect_status("done")
        stored = server.messages(chat.session_id())[-1]["sources"]
        cards = chat.source_cards
        expect(cards).to_have_count(len(stored))
        cards.nth(1).click()
        panel = chat.page.get_by_role("dialog")
        expect(panel.get_by_role("group", name="Passage")).to_contain_text(
            longest_prose(stored[1]["snippet"])
        )
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)
        chat.reload()


def test_the_passages_that_the_model_reads_are_the_sources_that_are_shown(start_rill, open_chat, upstream):
    server = start_rill(upstream, documents=True)
    chat = open_chat(server.url)
    upstream.play(paced("It goes on [1]."))
    chat.ask(QUESTION)
    chat.expect_status("done")
    prompt = "\n".join(message["content"] for message in upstream.exchanges[0].messages)
    for source in server.messages(chat.session_id())[-1]["sources"]:
        beginning = " ".join(source["snippet"].split()[:6])
        assert beginning in " ".join(prompt.split()), f"the model was not given source {source['number']}"
