extension GraphOutline {
  /// A Mermaid flowchart: `-->` always taken, `-.->` taken by choice, `==>` taken once all sources have run.
  ///
  /// The same graph always gives the same text: nodes and edges stand in the order of their declaration.
  var mermaid: String {
    var writer = MermaidWriter()
    writer.draw(self)
    return (["flowchart TD"] + writer.lines).joined(separator: "\n") + "\n"
  }
}

private struct MermaidWriter {
  private(set) var lines: [String] = []
  // Words with a meaning in a flowchart, which Mermaid does not take for identifiers.
  private var taken: Set<String> = [
    "end", "graph", "flowchart", "subgraph", "direction", "style", "linkStyle", "class", "classDef",
    "click", "default",
  ]

  mutating func draw(_ graph: GraphOutline, prefix: String = "", indent: String = "  ") {
    var names: [NodeID: String] = [:]
    names[.start] = identifier(prefix + "start")
    names[.end] = identifier(prefix + "finish")
    for node in graph.nodes { names[node.id] = identifier(prefix + node.id.name) }

    lines.append(indent + "\(names[.start, default: ""])([\"start\"])")
    for node in graph.nodes {
      let name = names[node.id, default: ""]
      if let subgraph = node.subgraph {
        lines.append(indent + "subgraph \(name)[\"\(label(node.id))\"]")
        draw(subgraph, prefix: name + "_", indent: indent + "  ")
        lines.append(indent + "end")
      } else {
        lines.append(indent + "\(name)[\"\(label(node.id))\"]")
      }
    }
    lines.append(indent + "\(names[.end, default: ""])([\"end\"])")
    for edge in graph.edges {
      let arrow =
        switch edge {
        case .plain: "-->"
        case .conditional: "-.->"
        case .join: "==>"
        }
      for source in edge.sources {
        for target in edge.targets {
          lines.append(indent + "\(names[source, default: ""]) \(arrow) \(names[target, default: ""])")
        }
      }
    }
  }

  private mutating func identifier(_ name: String) -> String {
    var identifier = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    while !taken.insert(identifier).inserted { identifier += "_" }
    return identifier
  }

  private func label(_ id: NodeID) -> String {
    // Mermaid's own entities; a raw quote would end the label.
    id.name.map { $0 == "\"" ? "#quot;" : $0 == "#" ? "#35;" : String($0) }.joined()
  }
}
