import Foundation
import Graph
import Testing

@testable import Extraction

@Suite("Reading PDFs")
struct PDFReadingTests {
  @Test("title, headings, lists, code and tables; headers and page numbers are left out")
  func structure() throws {
    let text = try extract("guide.pdf", Fixtures.bytes("guide.pdf"))
    #expect(text.title == "Handbook of Rivers and Canals")
    let headings = text.outline.filter { $0.hasPrefix("h") }
    #expect(
      headings == [
        "h1 Handbook of Rivers and Canals", "h1 1. The Elbe", "h2 1.1 Gauges", "h1 2. Tributaries",
        "h1 3. Canals",
      ])
    #expect(text.outline.contains("li • Vltava, the longest one"))
    #expect(text.outline.contains("code def level(station):\n    return read(station)"))
    #expect(text.outline.contains("table River | Length\nElbe | 1,094 km\nRhine | 1,233 km"))
    #expect(!text.text.contains("Page 2") && !text.text.contains("Handbook of Rivers\n"))
    text.check()
  }

  @Test("pages cover the text; a paragraph that runs on is one, and pieces know their page")
  func pages() throws {
    let text = try extract("guide.pdf", Fixtures.bytes("guide.pdf"))
    #expect(text.pages.count == 3)
    let paragraphs = text.blocks.filter { $0.kind == .paragraph }
    #expect(paragraphs.contains { $0.range.contains(text.pages[1].lowerBound) })
    let pieces = StructuredChunker().chunk(text)
    #expect(Set(pieces.compactMap(\.page)) == [1, 2, 3])
    #expect(pieces.last?.headings == ["3. Canals"])
    let bytes = Array(text.text.utf8)
    #expect(bytes[text.pages[2]].starts(with: "3. Canals".utf8))
  }

  @Test("words divided at the end of a line are whole again, and hyphens that belong to them stay")
  func hyphens() throws {
    let text = try extract("hyphens.pdf", Fixtures.bytes("hyphens.pdf"))
    #expect(
      text.text
        == "The well-known engineer wrote about the navigation of large rivers, which is a well-known field of "
        + "Anglo-American science since the first steam ships.")
    #expect(String(decoding: PDFText.cleaned(Array("ﬁrst eﬀect\u{1}".utf8)), as: UTF8.self) == "first effect")
  }

  @Test("progress counts pages")
  func progress() throws {
    var seen: [ExtractionProgress] = []
    let source = ExtractionSource(url: Fixtures.url("guide.pdf"))
    _ = try TextExtractor().extract(source) { if seen.last != $0 { seen.append($0) } }
    #expect(seen == [0, 3].map { ExtractionProgress(read: $0, total: 3, unit: .pages) })
  }

  @Test("protected, scanned, cut off, empty, too many pages")
  func broken() throws {
    #expect(try failure("a.pdf", Fixtures.bytes("encrypted.pdf")).code == .encrypted)
    let scanned = try failure("a.pdf", Fixtures.bytes("scanned.pdf"))
    #expect(scanned.code == .noText && scanned.message.contains("only images"))
    let whole = try Fixtures.bytes("guide.pdf")
    #expect(try failure("a.pdf", whole.prefix(whole.count / 3)).code == .damaged)
    #expect(try failure("a.pdf", "%PDF-1.7\n").code == .damaged)
    var limits = ExtractionLimits()
    limits.pages = 2
    #expect(try failure("a.pdf", whole, limits: limits).code == .tooManyPages)
    limits = ExtractionLimits()
    limits.extractedBytes = 1_000
    #expect(try failure("a.pdf", whole, limits: limits).code == .tooLarge)
    // Poppler counts the pages itself.
    #expect(try extract("a.pdf", Fixtures.bytes("claim.pdf")).pages.count == 1)
  }
}

@Suite("Programs that read PDFs")
struct PDFToolTests {
  private let folder: TestFolder
  private let source = ExtractionSource(url: Fixtures.url("guide.pdf"))

  init() throws {
    folder = try TestFolder()
  }

  private func failure(
    _ tools: PDFTools, limits: ExtractionLimits = ExtractionLimits(),
    progress: (ExtractionProgress) throws -> Void = { _ in }
  ) -> ExtractionError? {
    do throws(ExtractionError) {
      _ = try TextExtractor(limits: limits, pdfTools: tools).extract(source, progress: progress)
      return nil
    } catch {
      return error
    }
  }

  @Test("that are missing are named, with what to install")
  func missing() {
    let error = failure(PDFTools(pdfinfo: "/nowhere/pdfinfo"))
    #expect(error?.code == .toolMissing)
    #expect(error?.message.contains("pdfinfo") == true && error?.message.contains("poppler") == true)
    #expect(error?.message.contains("/nowhere") == false)
  }

