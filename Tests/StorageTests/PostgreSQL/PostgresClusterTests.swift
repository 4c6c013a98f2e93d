import Foundation
import Graph
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite("Nodes of one PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresClusterTests {
  @Test("are alive as long as their lease, by the database's clock")
  func leases() async throws {
    try await withPostgresDatabases(3) { databases in
      let nodes = databases.map(\.node.id)
      let clusters = try databases.map { try #require($0.cluster) }
      #expect(try await clusters[0].livingNodes().isEmpty)
      let now = try await clusters[0].renewLease(for: .seconds(60))
      #expect(abs(now.timeIntervalSinceNow) < 60)
      try await clusters[1].renewLease(for: .seconds(60))
      try await clusters[2].renewLease(for: .milliseconds(30))
      try await eventually("a short lease runs out") {
        try await clusters[0].livingNodes() == [nodes[0], nodes[1]]
      }
      try await clusters[2].renewLease(for: .seconds(60))
      #expect(try await clusters[0].livingNodes() == Set(nodes))
      try await clusters[1].leave()
      #expect(try await clusters[1].livingNodes() == [nodes[0], nodes[2]])
    }
  }

  @Test("leave their runs to the others when their lease runs out, and to nobody before")
  func abandonedRuns() async throws {
    try await withPostgresDatabases(2) { databases in
      let clusters = try databases.map { try #require($0.cluster) }
      for cluster in clusters { try await cluster.renewLease(for: .seconds(60)) }
      let lost = try await databases[1].runStores.beginRun()
      let other = try await databases[0].runStores.beginRun()
      #expect(try await databases[0].mine.runs.abandonedRuns(limit: 9).isEmpty)
      try await clusters[1].renewLease(for: .milliseconds(10))
      try await eventually {
        try await databases[0].mine.runs.abandonedRuns(limit: 9).map(\.id) == [lost.id]
      }
      #expect(try await databases[0].mine.runs.abandonedRuns(limit: 0).isEmpty)
      #expect(try await clusters[0].node(runID: lost.id) == databases[1].node.id)
      try await databases[0].runStores.apply(.end(lost.ending(1...1, status: .interrupted)))
      #expect(try await databases[0].mine.runs.abandonedRuns(limit: 9).isEmpty)
      #expect(try await clusters[0].node(runID: lost.id) == nil)
      #expect(try await clusters[0].node(runID: other.id) == databases[0].node.id)
    }
  }

  @Test("that start again find the runs of the process before them abandoned at once")
  func restart() async throws {
    try await withPostgres { fixture in
      let node = UUID()
      let before = try await fixture.open(node: node)
      try await before.cluster?.renewLease(for: .seconds(60))
      let run = try await before.runStores.beginRun()
      // It is killed: its lease goes on.
      let after = try await fixture.open(node: node)
      #expect(try await after.mine.runs.abandonedRuns(limit: 9).isEmpty)
      try await after.cluster?.renewLease(for: .seconds(60))
      #expect(try await after.mine.runs.abandonedRuns(limit: 9).map(\.id) == [run.id])
      // If it were not dead, it would learn that its place is taken.
      await expectStoreError(.conflict) { try await before.cluster?.renewLease(for: .seconds(60)) }
      try await before.cluster?.leave()
      #expect(try await after.cluster?.livingNodes() == [node])
      await before.close()
      await after.close()
    }
  }

  @Test("hear of a stop that was asked for before the run was stored, and of one after it")
  func stops() async throws {
    try await withPostgresDatabases(2) { databases in
      let clusters = try databases.map { try #require($0.cluster) }
      let (early, late, other) = (RunFixture(), RunFixture(), RunFixture())
      #expect(try await clusters[1].requestStop(runID: early.id) == nil)
      for run in [early, late, other] { _ = try await databases[0].runStores.beginRun(run) }
      #expect(try await clusters[0].stopRequests(among: [early.id, late.id, other.id]) == [early.id])
      #expect(try await clusters[1].requestStop(runID: late.id) == databases[0].node.id)
      #expect(try await clusters[1].requestStop(runID: late.id) == databases[0].node.id)
      #expect(
        try await clusters[0].stopRequests(among: [early.id, late.id, other.id]) == [early.id, late.id])
      #expect(try await clusters[0].stopRequests(among: []).isEmpty)
      try await databases[0].runStores.apply(.end(late.ending(1...1)))
      #expect(try await clusters[1].requestStop(runID: late.id) == nil)
    }
  }

  @Test("forget old stop requests and nodes that went long ago")
  func forgetting() async throws {
    try await withPostgresDatabase { database in
      let cluster = try #require(database.cluster)
      let (old, new) = (UUID(), UUID())
      for run in [old, new] { _ = try await cluster.requestStop(runID: run) }
      try await database.execute(
        "UPDATE run_stops SET requested_at = requested_at - interval '11 minutes' WHERE run_id = $1",
        [.uuid(old)])
      try await database.execute(
        "INSERT INTO nodes VALUES ($1, $1, clock_timestamp() - interval '2 days')", [.uuid(UUID())])
      try await cluster.renewLease(for: .seconds(60))
      #expect(try await cluster.stopRequests(among: [old, new]) == [new])
      #expect(try await database.count("SELECT count(*) FROM nodes") == 1)
    }
  }

  @Test("never take one job twice, and take those of a node that has gone")
  func jobs() async throws {
    try await withPostgresDatabases(3) { databases in
      let jobs = (0..<60).map { makeJob(source: "\($0)", hash: "\($0)") }
      try await databases[0].mine.ingestion.enqueue(jobs)
      for database in databases { try await database.cluster?.renewLease(for: .seconds(60)) }
      let claims = try await withThrowingTaskGroup(of: [UUID].self) { group in
        for index in 0..<6 {
          group.addTask {
            var claims: [UUID] = []
            while let job = try await databases[index % 2].mine.ingestion.claimJob(now: time(1)) {
              claims.append(job.id)
            }
            return claims
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(claims.count == 60)
      #expect(Set(claims).count == 60)
      let other = databases[2].mine.ingestion
      #expect(try await other.requeueClaimedJobs() == 0)
      try await databases[1].cluster?.leave()
      let back = try await other.requeueAbandonedJobs()
      #expect(back > 0 && back < 60)
      #expect(try await databases[0].mine.ingestion.requeueAbandonedJobs() == 0)
      // Its own from before a restart, and none of another that is alive.
      #expect(try await databases[0].mine.ingestion.requeueClaimedJobs() == 60 - back)
      #expect(try await other.jobs(limit: 99).allSatisfy { $0.state == .queued && $0.attempts == 1 })
    }
  }

  @Test("end no reading that another one has begun, not even their own when it was given away meanwhile")
  func readings() async throws {
    try await withPostgresDatabases(2) { databases in
      let document = makeDocument(hash: "hash")
      let stores = databases.map(\.mine)
      try await stores[0].ingestion.enqueue([makeJob(document.document.id)])
      _ = try await stores[0].ingestion.claimJob(now: time(1))
      for end in [1, 0] {
        // The first one has lost its lease for a moment.
        if end == 0 { #expect(try await stores[1].ingestion.requeueAbandonedJobs() == 1) }
        if end == 0 { #expect(try await stores[1].ingestion.claimJob(now: time(2)) != nil) }
        let reader = stores[end]
        #expect(
          try await reader.knowledge.finishReading(
            document.document, text: document.text, chunks: document.chunks) == nil)
        #expect(
          try await reader.ingestion.endReading(
            documentID: document.document.id, contentHash: "hash", state: .failed, failure: nil, now: time(3))
            == false)
      }
      #expect(
        try await stores[1].knowledge.finishReading(
          document.document, text: document.text, chunks: document.chunks) == .added)
    }
  }

  @Test("take in jobs of the same documents at the same moment, and keep one of each")
  func sameJobs() async throws {
    try await withPostgresDatabases(2) { databases in
      let ids = (0..<20).map { _ in UUID() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<8 {
          group.addTask {
            let jobs = ids.map { makeJob($0, source: "\($0)", hash: "\(index) \($0)") }
            try await databases[index % 2].mine.ingestion.enqueue(index < 4 ? jobs : jobs.reversed())
          }
        }
        try await group.waitForAll()
      }
      #expect(try await Set(databases[0].mine.ingestion.jobs(limit: 99).map(\.id)) == Set(ids))
    }
  }

  @Test("do one at a time what shall be done once, and go on when the one that did it fails")
  func exclusively() async throws {
    struct Broken: Error {}
    final class Running: Sendable {
      let counts = Mutex((now: 0, most: 0, times: 0))
    }
    try await withPostgresDatabases(2) { databases async throws in
      let running = Running()
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<6 {
          group.addTask {
            try? await databases[index % 2].cluster?.exclusively("something") {
              running.counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.times + 1) }
              _ = try await databases[index % 2].mine.settings.setting("x")
              running.counts.withLock { $0.now -= 1 }
              if index == 0 { throw Broken() }
            }
          }
        }
      }
      #expect(running.counts.withLock { $0.most } == 1)
      #expect(running.counts.withLock { $0.times } == 6)
    }
  }
}
