import Graph

/// What is counted of runs.
final class RunMetrics: Sendable {
  private let started = MetricValue()
  private let active = MetricValue()
  private let tokens = MetricValue()
  private let finished: [Run.Status: MetricValue] = [
    .done: MetricValue(), .cancelled: MetricValue(), .error: MetricValue(),
    .interrupted: MetricValue(),
  ]
  private let firstToken = DurationHistogram()
  private let duration = DurationHistogram()
  let readers = MetricValue()

  func runStarted() {
    started.add()
    active.add()
  }

  func runFinished(status: Run.Status, timings: AnswerTimings, tokens count: Int) {
    active.add(-1)
    finished[status]?.add()
    tokens.add(count)
    duration.record(seconds: timings.totalMS / 1_000)
    if let first = timings.firstTokenMS { firstToken.record(seconds: first / 1_000) }
  }

  /// The Prometheus text exposition format, version 0.0.4.
  func write(to text: inout String) {
    text.appendMetric("rill_runs_started_total", "counter", "Runs that were started.", started.current)
    text.appendMetric("rill_runs_active", "gauge", "Runs that are going on.", active.current)
    text.appendMetric("rill_stream_readers", "gauge", "Connections that follow a run.", readers.current)
    text.appendMetric("rill_tokens_total", "counter", "Tokens of finished runs.", tokens.current)
    text += "# HELP rill_runs_finished_total Runs that ended, by how.\n"
    text += "# TYPE rill_runs_finished_total counter\n"
    for (status, value) in finished.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      text += "rill_runs_finished_total{status=\"\(status.rawValue)\"} \(value.current)\n"
    }
    firstToken.write(
      name: "rill_first_token_seconds", help: "From the start of a run to its first token.", to: &text)
    duration.write(name: "rill_run_duration_seconds", help: "From the start of a run to its end.", to: &text)
  }
}

extension String {
  mutating func appendMetric(_ name: String, _ type: String, _ help: String, _ value: Int) {
    self += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
  }
}
