"""A laptop that slept and a stream that went quiet come back to the right text, without a reload."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import pieces_of

WHOLE = words(30)
FIRST = words(10)
REST = [" " + word for word in words(20, 11).split(" ")]


def begin_answer(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(FIRST))
    chat.expect_answer(FIRST)
    return exchange


def is_resumption(request) -> bool:
    return bool(re.search(r"/chat/runs/[^/]+/stream$", request.url)) and "last-event-id" in request.headers


def expect_whole_once(chat, server, upstream) -> None:
    chat.expect_answer(WHOLE, status="done", timeout=15_000)
    chat.assert_text_only_grew(WHOLE)
    chat.expect_idle()
    expect(chat.answers).to_have_count(1)
    assert len(upstream.exchanges) == 1
    assert server.messages(chat.session_id())[-1]["content"] == WHOLE


@pytest.fixture
def sleepy(start_rill, open_proxy, open_chat, upstream):
    """A page whose clock the test can move, over a network that the test can break."""
    server = start_rill(upstream, RILL_HEARTBEAT="0.3", RILL_DISCONNECT_GRACE="60")
    proxy = open_proxy(server)
    chat = open_chat(proxy.url, go=False)
    chat.page.clock.install()
    return chat.open(), proxy, server


def test_a_stream_that_goes_quiet_is_replaced_when_its_heartbeats_stay_away(
    start_rill, open_proxy, open_chat, upstream
):
    """Nothing closes and nothing is lost: only the old connections have died without a word."""
    server = start_rill(upstream, RILL_HEARTBEAT="0.3")
    proxy = open_proxy(server)
    chat = open_chat(proxy.url)
    exchange = begin_answer(chat, upstream)
    proxy.wait_sent(b": heartbeat", times=3)
    # The model is silent as well, so the server has nothing to say that the page could miss.
    with chat.page.expect_request(is_resumption, timeout=15_000):
        proxy.stall(also_new=False)
    exchange.send(*REST)
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_after_an_hour_of_sleep_the_answer_is_there_at_once(sleepy, upstream):
    chat, proxy, server = sleepy
    exchange = begin_answer(chat, upstream)
    proxy.stall()
    exchange.send(*REST)
    exchange.finish()
    proxy.leave_behind()
    # As when the lid is opened: the clock has gone on, timers have not.
    chat.page.clock.fast_forward("01:00:00")
    expect_whole_once(chat, server, upstream)


def test_a_sleep_through_which_the_connection_lived_changes_nothing(sleepy, upstream):
    chat, proxy, server = sleepy
    exchange = begin_answer(chat, upstream)
    chat.page.clock.fast_forward("01:00:00")
    expect(chat.stage).to_be_visible()
    exchange.send(*REST)
    exchange.finish()
    expect_whole_once(chat, server, upstream)


def test_a_page_that_had_given_up_comes_back_when_somebody_looks(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    exchange = begin_answer(chat, upstream)
    proxy.refuse()
    for _ in range(3):
        expect(chat.try_now_button).to_be_visible()
        chat.try_now_button.click()
    chat.expect_error("CONNECTION_LOST", timeout=10_000)
    proxy.accept()
    chat.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    exchange.send(*REST)
    exchange.finish()
    expect_whole_once(chat, server, upstream)
