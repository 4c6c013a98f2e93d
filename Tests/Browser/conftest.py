"""What every browser test stands on: a real server, a scripted model, a network that breaks, a browser.

Everything is made for one test and ended after it, except the browser. A failed test leaves a picture of the
page, its HTML and the server's log in `.build/logs/browser-sqlite/` or `…-postgres/`, and that log's end in the
report.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_page import ChatPage
from databases import SERVER, STORE, Database
from playwright.sync_api import Browser, Error, expect, sync_playwright
from rill_server import BINARY, PUBLIC, ROOT, RillServer
from scripted_upstream import MODEL, ScriptedUpstream
from tcp_proxy import TcpProxy

ARTEFACTS = ROOT / f".build/logs/browser-{STORE}"
MEASUREMENTS: dict[str, list[float]] = {}

StartRill = Callable[..., RillServer]
OpenChat = Callable[..., ChatPage]

expect.set_options(timeout=10_000)

ON_POSTGRES_ONLY = ("test_copy.py",)
ON_EVERY_STORE = (
    "test_branches.py",
    "test_citations.py",
    "test_conversations.py",
    "test_documents.py",
    "test_going_away.py",
    "test_queue.py",
    "test_restarts.py",
    "test_search_reasons.py",
    "test_sources.py",
    "test_stop.py",
    "test_tabs.py",
)
"""The files whose outcome the store decides: what is kept, found, shared by tabs, stopped, and there after a
restart. The others are about the page (how it looks, reads, reconnects and refuses), which gets the same bytes
from either store; they run on SQLite only, which halves the time of the second run.
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def is_wanted(item: pytest.Item) -> bool:
        if STORE == "sqlite":
            return item.path.name not in ON_POSTGRES_ONLY
        return item.path.name in ON_EVERY_STORE + ON_POSTGRES_ONLY

    left_out = [item for item in items if not is_wanted(item)]
    items[:] = [item for item in items if is_wanted(item)]
    config.hook.pytest_deselected(items=left_out)


