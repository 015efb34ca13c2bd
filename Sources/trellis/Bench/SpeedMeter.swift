// How `trellis crypto speed` measures: two implementations of one operation by turns, so that what else the machine does hits both alike.

/// Times of one operation, in microseconds, sorted.
struct SpeedSample {
    private let sorted: [Double]

    init(_ times: [Double]) {
        sorted = times.sorted()
    }

    var mean: Double { sorted.isEmpty ? .nan : sorted.reduce(0, +) / Double(sorted.count) }

    func percentile(_ percent: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        return sorted[min(last, Int(Double(sorted.count) * percent / 100))]
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
