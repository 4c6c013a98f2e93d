"""A question can be edited and an answer written again; what was there before stays a press away."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import failing, paced

EDITED = "How deep is it?"


def ask_twice(chat, upstream) -> None:
    """A conversation of two questions."""
    for question, answer in (("What flows here?", "A river."), ("How long is it?", "Ten miles.")):
        upstream.play(paced(answer, interval=0.002))
        chat.ask(question)
        chat.expect_answer(answer, status="done")


def regenerate(chat, number: int, upstream, answer: str) -> None:
    upstream.play(paced(answer, interval=0.002))
    chat.answers.nth(number).get_by_role("button", name="Regenerate answer").click()
    chat.expect_answer(answer, status="done")


def edit(chat, number: int, text: str) -> None:
    question = chat.questions.nth(number)
    question.hover()
    question.get_by_role("button", name="Edit message").click()
    field = chat.page.get_by_role("textbox", name="Edit your message")
    expect(field).to_be_focused()
    field.fill(text)
    chat.page.get_by_role("button", name="Save & send").click()


def switch(entry, direction: str):
    return entry.get_by_role("button", name=f"{direction} version")


def expect_version(entry, text: str) -> None:
    expect(entry.get_by_test_id("versions")).to_have_text(re.compile(re.escape(text)))


def expect_texts(chat, *texts: str) -> None:
    """Questions and answers of the branch that is shown, in turn."""
    expect(chat.questions.locator(".bubble")).to_have_text(list(texts[0::2]))
    expect(chat.answers.locator(".markdown")).to_have_text(list(texts[1::2]))


def test_an_answer_is_written_again_and_both_can_be_read(chat, server, upstream):
    ask_twice(chat, upstream)
    regenerate(chat, 1, upstream, "Eleven miles.")
    expect_texts(chat, "What flows here?", "A river.", "How long is it?", "Eleven miles.")
    expect_version(chat.answer, "2 / 2")
    switch(chat.answer, "Previous").click()
    expect_texts(chat, "What flows here?", "A river.", "How long is it?", "Ten miles.")
    expect_version(chat.answer, "1 / 2")
    # The model was not shown its first try.
    assert not any("Ten" in message["content"] for message in upstream.exchanges[2].messages)
    stored = server.messages(chat.session_id())
    assert [message["content"] for message in stored].count("How long is it?") == 1
    assert len(stored) == 5


def test_regenerating_in_the_middle_begins_a_branch(chat, upstream):
    ask_twice(chat, upstream)
    regenerate(chat, 0, upstream, "A lake.")
    expect_texts(chat, "What flows here?", "A lake.")
    switch(chat.answer, "Previous").click()
    expect_texts(chat, "What flows here?", "A river.", "How long is it?", "Ten miles.")


@pytest.mark.parametrize("number", [0, 1])
def test_an_edited_question_keeps_the_old_one_and_its_answers(chat, server, upstream, number):
    ask_twice(chat, upstream)
    upstream.play(paced("Six feet.", interval=0.002))
    edit(chat, number, EDITED)
    before = ("What flows here?", "A river.") * number
    expect_texts(chat, *before, EDITED, "Six feet.")
    expect_version(chat.questions.nth(number), "2 / 2")
    heard = [message["content"] for message in upstream.exchanges[2].messages if message["role"] == "user"]
    assert EDITED in heard[-1] and not any("How long" in text for text in heard)
    switch(chat.questions.nth(number), "Previous").click()
    expect_texts(chat, "What flows here?", "A river.", "How long is it?", "Ten miles.")
    switch(chat.questions.nth(number), "Next").click()
    expect_texts(chat, *before, EDITED, "Six feet.")
    contents = [message["content"] for message in server.messages(chat.session_id())]
    assert sorted(contents) == sorted(
        ["What flows here?", "A river.", "How long is it?", "Ten miles.", EDITED, "Six feet."]
    )


def test_the_next_question_follows_the_branch_that_is_shown(chat, upstream):
    ask_twice(chat, upstream)
    regenerate(chat, 0, upstream, "A lake.")
    switch(chat.answer, "Previous").click()
    upstream.play(paced("To the sea.", interval=0.002))
    chat.ask("And where does it go?")
    chat.expect_answer("To the sea.", status="done")
    heard = [message["content"] for message in upstream.exchanges[-1].messages]
    assert any("Ten miles." in text for text in heard) and not any("A lake." in text for text in heard)
    switch(chat.answers.first, "Next").click()
    expect_texts(chat, "What flows here?", "A lake.")


def test_a_reload_shows_the_branch_that_was_chosen_and_another_device_the_newest(
    chat, open_chat, server, upstream
):
    ask_twice(chat, upstream)
    regenerate(chat, 1, upstream, "Eleven miles.")
    switch(chat.answer, "Previous").click()
    chat.expect_answer("Ten miles.")
    chat.reload()
    chat.expect_answer("Ten miles.", status="done")
    expect_version(chat.answer, "1 / 2")
    other = open_chat(server.url, f"/c/{chat.session_id()}")
    other.expect_answer("Eleven miles.", status="done")


def test_escape_gives_up_editing_and_the_focus_goes_back(chat, upstream):
    ask_twice(chat, upstream)
    pencil = chat.questions.first.get_by_role("button", name="Edit message")
    chat.questions.first.hover()
    pencil.click()
    field = chat.page.get_by_role("textbox", name="Edit your message")
    expect(field).to_have_value("What flows here?")
    field.fill("Something else")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(pencil).to_be_focused()
    expect_texts(chat, "What flows here?", "A river.", "How long is it?", "Ten miles.")
    assert len(upstream.exchanges) == 2


def test_versions_can_be_gone_through_with_the_keyboard_alone(chat, upstream):
    ask_twice(chat, upstream)
    regenerate(chat, 1, upstream, "Eleven miles.")
    regenerate(chat, 1, upstream, "Twelve miles.")
    switch(chat.answer, "Previous").focus()
    for text in ("Eleven miles.", "Ten miles.", "Ten miles."):
        chat.page.keyboard.press("Enter")
        chat.expect_answer(text)
        expect(switch(chat.answer, "Previous")).to_be_focused()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")
    chat.expect_answer("Eleven miles.")
    expect_version(chat.answer, "2 / 3")


def test_nothing_can_be_changed_while_an_answer_is_written(chat, upstream):
    ask_twice(chat, upstream)
    regenerate(chat, 0, upstream, "A lake.")
    upstream.play(None)
    chat.ask("And then?")
    upstream.next_exchange(), upstream.next_exchange(), upstream.next_exchange()
    exchange = upstream.next_exchange()
    exchange.send("Well")
    chat.expect_answer("Well")
    expect(chat.page.get_by_role("button", name="Edit message")).to_have_count(0)
    expect(chat.page.get_by_role("button", name="Regenerate answer")).to_have_count(0)
    expect(switch(chat.answers.first, "Previous")).to_have_attribute("aria-disabled", "true")
    exchange.finish()
    chat.expect_status("done")
    expect(chat.page.get_by_role("button", name="Regenerate answer")).to_have_count(2)


def test_a_new_answer_that_fails_leaves_the_old_one_and_is_no_version(chat, upstream):
    ask_twice(chat, upstream)
    upstream.play(failing(500))
    chat.answer.get_by_role("button", name="Regenerate answer").click()
    chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    switch(chat.answer, "Previous").click()
    chat.expect_answer("Ten miles.", status="done")
    expect(chat.page.get_by_test_id("versions")).to_have_count(0)


def test_the_view_shows_the_edited_question_and_its_answer(chat, upstream):
    upstream.play(paced(words(1_500), interval=0))
    chat.ask("What flows here?")
    chat.expect_status("done", timeout=20_000)
    upstream.play(paced("Ten miles.", interval=0.002))
    chat.ask("How long is it?")
    chat.expect_answer("Ten miles.", status="done")
    upstream.play(paced("Six feet.", interval=0.002))
    edit(chat, 1, EDITED)
    chat.expect_answer("Six feet.", status="done")
    expect(chat.answer_text).to_be_in_viewport()
