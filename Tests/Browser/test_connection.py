"""FR-010, FR-021, FR-023: a connection that breaks, hangs or never comes ends in a sentence and a way to go on.

Nothing is lost, nothing is shown or stored twice, and the model is asked once.
"""

import re

import pytest
from playwright.sync_api import expect

from chat_page import ERROR_TIME, assert_sentence, words
from scripted_upstream import paced, pieces_of

WHOLE = words(30)
FIRST, SECOND, THIRD = (words(10, first) for first in (1, 11, 21))


def begin_answer(chat, upstream):
    """An answer whose first third is on the page, and whose model waits for the test."""
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(FIRST))
    chat.expect_answer(FIRST)
    return exchange


def go_on(exchange, text: str) -> None:
    exchange.send(*(" " + word for word in text.split(" ")))


def expect_whole_once(chat, server, upstream) -> None:
    """The whole answer is there once: on the page, in the store, at the model, and after a reload."""
    chat.expect_answer(WHOLE, status="done")
    chat.expect_idle()
    chat.assert_text_only_grew(WHOLE)
    assert len(upstream.exchanges) == 1
    stored = server.messages(chat.session_id())
    assert [(message["role"], message["content"]) for message in stored] == [
        ("user", "What flows here?"),
        ("assistant", WHOLE),
    ]
    chat.reload()
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)
    chat.expect_answer(WHOLE, status="done")


