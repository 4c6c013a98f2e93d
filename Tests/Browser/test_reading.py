"""Reading and writing with care: scrolling, the keyboard, narrow screens, both themes."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import words
from scripted_upstream import paced, pieces_of

LINES = "\n\n".join(f"Paragraph {number} of a long answer." for number in range(1, 41))


def begin_long_answer(chat, upstream):
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(LINES)
    expect(chat.answer_text).to_contain_text("Paragraph 40")
    return exchange


def expect_at_end(chat) -> None:
    chat.page.wait_for_function(
        """() => {
          const view = document.querySelector('[aria-label="Conversation"]');
          return view.scrollHeight - view.clientHeight - view.scrollTop < 2;
        }""",
        timeout=10_000,
    )


def test_the_view_follows_the_answer(chat, upstream):
    exchange = begin_long_answer(chat, upstream)
    expect_at_end(chat)
    exchange.send("\n\n" + LINES.replace("Paragraph", "Passage"))
    expect(chat.answer_text).to_contain_text("Passage 40")
    expect_at_end(chat)
    expect(chat.jump_button).to_have_count(0)
    exchange.finish()
    chat.expect_status("done")
    expect_at_end(chat)


@pytest.mark.parametrize("how", ["wheel", "keyboard"])
def test_a_reader_who_scrolls_up_stays_there(chat, upstream, how):
    exchange = begin_long_answer(chat, upstream)
    expect_at_end(chat)
    if how == "wheel":
        chat.scroller.hover()
        chat.page.mouse.wheel(0, -400)
    else:
        chat.scroller.focus()
        chat.page.keyboard.press("PageUp")
    expect(chat.jump_button).to_be_visible()
    # Scrolling may be smooth: the place counts when it has come to rest.
    place = chat.scroller.evaluate(
        """(view) => new Promise((resolve) => {
          let last = -1;
          let still = 0;
          const look = () => {
            still = view.scrollTop === last ? still + 1 : 0;
            last = view.scrollTop;
            if (still > 10) resolve(last);
            else requestAnimationFrame(look);
          };
          look();
        })"""
    )
    exchange.send("\n\n" + LINES.replace("Paragraph", "Passage"))
    expect(chat.answer_text).to_contain_text("Passage 40")
    assert chat.scroller.evaluate("(view) => view.scrollTop") == pytest.approx(place, abs=1)

    chat.jump_button.click()
    expect_at_end(chat)
    expect(chat.jump_button).to_have_count(0)
    exchange.send("\n\n" + LINES.replace("Paragraph", "Sentence"))
    expect(chat.answer_text).to_contain_text("Sentence 40")
    expect_at_end(chat)
    exchange.finish()
    chat.expect_status("done")


def test_enter_sends_and_shift_enter_makes_a_new_line(chat, upstream):
    upstream.play(paced("A river."))
    chat.input.press_sequentially("What flows")
    chat.input.press("Shift+Enter")
    chat.input.press_sequentially("here?")
    expect(chat.input).to_have_value("What flows\nhere?")
    expect(chat.questions).to_have_count(0)
    chat.input.press("Enter")
    chat.expect_answer("A river.", status="done")
    assert "What flows\nhere?" in upstream.exchanges[0].messages[-1]["content"]


def test_an_empty_message_is_not_sent(chat, upstream):
    expect(chat.send_button).to_be_disabled()
    chat.input.press("Enter")
    chat.input.fill("   ")
    chat.input.press("Enter")
    expect(chat.send_button).to_be_disabled()
    expect(chat.questions).to_have_count(0)


def test_everything_is_reached_by_keyboard(chat, upstream):
    upstream.play(paced("A river."))
    expect(chat.input).to_be_focused()
    chat.page.keyboard.type("What flows here?")
    chat.page.keyboard.press("Enter")
    chat.expect_answer("A river.", status="done")
    expect(chat.input).to_be_focused()
    chat.page.keyboard.type("And then?")
    chat.page.keyboard.press("Tab")
    expect(chat.send_button).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.answers).to_have_count(2)
    chat.expect_status("done")
    expect(chat.input).to_be_focused()


def test_an_answer_can_be_copied(chat, upstream):
    upstream.play(paced("A **river**."))
    chat.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("What flows here?")
    chat.expect_status("done")
    chat.answer.hover()
    chat.answer.get_by_role("button", name="Copy answer").click()
    chat.page.wait_for_function(
        "async () => (await navigator.clipboard.readText()) === 'A **river**.'", timeout=10_000
    )


NARROW = {"viewport": {"width": 360, "height": 740}}


def assert_nothing_is_wider_than_the_page(chat) -> None:
    widths = chat.page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"the page is {widths[0]} px wide on a screen of {widths[1]} px"
    assert chat.scroller.evaluate("(view) => view.scrollWidth <= view.clientWidth"), (
        "the conversation scrolls sideways"
    )


def test_the_page_fits_a_phone(open_chat, server, upstream):
    chat = open_chat(server.url, **NARROW)
    assert_nothing_is_wider_than_the_page(chat)
    wide = f"A {'very' * 60}long word.\n\n```\n{words(60)}\n```\n\n"
    wide += "|" + " column |" * 12 + "\n|" + "---|" * 12 + "\n|" + " value |" * 12 + "\n"
    upstream.play(paced(wide, interval=0.002))
    chat.ask("What flows " + "h" * 80 + "ere?")
    chat.expect_status("done")
    assert_nothing_is_wider_than_the_page(chat)
    expect(chat.input).to_be_in_viewport()
    chat.input.fill("And now?")
    expect(chat.send_button).to_be_in_viewport()


def test_the_drawer_of_a_phone_opens_chooses_and_closes(open_chat, server, upstream):
    chat = open_chat(server.url, **NARROW)
    upstream.play(paced("A river."))
    chat.ask("What flows here?")
    chat.expect_answer("A river.", status="done")
    expect(chat.conversations).to_have_count(0)
    drawer = chat.page.get_by_role("dialog", name="Conversations")
    show = chat.page.get_by_role("button", name="Show conversations")

    show.click()
    assert_nothing_is_wider_than_the_page(chat)
    drawer.get_by_role("button", name="New chat").click()
    expect(drawer).to_have_count(0)
    expect(chat.questions).to_have_count(0)

    show.click()
    drawer.get_by_role("link", name="What flows here?").click()
    expect(drawer).to_have_count(0)
    chat.expect_answer("A river.", status="done")

    show.click()
    chat.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(show).to_be_focused()


def test_escape_in_the_drawer_does_not_stop_the_answer(open_chat, server, upstream):
    chat = open_chat(server.url, **NARROW)
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send(*pieces_of(words(5)))
    chat.expect_answer(words(5))
    chat.page.get_by_role("button", name="Show conversations").click()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_have_count(0)
    exchange.send(" more")
    exchange.finish()
    chat.expect_answer(words(5) + " more", status="done")


def background(chat) -> str:
    return chat.page.evaluate("() => getComputedStyle(document.body).backgroundColor")


def lightness(colour: str) -> float:
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


def test_the_theme_follows_the_system(open_chat, server):
    chat = open_chat(server.url, color_scheme="light")
    assert lightness(background(chat)) > 200
    chat.page.emulate_media(color_scheme="dark")
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert lightness(background(chat)) < 60


def test_a_chosen_theme_is_kept(open_chat, server):
    chat = open_chat(server.url, color_scheme="light")
    toggle = chat.page.get_by_role("button", name=re.compile("^Theme: "))
    toggle.click()
    toggle.click()
    expect(toggle).to_have_accessible_name(re.compile("^Theme: dark"))
    chat.reload()
    expect(chat.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert lightness(background(chat)) < 60
