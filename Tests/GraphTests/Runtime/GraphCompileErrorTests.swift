import Graph
import Testing

@Suite("A graph does not compile")
struct GraphCompileErrorTests {
  private func mistake(_ declare: (inout TraceGraph) -> Void) -> GraphCompileError? {
    var graph = TraceGraph(name: "mistaken")
    declare(&graph)
    do throws(GraphCompileError) {
      _ = try graph.compile()
      return nil
    } catch {
      return error
    }
  }

  @Test("with two nodes of one name")
  func duplicateNode() {
    let error = mistake {
      $0.addNodes("a", "a")
      $0.addPath(.start, "a", .end)
    }
    #expect(error == .duplicateNode("a"))
    #expect(error?.node == "a")
  }

  @Test("with a node named like the start, the end, or nothing", arguments: [NodeID.start, .end, ""])
  func reservedName(id: NodeID) {
    #expect(mistake { $0.addNodes(id) } == .reservedName(id))
  }

  @Test("with an edge to or from a node that was not added")
  func unknownNode() {
    #expect(mistake { $0.addPath(.start, "ghost", .end) } == .unknownNode("ghost"))
    let conditional = mistake {
      $0.addNodes("a")
      $0.addEdge(from: .start, to: "a")
      $0.addConditionalEdge(from: "a", to: ["spectre", .end]) { _ in NodeID.end }
    }
    #expect(conditional == .unknownNode("spectre"))
    let join = mistake {
      $0.addNodes("a")
      $0.addEdge(from: .start, to: "a")
      $0.addJoin(from: ["a", "phantom"], to: .end)
    }
    #expect(join == .unknownNode("phantom"))
  }

  @Test("without an edge from the start")
  func noEntry() {
    let error = mistake {
      $0.addNodes("a")
      $0.addEdge(from: "a", to: .end)
    }
    #expect(error == .noEntry)
    #expect(error?.node == nil)
  }

  @Test("with a node that nothing leads to")
  func unreachableNode() {
    let error = mistake {
      $0.addNodes("a", "island")
      $0.addPath(.start, "a", .end)
      $0.addEdge(from: "island", to: "a")
    }
    #expect(error == .unreachableNode("island"))
  }

  @Test("with a node that leads nowhere")
  func deadEnd() {
    let error = mistake {
      $0.addNodes("a", "sink")
      $0.addPath(.start, "a", .end)
      $0.addEdge(from: "a", to: "sink")
    }
    #expect(error == .noPathToEnd("sink"))
  }

  @Test("with a cycle that has no way out")
  func endlessCycle() {
    let error = mistake {
      $0.addNodes("a", "b")
      $0.addPath(.start, "a", "b", "a")
    }
    #expect(error == .noPathToEnd("a"))
  }

  @Test("with an edge out of the end, into the start, or past all nodes")
  func invalidEdge() {
    func graph(_ from: NodeID, _ to: NodeID) -> GraphCompileError? {
      mistake {
        $0.addNodes("a")
        $0.addPath(.start, "a", .end)
        $0.addEdge(from: from, to: to)
      }
    }
    #expect(graph(.end, "a") == .invalidEdge(from: .end, to: "a"))
    #expect(graph("a", .start) == .invalidEdge(from: "a", to: .start))
    #expect(graph(.start, .end) == .invalidEdge(from: .start, to: .end))
    let join = mistake {
      $0.addNodes("a")
      $0.addPath(.start, "a", .end)
      $0.addJoin(from: [.start, "a"], to: "a")
    }
    #expect(join == .invalidEdge(from: .start, to: "a"))
  }

  @Test("with a choice between nothing, or a join of nothing")
  func emptyEdges() {
    let choice = mistake {
      $0.addNodes("a")
      $0.addPath(.start, "a", .end)
      $0.addConditionalEdge(from: "a", to: []) { _ in [] }
    }
    #expect(choice == .noTargets(from: "a"))
    let join = mistake {
      $0.addNodes("a")
      $0.addPath(.start, "a", .end)
      $0.addJoin(from: [], to: "a")
    }
    #expect(join == .noSources(to: "a"))
  }

  @Test("and the mistake reads as a sentence")
  func description() {
    #expect("\(GraphCompileError.unreachableNode("island"))".contains("'island'"))
  }
}
