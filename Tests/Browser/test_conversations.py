"""FR-012 and the conversation list: sessions live on the server, and the address names them."""

import re

from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import paced, pieces_of


def ask_and_wait(chat, upstream, question: str, answer: str) -> str:
    """A finished conversation of one question; returns its id."""
    upstream.play(paced(answer, interval=0.002))
    chat.ask(question)
    chat.expect_answer(answer, status="done")
    return chat.session_id()


def listed(chat, title: str):
    return chat.conversations.get_by_role("link", name=title)


def test_a_new_conversation_is_listed_and_named_after_its_question(chat, server, upstream):
    session_id = ask_and_wait(chat, upstream, "What flows here?", "A river.")
    expect(listed(chat, "What flows here?")).to_have_attribute("aria-current", "page")
    expect(chat.page).to_have_title(re.compile("What flows here"))
    assert [session["id"] for session in server.sessions()] == [session_id]


def test_new_chat_begins_another_conversation(chat, server, upstream):
    first = ask_and_wait(chat, upstream, "What flows here?", "A river.")
    chat.new_chat_button.click()
    expect(chat.page).to_have_url(re.compile(r"/$"))
    expect(chat.questions).to_have_count(0)
    expect(chat.input).to_be_focused()
    second = ask_and_wait(chat, upstream, "What stands here?", "A mountain.")
    assert first != second
    assert not any("river" in message["content"] for message in upstream.exchanges[1].messages)
    assert {session["id"] for session in server.sessions()} == {first, second}


def test_the_address_brings_a_conversation_back(chat, open_chat, server, upstream):
    session_id = ask_and_wait(chat, upstream, "What flows here?", "A river.")
    other = open_chat(server.url, f"/c/{session_id}")
    other.expect_answer("A river.", status="done")
    expect(other.questions).to_have_count(1)


def test_back_and_forward_go_through_conversations(chat, upstream):
    ask_and_wait(chat, upstream, "What flows here?", "A river.")
    chat.new_chat_button.click()
    ask_and_wait(chat, upstream, "What stands here?", "A mountain.")
    chat.page.go_back()
    chat.expect_answer("A river.", status="done")
    chat.page.go_forward()
    chat.expect_answer("A mountain.", status="done")
    expect(chat.questions).to_have_count(1)


def test_a_conversation_is_renamed_and_keeps_its_name(chat, server, upstream):
    session_id = ask_and_wait(chat, upstream, "What flows here?", "A river.")
    listed(chat, "What flows here?").hover()
    chat.page.get_by_role("button", name="Rename What flows here?").click()
    title = chat.page.get_by_role("textbox", name="Title of the conversation")
    expect(title).to_be_focused()
    title.fill("Rivers")
    title.press("Enter")
    expect(listed(chat, "Rivers")).to_be_visible()
    chat.reload()
    expect(listed(chat, "Rivers")).to_be_visible()
    assert server.call("GET", f"/sessions/{session_id}")["title"] == "Rivers"


def test_renaming_can_be_given_up_with_escape(chat, upstream):
    ask_and_wait(chat, upstream, "What flows here?", "A river.")
    listed(chat, "What flows here?").hover()
    chat.page.get_by_role("button", name="Rename What flows here?").click()
    title = chat.page.get_by_role("textbox", name="Title of the conversation")
    title.fill("Rivers")
    title.press("Escape")
    expect(listed(chat, "What flows here?")).to_be_visible()


def test_a_conversation_is_deleted_after_asking(chat, server, upstream):
    ask_and_wait(chat, upstream, "What flows here?", "A river.")
    listed(chat, "What flows here?").hover()
    delete = chat.page.get_by_role("button", name="Delete What flows here?")
    delete.click()
    dialog = chat.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel").click()
    expect(listed(chat, "What flows here?")).to_be_visible()
    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(listed(chat, "What flows here?")).to_have_count(0)
    expect(chat.page).to_have_url(re.compile(r"/$"))
    expect(chat.questions).to_have_count(0)
    chat.reload()
    expect(chat.conversations).to_contain_text("Your conversations will be listed here.")
    assert server.sessions() == []


