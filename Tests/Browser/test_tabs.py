"""Several tabs and devices follow one conversation, and any of them can stop its answer."""

import pytest
from playwright.sync_api import expect

from scripted_upstream import paced


@pytest.fixture
def tabs(chat, open_chat, server, upstream):
    """Two tabs of one browser that show the same conversation of one question."""
    upstream.play(paced("A river.", interval=0.002))
    chat.ask("What flows here?")
    chat.expect_answer("A river.", status="done")
    other = open_chat(server.url, f"/c/{chat.session_id()}", context=chat.context)
    other.expect_answer("A river.", status="done")
    upstream.play(None)
    upstream.next_exchange()
    return chat, other


def look(tab) -> None:
    """Somebody comes back to the tab."""
    tab.page.evaluate("() => window.dispatchEvent(new Event('focus'))")


def test_another_tab_joins_an_answer_at_once_and_can_stop_it(tabs, server, upstream):
    first, second = tabs
    first.ask("How long is it?")
    exchange = upstream.next_exchange()
    exchange.send("Ten")
    second.expect_answer("Ten", status="running")
    expect(second.questions).to_have_count(2)
    expect(second.input).to_be_disabled()
    exchange.send(" miles")
    for tab in tabs:
        tab.expect_answer("Ten miles")
    second.stop_button.click()
    exchange.wait_closed()
    for tab in tabs:
        tab.expect_answer("Ten miles", status="cancelled")
        expect(tab.answer.get_by_test_id("meta")).to_contain_text("Stopped")
        tab.expect_idle()
        expect(tab.error).to_have_count(0)
    assert server.messages(first.session_id())[-1]["content"] == "Ten miles"
    assert len(upstream.exchanges) == 2


def test_the_list_of_every_tab_is_the_same(tabs, server, upstream):
    first, second = tabs
    upstream.play(paced("A mountain.", interval=0.002))
    first.new_chat_button.click()
    first.ask("What stands here?")
    first.expect_answer("A mountain.", status="done")
    expect(second.conversations.get_by_role("link")).to_have_count(2)
    link = first.conversations.get_by_role("link", name="What stands here?")
    link.hover()
    first.page.get_by_role("button", name="Rename What stands here?").click()
    title = first.page.get_by_role("textbox", name="Title of the conversation")
    title.fill("Mountains")
    title.press("Enter")
    expect(second.conversations.get_by_role("link", name="Mountains")).to_be_visible()
    second.conversations.get_by_role("link", name="Mountains").click()
    second.expect_answer("A mountain.", status="done")
    first.page.get_by_role("button", name="Delete Mountains").click()
    first.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(second.conversations.get_by_role("link")).to_have_count(1)
    expect(second.page.get_by_role("heading", name="This conversation is not here")).to_be_visible()


def test_another_device_shows_what_was_said_here_when_somebody_looks(tabs, open_chat, server, upstream):
    first, _ = tabs
    device = open_chat(server.url, f"/c/{first.session_id()}")
    device.expect_answer("A river.", status="done")
    first.ask("How long is it?")
    exchange = upstream.next_exchange()
    exchange.send("Ten")
    first.expect_answer("Ten")
    look(device)
    device.expect_answer("Ten", status="running")
    exchange.send(" miles.")
    exchange.finish()
    device.expect_answer("Ten miles.", status="done")


def test_another_device_shows_an_answer_that_is_over(tabs, open_chat, server, upstream):
    first, _ = tabs
    device = open_chat(server.url, f"/c/{first.session_id()}")
    device.expect_answer("A river.", status="done")
    upstream.play(paced("Ten miles.", interval=0.002))
    first.ask("How long is it?")
    first.expect_answer("Ten miles.", status="done")
    look(device)
    device.expect_answer("Ten miles.", status="done")
    expect(device.questions).to_have_count(2)


def test_an_answer_that_is_written_again_in_another_tab_is_shown_here(tabs, upstream):
    first, second = tabs
    upstream.play(paced("A lake.", interval=0.002))
    first.answer.get_by_role("button", name="Regenerate answer").click()
    for tab in tabs:
        tab.expect_answer("A lake.", status="done")
        expect(tab.answer.get_by_test_id("versions")).to_contain_text("2 / 2")
        expect(tab.questions).to_have_count(1)


def test_only_one_of_two_tabs_that_ask_at_once_is_answered(tabs, server, upstream):
    first, second = tabs
    first.input.fill("How long is it?")
    second.input.fill("How deep is it?")
    first.input.press("Enter")
    second.input.press("Enter")
    exchange = upstream.next_exchange()
    exchange.send("Well.")
    exchange.finish()
    for tab in tabs:
        tab.expect_answer("Well.", status="done")
        expect(tab.questions).to_have_count(2)
    assert len(upstream.exchanges) == 2
