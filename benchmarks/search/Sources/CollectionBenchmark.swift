import Foundation
import Graph

/// How well words find the documents of a test collection: nDCG@10 and recall@20.
///
/// A collection is a folder as `benchmarks/retrieval/run` takes it: `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`. Each
/// document is stored as one chunk under its title.
struct CollectionBenchmark {
  private struct Entry: Decodable {
    var id: String
    var title: String?
    var text: String
  }

  private let documents: [Entry]
  private let queries: [Entry]
  private var grades: [String: [String: Double]] = [:]

  init(folder: URL) throws {
    documents = try Self.entries(folder.appendingPathComponent("corpus.jsonl"))
    let lines = try String(contentsOf: folder.appendingPathComponent("qrels.tsv"), encoding: .utf8)
    for line in lines.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      guard fields.count >= 3, let grade = fields.last.flatMap(Double.init) else { continue }
      grades[fields[0], default: [:]][fields[fields.count - 2]] = grade
    }
    let judged = grades.filter { $0.value.contains { $0.value > 0 } }
    queries = try Self.entries(folder.appendingPathComponent("queries.jsonl")).filter { judged[$0.id] != nil }
  }

  private static func entries(_ file: URL) throws -> [Entry] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
    }
  }

  func run(_ knowledge: any KnowledgeStore) async throws -> [String: Double] {
    for (index, entry) in documents.enumerated() { try await save(entry, number: index, in: knowledge) }
    var (gain, recall) = (0.0, 0.0)
    for query in queries {
      let found = try await knowledge.search(query.text, limit: 100).map(\.source)
      let grades = grades[query.id] ?? [:]
      let ideal = Self.gain(grades.values.sorted(by: >).prefix(10))
      gain += ideal > 0 ? Self.gain(found.prefix(10).map { grades[$0] ?? 0 }) / ideal : 0
      let relevant = Set(grades.filter { $0.value > 0 }.keys)
      recall += Double(relevant.intersection(found.prefix(20)).count) / Double(max(relevant.count, 1))
    }
    let count = Double(queries.count)
    return [
      "documents": Double(documents.count), "queries": count, "ndcg10": gain / count,
      "recall20": recall / count,
    ]
  }

  /// The grade is the gain, the discount is log2 of the rank plus one.
  private static func gain(_ grades: some Sequence<Double>) -> Double {
    grades.enumerated().reduce(0) { $0 + max($1.element, 0) / log2(Double($1.offset) + 2) }
  }

  private func save(_ entry: Entry, number: Int, in knowledge: any KnowledgeStore) async throws {
    let id = UUID()
    let size = entry.text.utf8.count
    let document = Document(
      id: id, title: entry.title ?? "", source: entry.id, mediaType: "text/plain", contentHash: entry.id,
      byteCount: size, chunkCount: 1, createdAt: Date(timeIntervalSince1970: Double(1_760_000_000 + number)))
    let chunk = Chunk(
      id: UUID(), documentID: id, ordinal: 0, headings: [], text: entry.text, byteRange: 0..<size)
    _ = try await knowledge.save(
      document, text: ExtractedText(title: entry.title, text: entry.text, blocks: []), chunks: [chunk])
  }
}