def pytest_sessionstart() -> None:
    if not BINARY.exists():
        pytest.exit(
            f"There is no server to test: {BINARY}. Build it with `scripts/build debug --product rill`.", 2
        )
    if not (PUBLIC / "index.html").exists():
        pytest.exit(
            f"There is no page to test in {PUBLIC}. Build it with `node frontend/scripts/build.mjs`.", 2
        )
    if STORE == "postgres" and not SERVER:
        pytest.exit("There is no PostgreSQL to test with. Name it in RILL_TEST_POSTGRES_URL.", 2)
    shutil.rmtree(ARTEFACTS, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("RILL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def indexed_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Database]]:
    """A data folder with its database in which Rill's own documentation is indexed; copied for each test."""
    folder, database = tmp_path_factory.mktemp("indexed"), Database()
    settings = {"RILL_MODEL_PROVIDER": "extractive"} | database.settings
    server = RillServer(folder / "data", folder / "rill.log", settings)
    server.start()
    try:
        indexed = server.call("GET", "/documents")["documents"]
        server.stop()
    finally:
        server.kill()
    assert len(indexed) == len(list((PUBLIC / "knowledge").glob("*.md"))), (
        "not every page was indexed at the start"
    )
    yield folder / "data", database
    database.drop()


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    upstream = ScriptedUpstream()
    yield upstream
    upstream.close()


@pytest.fixture
def start_rill(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartRill]:
    """Starts servers. `documents` gives one Rill's documentation, `upstream` a model; then come settings."""
    servers: list[RillServer] = []
    databases: list[Database] = []

    def start(
        upstream: ScriptedUpstream | None = None, documents: bool = False, **settings: str
    ) -> RillServer:
        number = len(servers) + 1
        data = tmp_path / f"data-{number}"
        template = None
        if documents:
            indexed, template = request.getfixturevalue("indexed_data")
            shutil.copytree(indexed, data)
        database = Database(template)
        databases.append(database)
        defaults = {"RILL_SAMPLE_DOCS": "true" if documents else "false"}
        if upstream is None:
            # Named, because a model on the machine of whoever runs this would be found otherwise.
            defaults["RILL_MODEL_PROVIDER"] = "extractive"
        else:
            defaults |= {
                "RILL_MODEL_PROVIDER": "openai",
                "OPENAI_BASE_URL": upstream.base_url,
                "RILL_MODEL": MODEL,
                # What the scripted model is asked is the question, not how to search for it.
                "RILL_QUERY_WRITER": "rules",
            }
        server = RillServer(data, tmp_path / f"rill-{number}.log", database.settings | defaults | settings)
        servers.append(server)
        server.start()
        return server

    request.node.rill_servers = servers
    yield start
    for server in servers:
        server.kill()
    for database in databases:
        database.drop()


@pytest.fixture
def server(start_rill: StartRill, upstream: ScriptedUpstream) -> RillServer:
    """A server with the scripted model and an empty knowledge base."""
    return start_rill(upstream)


@pytest.fixture
def open_proxy() -> Iterator[Callable[[RillServer], TcpProxy]]:
    proxies: list[TcpProxy] = []

    def start(server: RillServer) -> TcpProxy:
        proxy = TcpProxy(server.port)
        proxies.append(proxy)
        return proxy

    yield start
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def proxy(open_proxy: Callable[[RillServer], TcpProxy], server: RillServer) -> TcpProxy:
    return open_proxy(server)


@pytest.fixture
def open_chat(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenChat]:
    """Opens Rill's page in a browser profile of its own, or in `context`; every page must have been quiet."""
    pages: list[ChatPage] = []

    def open_page(url: str, path: str = "/", context=None, go: bool = True, **options) -> ChatPage:
        if context is None:
            context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
            context.add_init_script(path=Path(__file__).with_name("recorder.js"))
        chat = ChatPage(context, url)
        pages.append(chat)
        return chat.open(path) if go else chat

    request.node.rill_pages = pages
    yield open_page
    try:
        if not getattr(request.node, "rill_failed", False):
            for chat in pages:
                chat.assert_quiet()
    finally:
        for chat in pages:
            chat.context.close()


@pytest.fixture
def chat(open_chat: OpenChat, server: RillServer) -> ChatPage:
    """The page, straight from the server."""
    return open_chat(server.url)


@pytest.fixture
def chat_through_proxy(open_chat: OpenChat, proxy: TcpProxy) -> ChatPage:
    """The page over a network that the test can break."""
    return open_chat(proxy.url)


@pytest.fixture
def measure() -> Callable[[str, float], None]:
    """Keeps a measured time, in milliseconds, for the summary. Times are reported, not asserted."""
    return lambda name, milliseconds: MEASUREMENTS.setdefault(name, []).append(milliseconds)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if call.excinfo is None or call.when == "teardown":
        return report
    item.rill_failed = True
    folder = ARTEFACTS / re.sub(r"[^\w.-]+", "_", item.nodeid)
    folder.mkdir(parents=True, exist_ok=True)
    for number, chat in enumerate(getattr(item, "rill_pages", []), 1):
        try:
            chat.page.screenshot(path=folder / f"page-{number}.png", timeout=5_000)
            (folder / f"page-{number}.html").write_text(chat.page.content())
        except Error as error:
            report.sections.append((f"page {number}", f"no picture: {error}"))
        report.sections.append((f"console of page {number}", "\n".join(chat.console)))
    for number, server in enumerate(getattr(item, "rill_servers", []), 1):
        if server.log.exists():
            shutil.copy(server.log, folder / f"rill-{number}.log")
        report.sections.append((f"end of the log of server {number}", server.log_tail()))
    report.sections.append(("artefacts", str(folder)))
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    if MEASUREMENTS:
        terminalreporter.section("measured, in milliseconds")
    for name, values in MEASUREMENTS.items():
        ordered = sorted(values)
        middle = ordered[len(ordered) // 2]
        terminalreporter.write_line(f"{name}: median {middle:.0f}, most {ordered[-1]:.0f}, of {len(ordered)}")
