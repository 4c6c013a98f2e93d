import Graph
import Testing

@Suite("A graph draws itself")
struct MermaidTests {
  @Test("with plain, conditional and join edges, and graphs inside")
  func golden() throws {
    var research = TraceGraph(name: "research")
    research.addNodes("web", "books", "merge")
    research.addEdge(from: .start, to: "web")
    research.addEdge(from: .start, to: "books")
    research.addJoin(from: ["web", "books"], to: "merge")
    research.addEdge(from: "merge", to: .end)
    var graph = TraceGraph(name: "chat")
    graph.addNodes("supervisor")
    graph.addSubgraph("research", try research.compile(), input: { $0 }, output: { _ in "" })
    graph.addNodes("answer")
    graph.addEdge(from: .start, to: "supervisor")
    graph.addConditionalEdge(from: "supervisor", to: ["research", "answer"]) { _ in NodeID("answer") }
    graph.addEdge(from: "research", to: "answer")
    graph.addEdge(from: "answer", to: .end)

    #expect(
      try graph.compile().mermaid == """
        flowchart TD
          start(["start"])
          supervisor["supervisor"]
          subgraph research["research"]
            research_start(["start"])
            research_web["web"]
            research_books["books"]
            research_merge["merge"]
            research_finish(["end"])
            research_start --> research_web
            research_start --> research_books
            research_web ==> research_merge
            research_books ==> research_merge
            research_merge --> research_finish
          end
          answer["answer"]
          finish(["end"])
          start --> supervisor
          supervisor -.-> research
          supervisor -.-> answer
          research --> answer
          answer --> finish

        """)
  }

  @Test("with any name, without two nodes becoming one")
  func names() throws {
    var graph = TraceGraph(name: "names")
    graph.addNodes("end", "finish", #"say "hi""#, "say_#hi#")
    graph.addPath(.start, "end", "finish", #"say "hi""#, "say_#hi#", .end)

    #expect(
      try graph.compile().mermaid == """
        flowchart TD
          start(["start"])
          end_["end"]
          finish_["finish"]
          say__hi_["say #quot;hi#quot;"]
          say__hi__["say_#35;hi#35;"]
          finish(["end"])
          start --> end_
          end_ --> finish_
          finish_ --> say__hi_
          say__hi_ --> say__hi__
          say__hi__ --> finish

        """)
  }
}
