// Decimals: their order, and what is none.

import Testing

@testable import TrellisEvaluators

@Suite struct DecimalNumberTests {
    @Test func order() throws {
        let ascending = [
            "-1e999999999999999999999", "-12", "-1.5", "-1", "-0.001", "0", "1e-999999999999", "0.1", ".11", "0.9", "1", "1.5", "2", "9.99",
            "10",
            "18446744073709551616", "18446744073709551616.1", "1e21", "1e99999999999999999999",
        ]
        let numbers = try ascending.map { try #require(DecimalNumber($0), "\($0)") }
        for (left, small) in numbers.enumerated() {
            for (right, large) in numbers.enumerated() {
                #expect((small < large) == (left < right), "\(ascending[left]) \(ascending[right])")
            }
        }
    }

    @Test(arguments: [
        ("0", "-0.000"), ("1", "+1.0"), ("100", "1E2"), ("0.05", "5e-2"), ("007", " 7 "), ("0e5", "0"), ("12.340", "1234e-2"),
        (".5", "0.5"),
        ("5.", "5"),
    ])
    func equal(left: String, right: String) { #expect(DecimalNumber(left) == DecimalNumber(right) && DecimalNumber(left) != nil) }

    @Test(arguments: ["", " ", ".", "-", "+-1", "1e", "1e+", "e5", "1,5", "1_000", "0x10", "1 2", "NaN", "inf", "١", "1.2.3", "2:1"])
    func noNumbers(text: String) { #expect(DecimalNumber(text) == nil) }

    @Test(arguments: [0, 1, -1, 10, 100, 1234, -4500, Int.max, Int.min])
    func integers(value: Int) { #expect(DecimalNumber(value) == DecimalNumber("\(value)")) }
}
