import Testing

@testable import Storage

@Suite("A full-text query")
struct FullTextQueryTests {
  @Test(
    "quotes every word once and joins them with OR",
    arguments: [
      ("idle timeout", "\"idle\" OR \"timeout\""),
      ("Timeouts, timeout!", "\"timeouts\""),
      ("What is \"NEAR\"?", "\"near\""),
      ("the who", "\"the\" OR \"who\""),
    ])
  func match(text: String, expected: String) {
    #expect(FullTextQuery(text).match == expected)
  }

  @Test("is nothing without words")
  func empty() {
    #expect(FullTextQuery(" ?! ").match == nil)
  }

  @Test("has a bounded number of terms")
  func bounded() {
    let text = (0..<1_000).map { "w\($0)" }.joined(separator: " ")
    let terms = FullTextQuery(text).match?.split(separator: " OR ").count
    #expect(terms == FullTextQuery.maximumTerms)
  }
}