def test_deleting_a_conversation_that_is_being_answered_stops_its_run(chat, server, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    listed(chat, "What flows here?").hover()
    chat.page.get_by_role("button", name="Delete What flows here?").click()
    chat.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    exchange.wait_closed()
    expect(chat.questions).to_have_count(0)
    chat.expect_idle()
    assert server.sessions() == []


def test_an_unknown_conversation_is_said_and_leads_to_a_new_one(open_chat, server, upstream):
    chat = open_chat(server.url, "/c/00000000-0000-4000-8000-000000000000", go=False)
    chat.page.goto(server.url + "/c/00000000-0000-4000-8000-000000000000")
    expect(chat.page.get_by_role("heading", name="This conversation is not here")).to_be_visible()
    chat.page.get_by_role("button", name="Start a new chat").click()
    ask_and_wait(chat, upstream, "What flows here?", "A river.")


def test_a_reload_in_mid_answer_attaches_again_and_finishes(chat, server, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(10)))
    chat.expect_answer(words(10))
    chat.session_id()
    chat.reload()
    chat.expect_answer(words(10), status="running")
    expect(chat.stop_button).to_be_visible()
    expect(chat.input).to_be_disabled()
    exchange.send(*(" " + word for word in words(10, 11).split(" ")))
    exchange.finish()
    chat.expect_answer(words(20), status="done")
    chat.assert_text_only_grew(words(20))
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)
    assert len(upstream.exchanges) == 1
    assert len(server.messages(chat.session_id())) == 2


def test_an_answer_attached_to_can_be_stopped(chat, server, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(10)))
    chat.expect_answer(words(10))
    chat.session_id()
    chat.reload()
    chat.expect_answer(words(10), status="running")
    chat.stop_button.click()
    exchange.wait_closed()
    chat.expect_answer(words(10), status="cancelled")
    assert server.messages(chat.session_id())[-1]["content"] == words(10)


def test_an_answer_goes_on_while_another_conversation_is_read(chat, server, upstream):
    ask_and_wait(chat, upstream, "What stands here?", "A mountain.")
    upstream.play(None)
    chat.new_chat_button.click()
    chat.ask("What flows here?")
    upstream.next_exchange()
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    listed(chat, "What stands here?").click()
    chat.expect_answer("A mountain.", status="done")
    chat.expect_idle()
    expect(chat.conversations.get_by_test_id("active-run")).to_have_count(1)
    exchange.send(" flows.")
    exchange.finish()
    listed(chat, "What flows here?").click()
    chat.expect_answer("A river flows.", status="done")
    expect(chat.answers).to_have_count(1)
    expect(chat.conversations.get_by_test_id("active-run")).to_have_count(0)


def test_two_tabs_follow_the_same_answer(chat, open_chat, server, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    other = open_chat(server.url, f"/c/{chat.session_id()}", go=False)
    other.page.goto(f"{server.url}/c/{chat.session_id()}")
    other.expect_answer("A river", status="running")
    exchange.send(" flows.")
    exchange.finish()
    for tab in (chat, other):
        tab.expect_answer("A river flows.", status="done")
        tab.expect_idle()
    assert len(upstream.exchanges) == 1


def test_a_message_to_a_conversation_that_is_being_answered_comes_back(chat, open_chat, server, upstream):
    """409 RUN_ACTIVE: another tab was faster. The text is not lost, and the answer is shown."""
    session_id = ask_and_wait(chat, upstream, "What flows here?", "A river.")
    other = open_chat(server.url, f"/c/{session_id}")
    other.expect_answer("A river.", status="done")
    upstream.play(None)
    chat.ask("How long is it?")
    upstream.next_exchange()
    exchange = upstream.next_exchange()
    exchange.send("Ten")
    chat.expect_answer("Ten")
    other.input.fill("How deep is it?")
    other.input.press("Enter")
    expect(other.page.get_by_test_id("notice")).to_contain_text("was not sent")
    other.expect_answer("Ten", status="running")
    exchange.send(" miles.")
    exchange.finish()
    for tab in (chat, other):
        tab.expect_answer("Ten miles.", status="done")
    expect(other.input).to_have_value("How deep is it?")
    assert [message["content"] for message in server.messages(session_id) if message["role"] == "user"] == [
        "What flows here?",
        "How long is it?",
    ]


def test_a_draft_stays_with_its_conversation(chat, upstream):
    ask_and_wait(chat, upstream, "What flows here?", "A river.")
    chat.input.fill("And where does it")
    chat.new_chat_button.click()
    expect(chat.input).to_have_value("")
    listed(chat, "What flows here?").click()
    expect(chat.input).to_have_value("And where does it")
