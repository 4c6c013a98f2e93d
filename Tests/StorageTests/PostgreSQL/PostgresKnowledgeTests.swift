import Foundation
import Graph
import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("Several nodes on PostgreSQL's knowledge base", .enabled(if: TestPostgres.isGiven))
struct PostgresKnowledgeTests {
  @Test("embed different chunks, until one of them is gone or late")
  func claims() async throws {
    try await withPostgresDatabases(2) { databases in
      let (first, second) = (databases[0].mine, databases[1].mine)
      for database in databases { try await database.renewLease() }
      try await first.embeddings.add(model)
      _ = try await first.knowledge.save(makeDocument(texts: (0..<5).map { "\($0)" }))
      func take(_ stores: Stores, _ limit: Int) async throws -> [String] {
        try await stores.embeddings.chunksToEmbed(model: model.id, limit: limit).map(\.chunk.text)
      }
      #expect(try await take(first, 2) == ["0", "1"])
      #expect(try await take(second, 2) == ["2", "3"])
      #expect(try await take(first, 2) == ["0", "1"], "the same node may ask again")
      #expect(try await take(second, 9) == ["2", "3", "4"])
      #expect(try await take(first, 9) == ["0", "1"])
      _ = try await databases[0].client.query(
        "UPDATE embedding_queue SET taken_at = taken_at - interval '61 s' WHERE taken_by = $1",
        [.uuid(databases[1].node.incarnation)])
      #expect(try await take(first, 3) == ["0", "1", "2"])
      _ = try await databases[0].client.query(
        "UPDATE nodes SET lease_until = clock_timestamp() WHERE id = $1", [.uuid(databases[0].node.id)])
      #expect(try await take(second, 9) == ["0", "1", "2", "3", "4"])
    }
  }

  @Test("that store the same content at once store it once")
  func sameContent() async throws {
    try await withPostgresDatabases(2) { databases in
      let stores = databases.map(\.mine.knowledge)
      for round in 0..<10 {
        let fixtures = (0..<4).map {
          makeDocument(source: "\(round)/\($0 / 2)", hash: "\(round)", texts: ["\(round)"])
        }
        let outcomes = try await withThrowingTaskGroup(of: SaveOutcome.self) { group in
          for (index, fixture) in fixtures.enumerated() {
            group.addTask { try await stores[index % 2].save(fixture) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .added }.count == 1)
        #expect(try await stores[0].documentCount() == round + 1)
      }
    }
  }

  @Test("leave no chunk without a vector or a place in the queue when a model is added meanwhile")
  func modelAddedMeanwhile() async throws {
    try await withPostgresDatabases(2) { databases in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for number in 0..<20 {
            _ = try await databases[0].mine.knowledge.save(
              makeDocument(source: "\(number)", hash: "\(number)", texts: ["a", "b"]))
          }
        }
        group.addTask {
          for number in 0..<5 {
            try await databases[1].mine.embeddings.add(EmbedderDescriptor(id: "\(number)", dimension: 2))
          }
        }
        try await group.waitForAll()
      }
      #expect(try await databases[0].count("SELECT count(*) FROM embedding_queue") == 200)
    }
  }

  @Test("see at once that another one has put a new model in the place of an old one")
  func replacedModel() async throws {
    try await withPostgresDatabases(2) { databases in
      let fixture = makeDocument(texts: ["a", "b"])
      _ = try await databases[0].mine.knowledge.save(fixture)
      try await databases[0].mine.embeddings.add(model)
      try await databases[0].mine.embeddings.save([axis(0), axis(1)], for: fixture.chunks)
      #expect(try await databases[1].mine.embeddings.nearest(axis(0)).count == 2)
      try await databases[0].mine.embeddings.add(EmbedderDescriptor(id: "b", dimension: 8))
      try await databases[0].mine.embeddings.serve(model: "b")
      await expectStoreError(.notFound) { _ = try await databases[1].mine.embeddings.nearest(axis(0)) }
      try await databases[0].mine.embeddings.add(model)
      try await databases[0].mine.embeddings.save([axis(1)], for: [fixture.chunks[0]])
      #expect(try await databases[1].mine.embeddings.nearest(axis(0)).map(\.score) == [0])
    }
  }
}

extension PostgresDatabase {
  fileprivate func renewLease() async throws {
    _ = try await client.query(
      """
      INSERT INTO nodes (id, incarnation, lease_until) VALUES ($1, $2, clock_timestamp() + interval '1 min')
      """, [.uuid(node.id), .uuid(node.incarnation)])
  }
}
