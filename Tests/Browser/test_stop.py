"""FR-018 to FR-021: Stop ends the run, closes the model's connection, and keeps what the user saw."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import paced, pieces_of


def press_stop(chat, how: str) -> None:
    if how == "button":
        chat.stop_button.click()
    else:
        chat.page.keyboard.press("Escape")


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_stop_in_mid_answer_keeps_the_partial_answer(chat, server, upstream, how):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(12)))
    chat.expect_answer(words(12))
    press_stop(chat, how)
    exchange.wait_closed()
    chat.expect_status("cancelled")
    chat.expect_idle()
    chat.expect_answer(words(12))
    expect(chat.error).to_have_count(0)
    expect(chat.answer.get_by_test_id("meta")).to_contain_text("Stopped")

    stored = server.messages(chat.session_id())
    assert [message["role"] for message in stored] == ["user", "assistant"]
    assert stored[1]["content"] == words(12)
    assert stored[1]["status"] == "cancelled"
    chat.reload()
    chat.expect_answer(words(12), status="cancelled")


@pytest.mark.parametrize("moment", ["before its head", "after its head", "after some words"])
def test_stop_while_the_model_is_silent_closes_its_connection(chat, server, upstream, measure, moment):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    if moment != "before its head":
        exchange.begin()
    if moment == "after some words":
        exchange.send("A river")
        chat.expect_answer("A river")
    expect(chat.stage).to_be_visible()
    chat.stop_button.click()
    closed = exchange.wait_closed()
    measure("connection to the model closed after Stop", closed - chat.recorded()["clicks"][-1])
    chat.expect_status("cancelled")
    chat.expect_idle()
    expect(chat.error).to_have_count(0)
    stored = server.messages(chat.session_id())[-1]
    assert stored["status"] == "cancelled"
    assert stored["content"] == exchange.sent


def test_the_partial_answer_is_context_of_the_next_message(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("The river Rill", " flows")
    chat.expect_answer("The river Rill flows")
    chat.stop_button.click()
    chat.expect_status("cancelled")
    upstream.play(paced("Down to the sea."))
    chat.ask("Go on.")
    expect(chat.answers).to_have_count(2)
    chat.expect_answer("Down to the sea.", status="done")
    partial = [
        message["content"] for message in upstream.exchanges[1].messages if message["role"] == "assistant"
    ]
    assert len(partial) == 1 and partial[0].startswith("The river Rill flows")


def test_stop_pressed_at_once_ends_the_run(chat, server, upstream):
    """Enter and Stop in one go, before a byte has come back: a run must not live on that nobody sees."""
    upstream.play(paced(words(500)))
    chat.input.fill("What flows here?")
    chat.page.evaluate(
        """() => {
          document.querySelector("form.composer").requestSubmit();
          return new Promise((resolve) => {
            const press = () => {
              const stop = document.querySelector('[aria-label="Stop"]');
              if (!stop) return requestAnimationFrame(press);
              stop.click();
              resolve();
            };
            press();
          });
        }"""
    )
    chat.expect_status("cancelled")
    chat.expect_idle()
    expect(chat.error).to_have_count(0)
    for exchange in upstream.exchanges:
        exchange.wait_closed()
        assert len(exchange.sent) < len(words(500))
    upstream.play(paced("A river."))
    chat.ask("And now?")
    chat.expect_answer("A river.", status="done")
    stored = server.messages(chat.session_id())
    assert [message["status"] for message in stored if message["role"] == "assistant"][-1] == "done"


def test_stop_before_the_first_byte_over_a_slow_network(chat_through_proxy, proxy, server, upstream):
    chat = chat_through_proxy
    upstream.play(paced(words(500)))
    proxy.stall()
    chat.ask("What flows here?")
    chat.stop_button.click()
    proxy.resume()
    chat.expect_status("cancelled")
    chat.expect_idle()
    expect(chat.error).to_have_count(0)
    upstream.play(paced("A river."))
    chat.ask("And now?")
    chat.expect_answer("A river.", status="done")
    for exchange in upstream.exchanges[:-1]:
        exchange.wait_closed()
        assert len(exchange.sent) < len(words(500))


def test_a_first_message_that_was_stopped_at_once_stays_in_the_conversation(
    chat_through_proxy, proxy, server, upstream
):
    chat = chat_through_proxy
    proxy.stall()
    chat.ask("What flows here?")
    chat.stop_button.click()
    proxy.resume()
    chat.expect_status("cancelled")
    upstream.play(paced("A river."))
    chat.ask("And now?")
    chat.expect_answer("A river.", status="done")
    chat.reload()
    expect(chat.questions).to_have_text([re.compile("What flows here"), re.compile("And now")])
    assert len(server.sessions()) == 1


def test_stop_without_a_network_ends_the_wait_and_the_run(chat_through_proxy, proxy, upstream):
    """The server cannot be told: the page stops at once, and the next message still goes through."""
    chat = chat_through_proxy
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    proxy.stall()
    chat.stop_button.click()
    chat.expect_status("cancelled")
    chat.expect_idle()
    chat.expect_answer("A river")
    proxy.resume()
    upstream.play(paced("Down to the sea."))
    chat.ask("And now?")
    chat.expect_answer("Down to the sea.", status="done")
    exchange.wait_closed()


def test_stop_pressed_twice_does_no_harm(chat, server, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    chat.page.evaluate(
        """() => {
          const stop = document.querySelector('[aria-label="Stop"]');
          stop.click();
          stop.click();
        }"""
    )
    chat.page.keyboard.press("Escape")
    chat.expect_status("cancelled")
    chat.expect_idle()
    expect(chat.answers).to_have_count(1)
    assert len(server.messages(chat.session_id())) == 2
    assert len(upstream.exchanges) == 1


def test_words_under_way_when_stop_is_pressed_are_stored_as_seen(chat, server, upstream):
    """Stop in the middle of a fast answer: what the page keeps is what the server keeps, to the character."""
    upstream.play(paced(words(2_000), interval=0.001))
    chat.ask("What flows here?")
    expect(chat.answer_text).to_contain_text("word40 ")
    chat.stop_button.click()
    chat.expect_status("cancelled")
    stored = server.messages(chat.session_id())[-1]["content"]
    assert words(2_000).startswith(stored)
    chat.expect_answer(stored)
    chat.assert_text_only_grew(words(2_000))