  @Test("that hang are killed when the time is up, with what they started")
  func slow() throws {
    let marker = folder.url.appending(path: "pid").path
    let program = try folder.program("slow", "sleep 600 & echo $! > \(marker)\nwait\n")
    var limits = ExtractionLimits()
    limits.duration = .milliseconds(700)
    let start = ContinuousClock.now
    // Its limit of no files would keep it from telling its child's id.
    let context = ExtractionContext(limits: limits)
    let process = Subprocess(program: program, arguments: [], memoryLimit: 1 << 40, mayWriteFiles: true)
    #expect(throws: ExtractionError.self) { try process.output(context, limit: 1_000) }
    #expect(ContinuousClock.now - start < .seconds(20))
    let child =
      pid_t(
        try String(contentsOfFile: marker, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
      ?? 0
    #expect(child > 0)
    // Killed with its group; whoever adopted it may need a moment to bury it.
    #expect(isGone(child))
    #expect(failure(PDFTools(pdfinfo: program), limits: limits)?.code == .tooSlow)
  }

  private func isGone(_ process: pid_t) -> Bool {
    for _ in 0..<200 {
      if kill(process, 0) != 0 { return true }
      let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      if state?.contains(") Z ") == true { return true }
      usleep(10_000)
    }
    return false
  }

  @Test("are killed when the caller has had enough")
  func cancelled() throws {
    let program = try folder.program("slow", "sleep 600\n")
    var calls = 0
    let start = ContinuousClock.now
    let error = failure(PDFTools(pdftotext: program)) { _ in
      calls += 1
      if calls > 3 { throw CancellationError() }
    }
    #expect(error?.code == .cancelled)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("that write without end are stopped")
  func endless() throws {
    let program = try folder.program("endless", "exec yes\n")
    #expect(failure(PDFTools(pdfinfo: program))?.code == .tooLarge)
  }

  @Test("that crash, or say nonsense")
  func crash() throws {
    #expect(failure(PDFTools(pdfinfo: try folder.program("crash", "kill -SEGV $$\n")))?.code == .damaged)
    let claim = try folder.program("claim", "echo 'Pages:          100000'\n")
    #expect(failure(PDFTools(pdfinfo: claim))?.code == .tooManyPages)
    #expect(failure(PDFTools(pdftotext: try folder.program("quiet", "true\n")))?.code == .noText)
  }

  @Test("inherit neither descriptors nor the environment, and may write no files")
  func isolation() throws {
    let descriptor = open(folder.url.path, O_RDONLY)
    defer { close(descriptor) }
    setenv("RILL_TEST_SECRET", "secret", 1)
    let program = try folder.program(
      "look", "ls /proc/self/fd | wc -l; env; echo x > \(folder.url.path)/written; cat\n")
    let process = Subprocess(program: program, arguments: [], memoryLimit: 1 << 40)
    let (bytes, result) = try process.output(ExtractionContext(limits: ExtractionLimits()), limit: 100_000)
    let output = String(decoding: bytes, as: UTF8.self)
    // Standard input, output, error, and the folder that ls reads.
    #expect(
      output.split(separator: "\n").first.map { Int($0.trimmingCharacters(in: .whitespaces)) ?? 99 } ?? 99
        <= 4)
    #expect(!output.contains("RILL_TEST_SECRET"))
    let written = try? Data(contentsOf: folder.url.appending(path: "written"))
    #expect(written?.isEmpty != false)
    _ = result
  }

  @Test("a page that crashes the program is left empty; the others are read")
  func badPage() throws {
    let real = "pdftotext"
    let program = try folder.program(
      "picky", "case \"$*\" in *'-f 2 -l 2'*|*'-f 1 -l 3'*) kill -SEGV $$;; esac\nexec \(real) \"$@\"\n")
    let text = try TextExtractor(pdfTools: PDFTools(pdftotext: program)).extract(source)
    #expect(text.pages.count == 3)
    #expect(text.pages[1].isEmpty && !text.pages[2].isEmpty)
  }
}

@Suite("Pages of a PDF")
struct PDFPagesTests {
  private let pages = PDFPages(url: Fixtures.url("guide.pdf"))

  @Test("count, size and picture")
  func pictures() throws {
    #expect(try pages.count() == 3)
    #expect(try pages.size(page: 1).width.rounded() == 595)
    let png = try pages.png(page: 1, width: 400)
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(png[16..<20].elementsEqual([0, 0, 0x01, 0x90]))
    #expect(throws: ExtractionError.self) { try pages.png(page: 4, width: 400) }
    #expect(throws: ExtractionError.self) { try pages.size(page: 0) }
  }

  @Test("a passage is found where it stands, one rectangle for each line")
  func highlight() throws {
    let one = try pages.highlight("The Elbe rises in the Giant Mountains", page: 1)
    #expect(one.count == 1)
    let rectangle = try #require(one.first)
    #expect((0.1..<0.3).contains(rectangle.y) && rectangle.x < 0.2 && rectangle.width > 0.2)
    let text = try TextExtractor().extract(ExtractionSource(url: Fixtures.url("guide.pdf")))
    let piece = try #require(StructuredChunker().chunk(text).first { $0.text.hasPrefix("1.1 Gauges") })
    let lines = try pages.highlight(piece.text, page: piece.page ?? 0)
    #expect(lines.count > 4)
    #expect(lines.allSatisfy { $0.x >= 0 && $0.y >= 0 && $0.x + $0.width <= 1 && $0.y + $0.height <= 1 })
    #expect(try pages.highlight("There is nothing like this on it", page: 1).isEmpty)
    #expect(try pages.highlight("", page: 1).isEmpty)
  }

  @Test("a passage over two pages is marked on both")
  func twoPages() throws {
    let text = try TextExtractor().extract(ExtractionSource(url: Fixtures.url("guide.pdf")))
    let bytes = Array(text.text.utf8)
    let start = text.pages[1].lowerBound
    let passage = String(decoding: bytes[(start - 80)..<(start + 80)], as: UTF8.self)
    #expect(try !pages.highlight(passage, page: 1).isEmpty)
    #expect(try !pages.highlight(passage, page: 2).isEmpty)
  }

  @Test("divided words are whole in a passage and divided on the page")
  func divided() throws {
    let pages = PDFPages(url: Fixtures.url("hyphens.pdf"))
    #expect(try pages.highlight("the navigation of large rivers", page: 1).count == 2)
  }
}
