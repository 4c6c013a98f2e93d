import Extraction
import Foundation
import NIOPosix

/// Pictures of the pages of PDFs, made when they are looked at and kept for a while.
struct PagePictures: Sendable {
  /// Bytes of all pictures together.
  static let capacity = 200_000_000
  struct Layout: Sendable {
    /// In points.
    var width: Double
    var height: Double
    var rectangles: [PDFRectangle]
  }

  private let folder: URL

  /// - Parameter folder: of files that may be deleted at any time.
  init(folder: URL) {
    self.folder = folder
  }

  func picture(of file: URL, hash: String, page: Int, width: Int) async throws -> Data {
    let folder = folder
    return try await blocking {
      let place = folder.appending(path: "\(hash)-\(page)-\(width).png")
      if let kept = try? Data(contentsOf: place) {
        // The oldest are removed first: this one is of use.
        utimes(place.path, nil)
        return kept
      }
      let picture = Data(try PDFPages(url: file).png(page: page, width: width))
      Self.keep(picture, at: place, in: folder)
      return picture
    }
  }

  /// The hashes of the files that there are pictures of.
  func hashes() async throws -> Set<String> {
    let folder = folder
    return try await NIOThreadPool.singleton.runIfActive {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return Set(names.filter { $0.hasSuffix(".png") }.map { String($0.prefix(64)) })
    }
  }

  /// Removes the pictures of a file that is gone.
  func remove(hash: String) async throws {
    let folder = folder
    try await NIOThreadPool.singleton.runIfActive {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in names where name.hasPrefix(hash + "-") { unlink(folder.appending(path: name).path) }
    }
  }

  /// The size of a page, and where on it a passage stands.
  func layout(of file: URL, page: Int, marking passage: String?) async throws -> Layout {
    try await blocking {
      let pages = PDFPages(url: file)
      let size = try pages.size(page: page)
      let rectangles = try passage.map { try pages.highlight($0, page: page) } ?? []
      return Layout(width: size.width, height: size.height, rectangles: rectangles)
    }
  }

  private func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
    -> Result
  {
    do {
      return try await DocumentThreads.shared.runIfActive { try body() }
    } catch let error as ExtractionError {
      throw IngestionFailure(error)
    }
  }

  /// A picture that cannot be kept is made again.
  private static func keep(_ picture: Data, at place: URL, in folder: URL) {
    let manager = FileManager.default
    try? manager.createDirectory(at: folder, withIntermediateDirectories: true)
    try? picture.write(to: place, options: .atomic)
    let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
    let files = (try? manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))) ?? []
    let entries = files.compactMap { url -> (url: URL, size: Int, date: Date)? in
      guard let values = try? url.resourceValues(forKeys: keys) else { return nil }
      return (url, values.fileSize ?? 0, values.contentModificationDate ?? .distantPast)
    }
    var total = entries.reduce(0) { $0 + $1.size }
    for entry in entries.sorted(by: { $0.date < $1.date }) where total > capacity {
      try? manager.removeItem(at: entry.url)
      total -= entry.size
    }
  }
}
