import Testing

@testable import Storage

@Suite("Words for PostgreSQL")
struct PostgresWordPlanTests {
  @Test("of a chunk are stems with their places and where they stand")
  func chunkWords() {
    let words = ChunkWords(title: "Otters", headings: ["The river"], text: "Otter's rivers, Über otters")
    #expect(words.count == 7)
    #expect(
      Set(words.text.split(separator: " "))
        == ["'otter':1A,4,7", "'the':2B", "'river':3B,5", "'uber':6"])
  }

  @Test("of a very long text are all there, and none is longer than PostgreSQL takes")
  func longText() {
    let long = String(repeating: "x", count: 3_000)
    let words = ChunkWords(
      title: "", headings: [], text: long + String(repeating: " a", count: 20_000) + " last")
    #expect(words.count == 20_002)
    #expect(words.text.contains("'last':16383"))
    #expect(words.text.split(separator: " ").allSatisfy { $0.utf8.count < 3_000 })
    #expect(words.text.split(separator: ",").count < 300)
  }

  private func plan(_ counts: [String: Int], size: Int = 1_000_000, budget: Int = 10_000) -> PostgresWordPlan
  {
    PostgresWordPlan(
      stems: counts.keys.sorted(),
      frequencies: .init(chunkCount: size, meanLength: 100, counts: counts), budget: budget)
  }

  @Test("are all looked for while they are rare, and weigh the more for it")
  func rare() {
    let plan = plan(["a": 10, "b": 2_000, "c": 1_000])
    #expect(plan.candidates == "'a' | 'c' | 'b'")
    #expect(plan.addition == nil)
    #expect(plan.terms[0].weight > plan.terms[2].weight && plan.terms[2].weight > plan.terms[1].weight)
  }

  @Test("that are common are looked for in pairs")
  func common() {
    let plan = plan(["a": 10, "b": 11_000, "c": 12_000, "d": 900_000])
    #expect(plan.candidates == "'a' | ('b' & 'c')")
    #expect(plan.addition == "'b'")
    #expect(plan.additionLimit == 10_000 - 10 - 396)
  }

  @Test("that are all very common are looked for in a part of the chunks")
  func veryCommon() {
    let plan = plan(["a": 800_000, "b": 900_000])
    #expect(plan.candidates == "'a'")
    #expect(plan.terms.allSatisfy { $0.weight > 0 })
  }
}
