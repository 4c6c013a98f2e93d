import Foundation
import Graph
import TestSupport
import Testing

@Suite("The checkpointer in memory")
struct InMemoryCheckpointerTests {
  @Test("does what every checkpointer does")
  func conformance() async throws {
    try await CheckpointerConformance(InMemoryCheckpointer()).verify()
  }

  @Test("keeps the newest checkpoints of a thread, and no more than it was told to")
  func bounded() async throws {
    let memory = InMemoryCheckpointer(checkpointsPerThread: 3)
    for id in 1...10 {
      try await memory.save(
        Checkpoint(threadID: "t", id: id, graph: "g", step: id, state: Data(), pending: []))
    }
    #expect(try await memory.list(threadID: "t").map(\.id) == [8, 9, 10])
  }
}

@Suite("A checkpoint")
struct CheckpointCodingTests {
  @Test("is readable JSON that comes back the same")
  func coding() throws {
    let checkpoint = Checkpoint(
      threadID: "t", id: 1, graph: "g", step: 2, state: Data("{}".utf8), pending: ["rerank"],
      joins: [.init(sources: ["a", "b"], target: "c", arrived: ["a"])], hasReachedEnd: true,
      interrupt: .init(before: ["rerank"], after: []))
    let json = try JSONEncoder().encode(checkpoint)
    #expect(String(decoding: json, as: UTF8.self).contains(#""pending":["rerank"]"#))
    #expect(try JSONDecoder().decode(Checkpoint.self, from: json) == checkpoint)
  }
}
