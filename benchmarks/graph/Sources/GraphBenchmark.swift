import Foundation
import Graph

/// Runs graphs whose nodes do nothing, so that only the runtime's own work is left; see
/// `benchmarks/graph/run`.
///
///     GraphBenchmark chain|fan|emit SIZE SECONDS
///
/// Prints one JSON object: the time of one run, by the clock and of the processor, as the median of many
/// batches.
@main
struct GraphBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let shape = Shape(rawValue: arguments[1]), let size = Int(arguments[2]),
      let seconds = Double(arguments[3]), size > 0
    else { return print("usage: GraphBenchmark chain|fan|emit SIZE SECONDS") }
    let figures = try await Measurement(graph: shape.graph(size: size), expected: shape.count(size: size))
      .median(seconds: seconds)
    print("{\"wall_us\":\(figures.wall * 1e6),\"cpu_us\":\(figures.processor * 1e6)}")
  }
}

/// Not of the main actor: a server's streams do not hop to the main thread, either.
struct Measurement: Sendable {
  let graph: CompiledGraph<Count, Int>
  let expected: Count

  /// The time of one run.
  func median(seconds: Double) async throws -> Sample {
    _ = try await batch(of: 20)
    var size = 1
    while try await batch(of: size).wall < 0.02 { size *= 2 }
    var samples: [Sample] = []
    let end = now(CLOCK_MONOTONIC) + seconds
    while now(CLOCK_MONOTONIC) < end || samples.count < 5 { samples.append(try await batch(of: size)) }
    return Sample(
      wall: samples.map(\.wall).sorted()[samples.count / 2] / Double(size),
      processor: samples.map(\.processor).sorted()[samples.count / 2] / Double(size))
  }

  private func batch(of runs: Int) async throws -> Sample {
    let (wall, processor) = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
    for _ in 0..<runs { try await run() }
    return Sample(
      wall: now(CLOCK_MONOTONIC) - wall, processor: now(CLOCK_PROCESS_CPUTIME_ID) - processor)
  }

  /// Takes every event, as a server does that streams them.
  private func run() async throws {
    var options = RunOptions()
    options.stepLimit = 1_000
    let result = try await graph.run(Count(), options: options) { events in
      var result = Count()
      for try await event in events {
        switch event.kind {
        case .payload: result.payloads += 1
        case .finished(let state): result.nodes = state.nodes
        default: break
        }
      }
      return result
    }
    guard result == expected else { throw WrongResult(result: result) }
  }
}

/// How many nodes have run. As in the peer, each adds one to what there is.
struct Count: GraphState, Equatable {
  var nodes = 0
  var payloads = 0

  mutating func apply(_ update: Int) { nodes += update }
}

struct WrongResult: Error {
  let result: Count
}

enum Shape: String {
  /// One node after the other.
  case chain
  /// All nodes side by side, and one that waits for all of them.
  case fan
  /// One node that emits events.
  case emit

  func count(size: Int) -> Count {
    switch self {
    case .chain: Count(nodes: size)
    case .fan: Count(nodes: size + 1)
    case .emit: Count(nodes: 1, payloads: size)
    }
  }

  func graph(size: Int) throws -> CompiledGraph<Count, Int> {
    var graph = StateGraph<Count, Int>(name: rawValue)
    switch self {
    case .chain:
      var last = NodeID.start
      for node in (0..<size).map({ NodeID("n\($0)") }) {
        graph.addNode(node) { _, _ in 1 }
        graph.addEdge(from: last, to: node)
        last = node
      }
      graph.addEdge(from: last, to: .end)
    case .fan:
      let nodes = (0..<size).map { NodeID("n\($0)") }
      for node in nodes {
        graph.addNode(node) { _, _ in 1 }
        graph.addEdge(from: .start, to: node)
      }
      graph.addNode("join") { _, _ in 1 }
      graph.addJoin(from: nodes, to: "join")
      graph.addEdge(from: "join", to: .end)
    case .emit:
      graph.addNode("n0") { _, context in
        for number in 0..<size { try await context.emit(number) }
        return 1
      }
      graph.addEdge(from: .start, to: "n0")
      graph.addEdge(from: "n0", to: .end)
    }
    return try graph.compile()
  }
}

/// Seconds, by the clock and of the processor.
struct Sample {
  var wall: Double
  var processor: Double
}

private func now(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
