"""FR-010, FR-021: a connection that breaks, hangs or never comes ends in a sentence and a way to go on.

Nothing is lost, nothing is shown or stored twice, and the model is asked once.
"""

import re

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


def test_an_answer_that_ends_during_the_cut_is_complete_afterwards(
    chat_through_proxy, proxy, server, upstream
):
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
    """Tries after 1, 2 and 4 seconds, then a sentence and Retry, which goes on where the answer stopped."""
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
    # The page notices the silence and asks within two seconds, unless it has just been told that all is
    # well: then it waits for as long again.
    expect(notice).to_be_visible(timeout=2 * ERROR_TIME)
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
    expect(chat.slow.or_(chat.reconnect)).to_be_visible(timeout=2 * ERROR_TIME)
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
    expect(chat.slow).to_be_visible(timeout=2 * ERROR_TIME)
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
