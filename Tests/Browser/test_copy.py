"""A user moves from PostgreSQL to SQLite and on to another PostgreSQL: the page shows the same everywhere."""

from playwright.sync_api import expect

from chat_page import words
from databases import Database
from documents_page import DocumentsPage, file
from sample_files import BEES
from scripted_upstream import paced

WHOLE = words(12)
QUESTION = "What do bees make?"


def test_conversations_and_documents_move_from_one_database_to_another_and_back(
    chat, server, upstream, open_chat, tmp_path
):
    documents = DocumentsPage(open_chat(server.url, go=False)).open()
    documents.choose(file("bees.md", BEES))
    documents.expect_ready("Bees")
    upstream.play(paced(WHOLE, interval=0.005))
    chat.ask(QUESTION)
    chat.expect_answer(WHOLE, status="done")
    session = chat.session_id()
    before = (server.messages(session), server.call("GET", "/documents"))
    server.stop()

    target = Database()
    try:
        folder = tmp_path / "copied"
        address = server.settings.pop("DATABASE_URL")
        report = server.run("copy", "--from", "env:SOURCE", "--to", f"sqlite:{folder}", SOURCE=address)
        assert "Copied and compared" in report
        server.run("copy", "--from", f"sqlite:{folder}", "--to", target.settings["DATABASE_URL"])
        for settings, data in (({}, folder), (target.settings, tmp_path / "third")):
            server.settings |= settings
            server.data = data
            server.start()
            chat.reload()
            chat.expect_answer(WHOLE, status="done")
            expect(chat.questions).to_contain_text(QUESTION)
            documents.page.reload()
            documents.expect_ready("Bees")
            assert (server.messages(session), server.call("GET", "/documents")) == before
            server.stop()
        again = server.run(
            "copy", "--from", f"sqlite:{folder}", "--to", target.settings["DATABASE_URL"], succeeds=False
        )
        assert "empty" in again
    finally:
        server.kill()
        target.drop()
