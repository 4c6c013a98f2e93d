import Foundation
import GRDB
import Graph
import TestSupport
import Testing

@testable import Storage

/// Stands for SHA-256, which this module does not have: Fowler, Noll and Vo's hash, four times.
struct TestHasher: ContentHasher {
  private var content = Data()

  mutating func update(_ data: Data) { content.append(data) }

  func finalize() -> String {
    (UInt8(0)..<4).map { salt in
      let hash = (content + [salt]).reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01B3
      }
      let hexadecimal = String(hash, radix: 16)
      return String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
    }.joined()
  }

  static func hash(_ data: Data) -> String {
    var hasher = TestHasher()
    hasher.update(data)
    return hasher.finalize()
  }
}

extension DatabaseCopy {
  init(from source: any TransferSource, to target: any TransferTarget) {
    self.init(source: source, target: target, makeHasher: { TestHasher() }, progress: { _ in })
  }
}

extension TransferSource {
  /// Every row, in the form that all databases share. What has no order is sorted.
  func allRows() async throws -> [TransferTable: [TransferRow]] {
    try await withSnapshot { reader in
      var all: [TransferTable: [TransferRow]] = [:]
      for table in TransferTable.allCases {
        var rows: [TransferRow] = []
        var position: [TransferValue]?
        repeat {
          let page = try await reader.page(of: table, after: position)
          rows += page.rows
          position = page.end
        } while position != nil
        all[table] =
          table.isOrdered
          ? rows : rows.sorted { $0.canonical.lexicographicallyPrecedes($1.canonical) }
      }
      return all
    }
  }
}

/// Puts something of every kind into a database, for one owner after the other. The same for the same seed, but for ids.
struct DatabaseFilling {
  let stores: Stores
  /// Keeps an original file.
  let saveOriginal: (Data) async throws -> Void
  private var random: SeededGenerator

  static let owners = [Owner.everyone, Owner(id: "zoë"), Owner(id: "A 'b'")]
  static let models = [
    EmbedderDescriptor(id: "old/1", dimension: 8), EmbedderDescriptor(id: "new/2", dimension: 5),
  ]

  init(_ stores: Stores, seed: UInt64, saveOriginal: @escaping (Data) async throws -> Void) {
    self.stores = stores
    self.saveOriginal = saveOriginal
    random = SeededGenerator(seed: seed)
  }

  static func fill(
    _ database: any RillDatabase, seed: UInt64, saveOriginal: @escaping (Owner, Data) async throws -> Void
  ) async throws {
    // Rows of the owners stand between each other.
    for round in 0..<2 {
      for owner in owners {
        var filling = DatabaseFilling(database.stores(of: owner), seed: seed + UInt64(round)) {
          try await saveOriginal(owner, $0)
        }
        try await filling.conversations()
        try await filling.documents("\(round)")
      }
    }
  }

  private mutating func conversations() async throws {
    for kind in 0..<6 {
      let run = RunFixture(at: Double(Int.random(in: 0..<99, using: &random)))
      let stores = RunStores(
        runs: stores.runs, conversations: stores.conversations, checkpointer: stores.checkpointer)
      try await stores.apply(.begin(run.beginning), .append(run.batch(1...3)))
      switch kind {
      case 0:
        try await stores.apply(
          .checkpoint(run.checkpoint(3, state: "{\"ä\": 1}"), runID: run.id),
          .end(run.ending(4...4, status: .interrupted)))
        try await stores.apply(.begin(run.continuation()))
        var message = run.continuation().reopenedMessage ?? run.answer
        message.status = .interrupted
        let id = try #require(try await stores.runs.activeRun(sessionID: run.session.id)?.id)
        message.answer?.runID = id
        try await stores.apply(
          .checkpoint(run.checkpoint(4), runID: id),
          .end(RunEnding(runID: id, batch: nil, message: message, endedAt: time(200))))
      case 1:
        try await stores.apply(.end(run.ending(4...9, tokens: 5, at: -1_000)))
        #expect(try await stores.runs.compactRuns(endedBefore: time(-500), limit: 1) == 1)
      default:
        try await stores.apply(
          .append(run.batch(4...(4 + kind), tokens: kind)),
          .end(run.ending(content: "Answer \(kind) — 小川", status: kind == 2 ? .cancelled : .done)))
      }
    }
    let thread = RunFixture()
    try await stores.checkpointer.save(thread.checkpoint(1))
    try await stores.checkpointer.save(thread.checkpoint(2, state: String(repeating: "x", count: 70_000)))
    try await stores.settings.setSetting("key \(random.next() % 1_000)", to: "value")
  }

