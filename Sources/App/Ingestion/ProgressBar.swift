/// Draws how far something is on one line of a terminal.
struct ProgressBar: Sendable {
  /// Columns of the terminal.
  let width: Int

  /// `[#########-----------] 45 %  12/27  notes/river.md`, cut to the width.
  func line(completed: Int, total: Int, label: String) -> String {
    let share = total > 0 ? Double(min(completed, total)) / Double(total) : 1
    let cells = 20
    let filled = Int(share * Double(cells))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: cells - filled)
    let text = "[\(bar)] \(Int(share * 100)) %  \(completed)/\(total)  \(label)"
    // One column stays free: a full line makes some terminals begin a new one.
    return String(text.prefix(max(width - 1, 1)))
  }
}
