"""FR-001 to FR-005, 009, 012, 013, 016, 017, 020: an answer from the question to its end."""

import re

from playwright.sync_api import expect

from chat_page import GENERATING, RERANKING, SEARCHING, words
from scripted_upstream import paced, pieces_of


def test_stages_are_seen_in_order_with_their_texts(chat, upstream):
    chat.ask("What flows here?")
    expect(chat.stage).to_have_text(GENERATING)
    exchange = upstream.next_exchange()
    exchange.send("A river.")
    exchange.finish()
    chat.expect_answer("A river.", status="done")
    seen = chat.stages_seen()
    assert seen[-3:] == [SEARCHING, RERANKING, GENERATING]
    assert len(seen) == len(set(seen)), "a stage was shown twice"


def test_a_greeting_is_answered_without_a_search(chat, upstream):
    chat.ask("hello")
    expect(chat.stage).to_have_text(GENERATING)
    exchange = upstream.next_exchange()
    exchange.send("Hello to you.")
    exchange.finish()
    chat.expect_answer("Hello to you.", status="done")
    seen = chat.stages_seen()
    assert SEARCHING not in seen and RERANKING not in seen


def test_stage_changes_are_visible_soon(chat, server, upstream, measure):
    """SC-003. From the server's event to the text on the page; reported only, a test is no benchmark."""
    chat.ask("What flows here?")
    expect(chat.stage).to_have_text(GENERATING)
    exchange = upstream.next_exchange()
    exchange.send("A river.")
    exchange.finish()
    chat.expect_status("done")
    shown = {stage["text"]: stage["at"] for stage in chat.recorded()["stages"]}
    message = server.messages(chat.session_id())[-1]
    started = server.event_times(message["run_id"])
    for kind, text in {
        "retrieval_start": SEARCHING,
        "reranking_start": RERANKING,
        "generation_start": GENERATING,
    }.items():
        measure("stage change visible after", shown[text] - started[kind])


def test_each_token_is_visible_before_the_next_one_is_sent(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    shown = ""
    for piece in pieces_of("The river Rill flows here, word by word."):
        exchange.send(piece)
        shown += piece
        chat.expect_answer(shown)
        chat.expect_status("running")
    exchange.finish()
    chat.expect_answer(shown, status="done")


def test_input_is_disabled_and_send_is_stop_while_streaming(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river.")
    chat.expect_answer("A river.")
    expect(chat.input).to_be_disabled()
    expect(chat.stop_button).to_be_enabled()
    expect(chat.send_button).to_have_count(0)
    exchange.finish()
    chat.expect_status("done")
    chat.expect_idle()
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_value("")


def test_elapsed_time_and_cursor_are_shown_while_streaming(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river.")
    clock = chat.answer.locator(".stage-time")
    expect(clock).to_have_text(re.compile(r"\d"))
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    expect(chat.answer.locator(".markdown.live")).to_be_visible()
    exchange.finish()
    chat.expect_status("done")
    expect(clock).to_have_count(0)
    expect(chat.answer.locator(".markdown.live")).to_have_count(0)


def test_a_finished_answer_is_in_the_history_exactly_once(chat, server, upstream):
    upstream.play(paced(words(30), interval=0.005))
    chat.ask("What flows here?")
    chat.expect_answer(words(30), status="done")
    chat.assert_text_only_grew(words(30))
    for _ in range(2):
        expect(chat.questions).to_have_count(1)
        expect(chat.answers).to_have_count(1)
        chat.expect_answer(words(30), status="done")
        chat.reload()
    stored = server.messages(chat.session_id())
    assert [(message["role"], message["content"]) for message in stored] == [
        ("user", "What flows here?"),
        ("assistant", words(30)),
    ]


def test_an_answer_is_not_drawn_anew_when_it_ends(chat, upstream):
    """FR-009. A selection, an open code block and the reader's place live in the elements that are there."""
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river.\n\nAnd a brook.")
    expect(chat.answer_text.locator("p")).to_have_text(["A river.", "And a brook."])
    chat.page.evaluate("() => { window.__paragraph = document.querySelector('.markdown p'); }")
    exchange.finish()
    chat.expect_status("done")
    assert chat.page.evaluate("() => window.__paragraph.isConnected"), (
        "the answer was taken off the page and drawn again"
    )


def test_the_conversation_so_far_is_context_of_the_next_question(chat, upstream):
    upstream.play(paced("The Rill flows here."))
    chat.ask("Which river flows here?")
    chat.expect_answer("The Rill flows here.", status="done")
    chat.ask("How long is it?")
    expect(chat.answers).to_have_count(2)
    chat.expect_status("done")
    context = [(message["role"], message["content"]) for message in upstream.exchanges[1].messages]
    assert ("assistant", "The Rill flows here.") in context
    assert any(role == "user" and "Which river flows here?" in content for role, content in context)


def test_the_model_that_answers_is_named(chat, upstream):
    expect(chat.page.get_by_test_id("model")).to_contain_text("scripted-1")
    upstream.play(paced("A river."))
    chat.ask("What flows here?")
    expect(chat.answer.get_by_test_id("meta")).to_contain_text("scripted-1")


def test_markdown_and_code_are_drawn_and_html_is_not(chat, upstream):
    exchange_text = (
        "# Rivers\n\nA **long** one and <img src=x onerror=alert(1)>.\n\n```swift\nlet river = 1\n```\n"
    )
    upstream.play(paced(exchange_text, interval=0.005))
    chat.ask("What flows here?")
    chat.expect_status("done")
    expect(chat.answer.get_by_role("heading", name="Rivers")).to_be_visible()
    expect(chat.answer.locator("strong")).to_have_text("long")
    expect(chat.answer.locator("pre code")).to_have_text("let river = 1")
    expect(chat.answer.locator("img")).to_have_count(0)
    expect(chat.answer_text).to_contain_text("<img src=x onerror=alert(1)>")
