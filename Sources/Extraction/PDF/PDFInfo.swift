import Foundation

/// What poppler's `pdfinfo` says about a file.
struct PDFInfo {
  var pageCount = 0
  var title: String?
  /// Of the pages that were asked for, in points, as they are shown.
  var sizes: [Int: (width: Double, height: Double)] = [:]

  /// - Parameter pages: pages whose size is wanted.
  /// - Throws: `.encrypted`, `.damaged`, `.toolMissing`, `.tooSlow`.
  static func read(
    _ url: URL, _ tools: PDFTools, pages: ClosedRange<Int>? = nil, _ context: ExtractionContext
  ) throws(ExtractionError) -> PDFInfo {
    let range = pages.map { ["-f", String($0.lowerBound), "-l", String($0.upperBound)] } ?? []
    let process = Subprocess(
      program: tools.pdfinfo, arguments: range + ["-enc", "UTF-8", url.path],
      memoryLimit: context.limits.toolMemoryBytes)
    let (bytes, result) = try process.output(context, limit: 10_000_000)
    guard result.isSuccess else { throw .pdfFailure(result) }
    return PDFInfo(String(decoding: bytes, as: UTF8.self))
  }

  private init(_ text: String) {
    var turned: Set<Int> = []
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].split(separator: " ").map(String.init)
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      switch (key.first, key.last, key.count) {
      case ("Title", _, 1): title = value.isEmpty ? nil : String(value.prefix(500))
      case ("Pages", _, 1): pageCount = Int(value) ?? 0
      case ("Page", "size", 3):
        let numbers = value.split(separator: " ").compactMap { Double($0) }
        if let page = Int(key[1]), numbers.count >= 2 { sizes[page] = (numbers[0], numbers[1]) }
      case ("Page", "rot", 3):
        if let page = Int(key[1]), value == "90" || value == "270" { turned.insert(page) }
      default: continue
      }
    }
    for page in turned { sizes[page] = sizes[page].map { ($0.height, $0.width) } }
  }
}
