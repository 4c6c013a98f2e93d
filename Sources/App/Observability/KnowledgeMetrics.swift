/// What is counted of documents.
final class KnowledgeMetrics: Sendable {
  let extraction = DurationHistogram()
  private let stored = MetricValue()
  private let failed = MetricValue()
  private let embedded = MetricValue()

  func documentStored() { stored.add() }
  func jobFailed() { failed.add() }
  func chunksEmbedded(_ count: Int) { embedded.add(count) }

  /// The state of the knowledge base at the moment.
  struct Counts: Sendable {
    var documents = 0
    /// Jobs by their state.
    var jobs: [String: Int] = [:]
    var chunksWithVector = 0
    var chunks = 0
  }

  func write(_ counts: Counts, to text: inout String) {
    text.appendMetric("rill_documents", "gauge", "Documents in the knowledge base.", counts.documents)
    text += "# HELP rill_ingestion_jobs Files that wait, are read, failed or were cancelled.\n"
    text += "# TYPE rill_ingestion_jobs gauge\n"
    for (state, count) in counts.jobs.sorted(by: { $0.key < $1.key }) {
      text += "rill_ingestion_jobs{state=\"\(state)\"} \(count)\n"
    }
    text.appendMetric("rill_chunks", "gauge", "Chunks that the vectors are wanted of.", counts.chunks)
    text.appendMetric(
      "rill_chunks_with_vector", "gauge", "Chunks that have a vector.", counts.chunksWithVector)
    text.appendMetric(
      "rill_documents_stored_total", "counter", "Documents that were read and stored.", stored.current)
    text.appendMetric(
      "rill_ingestion_failures_total", "counter", "Files that could not be read.", failed.current)
    text.appendMetric("rill_chunks_embedded_total", "counter", "Chunks that got a vector.", embedded.current)
    extraction.write(
      name: "rill_extraction_seconds", help: "From the start of reading a file to its chunks.", to: &text)
  }
}
