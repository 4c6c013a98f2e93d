"""The table, for the terminal and for `results/latest.md`."""

COLUMNS = (
    "clients × pace",
    "system",
    "tokens/s",
    "added ms p50 / p99",
    "late ms p99",
    "first token ms p50 / p99",
    "KB/stream",
    "CPU µs/token",
    "CPU %",
    "tokens/frame",
    "held",
)


def number(value: float | None, suffix: str = "") -> str:
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}{suffix}"
    return f"{value:.{2 if abs(value) < 10 else 1}f}{suffix}"


def pair(histogram: dict) -> str:
    return f"{number(histogram['p50'])} / {number(histogram['p99'])}"


def held(row: dict) -> str:
    if row["held"]:
        return "yes"
    failures = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in row["failures"].items())
    return f"no: {failures or 'late'}"


def cells(row: dict) -> list[str]:
    return [
        row["level"],
        row["system"],
        number(row["tokens_per_s"]),
        pair(row["added_ms"]),
        number(row["lateness_ms"]["p99"]),
        pair(row["first_token_ms"]),
        number(row["kb_per_stream"]),
        number(row["cpu_us_per_token"]),
        number(sum_server_cpu(row)),
        number(row["tokens_per_frame"]),
        held(row),
    ]


def sum_server_cpu(row: dict) -> float:
    own = [v for name, v in row["cpu_percent"].items() if name not in ("client", "upstream")]
    return sum(own) if own else row["cpu_percent"]["upstream"]


def ratios(rows: list[dict]) -> list[list[str]]:
    """Peer ÷ Rill at the levels that both ran: above 1 is in Rill's favour."""
    table = []
    by_system = {(row["level"], row["system"]): row for row in rows}
    for (level, system), peer in by_system.items():
        rill = by_system.get((level, "Rill"))
        if system != "peer" or not rill:
            continue
        pairs = [
            (peer["added_ms"]["p50"], rill["added_ms"]["p50"]),
            (peer["added_ms"]["p99"], rill["added_ms"]["p99"]),
            (peer["first_token_ms"]["p50"], rill["first_token_ms"]["p50"]),
            (peer["first_token_ms"]["p99"], rill["first_token_ms"]["p99"]),
            (peer["kb_per_stream"], rill["kb_per_stream"]),
            (peer["cpu_us_per_token"], rill["cpu_us_per_token"]),
        ]
        table.append([level, *(f"{number(a / b)}×" if a and b else "–" for a, b in pairs)])
    return table


DELIVERY_COLUMNS = (
    "runs × readers, pace",
    "system",
    "tokens/s",
    "late ms p50 / p99",
    "CPU µs/token",
    "÷ floor",
    "÷ handler",
    "tokens/frame",
    "complete",
)


def delivery(rows: list[dict]) -> list[list[str]]:
    """Delivery alone; the ratios are to the row of the same readers."""
    table = []
    costs = {(row["readers"], row["system"]): row["cpu_us_per_token"] for row in rows}
    for row in rows:
        own = row["cpu_us_per_token"]
        others = (costs.get((row["readers"], name)) for name in ("floor", "handler"))
        failures = ", ".join(f"{count:,} {name}" for name, count in row["failures"].items())
        table.append(
            [
                row["readers"],
                row["system"],
                number(row["tokens_per_s"]),
                pair(row["lateness_ms"]),
                number(own),
                *(f"{own / other:.2f}×" if own and other else "–" for other in others),
                number(row["tokens_per_frame"]),
                f"no: {failures}" if failures else "yes",
            ]
        )
    return table


def markdown_table(header: tuple | list, rows: list[list[str]]) -> str:
    widths = [max(len(r[i]) for r in [list(header), *rows]) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [header, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def markdown(result: dict) -> str:
    rows, machine = result["levels"], result["machine"]
    parts = [
        f"{result['date']} · {machine['processors']} × {machine['cpu']}, {machine['memory_gb']:.0f} GB, "
        f"{machine['kernel']} · window {result['seconds']:g} s · "
        "load generator and upstream on the same machine",
        markdown_table(COLUMNS, [cells(row) for row in rows]),
    ]
    if table := ratios(rows):
        header = (
            "peer ÷ Rill",
            "added p50",
            "added p99",
            "first token p50",
            "first token p99",
            "memory",
            "CPU/token",
        )
        parts.append(markdown_table(header, table))
    if result.get("delivery"):
        parts.append(
            "Delivery alone, from a token that exists to the socket. Rill: what the further readers of runs cost, "
            "which are made once however many follow; floor and handler: a stream of their own making for each "
            "connection, due at the same instants."
        )
        parts.append(markdown_table(DELIVERY_COLUMNS, delivery(result["delivery"])))
    if wait := result.get("perceived_wait"):
        parts.append(
            f"Perceived wait ({wait['script']}): blocking `POST /chat` {number(wait['blocking_ms'])} ms, "
            f"streamed: first event {number(wait['first_event_ms'])} ms, first token "
            f"{number(wait['first_token_ms'])} ms, {wait['reduction_percent']:.0f} % less."
        )
    shares = [
        [
            row["level"],
            row["system"],
            *(
                number(row["cpu_percent"].get(name))
                for name in ("client", "upstream", "handler", "Rill", "the peer")
            ),
            number(row["other_load_percent"]),
        ]
        for row in rows
    ]
    parts.append(
        markdown_table(
            ("CPU % of one processor", "system", "client", "upstream", "handler", "Rill", "peer", "others"),
            shares,
        )
    )
    parts += [f"**{problem}**" for problem in result["problems"]]
    noisy = [row for row in rows if row["other_load_percent"] > 10]
    if noisy:
        parts.append(
            f"Other work took more than 10 % of a processor in {len(noisy)} of {len(rows)} measurements: "
            "their latencies are worse than the systems deserve."
        )
    return "\n\n".join(parts) + "\n"
