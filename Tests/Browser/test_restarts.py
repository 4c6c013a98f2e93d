"""The server dies, or is replaced, during an answer: what was shown stays, and the answer can go on."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import ERROR_TIME, words
from scripted_upstream import paced, pieces_of

WHOLE = words(30)
FIRST = words(10)
QUESTION = "What flows here?"


def begin_answer(chat, upstream):
    """An answer whose first third is on the page, and whose model waits for the test."""
    chat.ask(QUESTION)
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(FIRST))
    chat.expect_answer(FIRST)
    return exchange


def expect_whole_once(chat, server) -> None:
    """The whole answer is there once: on the page, in the store, and after a reload."""
    for _ in range(2):
        chat.expect_answer(WHOLE, status="done")
        chat.expect_idle()
        expect(chat.questions).to_have_count(1)
        expect(chat.answers).to_have_count(1)
        expect(chat.interrupted).to_have_count(0)
        chat.reload()
    stored = server.messages(chat.session_id())
    assert [(message["role"], message["content"], message["status"]) for message in stored] == [
        ("user", QUESTION, "done"),
        ("assistant", WHOLE, "done"),
    ]


def test_a_killed_server_interrupts_the_answer_and_continue_completes_it(chat, server, upstream):
    exchange = begin_answer(chat, upstream)
    server.kill()
    chat.expect_reconnecting()
    exchange.wait_closed()
    server.start()
    chat.expect_interrupted()
    chat.expect_answer(FIRST, status="interrupted")
    stored = server.messages(chat.session_id())[-1]
    assert stored["status"] == "interrupted"
    assert FIRST.startswith(stored["content"])
    upstream.play(paced(WHOLE, interval=0.005))
    chat.continue_button.click()
    expect_whole_once(chat, server)
    assert len(upstream.exchanges) == 2


def test_an_interrupted_answer_can_be_continued_after_a_reload(chat, server, upstream):
    begin_answer(chat, upstream)
    session_id = chat.session_id()
    server.restart()
    chat.reload()
    assert chat.session_id() == session_id
    chat.expect_interrupted()
    upstream.play(paced(WHOLE, interval=0.005))
    chat.continue_button.click()
    expect_whole_once(chat, server)


def test_continue_shows_its_stage_and_replaces_the_partial_text(chat, server, upstream):
    begin_answer(chat, upstream)
    server.restart()
    chat.expect_interrupted()
    chat.continue_button.click()
    exchange = upstream.next_exchange()
    expect(chat.stage).to_be_visible()
    expect(chat.input).to_be_disabled()
    exchange.send("Another", " beginning")
    chat.expect_answer("Another beginning", status="running")
    exchange.finish()
    chat.expect_answer("Another beginning", status="done")
    assert len(server.messages(chat.session_id())) == 2


def test_continue_pressed_twice_starts_one_run(chat, server, upstream):
    begin_answer(chat, upstream)
    server.restart()
    chat.expect_interrupted()
    upstream.play(paced(WHOLE, interval=0.005))
    chat.continue_button.evaluate("(button) => { button.click(); button.click(); }")
    expect_whole_once(chat, server)
    assert len(upstream.exchanges) == 2


def test_a_continued_answer_can_be_stopped(chat, server, upstream):
    begin_answer(chat, upstream)
    server.restart()
    chat.expect_interrupted()
    chat.continue_button.click()
    exchange = upstream.next_exchange()
    exchange.send("Another beginning")
    chat.expect_answer("Another beginning")
    chat.stop_button.click()
    exchange.wait_closed()
    chat.expect_answer("Another beginning", status="cancelled")
    assert server.messages(chat.session_id())[-1]["content"] == "Another beginning"


def test_a_server_that_is_killed_again_interrupts_again(chat, server, upstream):
    begin_answer(chat, upstream)
    for _ in range(2):
        server.restart()
        chat.expect_interrupted()
        chat.continue_button.click()
        exchange = upstream.next_exchange()
        exchange.send(*pieces_of(FIRST))
        chat.expect_answer(FIRST)
    exchange.send(*(" " + word for word in words(20, 11).split(" ")))
    exchange.finish()
    expect_whole_once(chat, server)


def test_another_tab_sees_the_interruption_and_the_continued_answer(chat, open_chat, server, upstream):
    begin_answer(chat, upstream)
    other = open_chat(server.url, f"/c/{chat.session_id()}", context=chat.context, go=False)
    other.page.goto(f"{server.url}/c/{chat.session_id()}")
    other.expect_answer(FIRST, status="running")
    server.restart()
    for tab in (chat, other):
        tab.expect_interrupted()
    upstream.play(paced(WHOLE, interval=0.02))
    other.continue_button.click()
    for tab in (chat, other):
        tab.expect_answer(WHOLE, status="done")
        expect(tab.interrupted).to_have_count(0)
    assert len(upstream.exchanges) == 2


@pytest.mark.parametrize("when", ["during the stream", "while the page reconnects"])
def test_a_server_that_is_replaced_interrupts_calmly(start_rill, open_chat, upstream, when):
    """SIGTERM: long answers are cut after the time they get, and go on with the next server."""
    server = start_rill(upstream, RILL_SHUTDOWN_GRACE="0.2")
    chat = open_chat(server.url)
    begin_answer(chat, upstream)
    server.terminate()
    if when == "during the stream":
        chat.expect_interrupted(timeout=ERROR_TIME)
        chat.expect_answer(FIRST, status="interrupted")
    assert server.wait_stopped() == 0
    upstream.play(paced(WHOLE, interval=0.005))
    if when == "during the stream":
        server.start()
        chat.continue_button.click()
    else:
        chat.continue_button.click()
        chat.expect_reconnecting()
        server.start()
    expect_whole_once(chat, server)


def test_a_server_that_shuts_down_lets_short_answers_finish(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_SHUTDOWN_GRACE="10")
    chat = open_chat(server.url)
    exchange = begin_answer(chat, upstream)
    server.terminate()
    exchange.send(*(" " + word for word in words(20, 11).split(" ")))
    exchange.finish()
    chat.expect_answer(WHOLE, status="done")
    assert server.wait_stopped() == 0
    server.start()
    expect_whole_once(chat, server)


def test_an_answer_that_the_server_will_not_continue_offers_retry(chat, server, upstream):
    """Its conversation went on elsewhere, or its run is not kept any more."""
    begin_answer(chat, upstream)
    server.restart()
    chat.expect_interrupted()
    problem = {"type": "about:blank", "title": "Conflict", "status": 409, "code": "NOT_INTERRUPTED"}
    chat.page.route(
        re.compile("/continue$"),
        lambda route: route.fulfill(
            status=409,
            content_type="application/problem+json",
            json=problem | {"detail": "No.", "retryable": False},
        ),
    )
    chat.continue_button.click()
    chat.expect_error("NOT_CONTINUED")
    chat.expect_answer(FIRST)
    upstream.play(paced(WHOLE, interval=0.005))
    chat.retry_button.click()
    chat.expect_answer(WHOLE, status="done")
    expect(chat.questions).to_have_count(1)


def test_a_server_that_starts_is_waited_for_as_long_as_it_says(chat, server, upstream):
    """503 with Retry-After: the wait is shown, and the same request is sent again."""
    begin_answer(chat, upstream)
    server.restart()
    chat.expect_interrupted()
    refused: list[str] = []

    def refuse_once(route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.post_data)
        body = {"type": "about:blank", "title": "Unavailable", "status": 503, "code": "OVERLOADED"}
        detail = "The server is about to restart. Try again in a few seconds."
        route.fulfill(
            status=503,
            content_type="application/problem+json",
            headers={"retry-after": "2"},
            json=body | {"detail": detail, "retryable": True},
        )

    chat.page.route(re.compile("/continue$"), refuse_once)
    upstream.play(paced(WHOLE, interval=0.005))
    chat.continue_button.click()
    assert chat.expect_reconnecting() == "The server is about to restart."
    expect(chat.reconnect.locator(".countdown")).to_have_text(re.compile("Trying again in 2 s"))
    chat.expect_answer(FIRST)
    expect_whole_once(chat, server)
    assert len(upstream.exchanges) == 2
