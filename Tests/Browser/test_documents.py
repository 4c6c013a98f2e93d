"""Documents come in, are read while one watches, are found, and go again."""

import re

import pytest
from playwright.sync_api import expect

from chat_page import assert_sentence
from documents_page import READING_TIME, DocumentsPage, file
from sample_files import BEES, LIGHTHOUSE, RIVER, pdf, write_folder


@pytest.fixture
def server(start_rill):
    """A server with an empty knowledge base and extractive answers."""
    return start_rill()


@pytest.fixture
def documents(open_chat, server):
    return DocumentsPage(open_chat(server.url, go=False)).open()


def test_the_empty_page_invites_and_a_dropped_folder_fills_it(documents, server, tmp_path):
    expect(documents.page.get_by_role("heading", name="Add what you want to ask about")).to_be_visible()
    documents.drop(write_folder(tmp_path))
    documents.expect_ready("The Ardel", "Bees")
    expect(documents.rows).to_have_count(3)
    expect(documents.page.get_by_test_id("documents-notice")).to_have_text("1 hidden file was left out.")
    expect(documents.uploads.get_by_role("status")).to_have_text("3 files sent")
    expect(documents.row("Bees").get_by_role("button", name="valley/nature")).to_be_visible()
    expect(documents.index_line).to_contain_text("3 documents")
    sources = {each["source"] for each in server.call("GET", "/documents")["documents"]}
    assert sources == {"valley/river.md", "valley/nature/bees.md", "valley/tolls.csv"}


def test_the_veil_says_where_to_drop_and_goes(documents, tmp_path):
    expect(documents.page.get_by_role("heading", name="Add what you want to ask about")).to_be_visible()
    session = documents.page.context.new_cdp_session(documents.page)
    data = {"items": [], "files": [str(write_folder(tmp_path))], "dragOperationsMask": 1}
    session.send("Input.dispatchDragEvent", {"type": "dragEnter", "x": 300, "y": 300, "data": data})
    expect(documents.page.get_by_test_id("drop-veil")).to_be_visible()
    session.send("Input.dispatchDragEvent", {"type": "dragCancel", "x": 300, "y": 300, "data": data})
    expect(documents.page.get_by_test_id("drop-veil")).to_have_count(0)
    expect(documents.rows).to_have_count(0)


def test_what_is_dropped_on_a_conversation_is_taken_in_without_leaving_it(open_chat, server, tmp_path):
    chat = open_chat(server.url)
    documents = DocumentsPage(chat)
    chat.input.fill("Half a question")
    documents.drop(write_folder(tmp_path))
    expect(documents.tray).to_contain_text("3 files sent", timeout=READING_TIME)
    expect(chat.input).to_have_value("Half a question")
    documents.tray.get_by_role("link", name="Show documents").click()
    documents.expect_ready("The Ardel", "Bees")


