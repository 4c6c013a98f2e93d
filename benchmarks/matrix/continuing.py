"""Continue: an interrupted answer is written anew, in the same place."""

from typing import TYPE_CHECKING

from . import compare
from .lab import new_id
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream
from .wire import call

if TYPE_CHECKING:
    from .kills import KilledRun


async def problems_of_continuing(run: "KilledRun", rill: Rill, upstream: Upstream) -> list[str]:
    """Continue gives the whole answer under the same message; with a checkpoint it does not search again."""
    # The checkpoint is stored with the events that follow it: when text was stored, it was.
    had_searched = bool(run.saved)
    before = upstream.asked(run.tag)
    upstream.plans[run.tag].pace = 0
    new_run = new_id()
    reader = Reader()
    path = f"/chat/runs/{run.run_id}/continue"
    await follow_to_end(reader, rill.port, new_run, {"run_id": new_run}, path=path)
    problems = reader.problems + compare.terminal(reader.terminal, "done")
    types = {event.type for event in reader.events}
    if had_searched and types & {"retrieval_start", "reranking_start", "routing_start"}:
        problems.append("it searched again")
    if not reader.first("snapshot"):
        problems.append("no snapshot took away the partial answer")
    if reader.text != run.text:
        problems.append(f"{len(reader.text)} characters instead of {len(run.text)}")
    again = await follow_to_end(Reader(), rill.port, new_run, {"run_id": new_run}, path=path)
    if again.text != reader.text:
        problems.append(f"the same request again was told {len(again.text)} characters, {again.refusal}")
    if upstream.asked(run.tag) != before + 1:
        problems.append(f"the model was asked {upstream.asked(run.tag) - before} times")
    old, new = (r.first("metadata") for r in (run.reader, reader))
    if old and new and old.content["message_id"] != new.content["message_id"]:
        problems.append("it wrote another message")
    if run.session_id:
        problems += compare.stored(await rill.answer_of(run.session_id, new_run), "done", run.text)
        refused = await call(rill.port, "POST", path, {"run_id": new_id()})
        if (refused.status, refused.code) != (409, "NOT_INTERRUPTED"):
            problems.append(f"continued a second time it answers {refused.status} {refused.code}")
    return [f"{run.tag}: {problem}" for problem in problems]
