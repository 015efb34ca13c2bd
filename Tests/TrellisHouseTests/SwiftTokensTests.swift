// The rules are only as good as the lexer under them: what it must see and what it must not.

import Testing

@Suite struct SwiftTokensTests {
    private func words(_ text: String) -> [String] { SwiftLexer.tokens(of: text).filter { $0.kind == .word }.map(\.string) }

    @Test func commentsAndTextsAreNotCode() {
        #expect(words("a // b\n/* c /* d */ e */ f \"g\" \"\"\"\nh\n\"\"\" i") == ["a", "f", "i"])
        #expect(words(##"a #"b "c" \(d)"# e"##) == ["a", "e"])
    }

    @Test func interpolationsAreCode() {
        #expect(words(#""a \(b("c", d)) e \(f)" g"#) == ["b", "d", "f", "g"])
        #expect(words(##"#"a \#(b) c"# d"##) == ["b", "d"])
    }

    @Test func linesAreCounted() {
        let tokens = SwiftLexer.tokens(of: "a\n/* x\n */ b\n\"\"\"\n\n\"\"\"\nc")
        #expect(tokens.filter { $0.kind == .word }.map(\.line) == [1, 3, 7])
    }

    @Test(arguments: [
        ("a!", 1), ("a().b!.c", 1), ("a[0]!", 1), ("try! a", 1), ("a as! B", 1), ("\"a\"!", 1), ("\"\\(a!)\"", 1), ("var a: Int!", 1),
        ("{ a }!", 1), ("!a", 0), ("a != b", 0), ("a!=b", 0), ("if !(a)", 0), ("(!a)", 0), ("a && !b", 0), ("// a!", 0), ("\"a!\"", 0),
        ("a ? !b : c", 0), ("[!a]", 0),
    ])
    func forceUnwrapsAreSeen(_ text: String, _ count: Int) {
        #expect(SwiftLexer.tokens(of: text).forceUnwraps.count == count)
    }

    @Test(arguments: [
        ("import A", ["A"]), ("public import A\n@testable import B", ["A", "B"]), ("import struct A.B", ["A"]), ("// import A", []),
        ("a.import(b)", []), ("\"import A\"", []),
    ])
    func importsAreSeen(_ text: String, _ modules: [String]) {
        #expect(SwiftLexer.tokens(of: text).imports.map(\.module) == modules)
    }
}