def test_reading_and_indexing_are_shown_as_they_happen(documents, server):
    pages = documents.page
    pages.evaluate(
        """() => {
          window.__states = [];
          new MutationObserver(() => {
            for (const each of document.querySelectorAll(".document-state")) {
              if (!window.__states.includes(each.textContent)) window.__states.push(each.textContent);
            }
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    documents.choose(file("lighthouse.pdf", LIGHTHOUSE, "application/pdf"))
    expect(documents.rows).to_have_attribute("data-status", "ready", timeout=READING_TIME)
    states = pages.evaluate("() => window.__states")
    assert "Waiting to be read" in states or any(state.startswith("Reading") for state in states), states
    expect(documents.rows).to_contain_text("3 pages")


def test_reading_can_be_cancelled_and_begun_again(documents):
    pages = [[f"Page {number} of a very long report", "It goes on and on."] for number in range(1, 8001)]
    documents.choose(file("report.pdf", pdf(pages), "application/pdf"))
    row = documents.rows.first
    expect(row).to_have_attribute("data-status", re.compile("queued|reading"), timeout=READING_TIME)
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-status", "cancelled")
    expect(row).to_contain_text("Reading was cancelled.")
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text(re.compile(r"Reading page [\d,]+ of 8,000"), timeout=READING_TIME)
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-status", "cancelled")
    documents.page.reload()
    expect(row).to_have_attribute("data-status", "cancelled")


def test_indexing_by_meaning_is_shown_passage_by_passage(start_rill, upstream, open_chat):
    upstream.embedding_time = 0.3
    server = start_rill(
        upstream,
        RILL_EMBEDDING_PROVIDER="openai",
        RILL_EMBEDDING_MODEL="scripted-embedding",
        OPENAI_EMBEDDING_BASE_URL=upstream.base_url,
    )
    documents = DocumentsPage(open_chat(server.url, go=False)).open()
    sections = "\n\n".join(f"## Mile {mile}\n\n" + f"At mile {mile} stands a stone. " * 30 for mile in range(200))
    documents.choose(file("miles.md", f"# Miles\n\n{sections}"))
    row = documents.rows.first
    expect(row).to_contain_text(re.compile(r"Indexing \d+ of \d{2,}"), timeout=READING_TIME)
    documents.expect_ready("Miles")
    expect(documents.index_line).to_contain_text(re.compile(r"All \d{2,} passages can be found by .*meaning"))


def test_several_files_are_chosen_and_one_that_is_broken_does_not_stop_the_others(documents):
    documents.choose(
        file("river.md", RIVER),
        file("broken.pdf", b"%PDF-1.4\nthis is no PDF at all", "application/pdf"),
        file("photo.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        file("bees.md", BEES),
    )
    documents.expect_ready("The Ardel", "Bees")
    broken = documents.row("broken.pdf")
    expect(broken).to_have_attribute("data-status", "failed", timeout=READING_TIME)
    assert_sentence(broken.locator(".document-error").inner_text())
    photo = documents.uploads.get_by_test_id("upload").filter(has_text="photo.jpg")
    expect(photo).to_have_attribute("data-status", "failed")
    assert_sentence(photo.locator(".upload-message").inner_text())
    expect(documents.uploads.get_by_role("status")).to_have_text("3 files sent, 1 could not be added")


def test_the_same_file_twice_is_told_and_a_changed_one_takes_its_place(documents, server):
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    documents.choose(file("bees.md", BEES))
    expect(documents.uploads.get_by_role("link", name="Already here")).to_be_visible()
    documents.choose(file("bees.md", BEES.replace("# Bees", "# Wild bees")))
    documents.expect_ready("Wild bees")
    expect(documents.rows).to_have_count(1)


def test_titles_folders_and_statuses_filter_the_list(documents, tmp_path):
    documents.drop(write_folder(tmp_path))
    documents.expect_ready("The Ardel", "Bees")
    search = documents.page.get_by_role("searchbox", name="Search titles and sources")
    search.fill("bees")
    expect(documents.rows).to_have_count(1)
    expect(documents.row("Bees")).to_be_visible()
    search.fill("no such words")
    expect(documents.page.get_by_text("No document fits.")).to_be_visible()
    documents.page.get_by_role("button", name="Show all documents").click()
    expect(documents.rows).to_have_count(3)
    documents.page.get_by_role("combobox", name="Folder").select_option("valley/nature")
    expect(documents.rows).to_have_count(1)
    documents.page.get_by_role("button", name="Show all documents").click()
    documents.page.get_by_role("combobox", name="Status").select_option("failed")
    expect(documents.rows).to_have_count(0)


def test_a_document_is_deleted_after_a_question(documents, server):
    documents.choose(file("bees.md", BEES), file("river.md", RIVER))
    documents.expect_ready("The Ardel", "Bees")
    row = documents.row("Bees")
    row.hover()
    row.get_by_role("button", name="Delete").click()
    expect(documents.panel).to_contain_text("marked as removed")
    documents.panel.get_by_role("button", name="Cancel").click()
    expect(documents.rows).to_have_count(2)
    documents.delete("Bees")
    assert [each["title"] for each in server.call("GET", "/documents")["documents"]] == ["The Ardel"]


def test_another_tab_sees_what_happens(documents, open_chat, server):
    other = DocumentsPage(open_chat(server.url, go=False)).open()
    documents.choose(file("bees.md", BEES))
    other.expect_ready("Bees")
    documents.delete("Bees")
    expect(other.rows).to_have_count(0)


def test_a_document_has_a_page_of_its_own(documents):
    documents.choose(file("river.md", RIVER))
    documents.expect_ready("The Ardel")
    documents.row("The Ardel").get_by_role("link").click()
    page = documents.page
    expect(page.get_by_role("heading", name="The Ardel").first).to_be_visible()
    expect(page.get_by_role("region", name="Text")).to_contain_text("The Lumen is the longest of them")
    expect(page.get_by_role("table")).to_contain_text("Lower Mill")
    page.reload()
    expect(page.get_by_role("region", name="Text")).to_contain_text("Copper Spring")
    page.get_by_role("button", name="Passages").click()
    expect(page.get_by_test_id("chunk").first).to_contain_text("Copper Spring")
    page.get_by_role("searchbox", name="Search in this document").fill("museum")
    expect(page.get_by_text("1 passage with “museum”")).to_be_visible()
    page.get_by_role("button", name="Show in the text").first.click()
    expect(page.get_by_role("searchbox", name="Search in this document")).to_have_value("")
    expect(documents.marks.filter(has_text="museum of clocks")).to_be_visible()
    original = page.get_by_role("link", name="Open the original file").get_attribute("href")
    assert page.request.get(documents.chat.url + original).text() == RIVER
    page.get_by_role("link", name="All documents").click()
    expect(documents.rows).to_have_count(1)


def test_without_the_server_the_list_says_so_and_goes_on_by_itself(open_chat, open_proxy, server):
    proxy = open_proxy(server)
    documents = DocumentsPage(open_chat(proxy.url, go=False)).open()
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    server.kill()
    expect(documents.page.get_by_test_id("documents-connection")).to_contain_text("cannot be reached")
    documents.choose(file("river.md", RIVER))
    expect(documents.uploads).to_contain_text("goes on by itself")
    server.start()
    documents.expect_ready("The Ardel")
    expect(documents.page.get_by_test_id("documents-connection")).to_have_count(0, timeout=READING_TIME)
    expect(documents.rows).to_have_count(2)


def test_two_thousand_documents_scroll(documents, measure):
    """The list is fetched page by page, and drawing more of it does not stop the page."""
    page = documents.page

    def answer(route):
        cursor = int(re.search(r"cursor=(\d+)", route.request.url + "&cursor=0").group(1))
        rows = [
            {
                "id": f"00000000-0000-4000-8000-{number:012}",
                "title": f"Document {number} " + "with a long name " * (number % 7),
                "source": f"archive/{number % 40}/document-{number}.md",
                "folder": f"archive/{number % 40}",
                "name": f"document-{number}.md",
                "media_type": "text/markdown",
                "byte_count": 1000 + number,
                "page_count": None,
                "chunk_count": 4,
                "embedded_count": 4,
                "created_at": "2026-01-02T03:04:05Z",
                "updated_at": "2026-01-02T03:04:05Z",
                "status": "ready",
                "progress": None,
                "error": None,
                "has_original": True,
            }
            for number in range(cursor, min(cursor + 100, 2000))
        ]
        following = str(cursor + 100) if cursor + 100 < 2000 else None
        route.fulfill(json={"documents": rows, "next_cursor": following, "total": 2000, "embedding": None})

    page.route(re.compile(r"/documents\?limit="), answer)
    page.reload()
    expect(documents.rows).to_have_count(100)
    scroller = page.locator(".place-scroller")
    worst = scroller.evaluate(
        """async (view) => {
          let last = performance.now(), worst = 0;
          const end = last + 20000;
          while (view.querySelectorAll("[data-testid=document]").length < 2000 && last < end) {
            view.scrollTop = view.scrollHeight;
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            worst = Math.max(worst, now - last);
            last = now;
          }
          return worst;
        }"""
    )
    measure("longest frame while 2,000 documents come in", worst)
    expect(documents.rows).to_have_count(2000)
    assert worst < 1000, f"the page stood still for {worst:.0f} ms"
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