def test_a_cut_connection_is_said_and_resumed_by_itself(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.cut()
    chat.expect_reconnecting()
    go_on(exchange, SECOND)
    chat.expect_answer(f"{FIRST} {SECOND}")
    expect(chat.reconnect).to_have_count(0)
    go_on(exchange, THIRD)
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_an_answer_that_ends_during_the_cut_is_complete_afterwards(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    chat.expect_reconnecting()
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    proxy.accept()
    expect_whole_once(chat, server, upstream)


def test_many_cuts_lose_and_repeat_nothing(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    upstream.play(paced(WHOLE, interval=0.1))
    chat.ask("What flows here?")
    for word in ("word3 ", "word11 ", "word19 "):
        expect(chat.answer_text).to_contain_text(word)
        proxy.cut()
        chat.expect_reconnecting()
        chat.try_now_button.click()
    expect_whole_once(chat, server, upstream)


def test_the_countdown_to_the_next_try_is_visible(chat_through_proxy, proxy, server, upstream):
    """Three tries after 1, 2 and 4 seconds, then a sentence and Retry, which goes on where the answer stopped."""
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    countdown = chat.reconnect.locator(".countdown")
    for attempt, longest in ((1, 1), (2, 2), (3, 4)):
        expect(countdown).to_have_text(re.compile(rf"try {attempt} of 3"))
        seconds = re.match(r"Trying again in (\d) s · try", countdown.inner_text())
        assert seconds and int(seconds[1]) <= longest
    chat.expect_error("CONNECTION_LOST", timeout=ERROR_TIME + 4_000)
    chat.expect_idle()
    chat.expect_answer(FIRST)
    proxy.accept()
    chat.retry_button.click()
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_automatic_retry_can_be_cancelled_and_retry_resumes_the_same_run(
    chat_through_proxy, proxy, server, upstream
):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    chat.expect_reconnecting()
    chat.cancel_retry_button.click()
    chat.expect_error("RECONNECT_CANCELLED")
    chat.expect_idle()
    chat.expect_answer(FIRST)
    proxy.accept()
    chat.retry_button.click()
    expect(chat.error).to_have_count(0)
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_try_now_does_not_wait_for_the_countdown(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    expect(chat.reconnect).to_contain_text("try 3 of 3")
    proxy.accept()
    chat.try_now_button.click()
    # The countdown stood at 4 seconds.
    expect(chat.reconnect).to_have_count(0, timeout=2_500)
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_a_stalled_connection_is_said_and_goes_on(chat_through_proxy, proxy, server, upstream):
    """Nothing comes through and nothing breaks: slow and stuck look different from thinking."""
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.stall()
    go_on(exchange, SECOND)
    notice = chat.slow.or_(chat.reconnect)
    # The page has to notice the silence and to ask; it promises to do both within two seconds.
    expect(notice).to_be_visible(timeout=ERROR_TIME + 500)
    assert_sentence(notice.locator("p").or_(notice).first.inner_text().splitlines()[0])
    expect(chat.stop_button).to_be_enabled()
    proxy.resume()
    chat.expect_answer(f"{FIRST} {SECOND}")
    expect(notice).to_have_count(0)
    go_on(exchange, THIRD)
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_a_stuck_connection_is_replaced_by_a_new_one(chat_through_proxy, proxy, server, upstream):
    """Only the old connections are dead, as after a change of network: the page gets out of it by itself."""
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.stall(also_new=False)
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect(chat.slow.or_(chat.reconnect)).to_be_visible(timeout=ERROR_TIME + 500)
    # The browser keeps several dead connections and tries each before it makes a new one.
    chat.expect_answer(WHOLE, timeout=20_000)
    expect_whole_once(chat, server, upstream)


def test_try_now_replaces_a_slow_connection(chat_through_proxy, proxy, server, upstream):
    """The reader need not wait for the page to be sure."""
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.stall()
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect(chat.slow).to_be_visible(timeout=ERROR_TIME + 500)
    proxy.leave_behind()
    chat.try_now_button.click()
    expect_whole_once(chat, server, upstream)


def test_a_thinking_model_is_not_a_stuck_connection(start_rill, open_proxy, open_chat, upstream):
    """The model is silent and the network is well: no notice may say otherwise."""
    chat = open_chat(open_proxy(start_rill(upstream)).url)
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    clock = chat.answer.locator(".stage-time")
    # Long enough for the page to ask the server twice.
    expect(clock).to_have_text(re.compile(r"^(?:[5-9]|\d\d)(?:\.\d)? ?s"))
    expect(chat.slow).to_have_count(0)
    expect(chat.reconnect).to_have_count(0)
    exchange.finish()
    chat.expect_answer("A river", status="done")


def test_offline_is_said_and_the_answer_goes_on_when_the_network_is_back(
    chat_through_proxy, proxy, server, upstream
):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    chat.context.set_offline(True)
    proxy.cut()
    assert "offline" in chat.expect_reconnecting()
    expect(chat.reconnect).to_have_attribute("data-phase", "offline")
    go_on(exchange, f"{SECOND} {THIRD}")
    chat.expect_answer(FIRST)
    chat.context.set_offline(False)
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_offline_can_be_given_up_and_retried(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    chat.context.set_offline(True)
    proxy.cut()
    chat.expect_reconnecting()
    chat.cancel_retry_button.click()
    chat.expect_error("RECONNECT_CANCELLED")
    expect(chat.page.get_by_test_id("offline")).to_be_visible()
    chat.context.set_offline(False)
    expect(chat.page.get_by_test_id("offline")).to_have_count(0)
    chat.retry_button.click()
    go_on(exchange, f"{SECOND} {THIRD}")
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_a_killed_server_is_said_and_retry_asks_again(chat, server, upstream):
    exchange = begin_answer(chat, upstream)
    server.kill()
    chat.expect_reconnecting()
    exchange.wait_closed()
    upstream.play(paced(WHOLE, interval=0.005))
    server.start()
    expect(chat.error).to_be_visible()
    assert_sentence(chat.error.locator(".error-text").inner_text())
    chat.expect_idle()
    chat.retry_button.click()
    chat.expect_answer(WHOLE, status="done")
    expect_one_turn(chat, server)
    assert len(upstream.exchanges) == 2


@pytest.mark.parametrize("tries", ["all fail", "were cancelled"])
def test_a_server_that_comes_back_late_is_asked_again_by_retry(chat, server, upstream, tries):
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


def test_a_server_that_shuts_down_says_so_and_retry_asks_again(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_SHUTDOWN_GRACE="0.2")
    chat = open_chat(server.url)
    begin_answer(chat, upstream)
    server.terminate()
    expect(chat.error.or_(chat.reconnect).first).to_be_visible(timeout=ERROR_TIME)
    server.wait_stopped()
    upstream.play(paced(WHOLE, interval=0.005))
    server.start()
    chat.retry_button.click(timeout=10_000)
    chat.expect_answer(WHOLE, status="done")
    expect_one_turn(chat, server)


def test_a_message_that_finds_no_server_is_sent_once_it_is_there(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    upstream.play(paced(WHOLE, interval=0.005))
    proxy.refuse()
    chat.ask("What flows here?")
    chat.expect_reconnecting()
    proxy.accept()
    expect_whole_once(chat, server, upstream)


def test_a_request_whose_answer_was_lost_does_not_start_a_second_run(
    chat_through_proxy, proxy, server, upstream
):
    """The connection breaks after the server took the question and before the page heard of it."""
    chat = chat_through_proxy
    proxy.stall_towards_browser()
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    proxy.cut()
    proxy.resume()
    exchange.send(*pieces_of(WHOLE))
    exchange.finish()
    expect_whole_once(chat, server, upstream)


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
