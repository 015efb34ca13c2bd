// What a conformance run found: counts, one line for each case that differs, and what was not tried.

/// The outcome of running outside test cases against this code.
public struct ConformanceReport: Sendable, Equatable {
    /// How many cases came out as they should.
    public private(set) var passed = 0
    /// How many did not, malformed cases among them.
    public private(set) var failed = 0
    /// How many are of something that this code does not implement.
    public private(set) var skipped = 0
    /// One line for each case that failed.
    public private(set) var lines: [String] = []
    /// How many cases were skipped, by the name of what is not implemented.
    public private(set) var skippedCounts: [String: Int] = [:]

    public init() {}

    /// The names of what was skipped, sorted.
    public var skippedNames: [String] { skippedCounts.keys.sorted() }

    /// "N passed, M failed", and ", K skipped" if any were.
    public var summary: String {
        "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
    }

    /// The failures, what was skipped by name, and the summary as the last line.
    public var text: String {
        let skips = skippedNames.map { "skipped: \($0) (\(skippedCounts[$0] ?? 0))" }
        return (lines + skips + [summary]).joined(separator: "\n")
    }

    public mutating func pass() {
        passed += 1
    }

    /// Counts a failure. Line breaks in `line`, which may quote a file, become spaces.
    public mutating func fail(_ line: String) {
        failed += 1
        lines.append(String(line.map { $0.isNewline ? " " : $0 }))
    }

    /// Takes over what an exhaustive check found: one case a world.
    public mutating func add(_ result: SlotCheck.Result, name: String) {
        passed += result.worlds - result.violationCount
        failed += result.violationCount
        lines += result.violations.map { "\(name): \($0)" }
    }

    public mutating func skip(_ name: String, count: Int = 1) {
        guard count > 0 else { return }
        skipped += count
        skippedCounts[name, default: 0] += count
    }
}
