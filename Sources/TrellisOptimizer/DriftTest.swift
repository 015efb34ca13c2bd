// Whether what is measured has moved away from what is expected: the test of Page and Hinkley (E. S. Page, Continuous Inspection Schemes,
// Biometrika 41, 1954) on standardised residuals, in both directions.

struct DriftTest: Sendable {
    enum Direction: Sendable {
        case worse, better
    }

    /// Deviations of this size are put up with.
    private let tolerance = 0.5
    /// The sum of what goes beyond that at which there is drift.
    private let threshold = 8.0
    private var below = 0.0
    private var above = 0.0

    /// - Parameter residual: what was measured less what was expected, by its standard deviation.
    mutating func add(_ residual: Double) -> Direction? {
        // One wild interval is no drift.
        let residual = min(max(residual, -4), 4)
        below = max(0, below - residual - tolerance)
        above = max(0, above + residual - tolerance)
        guard below > threshold || above > threshold else { return nil }
        let direction: Direction = below > above ? .worse : .better
        self = DriftTest()
        return direction
    }
}
