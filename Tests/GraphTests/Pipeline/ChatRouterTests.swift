import Testing

@testable import Graph

/// FR-015's other half: who answers is decided before anything is searched.
@Suite struct ChatRouterTests {
  @Test(
    "Small talk is answered directly",
    arguments: [
      "hello", "Hi there!", "Thanks a lot", "thank you so much", "Good morning, Rill", "Who are you?", "👋",
      "ok, thanks",
    ])
  func smallTalk(message: String) async throws {
    #expect(try await RuleRouter().route(question: message, history: []) { _ in } == .direct)
  }

  @Test(
    "Everything else is a question to the documents",
    arguments: [
      "What is a river?", "hello, how do I change the port?", "thanks, and how do I stop it?", "ports?",
      "Who are you to delete my documents without asking me first?", "42", "ok computer album year",
    ])
  func questions(message: String) async throws {
    #expect(try await RuleRouter().route(question: message, history: []) { _ in } == .documents)
  }

  @Test(
    "A follow-up brings the words of the question before it along",
    arguments: ["And its side effects?", "Why?", "What about them?"])
  func followUp(question: String) {
    let history = [ChatMessage(.user, "What is aspirin for?"), ChatMessage(.assistant, "Pain.")]
    let query = RetrievalQuery(question: question, history: history)
    #expect(query.text == question + " What is aspirin for?")
  }

  @Test("A question that names its subject is searched as it is")
  func ownSubject() {
    let history = [ChatMessage(.user, "What is aspirin for?")]
    let question = "How are passages ranked in the search?"
    #expect(RetrievalQuery(question: question, history: history).text == question)
    #expect(RetrievalQuery(question: "Why?", history: []).text == "Why?")
  }
}
