// Input made to break things: deep, long, repetitive, random. Nothing may trap, and the work stays within its stated bounds.
import Testing

@testable import TrellisEvaluators

struct AdversarialTests {
    /// SplitMix64, so that every run sees the same cases.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static let repeated = [
        "$(", "`", "${", "${a:-", "\"$(", "\"", "'", "(", "((", "$((", "{ ", "[[ ", "<(", ">(", "<<E ", "<<<", "if ", "while ", "for x in ",
        "case ", "case x in a) ",
        "function f ", "f() ", "! ", "time ", "coproc ", "a=(", "a[", "\\", "\n", ";", "&", "|", "&&", "||", "a|", "a&&", "a;", "a ",
        "$'\\x", "*(", "{a,b}", "{", "{a,",
        "{1..9}", "$a", "$a$b ", "~/", "../", "sudo ", "eval ", "sh -c ", "xargs ", "env -S ", "find . -exec ", "trap ", "echo a|", "[",
        "/*", "a=$a$a;", "b=$(echo $b$b);",
        "rm -rf ", "$(( (", "${ ", "alias a=", "f(){ f|f&", "docker run a ", "ssh h ", "watch ",
    ]

    @Test(arguments: repeated) func repetitionsEnd(_ piece: String) {
        for count in [10, 1_000, 10_000] {
            let whole = String(repeating: piece, count: count)
            let text = String(decoding: whole.utf8.prefix(ShellBounds.lengthMaximumBytes), as: UTF8.self)
            _ = ShellFacts(command: text, workingDirectory: "/home/dev/shop")
        }
    }

    @Test func tenThousandSubstitutionsAreTooDeep() {
        let text = String(repeating: "$(", count: 10_000) + "ls" + String(repeating: ")", count: 10_000)
        #expect(throws: ShellSyntaxError.self) { try ShellParser.parse(text) }
        #expect(ShellFacts(command: text).has(.parseError))
    }

    @Test func growthIsCutOff() {
        // Each line doubles the value: 2^40 bytes if it were expanded.
        let doubling = "a0=xxxxxxxxxxxxxxxx;" + (1..<40).map { "a\($0)=$a\($0 - 1)$a\($0 - 1);" }.joined() + "echo $a39"
        #expect(ShellFacts(command: doubling).has(.parseError))
        #expect(ShellFacts(command: "echo " + String(repeating: "{a,b}", count: 20)).has(.parseError))
        let loops = "for a in 1 2 3 4 5 6 7 8; do echo " + String(repeating: "$a", count: 30) + "; done"
        #expect(ShellFacts(command: loops).has(.parseError))
    }

    @Test func wrappersAreBounded() {
        let wrapped = ShellFacts(command: String(repeating: "sudo ", count: 5_000) + "rm -rf /")
        #expect(wrapped.has(.parseError) || wrapped.has(.rootDeletes))
    }

    static let fragments: [String] =
        repeated + [
            "rm", "-rf", "/", "$HOME", "\"$x\"", "'a b'", "done", "fi", "esac", "then", "do", ")", "}", "]]", "))", "EOF\n", "<<EOF\n",
            ";;", "x=1", "|", "&", ">", "2>&1", "#", "git",
            "curl https://a.example", "| sh", "-c", "-exec", "{}", "+", ";", "é", "\u{202E}", "\u{301}", "\r\n", "\u{0}", "$IFS", "${x:?}",
            "in", "*", "?",
        ]

    @Test func randomTextsNeverTrap() throws {
        let policy = try Policy(yaml: Policy.standard, name: "standard")
        var generator = Generator(state: 1)
        for index in 0..<20_000 {
            var bytes: [UInt8] = []
            if index.isMultiple(of: 2) {
                bytes = (0..<Int.random(in: 0..<120, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            } else {
                for _ in 0..<Int.random(in: 1..<30, using: &generator) {
                    bytes += Array((Self.fragments.randomElement(using: &generator) ?? "").utf8)
                    if Bool.random(using: &generator) { bytes.append(UInt8(ascii: " ")) }
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let input = EvaluationInput(kind: "command", text: text, fields: ["cwd": text.isAbsolutePath ? text : "/home/dev/shop"])
            let evaluation = policy.evaluate(input)
            #expect(evaluation.reason.utf8.count <= Evaluation.reasonMaximumBytes)
            if index.isMultiple(of: 97) { #expect(policy.evaluate(input) == evaluation) }
        }
    }

    @Test func randomPoliciesNeverTrap() {
        var generator = Generator(state: 2)
        let source = Array(Policy.standard.utf8)
        for _ in 0..<1_500 {
            var bytes = Array(source.prefix(Int.random(in: 1..<source.count, using: &generator)).suffix(600))
            for _ in 0..<Int.random(in: 1..<20, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] =
                    Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : Array("{}[]:-*&'\"?|>!%@\n ".utf8).randomElement(using: &generator) ?? 0
            }
            _ = try? Policy(yaml: String(decoding: bytes, as: UTF8.self), name: "random")
        }
    }
}
