"""FR-012, 021, 023: the server goes away, or the reader does. The session stays; nothing runs for nobody."""

import pytest
from playwright.sync_api import expect

from chat_page import ERROR_TIME, words
from scripted_upstream import paced, pieces_of

WHOLE = words(30)
FIRST = words(10)


def begin_answer(chat, upstream):
    """An answer whose first third is on the page, and whose model waits for the test."""
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(FIRST))
    chat.expect_answer(FIRST)
    return exchange


@pytest.mark.parametrize("tries", ["all fail", "were cancelled"])
def test_a_server_that_comes_back_late_is_asked_again_by_retry(chat, server, upstream, tries):
    """Retry is one press: the run was interrupted meanwhile, so its answer is taken up again."""
    begin_answer(chat, upstream)
    server.kill()
    chat.expect_reconnecting()
    if tries == "were cancelled":
        chat.cancel_retry_button.click()
        chat.expect_error("RECONNECT_CANCELLED")
    else:
        chat.expect_error("CONNECTION_LOST", timeout=ERROR_TIME + 7_000)
    upstream.play(paced(WHOLE, interval=0.005))
    server.start()
    chat.retry_button.click()
    chat.expect_answer(WHOLE, status="done")
    expect_one_turn(chat, server)


def expect_one_turn(chat, server) -> None:
    """One question and its answer, on the page, in the store, and after a reload."""
    stored = server.messages(chat.session_id())
    assert [message["content"] for message in stored if message["role"] == "user"] == ["What flows here?"]
    assert [message["content"] for message in stored if message["status"] == "done"][-1] == WHOLE
    for _ in range(2):
        expect(chat.questions).to_have_count(1)
        expect(chat.answers).to_have_count(1)
        chat.expect_answer(WHOLE, status="done")
        chat.reload()


def test_a_server_that_restarts_between_messages_keeps_the_session(chat, server, upstream):
    upstream.play(paced("The Rill flows here."))
    chat.ask("Which river flows here?")
    chat.expect_answer("The Rill flows here.", status="done")
    server.restart()
    chat.ask("How long is it?")
    expect(chat.answers).to_have_count(2)
    chat.expect_status("done")
    assert any(message["content"] == "The Rill flows here." for message in upstream.exchanges[1].messages)
    assert len(server.messages(chat.session_id())) == 4


def test_a_reader_who_stays_away_too_long_is_told_and_retry_asks_again(
    start_rill, open_proxy, open_chat, upstream
):
    server = start_rill(upstream, RILL_DISCONNECT_GRACE="0.5")
    proxy = open_proxy(server)
    chat = open_chat(proxy.url)
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    chat.expect_reconnecting()
    exchange.wait_closed()
    proxy.accept()
    chat.expect_error("DISCONNECTED", timeout=10_000)
    chat.expect_answer(FIRST)
    upstream.play(paced(WHOLE, interval=0.005))
    chat.retry_button.click()
    chat.expect_answer(WHOLE, status="done")
    expect_one_turn(chat, server)


def test_a_closed_tab_leaves_no_work_behind(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_DISCONNECT_GRACE="0.5")
    chat = open_chat(server.url)
    exchange = begin_answer(chat, upstream)
    session_id = chat.session_id()
    chat.assert_quiet()
    chat.page.close()
    exchange.wait_closed()
    other = open_chat(server.url, f"/c/{session_id}")
    other.expect_answer(FIRST)
    assert server.messages(session_id)[-1]["content"] == FIRST
    assert server.messages(session_id)[-1]["status"] == "cancelled"
