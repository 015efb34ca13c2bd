// How the `speed` commands measure. `trellis crypto speed` runs two implementations of one operation by turns, so that what else the machine
// does hits both alike; the others time whole operations, one after the other.

/// Times of one operation, sorted; in microseconds where they are measured here.
struct SpeedSample {
    private let sorted: [Double]

    init(_ times: [Double]) {
        sorted = times.sorted()
    }

    /// Times so many calls, after one that is not counted.
    init(times: Int, of work: () throws -> Void) rethrows {
        try work()
        var found: [Double] = []
        for _ in 0..<times {
            let start = ContinuousClock.now
            try work()
            found.append((ContinuousClock.now - start).microseconds)
        }
        self.init(found)
    }

    /// What one operation takes more than another, by turns, so that what else the machine does hits both alike.
    init(times: Int, of work: () throws -> Void, over reference: () throws -> Void) rethrows {
        func time(_ work: () throws -> Void) rethrows -> Double {
            let start = ContinuousClock.now
            try work()
            return (ContinuousClock.now - start).microseconds
        }
        _ = (try time(reference), try time(work))
        var found: [Double] = []
        for _ in 0..<times {
            let other = try time(reference)
            found.append(try time(work) - other)
        }
        self.init(found)
    }

    var mean: Double { sorted.isEmpty ? .nan : sorted.reduce(0, +) / Double(sorted.count) }

    func percentile(_ percent: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        return sorted[min(last, Int(Double(sorted.count) * percent / 100))]
    }
}

/// What whole operations took: milliseconds, to the microsecond.
struct SpeedTable {
    let rows: [(load: String, sample: SpeedSample)]

    /// Prints all as JSON, or in lines under `heading`.
    func print(json: Bool, heading: String) {
        let figures = rows.map { load, sample in
            (load, median: sample.percentile(50).rounded() / 1000, p99: sample.percentile(99).rounded() / 1000)
        }
        guard !json else {
            let objects = figures.map { "{\"load\":\(JSONText.quoted($0)),\"median ms\":\($1),\"p99 ms\":\($2)}" }
            return Terminal.print("[\(objects.joined(separator: ","))]")
        }
        Terminal.print("\(heading); milliseconds: median, p99")
        for (load, median, p99) in figures { Terminal.print("  \(load)  \(median)  \(p99)") }
    }
}

/// One operation of one algorithm, by the kernels and by the library.
struct SpeedRow {
    let name: String
    /// How many operations one call does: the times are divided by it.
    let operations: Int
    let native: () throws -> Void
    /// nil where the library has no such operation.
    let library: (() throws -> Void)?

    init(_ name: String, operations: Int = 1, native: @escaping () throws -> Void, library: (() throws -> Void)? = nil) {
        self.name = name
        self.operations = operations
        self.native = native
        self.library = library
    }

    /// Runs both by turns for about `seconds` in all.
    func measure(seconds: Double) throws -> (native: SpeedSample, library: SpeedSample?) {
        let clock = ContinuousClock()
        var times: (native: [Double], library: [Double]) = ([], [])
        // Caches and clocks warm up on calls that are not counted.
        for _ in 0..<3 {
            try native()
            try library?()
        }
        let end = clock.now + .seconds(seconds)
        repeat {
            times.native += try turn(native, clock)
            if let library { times.library += try turn(library, clock) }
        } while clock.now < end
        return (SpeedSample(times.native), library == nil ? nil : SpeedSample(times.library))
    }

    /// The times of some calls, each timed alone: about 5 ms of them, at most 100.
    private func turn(_ operation: () throws -> Void, _ clock: ContinuousClock) throws -> [Double] {
        let start = clock.now
        var times: [Double] = []
        var last = start
        repeat {
            try operation()
            let now = clock.now
            times.append((now - last).microseconds / Double(operations))
            last = now
        } while times.count < 100 && last - start < .milliseconds(5)
        return times
    }
}

extension Duration {
    var microseconds: Double {
        Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12
    }
}
