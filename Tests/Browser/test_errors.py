"""FR-010, 014, 020, 021: what goes wrong at the model becomes a sentence, and Retry where it can help."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import failing, paced, pieces_of

NOT_RETRYABLE = {
    "a wrong key": (failing(401, "Incorrect API key provided: sk-very-secret."), "API key"),
    "an unknown model": (failing(404, "The model does not exist."), "model"),
}
RETRYABLE = {
    "too many requests": (failing(429, "Slow down.", {"retry-after": "1"}), "MODEL_RATE_LIMITED"),
    "a broken server": (failing(500, "Traceback: /srv/secret.py"), "MODEL_UNAVAILABLE"),
    "an overloaded server": (failing(503, "Loading."), "MODEL_UNAVAILABLE"),
}


@pytest.mark.parametrize("failure", NOT_RETRYABLE)
def test_an_error_that_retrying_cannot_help_has_no_retry(chat, server, upstream, failure):
    script, word = NOT_RETRYABLE[failure]
    upstream.play(script)
    chat.ask("What flows here?")
    error = chat.expect_error("MODEL_REJECTED", timeout=5_000)
    expect(error).to_contain_text(word)
    expect(error).not_to_contain_text("sk-very-secret")
    expect(chat.retry_button).to_have_count(0)
    chat.expect_idle()
    # The session is kept: with the key in order, the conversation goes on.
    upstream.play(paced("A river."))
    chat.ask("And now?")
    chat.expect_answer("A river.", status="done")
    assert [
        message["content"] for message in server.messages(chat.session_id()) if message["role"] == "user"
    ] == [
        "What flows here?",
        "And now?",
    ]


@pytest.mark.parametrize("failure", RETRYABLE)
def test_an_error_that_may_pass_has_a_retry_that_works(chat, server, upstream, failure):
    script, code = RETRYABLE[failure]
    upstream.play(script)
    chat.ask("What flows here?")
    chat.expect_error(code, timeout=5_000)
    chat.expect_idle()
    upstream.play(paced("A river."))
    chat.retry_button.click()
    chat.expect_answer("A river.", status="done")
    expect(chat.error).to_have_count(0)
    expect_one_turn(chat, server, "A river.")


def expect_one_turn(chat, server, answer: str) -> None:
    """The question is stored once, and is there once with its answer, now and after a reload."""
    stored = server.messages(chat.session_id())
    assert [message["content"] for message in stored if message["role"] == "user"] == ["What flows here?"]
    for _ in range(2):
        expect(chat.questions).to_have_count(1)
        expect(chat.answers).to_have_count(1)
        chat.expect_answer(answer, status="done")
        chat.reload()


@pytest.mark.parametrize("fault", ["breaks off", "says an error", "says nonsense"])
def test_an_answer_that_fails_half_way_keeps_what_was_said(chat, server, upstream, fault):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(8)))
    chat.expect_answer(words(8))
    if fault == "breaks off":
        exchange.cut()
    elif fault == "says an error":
        exchange.send_raw(b'data: {"error": {"message": "out of memory at 0xdead", "code": 500}}\n\n')
    else:
        exchange.send_raw(b"data: <html>not json</html>\n\n")
    chat.expect_error("MODEL_UNAVAILABLE")
    chat.expect_idle()
    chat.expect_answer(words(8), status="error")
    stored = server.messages(chat.session_id())[-1]
    assert (stored["content"], stored["status"]) == (words(8), "error")
    upstream.play(paced("A river."))
    chat.retry_button.click()
    chat.expect_answer("A river.", status="done")
    expect_one_turn(chat, server, "A river.")


def test_after_a_failed_answer_the_next_message_has_it_as_context(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(8)))
    chat.expect_answer(words(8))
    exchange.cut()
    chat.expect_error("MODEL_UNAVAILABLE")
    upstream.play(paced("A river."))
    chat.ask("Go on.")
    chat.expect_answer("A river.", status="done")
    partial = [
        message["content"] for message in upstream.exchanges[1].messages if message["role"] == "assistant"
    ]
    assert len(partial) == 1 and partial[0].startswith(words(8))


def test_no_model_server_is_said_at_once(start_rill, open_chat, upstream):
    server = start_rill(upstream)
    chat = open_chat(server.url)
    upstream.stop_listening()
    chat.ask("What flows here?")
    chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    expect(chat.retry_button).to_be_visible()


@pytest.mark.parametrize("moment", ["before its head", "after some words"])
def test_a_silent_model_ends_with_a_timeout(start_rill, open_chat, upstream, moment):
    """FR-014: idle time, not total time."""
    server = start_rill(upstream, RILL_IDLE_TIMEOUT="1")
    chat = open_chat(server.url)
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    if moment == "after some words":
        exchange.send("A river")
        chat.expect_answer("A river")
    chat.expect_error("TIMEOUT", timeout=5_000)
    exchange.wait_closed()
    chat.expect_idle()
    if moment == "after some words":
        chat.expect_answer("A river", status="error")
    upstream.play(paced("A river."))
    chat.retry_button.click()
    chat.expect_answer("A river.", status="done")
    expect_one_turn(chat, server, "A river.")


def test_a_slow_model_that_keeps_talking_does_not_time_out(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_IDLE_TIMEOUT="1")
    chat = open_chat(server.url)
    upstream.play(paced(words(6), interval=0.4))
    chat.ask("What flows here?")
    chat.expect_answer(words(6), status="done")


def test_a_failed_answer_is_shown_as_failed_after_a_reload_and_can_be_retried(chat, server, upstream):
    upstream.play(failing(500))
    chat.ask("What flows here?")
    chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    sentence = chat.error.locator(".error-text").inner_text()
    session_id = chat.session_id()
    chat.reload()
    assert chat.session_id() == session_id
    chat.expect_error("MODEL_UNAVAILABLE")
    expect(chat.error.locator(".error-text")).to_have_text(sentence)
    upstream.play(paced("A river."))
    chat.retry_button.click()
    chat.expect_answer("A river.", status="done")
    expect_one_turn(chat, server, "A river.")


def test_a_failed_retry_can_be_retried(chat, server, upstream):
    upstream.play(failing(500))
    chat.ask("What flows here?")
    chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    chat.retry_button.click()
    upstream.next_exchange()
    upstream.next_exchange()
    chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    expect(chat.answers).to_have_count(1)
    upstream.play(paced("A river."))
    chat.retry_button.click()
    chat.expect_answer("A river.", status="done")
    expect_one_turn(chat, server, "A river.")


def test_a_busy_server_is_said_and_the_message_goes_through_later(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_MAX_RUNS="1")
    first, second = open_chat(server.url), open_chat(server.url)
    first.ask("What flows here?")
    exchange = upstream.next_exchange()
    second.ask("And there?")
    assert "as many questions as it can" in second.expect_reconnecting()
    exchange.send("A river.")
    exchange.finish()
    upstream.play(paced("A lake."))
    second.expect_answer("A lake.", status="done")
    expect(second.questions).to_have_count(1)


def test_a_message_that_is_too_long_cannot_be_sent(chat, upstream):
    chat.input.fill("x" * 8_001)
    expect(chat.page.get_by_role("alert")).to_have_text(re.compile("8,001 of 8,000"))
    chat.input.press("Enter")
    expect(chat.send_button).to_be_disabled()
    expect(chat.questions).to_have_count(0)
    chat.input.fill("x" * 8_000)
    upstream.play(paced("Long."))
    chat.send_button.click()
    chat.expect_answer("Long.", status="done")
