import Foundation
import Graph
import Providers

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Embeds the texts of a file (JSON: an array of strings) and prints what it took as one line of JSON.
//
//     EmbeddingBenchmark MODEL-FOLDER TEXTS.json THREADS

/// Seconds of processor time that this process has used.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
  let begin = ContinuousClock.now
  try await body()
  return (ContinuousClock.now - begin) / .milliseconds(1)
}

/// The latencies of queries, one after the other, in milliseconds.
func queries(_ embedder: BertEmbedder, count: Int) async throws -> [Double] {
  var times: [Double] = []
  for number in 0..<count {
    let question = EmbeddingInput("what happens to the lift of a wing in a slipstream at mach \(number)?")
    times.append(try await milliseconds { _ = try await embedder.embed([question], for: .query) })
  }
  return times.sorted()
}

func percentiles(_ times: [Double]) -> [String: Double] {
  ["p50": times[times.count / 2], "p99": times[times.count * 99 / 100]]
}

let arguments = CommandLine.arguments
let texts = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(filePath: arguments[2])))
let embedder = try BertEmbedder(
  folder: EmbeddingModelFolder(opening: URL(filePath: arguments[1])), threads: Int(arguments[3]))
let inputs = texts.map { EmbeddingInput($0) }
_ = try await embedder.embed(Array(inputs.prefix(16)), for: .passage)

let began = processorSeconds()
let elapsed = try await milliseconds { _ = try await embedder.embed(inputs, for: .passage) }
let used = processorSeconds() - began
let alone = try await queries(embedder, count: 200)
let beside = try await withThrowingTaskGroup(of: Void.self) { group in
  group.addTask { while true { _ = try await embedder.embed(inputs, for: .passage) } }
  let times = try await queries(embedder, count: 200)
  group.cancelAll()
  return times
}
await embedder.close()

let report: [String: Any] = [
  "texts": texts.count, "seconds": elapsed / 1000, "processor_seconds": used,
  "query_ms": percentiles(alone), "query_beside_bulk_ms": percentiles(beside),
]
print(
  String(decoding: try JSONSerialization.data(withJSONObject: report, options: .sortedKeys), as: UTF8.self))
