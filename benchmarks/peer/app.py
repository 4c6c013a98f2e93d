"""The peer: the usual Python answer to the same task, FastAPI + LangGraph + langchain-openai on uvicorn.

The same four steps as Rill (route, retrieve, rerank, generate), the same documents, the same upstream and the
same frames. It stores nothing, keeps no run alive without its reader and cannot resume, so every comparison
is in its favour. `astream_events` was measured against `astream` with its stream modes "messages" and
"updates": it is 8 to 10 % cheaper per token here.

PEER_UPSTREAM   base URL of the OpenAI-compatible endpoint, with /v1
PEER_DOCUMENTS  folder whose Markdown files are searched
"""

import json
import os
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypedDict

import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel

model = ChatOpenAI(
    base_url=os.environ["PEER_UPSTREAM"],
    api_key="none",
    model="scripted",
    streaming=True,
    # The library's own limit is 1,000 connections; a queue in there would be no fault of the framework.
    http_async_client=httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=None),
)


def load_documents(folder: str) -> sqlite3.Connection:
    """An FTS5 index in memory over the paragraphs of the folder's Markdown files."""
    store = sqlite3.connect(":memory:", check_same_thread=False)
    store.execute("CREATE VIRTUAL TABLE passages USING fts5(title, text, tokenize='porter unicode61')")
    for path in sorted(Path(folder).rglob("*.md")):
        paragraphs = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        store.executemany(
            "INSERT INTO passages VALUES (?, ?)", [(path.stem, p) for p in paragraphs if p.strip()]
        )
    return store


documents = load_documents(os.environ.get("PEER_DOCUMENTS", "docs"))


class Answer(TypedDict, total=False):
    question: str
    agent: str
    passages: list[dict[str, Any]]
    answer: str


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


async def supervisor(state: Answer) -> Answer:
    return {"agent": "direct" if words(state["question"]) <= {"hello", "hi", "thanks"} else "rag_agent"}


async def retrieve(state: Answer) -> Answer:
    query = " OR ".join(f'"{word}"' for word in words(state["question"]))
    rows = documents.execute(
        "SELECT title, text, bm25(passages) FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT 20",
        (query,),
    )
    return {"passages": [{"title": title, "text": text, "score": -score} for title, text, score in rows]}


async def rerank(state: Answer) -> Answer:
    question = words(state["question"])
    ranked = sorted(
        state["passages"], key=lambda p: (len(question & words(p["text"])), p["score"]), reverse=True
    )
    return {"passages": ranked[:5]}


async def generate(state: Answer, config) -> Answer:
    context = "\n\n".join(f"[{n}] {p['text']}" for n, p in enumerate(state.get("passages", []), 1))
    prompt = [SystemMessage(f"Answer from these passages:\n\n{context}"), HumanMessage(state["question"])]
    reply = await model.ainvoke(prompt, config)
    return {"answer": reply.content}


builder = StateGraph(Answer)
for node in (supervisor, retrieve, rerank, generate):
    builder.add_node(node.__name__, node)
builder.add_edge(START, "supervisor")
builder.add_conditional_edges("supervisor", lambda s: "retrieve" if s["agent"] == "rag_agent" else "generate")
builder.add_edge("retrieve", "rerank")
builder.add_edge("rerank", "generate")
builder.add_edge("generate", END)
graph = builder.compile()


async def events_of_graph(question: str) -> AsyncIterator[tuple[str, Any]]:
    """Tokens and node results, filtered by node."""
    async for event in graph.astream_events({"question": question}, version="v2"):
        node = event["metadata"].get("langgraph_node")
        if event["event"] == "on_chat_model_stream" and node == "generate" and event["data"]["chunk"].content:
            yield "token", event["data"]["chunk"].content
        elif event["event"] == "on_chain_end" and event["name"] == node:
            yield f"{node}_complete", event["data"]["output"]


app = FastAPI()


class Question(BaseModel):
    message: str
    session_id: str | None = None


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/chat/stream")
async def chat_stream(question: Question) -> StreamingResponse:
    async def frames() -> AsyncIterator[str]:
        identifier = 1

        def frame(kind: str, content: Any) -> str:
            nonlocal identifier
            data = json.dumps({"type": kind, "content": content}, separators=(",", ":"))
            text = f"id: {identifier}\ndata: {data}\n\n"
            identifier += 1
            return text

        yield frame("metadata", {"session_id": question.session_id or str(uuid.uuid4())})
        async for kind, content in events_of_graph(question.message):
            if kind == "token":
                yield frame("token", content)
            elif kind == "rerank_complete":
                yield frame("sources", {"sources": content["passages"]})
            else:
                yield frame(kind, {"status": "complete"})
        yield frame("done", {"finish_reason": "stop"})

    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames(), media_type="text/event-stream", headers=headers)
