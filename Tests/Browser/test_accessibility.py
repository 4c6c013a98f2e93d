"""axe finds nothing, on every state of the page that a person can meet."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from scripted_upstream import failing, paced

# Motion is off, so that nothing is measured in the middle of a fade.
CALM = {"reduced_motion": "reduce"}


def test_axe_finds_what_is_wrong(open_chat, server):
    """The other tests would pass as well if axe did not look."""
    chat = open_chat(server.url, **CALM)
    chat.page.evaluate(
        """() => {
          const button = document.createElement("button");
          const text = document.createElement("p");
          text.textContent = "Hardly legible";
          text.style.cssText = "color: #ddd; background: #fff";
          document.querySelector("main").append(button, text);
        }"""
    )
    violations = Axe().run(chat.page).response["violations"]
    assert {"button-name", "color-contrast"} <= {violation["id"] for violation in violations}


@pytest.fixture(params=["light", "dark"])
def calm_chat(request, start_rill, open_chat, upstream):
    server = start_rill(upstream, documents=True)
    return open_chat(server.url, color_scheme=request.param, **CALM)


def assert_accessible(chat) -> None:
    # Fades and transitions still last a moment; contrast is measured when they are over.
    chat.page.evaluate(
        """() => {
          const ends = (each) => each.effect.getComputedTiming().endTime !== Infinity;
          return Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished));
        }"""
    )
    results = Axe().run(chat.page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()


def finish_cited_answer(chat, upstream) -> None:
    upstream.play(
        paced("It **goes on** [1].\n\n```swift\nlet river = 1 // a comment\n```\n\n> Quoted [2].", 0.001)
    )
    chat.ask("What happens to the answer when my connection breaks?")
    chat.expect_status("done")
    expect(chat.sources).to_be_visible()


def test_the_empty_page_is_accessible(calm_chat):
    expect(calm_chat.page.get_by_test_id("server-facts")).to_contain_text("documents")
    assert_accessible(calm_chat)


def test_a_streaming_answer_is_accessible(calm_chat, upstream):
    calm_chat.ask("What happens to the answer when my connection breaks?")
    exchange = upstream.next_exchange()
    exchange.send("It goes on [1]", " and on")
    calm_chat.expect_answer("It goes on 1 and on")
    assert_accessible(calm_chat)


def test_a_finished_answer_with_sources_is_accessible(calm_chat, upstream):
    finish_cited_answer(calm_chat, upstream)
    assert_accessible(calm_chat)


def test_an_open_passage_is_accessible(calm_chat, upstream):
    finish_cited_answer(calm_chat, upstream)
    calm_chat.answer_text.get_by_role("button", name=re.compile("^Source 1")).click()
    expect(calm_chat.page.get_by_role("dialog")).to_be_visible()
    assert_accessible(calm_chat)


def test_an_error_is_accessible(calm_chat, upstream):
    upstream.play(failing(500))
    calm_chat.ask("What flows here?")
    calm_chat.expect_error("MODEL_UNAVAILABLE", timeout=5_000)
    assert_accessible(calm_chat)


def test_a_lost_connection_is_accessible(start_rill, open_proxy, open_chat, upstream):
    proxy = open_proxy(start_rill(upstream))
    chat = open_chat(proxy.url, **CALM)
    chat.ask("What flows here?")
    upstream.next_exchange().send("A river")
    chat.expect_answer("A river")
    proxy.refuse()
    # The last countdown is long enough to look at.
    expect(chat.reconnect).to_contain_text("try 3 of 3")
    assert_accessible(chat)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_with_its_drawer_open_is_accessible(start_rill, open_chat, upstream, scheme):
    chat = open_chat(
        start_rill(upstream).url, viewport={"width": 360, "height": 740}, color_scheme=scheme, **CALM
    )
    upstream.play(paced("A river."))
    chat.ask("What flows here?")
    chat.expect_status("done")
    assert_accessible(chat)
    chat.page.get_by_role("button", name="Show conversations").click()
    expect(chat.page.get_by_role("dialog", name="Conversations").locator(".conversation-link")).to_have_count(1)
    assert_accessible(chat)


def test_the_dialogs_are_accessible(calm_chat, upstream):
    finish_cited_answer(calm_chat, upstream)
    calm_chat.conversations.get_by_role("link").hover()
    calm_chat.page.get_by_role("button", name=re.compile("^Delete ")).click()
    expect(calm_chat.page.get_by_role("dialog")).to_be_visible()
    assert_accessible(calm_chat)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_versions_editing_and_an_interruption_are_accessible(start_rill, open_chat, upstream, scheme):
    server = start_rill(upstream)
    chat = open_chat(server.url, color_scheme=scheme, **CALM)
    for answer in ("A river.", "A lake."):
        upstream.play(paced(answer))
        if answer == "A river.":
            chat.ask("What flows here?")
        else:
            chat.page.get_by_role("button", name="Regenerate answer").click()
        chat.expect_answer(answer, status="done")
    expect(chat.page.get_by_test_id("versions")).to_be_visible()
    chat.questions.first.hover()
    assert_accessible(chat)
    chat.page.get_by_role("button", name="Edit message").click()
    expect(chat.page.get_by_role("textbox", name="Edit your message")).to_be_focused()
    assert_accessible(chat)
    chat.page.keyboard.press("Escape")
    upstream.play(None)
    chat.ask("How long is it?")
    while (exchange := upstream.next_exchange()).messages[-1]["content"] != "How long is it?":
        pass
    exchange.send("Ten")
    chat.expect_answer("Ten")
    server.restart()
    chat.expect_interrupted()
    assert_accessible(chat)


def test_stages_and_the_end_are_announced_and_tokens_are_not(calm_chat, upstream):
    calm_chat.ask("What happens to the answer when my connection breaks?")
    exchange = upstream.next_exchange()
    exchange.send("It goes on.")
    calm_chat.expect_answer("It goes on.")
    expect(calm_chat.stage).to_have_attribute("role", "status")
    assert calm_chat.answer_text.evaluate(
        "(text) => text.closest('[aria-live], [role=status], [role=log]') === null"
    )
    exchange.finish()
    calm_chat.expect_status("done")
    expect(calm_chat.page.get_by_test_id("announcer")).to_contain_text("complete")
