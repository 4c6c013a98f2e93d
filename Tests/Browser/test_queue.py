"""A server that works at a few answers at a time says how long the line is; whoever waits can leave it."""

import re

from playwright.sync_api import expect

NEXT = "Waiting for a free place… You are next"


def test_the_place_in_the_line_is_shown_and_the_answer_comes(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_RUN_SLOTS="1")
    first, second, third = (open_chat(server.url) for _ in range(3))
    first.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    first.expect_answer("A river")
    second.ask("What stands here?")
    expect(second.stage).to_have_text(NEXT)
    third.ask("What lies here?")
    expect(third.stage).to_have_text("Waiting for a free place… 1 ahead of you")
    exchange.finish()
    first.expect_status("done")
    exchange = upstream.next_exchange()
    expect(third.stage).to_have_text(NEXT)
    exchange.send("A mountain.")
    second.expect_answer("A mountain.")
    exchange.finish()
    second.expect_status("done")
    exchange = upstream.next_exchange()
    exchange.send("A plain.")
    exchange.finish()
    third.expect_answer("A plain.", status="done")


def test_whoever_waits_can_stop(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_RUN_SLOTS="1")
    first, second = open_chat(server.url), open_chat(server.url)
    first.ask("What flows here?")
    exchange = upstream.next_exchange()
    second.ask("What stands here?")
    expect(second.stage).to_have_text(NEXT)
    second.stop_button.click()
    second.expect_status("cancelled")
    second.expect_idle()
    expect(second.answer).to_contain_text("Stopped before the first word.")
    exchange.send("A river.")
    exchange.finish()
    first.expect_answer("A river.", status="done")
    assert len(upstream.exchanges) == 1
    assert server.messages(second.session_id())[-1]["status"] == "cancelled"


def test_a_client_with_too_many_answers_is_told_and_may_retry_after_a_moment(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_MAX_RUNS_PER_CLIENT="1")
    first, second = open_chat(server.url), open_chat(server.url)
    first.ask("What flows here?")
    exchange = upstream.next_exchange()
    second.ask("What stands here?")
    second.expect_error("TOO_MANY_RUNS")
    waiting = second.page.get_by_role("button", name=re.compile(r"^Retry in \d s$"))
    expect(waiting).to_be_disabled()
    exchange.send("A river.")
    exchange.finish()
    first.expect_answer("A river.", status="done")
    second.retry_button.click()
    exchange = upstream.next_exchange()
    exchange.send("A mountain.")
    exchange.finish()
    second.expect_answer("A mountain.", status="done")
    expect(second.questions).to_have_count(1)
