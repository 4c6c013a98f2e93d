import Foundation
import Graph
import Storage

/// Makes a knowledge base of a given size, and measures searches of it through the stores' own interface.
///
///     SearchBenchmark make FOLDER CHUNKS QUERIES
///     SearchBenchmark measure FOLDER
///     SearchBenchmark postgres URL CHUNKS QUERIES
///     SearchBenchmark collection FOLDER [URL]
///
/// The last one measures how well words find the documents of a test collection, in SQLite, or in PostgreSQL.
@main
struct SearchBenchmark {
  static let model = EmbedderDescriptor(id: "sample/1", dimension: SampleCorpus.dimension)
  static let depth = 100

  static func main() async throws {
    let arguments = CommandLine.arguments
    let numbers = arguments.dropFirst(3).compactMap { Int($0) }
    guard arguments.count >= 3 else { return print(usage) }
    let folder = URL(fileURLWithPath: arguments[2], isDirectory: true)
    switch (arguments[1], arguments.count) {
    case ("make", 5) where numbers.count == 2:
      try await make(folder, chunks: numbers[0], queries: numbers[1])
    case ("measure", 3): try await measure(folder)
    case ("postgres", 5) where numbers.count == 2:
      let benchmark = PostgresBenchmark(chunks: numbers[0], queries: numbers[1])
      report(try await BenchmarkDatabase.with(url: arguments[2]) { try await benchmark.run($0) })
    case ("collection", 3...4):
      let benchmark = try CollectionBenchmark(folder: folder)
      report(try await measure(benchmark, url: arguments.count == 4 ? arguments[3] : nil))
    default: print(usage)
    }
  }

  private static let usage = """
    usage: make FOLDER CHUNKS QUERIES | measure FOLDER | postgres URL CHUNKS QUERIES | collection FOLDER [URL]
    """

  private static func measure(_ benchmark: CollectionBenchmark, url: String?) async throws -> [String: Double]
  {
    if let url {
      return try await BenchmarkDatabase.with(url: url) { try await benchmark.run($0.stores.knowledge) }
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try await SQLiteDatabase.open(folder: folder)
    let figures = try await benchmark.run(database.stores(of: .everyone).knowledge)
    try database.close()
    return figures
  }

  private static func make(_ folder: URL, chunks: Int, queries: Int) async throws {
    let database = try await SQLiteDatabase.open(folder: folder)
    let corpus = SampleCorpus()
    let (knowledge, embeddings) = stores(database)
    try await embeddings.add(model)
    var rest = chunks
    var number = 0
    var (saving, embedding) = (Duration.zero, Duration.zero)
    let clock = ContinuousClock()
    while rest > 0 {
      let sample = corpus.document(number, chunkCount: min(rest, SampleCorpus.chunksPerDocument))
      saving += try await clock.measure {
        _ = try await knowledge.save(sample.document, text: sample.text, chunks: sample.chunks)
      }
      embedding += try await clock.measure {
        let vectors = zip(sample.chunks, sample.vectors).map { ($0.id, TextEmbedding(vector: $1)) }
        try await embeddings.saveEmbeddings(
          Dictionary(uniqueKeysWithValues: vectors), model: model.id)
      }
      rest -= sample.chunks.count
      number += 1
    }
    let all = (0..<queries).map(corpus.query)
    try JSONEncoder().encode(all).write(to: folder.appendingPathComponent("queries.json"))
    try database.close()
    report([
      "chunks": Double(chunks), "documents": Double(number), "saving_s": saving.milliseconds / 1_000,
      "embedding_s": embedding.milliseconds / 1_000,
    ])
  }

  private static func measure(_ folder: URL) async throws {
    let queries = try JSONDecoder().decode(
      [SampleCorpus.Query].self, from: Data(contentsOf: folder.appendingPathComponent("queries.json")))
    let clock = ContinuousClock()
    let database = try await SQLiteDatabase.open(folder: folder)
    let (knowledge, embeddings) = stores(database)
    _ = try await knowledge.search("warm", limit: 1)
    let before = memory()
    let load = try await clock.measure { try await embeddings.loadVectors(model: model.id) }
    var figures = ["load_ms": load.milliseconds]
    for (name, value) in memory() { figures["index_\(name)_MB"] = value - (before[name] ?? 0) }
    func words(_ query: SampleCorpus.Query) async throws -> [Passage] {
      try await knowledge.search(query.text, limit: depth)
    }
    func vectors(_ query: SampleCorpus.Query) async throws -> [Passage] {
      try await embeddings.nearest(to: query.vector, model: model.id, limit: depth, filter: .all)
    }
    let fusion = Fusion(settings: RetrievalSettings())
    func both(_ query: SampleCorpus.Query) async throws -> [Candidate] {
      async let byWords = words(query)
      let byMeaning = try await vectors(query)
      return fusion.fuse(words: [try await byWords], meaning: [byMeaning], limit: 50)
    }
    try await time("words", queries, &figures) { _ = try await words($0) }
    try await time("vectors", queries, &figures) { _ = try await vectors($0) }
    try await time("both", queries, &figures) { _ = try await both($0) }
    for (name, value) in memory() { figures["total_\(name)_MB"] = value }
    try database.close()
    report(figures)
  }

  private static func stores(_ database: SQLiteDatabase) -> (any KnowledgeStore, any EmbeddingStore) {
    let stores = database.stores(of: .everyone)
    return (stores.knowledge, stores.embeddings)
  }

  private static func time(
    _ name: String, _ queries: [SampleCorpus.Query], _ figures: inout [String: Double],
    _ body: (SampleCorpus.Query) async throws -> Void
  ) async throws {
    for query in queries.prefix(queries.count / 5) { try await body(query) }
    let clock = ContinuousClock()
    var times: [Double] = []
    let start = processorTime()
    for query in queries { times.append(try await clock.measure { try await body(query) }.milliseconds) }
    figures["\(name)_cpu_ms"] = (processorTime() - start) / Double(queries.count)
    times.sort()
    figures["\(name)_p50_ms"] = times[times.count / 2]
    figures["\(name)_p99_ms"] = times[min(times.count - 1, times.count * 99 / 100)]
  }

  /// Of all threads, in milliseconds: other work on the machine does not count.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1e6
  }

  /// Resident memory in megabytes: what is the process's own, and what is mapped from files.
  private static func memory() -> [String: Double] {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    var memory: [String: Double] = [:]
    for line in status.split(separator: "\n") {
      let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
      guard parts.count >= 2, let kilobytes = Double(parts[1]) else { continue }
      if parts[0] == "RssAnon" { memory["own"] = kilobytes / 1_024 }
      if parts[0] == "RssFile" { memory["mapped"] = kilobytes / 1_024 }
    }
    return memory
  }

  private static func report(_ figures: [String: Double]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print((try? encoder.encode(figures)).map { String(decoding: $0, as: UTF8.self) } ?? "{}")
  }
}

extension Duration {
  var milliseconds: Double {
    let parts = components
    return Double(parts.seconds) * 1_000 + Double(parts.attoseconds) / 1e15
  }
}
