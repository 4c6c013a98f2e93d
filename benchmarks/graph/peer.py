"""The same graphs as Sources/GraphBenchmark.swift, in LangGraph.

Reads lines `chain|fan|emit SIZE SECONDS invoke|updates|custom|events`, and answers each with one JSON object:
the time of one run, by the clock and of the processor, as the median of many batches.
"""

import asyncio
import json
import operator
import statistics
import sys
import time
from typing import Annotated, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

CONFIG = {"recursion_limit": 1000}


class Count(TypedDict):
    nodes: Annotated[int, operator.add]


async def one(state: Count) -> Count:
    return {"nodes": 1}


def chain(size: int):
    graph, last = StateGraph(Count), START
    for number in range(size):
        graph.add_node(f"n{number}", one)
        graph.add_edge(last, f"n{number}")
        last = f"n{number}"
    graph.add_edge(last, END)
    return graph.compile()


def fan(size: int):
    graph = StateGraph(Count)
    names = [f"n{number}" for number in range(size)]
    graph.add_node("join", one)
    for name in names:
        graph.add_node(name, one)
        graph.add_edge(START, name)
    graph.add_edge(names, "join")
    graph.add_edge("join", END)
    return graph.compile()


def emit(size: int):
    async def emitting(state: Count) -> Count:
        write = get_stream_writer()
        for number in range(size):
            write(number)
        return {"nodes": 1}

    graph = StateGraph(Count)
    graph.add_node("n0", emitting)
    graph.add_edge(START, "n0")
    graph.add_edge("n0", END)
    return graph.compile()


async def run(graph, way: str) -> tuple[int, int]:
    """Runs the graph once, takes all that it reports, and counts the nodes and what they emitted."""
    nodes = payloads = 0
    if way == "invoke":
        nodes = (await graph.ainvoke({"nodes": 0}, CONFIG))["nodes"]
    elif way == "updates":
        async for update in graph.astream({"nodes": 0}, CONFIG, stream_mode="updates"):
            nodes += sum(value["nodes"] for value in update.values())
    elif way == "custom":
        async for mode, part in graph.astream({"nodes": 0}, CONFIG, stream_mode=["custom", "updates"]):
            if mode == "custom":
                payloads += 1
            else:
                nodes += sum(value["nodes"] for value in part.values())
    else:
        async for event in graph.astream_events({"nodes": 0}, CONFIG, version="v2", stream_mode="custom"):
            node = event["metadata"].get("langgraph_node")
            if event["event"] == "on_chain_end" and event["name"] == node:
                nodes += event["data"]["output"]["nodes"]
            elif event["event"] == "on_chain_stream" and not node:
                payloads += 1
    return nodes, payloads


async def batch(graph, way: str, runs: int, expected: tuple[int, int]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(runs):
        result = await run(graph, way)
        if result != expected:
            raise RuntimeError(f"{result} instead of {expected}")
    return (time.perf_counter() - wall) / runs, (time.process_time() - processor) / runs


async def measure(shape: str, size: int, seconds: float, way: str) -> dict[str, float]:
    graph = {"chain": chain, "fan": fan, "emit": emit}[shape](size)
    expected = {"chain": (size, 0), "fan": (size + 1, 0), "emit": (1, size)}[shape]
    if way == "invoke" and shape == "emit":
        expected = (1, 0)
    await batch(graph, way, 3, expected)
    samples, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < 5:
        samples.append(await batch(graph, way, 2, expected))
    wall, processor = (statistics.median(column) * 1e6 for column in zip(*samples, strict=True))
    return {"wall_us": wall, "cpu_us": processor}


for line in sys.stdin:
    case = line.split()
    print(json.dumps(asyncio.run(measure(case[0], int(case[1]), float(case[2]), case[3]))), flush=True)
