import Extraction
import Foundation

/// Finds the files that a user means by a path. It blocks: call it on a thread pool.
struct FileFinder {
  /// A path that leads nowhere is found as a failure, so that the others go on.
  enum Finding: Sendable, Hashable {
    case file(IngestionFile)
    case failure(source: String, reason: String)
  }

  private var findings: [Finding] = []
  private var sources: Set<String> = []
  /// Real paths of the folders that have been searched: a symbolic link may lead back up.
  private var visited: Set<String> = []

  /// - Parameter paths: files and folders; folders are searched to any depth, without hidden files and `node_modules`.
  /// - Returns: what there is, in the order of the paths and then of names.
  static func find(_ paths: [String]) -> [Finding] {
    var finder = FileFinder()
    for path in paths { finder.add(path) }
    return finder.findings
  }

  private mutating func add(_ path: String) {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let parent = url.deletingLastPathComponent().lastPathComponent
    switch Self.kind(of: url) {
    case .folder:
      search(url, source: url.lastPathComponent == "/" ? "" : url.lastPathComponent)
    case .file:
      // A file is called the same, whether it is named itself or found in its folder.
      add(url, source: parent == "/" ? url.lastPathComponent : parent + "/" + url.lastPathComponent)
    case .other:
      findings.append(.failure(source: path, reason: "It is not a file or folder that can be read."))
    case nil:
      findings.append(.failure(source: path, reason: "It does not exist."))
    }
  }

  private mutating func add(_ url: URL, source: String) {
    if sources.insert(source).inserted {
      findings.append(.file(IngestionFile(url: url, source: source)))
    } else if !findings.contains(.file(IngestionFile(url: url, source: source))) {
      // The second would replace the first.
      findings.append(
        .failure(
          source: source, reason: "It has the same folder and name as another file. Rename one of them."))
    }
  }

  private mutating func search(_ folder: URL, source: String) {
    guard visited.insert(folder.resolvingSymlinksInPath().path).inserted else { return }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      findings.append(.failure(source: source, reason: "It cannot be opened. Check its permissions."))
      return
    }
    for name in names.sorted() where !name.hasPrefix(".") && name != "node_modules" {
      let url = folder.appendingPathComponent(name)
      let source = source.isEmpty ? name : source + "/" + name
      switch Self.kind(of: url) {
      case .folder: search(url, source: source)
      case .file where DocumentFormat(fileName: name) != nil: add(url, source: source)
      case .file, .other, nil: continue
      }
    }
  }

  private enum Kind { case file, folder, other }

  /// What stands at a place, links followed; `nil` when there is nothing.
  private static func kind(of url: URL) -> Kind? {
    let path = url.resolvingSymlinksInPath().path
    guard let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    else { return nil }
    return switch type {
    case .typeDirectory: .folder
    case .typeRegular: .file
    // A pipe or device could be read for ever; a link that is left here leads in a circle.
    default: .other
    }
  }
}
