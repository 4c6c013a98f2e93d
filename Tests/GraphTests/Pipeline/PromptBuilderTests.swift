import Foundation
import Testing

@testable import Graph

@Suite struct PromptBuilderTests {
  private func state(passages: Int, history: Int = 0, size: Int = 400) -> ChatState {
    var state = ChatState(
      question: "What does the river do?",
      history: (0..<history).map {
        ChatMessage(
          $0.isMultiple(of: 2) ? .user : .assistant, "turn \($0) " + String(repeating: "h", count: size))
      })
    state.passages = (0..<passages).map { index in
      let chunk = Chunk(
        id: UUID(), documentID: UUID(), ordinal: index, headings: ["Rivers"],
        text: "passage \(index) " + String(repeating: "p", count: size), byteRange: 0..<1)
      return Passage(chunk: chunk, title: "Doc", source: "doc.md", score: 1)
    }
    state.route = .documents
    return state
  }

  @Test("The prompt holds the numbered passages, the conversation and the question, in this order")
  func order() throws {
    let prompt = try #require(
      PromptBuilder(state: state(passages: 2, history: 2), contextTokens: nil).prompts().first)
    #expect(prompt.map(\.role) == [.system, .user, .assistant, .user])
    #expect(prompt[0].content.contains("[1] Doc — Rivers\npassage 0"))
    #expect(prompt[0].content.contains("[2] Doc — Rivers\npassage 1"))
    #expect(prompt.last?.content == "What does the river do?")
  }

  @Test("What does not fit is left out: the oldest of the conversation first, and a passage always stays")
  func trimming() throws {
    let prompt = try #require(
      PromptBuilder(state: state(passages: 6, history: 40, size: 2_000), contextTokens: 4_096).prompts().first
    )
    let length = prompt.map(\.content.utf8.count).reduce(0, +)
    #expect(length <= 4_096 * PromptBuilder.bytesPerToken)
    #expect(prompt[0].content.contains("passage 0"))
    #expect(prompt.last?.content == "What does the river do?")
    if prompt.count > 2 { #expect(prompt[prompt.count - 2].content.hasPrefix("turn 39")) }
  }

  @Test("Each further prompt is shorter than the one before")
  func shorterPrompts() {
    let prompts = PromptBuilder(state: state(passages: 6, history: 10, size: 1_500), contextTokens: nil)
      .prompts()
    let lengths = prompts.map { $0.map(\.content.utf8.count).reduce(0, +) }
    #expect(lengths.count >= 2)
    #expect(zip(lengths, lengths.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test("Without a passage the model is told that there is none; small talk gets neither")
  func withoutPassages() {
    var empty = state(passages: 0)
    #expect(
      PromptBuilder(state: empty, contextTokens: nil).prompts()[0][0].content == PromptBuilder.ungrounded)
    empty.route = .direct
    #expect(PromptBuilder(state: empty, contextTokens: nil).prompts()[0][0].content == PromptBuilder.direct)
  }
}