  private mutating func documents(_ prefix: String) async throws {
    for model in Self.models { try await stores.embeddings.add(model) }
    for number in 0..<4 {
      let content = Data("\(prefix) \(number) \(random.next() % 7)".utf8)
      var fixture = makeDocument(
        "Title \(number)", source: "\(prefix)/\(number).md", hash: TestHasher.hash(content),
        headings: ["One", "\"Two\""],
        texts: (0..<(number == 3 ? 60 : 5)).map { "otter \($0) \(String(repeating: "heron ", count: 30))" },
        at: Double(number))
      fixture.document.pageCount = number == 2 ? nil : 2
      if number == 0, prefix == "0" {
        // More parts than are read at once.
        fixture.text.text += String(repeating: "a", count: 51 << 16)
      }
      if number != 2 {
        fixture.text.pages = [0..<10, 10..<fixture.text.text.utf8.count]
        for index in fixture.chunks.indices { fixture.chunks[index].page = min(index + 1, 2) }
      }
      _ = try await stores.knowledge.save(fixture)
      if number != 1 { try await saveOriginal(content) }
      for model in Self.models {
        var embeddings: [UUID: TextEmbedding] = [:]
        for (index, chunk) in fixture.chunks.enumerated() where index % 4 != 3 {
          let spans =
            index % 2 == 0 ? [] : [random.direction(model.dimension), random.direction(model.dimension)]
          embeddings[chunk.id] = TextEmbedding(vector: random.direction(model.dimension), spans: spans)
        }
        try await stores.embeddings.saveEmbeddings(embeddings, model: model.id)
      }
    }
    try await jobs(prefix)
  }

  private mutating func jobs(_ prefix: String) async throws {
    let file = Data("waiting \(prefix)".utf8)
    try await saveOriginal(file)
    var failed = makeJob(source: "\(prefix) failed", hash: "none", state: .failed, at: 3)
    failed.failure = IngestionJob.Failure(code: "damaged", message: "It is \"damaged\".")
    failed.mediaType = nil
    failed.attempts = 4
    try await stores.ingestion.enqueue([
      makeJob(source: "\(prefix) 1", hash: TestHasher.hash(file), at: 1), failed,
      makeJob(source: "\(prefix) 2", hash: "none", at: 2),
    ])
    _ = try await stores.ingestion.claimJob(now: time(9))
  }
}

/// A full data folder.
func withFullFolder<Value>(seed: UInt64 = 1, _ body: (URL) async throws -> Value) async throws -> Value {
  try await withTemporaryFolder { folder in
    let database = try await SQLiteDatabase.open(folder: folder)
    let originals = OriginalFolder(dataFolder: folder)
    // Nothing here needs to survive a power cut.
    try await database.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
    try await DatabaseFilling.fill(database, seed: seed) { _, content in
      var parts = [content]
      try await originals.write(contentHash: TestHasher.hash(content)) { parts.popLast() }
    }
    try database.close()
    return try await body(folder)
  }
}

extension TransferRow {
  /// Changes the last value that can be changed without breaking anything else.
  mutating func damage() {
    for index in values.indices.reversed() {
      switch values[index] {
      case .int(let number): values[index] = .int(number + 1)
      case .bytes(let data): values[index] = .bytes(data + [1])
      case .floats(let numbers): values[index] = .floats(numbers.map { $0 + 1 })
      case .bool(let flag): values[index] = .bool(!flag)
      case .text(let text) where values.count == 3: values[index] = .text(text + "!")
      default: continue
      }
      return
    }
  }
}

/// Changes rows on their way, or ends the copy.
struct TamperingTarget: TransferTarget {
  let base: any TransferTarget
  let tamper: @Sendable (TransferTable, inout [TransferRow]) throws -> Void

  private struct Writer: TransferReader, TransferWriter {
    let base: any TransferReader & TransferWriter
    let tamper: @Sendable (TransferTable, inout [TransferRow]) throws -> Void

    func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
      try await base.page(of: table, after: position)
    }
    func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
      try await base.part(of: original, from: offset)
    }
    func obstacle(to table: TransferTable) -> String? { base.obstacle(to: table) }
    func write(_ rows: [TransferRow], to table: TransferTable) async throws {
      var rows = rows
      try tamper(table, &rows)
      try await base.write(rows, to: table)
    }
    func writeOriginal(_ original: TransferOriginal, nextPart: () async throws -> Data?) async throws {
      try await base.writeOriginal(original, nextPart: nextPart)
    }
    func finish() async throws { try await base.finish() }
  }

  func fill<Value: Sendable>(
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value {
    try await base.fill { try await body(Writer(base: $0, tamper: tamper)) }
  }
}
