"""The console stays empty, the content security policy holds, and a token guards the server if it is set."""

import re

from playwright.sync_api import expect

from rill_server import RillServer
from scripted_upstream import paced

RICH = """A **river** [1] and a [link](https://example.org).

```swift
let a = 1
```

$$e = mc^2$$

| a | b |
|---|---|
| 1 | 2 |
"""
TOKEN = "a-long-and-random-token"


def use_everything(chat, upstream) -> None:
    """A visit with all that the page loads late: Markdown, code, formulas, dialogs, both themes."""
    upstream.play(paced(RICH, interval=0.002))
    chat.ask("What flows here?")
    chat.expect_status("done")
    expect(chat.answer.locator("math").first).to_be_attached()
    expect(chat.answer.locator("pre code")).to_contain_text("let a = 1")
    toggle = chat.page.get_by_role("button", name=re.compile("^Theme: "))
    for _ in range(3):
        toggle.click()
    chat.page.get_by_role("button", name="Hide conversations").click()
    chat.reload()
    chat.expect_status("done")


def test_the_console_stays_empty(chat, upstream):
    use_everything(chat, upstream)
    assert chat.console == []


def test_the_console_speaks_when_streaming_is_debugged(chat, upstream):
    chat.page.evaluate("() => localStorage.setItem('DEBUG_STREAMING', 'true')")
    chat.reload()
    upstream.play(paced("A river."))
    chat.ask("What flows here?")
    chat.expect_answer("A river.", status="done")
    spoken = "\n".join(chat.console)
    assert '"type":"metadata"' in spoken and '"type":"done"' in spoken and "A" in spoken
    assert all(line.startswith("log: ") for line in chat.console)
    chat.console.clear()


def test_the_content_security_policy_is_strict_and_kept(open_chat, server, upstream):
    chat = open_chat(server.url, go=False)
    heads = []
    chat.page.on("response", lambda response: heads.append(response))
    chat.open()
    use_everything(chat, upstream)
    page = next(head for head in heads if head.url == server.url + "/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert chat.recorded()["violations"] == []
    assert all(head.url.startswith(server.url) for head in heads), "the page asked another server"


def test_answers_of_a_model_cannot_run_scripts(chat, upstream):
    upstream.play(
        paced(
            "<script>window.hurt=1</script> [x](javascript:window.hurt=1) <img src=x onerror=window.hurt=1>",
            0.002,
        )
    )
    chat.ask("What flows here?")
    chat.expect_status("done")
    expect(chat.answer.locator("script, img, a[href^='javascript']")).to_have_count(0)
    assert chat.page.evaluate("() => window.hurt") is None


def test_the_page_asks_for_the_token_and_works_with_it(start_rill, open_chat, upstream):
    server: RillServer = start_rill(upstream, RILL_API_TOKEN=TOKEN)
    chat = open_chat(server.url, go=False)
    chat.page.goto(server.url)
    dialog = chat.page.get_by_role("dialog", name="Access token")
    expect(dialog).to_be_visible()
    field = dialog.get_by_label("Access token", exact=True)
    field.fill("a wrong one")
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("The server did not accept that token.")
    field.fill(TOKEN)
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog).to_have_count(0)
    upstream.play(paced("A river."))
    chat.ask("What flows here?")
    chat.expect_answer("A river.", status="done")
    session_id = chat.session_id()

    chat.reload()
    expect(dialog).to_have_count(0)
    chat.expect_answer("A river.", status="done")
    assert len(server.call("GET", f"/sessions/{session_id}/messages", token=TOKEN)["messages"]) == 2


def test_stop_works_with_a_token(start_rill, open_chat, upstream):
    server = start_rill(upstream, RILL_API_TOKEN=TOKEN)
    chat = open_chat(server.url, go=False)
    chat.page.goto(server.url)
    dialog = chat.page.get_by_role("dialog", name="Access token")
    dialog.get_by_label("Access token", exact=True).fill(TOKEN)
    dialog.get_by_role("button", name="Continue").click()
    chat.ask("What flows here?")
    exchange = upstream.next_exchange()
    exchange.send("A river")
    chat.expect_answer("A river")
    chat.stop_button.click()
    exchange.wait_closed()
    chat.expect_answer("A river", status="cancelled")
