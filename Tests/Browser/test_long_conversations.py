"""A conversation that is longer than what is drawn at once when it is opened."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from scripted_upstream import paced

TURNS = 30
ANSWER = "\n\n".join(f"Paragraph {number} of an answer that takes its room." for number in range(1, 7))

BUSY = """
const waiting = new Map();
let isIdle = false;
let last = 0;
window.requestIdleCallback = (work) => {
  if (isIdle) return setTimeout(work, 0);
  waiting.set((last += 1), work);
  return last;
};
window.cancelIdleCallback = (handle) => isIdle ? clearTimeout(handle) : waiting.delete(handle);
window.__becomeIdle = () => {
  isIdle = true;
  for (const work of waiting.values()) setTimeout(work, 0);
};
"""
"""A browser that has something else to do until the test says otherwise."""


@pytest.fixture
def address(server, upstream):
    upstream.play(paced(ANSWER, interval=0))
    session = None
    for number in range(1, TURNS + 1):
        body = {"message": f"What about number {number}?"} | ({"session_id": session} if session else {})
        session = server.call("POST", "/chat", body)["session_id"]
    return f"/c/{session}"


@pytest.fixture
def long_chat(open_chat, server, address):
    """The page with the conversation, as it is before the browser has been idle."""
    chat = open_chat(server.url, go=False)
    chat.context.add_init_script(BUSY)
    chat.pages_asked = []
    chat.page.on("request", lambda request: note_page(chat.pages_asked, request))
    chat.open(address)
    expect(chat.questions.last).to_contain_text(f"What about number {TURNS}?")
    return chat


def note_page(pages: list, request) -> None:
    url = urlsplit(request.url)
    if url.path.endswith("/messages"):
        pages.append(parse_qs(url.query)["limit"][0])


def become_idle(chat) -> None:
    chat.page.evaluate("() => window.__becomeIdle()")
    expect(chat.questions).to_have_count(TURNS)


def test_its_end_is_there_first_and_all_of_it_later(long_chat):
    expect(long_chat.answer_text).to_contain_text("Paragraph 6")
    assert long_chat.questions.count() < 10
    assert long_chat.pages_asked == ["30"]
    become_idle(long_chat)
    expect(long_chat.questions.first).to_contain_text("What about number 1?")
    assert long_chat.pages_asked == ["30", "200"]
    view = long_chat.scroller
    assert view.evaluate("(view) => view.scrollHeight - view.clientHeight - view.scrollTop") < 2


@pytest.mark.parametrize("where", ["a little up", "at the top"])
def test_a_reader_who_has_looked_up_keeps_their_place(long_chat, where):
    view = long_chat.scroller
    view.hover()
    long_chat.page.mouse.wheel(0, -300 if where == "a little up" else -20_000)
    expect(long_chat.jump_button).to_be_visible()
    if where == "at the top":
        long_chat.page.wait_for_function(
            """() => document.querySelector('[aria-label="Conversation"]').scrollTop === 0"""
        )
        expect(long_chat.page.get_by_test_id("earlier")).to_be_in_viewport()
    seen = long_chat.questions.last if where == "a little up" else long_chat.questions.first
    # The same element, whatever comes before it.
    element = seen.element_handle()
    place = settled_place(element)
    become_idle(long_chat)
    expect(long_chat.page.get_by_test_id("earlier")).to_have_count(0)
    assert abs(settled_place(element) - place) < 3


def test_what_could_not_be_read_is_said_and_read_on_demand(long_chat):
    long_chat.page.route("**/messages?limit=200*", lambda route: route.abort())
    long_chat.page.evaluate("() => window.__becomeIdle()")
    notice = long_chat.page.get_by_test_id("earlier")
    expect(notice).to_contain_text("Earlier messages could not be loaded.")
    expect(long_chat.answer_text).to_contain_text("Paragraph 6")
    long_chat.page.unroute("**/messages?limit=200*")
    notice.get_by_role("button", name="Retry").click()
    expect(long_chat.questions).to_have_count(TURNS)
    expect(notice).to_have_count(0)


def test_leaving_ends_the_reading(long_chat):
    page = long_chat.page
    # Never answered, as on a network that is stuck.
    page.route("**/messages?limit=200*", lambda route: None)
    failed = []
    page.on("requestfailed", lambda request: note_page(failed, request))
    with page.expect_request("**/messages?limit=200*"):
        page.evaluate("() => window.__becomeIdle()")
    with page.expect_event("requestfailed"):
        long_chat.new_chat_button.click()
    expect(long_chat.questions).to_have_count(0)
    assert long_chat.pages_asked == ["30", "200"]
    assert failed == ["200"]


def test_an_answer_is_asked_for_while_only_the_end_is_there(long_chat, upstream):
    upstream.play(paced("As short as that.", interval=0))
    long_chat.ask("And one more?")
    long_chat.expect_answer("As short as that.", "done")
    long_chat.page.evaluate("() => window.__becomeIdle()")
    expect(long_chat.questions).to_have_count(TURNS + 1)
    expect(long_chat.questions.first).to_contain_text("What about number 1?")
    expect(long_chat.questions.last).to_contain_text("And one more?")


def settled_place(element) -> float:
    """How far an element is from the top of the window, once it has come to rest."""
    return element.evaluate(
        """(element) => new Promise((resolve) => {
          let last = NaN;
          let still = 0;
          const look = () => {
            const { top } = element.getBoundingClientRect();
            still = top === last ? still + 1 : 0;
            last = top;
            if (still > 10) resolve(top);
            else requestAnimationFrame(look);
          };
          look();
        })"""
    )
