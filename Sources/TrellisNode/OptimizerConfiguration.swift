// What a node's configuration says about tuning: `optimizer` with known keys only.

import TrellisModel
public import TrellisOptimizer

/// What a node's optimizer may do.
public enum OptimizerMode: String, Sendable, CaseIterable {
    /// Nothing; nothing is measured.
    case off
    /// Measures, and says what it would try. Everything stays as configured.
    case observe
    /// Tunes.
    case apply
}

public struct OptimizerConfiguration: Sendable, Equatable {
    static let keys = ["mode", "latency", "throughput", "energy", "stability", "history", "window", "convergence", "interval_ms"]
    public static let intervalBounds: ClosedRange<UInt64> = 500...60_000

    public var mode: OptimizerMode = .observe
    public var settings = OptimizerSettings()
    /// How long a measurement takes, in milliseconds.
    public var interval: UInt64 = 2000

    public init() {}

    /// Reads the value of `optimizer` in a configuration; nil gives the defaults.
    init(yaml value: Any?, path: String) throws(ConfigurationError) {
        guard let value else { return }
        guard let values = value as? [String: Any] else { throw .wrongType(path: path, key: "optimizer", expected: "a mapping") }
        if let unknown = values.keys.sorted().first(where: { !Self.keys.contains($0) }) {
            throw .unknownKey(path: path, key: "optimizer.\(unknown)", nearest: nearestName(to: unknown, among: Self.keys))
        }
        if let name = values["mode"] {
            // YAML takes a plain 'off' for false.
            let text = (name as? Bool) == false ? "off" : name as? String
            guard let mode = text.flatMap(OptimizerMode.init(rawValue:)) else {
                throw .wrongType(path: path, key: "optimizer.mode", expected: "off, observe or apply")
            }
            self.mode = mode
        }
        func number(_ key: String, _ range: ClosedRange<Double>) throws(ConfigurationError) -> Double? {
            guard let value = values[key] else { return nil }
            guard let number = value as? Double ?? (value as? Int).map({ Double($0) }), range.contains(number) else {
                throw .wrongType(path: path, key: "optimizer.\(key)", expected: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        settings.weights.latency = try number("latency", 0...1) ?? settings.weights.latency
        settings.weights.throughput = try number("throughput", 0...1) ?? settings.weights.throughput
        settings.weights.energy = try number("energy", 0...1) ?? settings.weights.energy
        settings.weights.stability = try number("stability", 0...1) ?? settings.weights.stability
        guard settings.weights.isValid else {
            throw .wrongType(path: path, key: "optimizer", expected: "latency, throughput, energy and stability that add up to 1")
        }
        settings.history = Int(try number("history", 20...200) ?? Double(settings.history))
        settings.window = Int(try number("window", 4...50) ?? Double(settings.window))
        settings.convergence = try number("convergence", 0.001...1) ?? settings.convergence
        interval = UInt64(
            try number("interval_ms", Double(Self.intervalBounds.lowerBound)...Double(Self.intervalBounds.upperBound)) ?? 2000)
    }
}
