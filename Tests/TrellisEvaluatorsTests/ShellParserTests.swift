// The parser held to a table of texts and the trees they must become, and of broken texts and the errors they must give.
import Testing

@testable import TrellisEvaluators

struct ShellParserTests {
    /// `«»` double quotes, `‹›` text in which nothing is active, `[]` a simple command.
    static let trees: [(String, String)] = [
        // Words and quoting.
        ("echo a  b", "[echo, a, b]"),
        ("", ""),
        ("# only a comment", ""),
        ("echo a#b # c", "[echo, a#b]"),
        ("echo 'a b' \"c d\"", "[echo, ‹a b›, «c d»]"),
        ("r''m -rf /", "[r‹›m, -rf, /]"),
        ("\"rm\" \\-rf", "[«rm», ‹-›rf]"),
        ("echo a\\\nb", "[echo, ab]"),
        ("echo $'\\x72\\x6d' $'\\162m' $'\\u00e9' $'a\\'b'", "[echo, ‹rm›, ‹rm›, ‹é›, ‹a'b›]"),
        ("echo $\"hi $x\"", "[echo, «hi ${x}»]"),
        ("echo \"a\\\"b\\$c\\d\"", "[echo, «a\"b$c\\d»]"),
        ("echo é\\ü日本", "[echo, é‹ü›日本]"),
        ("echo $ a$", "[echo, $, a$]"),
        // Parameters.
        ("echo $a ${b} ${c:-d e} ${#f} ${!g} $1 $@ ${h%%.*}", "[echo, ${a}, ${b}, ${c:-d e}, ${!f}, ${!g}, ${1}, ${@}, ${h%%.*}]"),
        ("echo \"${a:-\"b $c\"}\"", "[echo, «${a:-«b ${c}»}»]"),
        ("echo ${a:-$(ls)}", "[echo, ${a:-$([ls])}]"),
        ("echo ${a/'}'/x}", "[echo, ${a/‹}›/x}]"),
        ("echo $IFS$9x", "[echo, ${IFS}${9}x]"),
        // Substitutions.
        ("echo $(ls -l)", "[echo, $([ls, -l])]"),
        ("echo \"$(echo \"$(pwd)\")\"", "[echo, «$([echo, «$([pwd])»])»]"),
        ("echo `ls \\`pwd\\``", "[echo, $([ls, $([pwd])])]"),
        ("echo \"`echo \\\"a b\\\"`\"", "[echo, «$([echo, «a b»])»]"),
        ("echo $(case x in x) ls ;; esac)", "[echo, $(case<x > x: [ls]>)]"),
        ("echo $( (ls) )", "[echo, $(([ls]))]"),
        ("echo $((ls); pwd)", "[echo, $(([ls]) ; [pwd])]"),
        ("echo $((1 + $(id -u) * (2)))", "[echo, $(($([id, -u])))]"),
        ("echo $[1+1]", "[echo, $(())]"),
        ("echo ${ ls; }", "[echo, $([ls])]"),
        ("diff <(sort a) >(cat)", "[diff, <([sort, a]), >([cat])]"),
        // Lists and pipes.
        ("a | b |& c", "[a] | [b] | [c]"),
        ("a && b || c; d & e", "[a] && [b] || [c] ; [d] & ; [e]"),
        ("a &&\n b |\n c", "[a] && [b] | [c]"),
        ("! a | b", "[a] | [b]"),
        ("time -p a", "[a]"),
        ("a\n\nb # x\nc", "[a] ; [b] ; [c]"),
        // Assignments.
        ("A=1 B='2 3' c=d cmd e=f", "A=1 B=‹2 3› c=d [cmd, e=f]"),
        ("A=$(ls) ", "A=$([ls]) []"),
        ("a+=b c[1]=d e=(f $(g))", "a+=b c+=d e=(f, $([g])) []"),
        ("'A'=1", "[‹A›=1]"),
        // Redirections.
        ("a >b 2>&1 <c >>d >|f <>g &>e", "[a] output:b 2duplicateOutput:1 input:c append:d clobber:f readWrite:g outputAndError:e"),
        ("a &>>b", "[a] outputAndError:b"),
        ("echo $((\"$x\" + 1))", "[echo, $((${x}))]"),
        ("cat <<E\na\\\nb\nE", "[cat] hereDocument:E=«ab\n»"),
        ("a 2 >b", "[a, 2] output:b"),
        ("a b2>c", "[a, b2] output:c"),
        ("a {fd}>b", "[a] {fd}output:b"),
        (">a b", "[b] output:a"),
        ("cat <<< \"$x\"", "[cat] hereString:«${x}»"),
        ("cat <<E\na $b\nE\nls", "[cat] hereDocument:E=«a ${b}\n» ; [ls]"),
        ("cat <<'E'\na $b\nE", "[cat] hereDocument:‹E›=‹a $b\n›"),
        ("cat <<-E | sh\n\ta\n\tE\n", "[cat] hereDocument:E=«a\n» | [sh]"),
        ("cat <<A <<B\na\nA\nb\nB\n", "[cat] hereDocument:A=«a\n» hereDocument:B=«b\n»"),
        ("echo $(cat <<E\n$(ls)\nE\n)", "[echo, $([cat] hereDocument:E=«$([ls])\n»)]"),
        // Compound commands.
        ("(a; b) >c", "([a] ; [b]) output:c"),
        ("{ a; b; }", "{[a] ; [b]}"),
        ("echo { a }", "[echo, {, a, }]"),
        ("if a; then b; elif c; then d; else e; fi", "if<[a] > [b] > [c] > [d] > [e]>"),
        ("while a; do b; done < c", "loop<[a] > [b]> input:c"),
        ("until a\ndo\nb\ndone", "loop<[a] > [b]>"),
        ("for i in 1 $(ls); do a; done", "for<i in 1, $([ls]) > [a]>"),
        ("for i; do a; done", "for<i in @ > [a]>"),
        ("for ((i=0;i<3;i++)); do a; done", "for<(()) > [a]>"),
        ("select x in a b; do c; done", "for<x in a, b > [c]>"),
        ("case $x in a|b) c;; (d) e ;& *) f; esac", "case<${x} > a|b: [c] > d: [e] > *: [f]>"),
        ("case x in esac", "case<x > >"),
        ("f() { a; }; f", "function<f > {[a]}> ; [f]"),
        ("function g { a; } >b", "function<g > {[a]} output:b>"),
        (":(){ :|:& };:", "function<: > {[:] | [:] &}> ; [:]"),
        ("((x = 1))", "(())"),
        ("((a); b)", "(([a]) ; [b])"),
        ("[[ -f $x && ( $y == a* || $z =~ ^(b|c)$ ) ]] && d", "test<-f, ${x}, ${y}, ==, a*, ${z}, =~, ^, b, c, $> && [d]"),
        ("[ -f a ] && b", "[[, -f, a, ]] && [b]"),
        ("ls !(a|b) @(c)", "[ls, !(a|b), @(c)]"),
        ("coproc a", "[a]"),
        ("echo if then fi", "[echo, if, then, fi]"),
        ("\\if a", "[‹i›f, a]"),
    ]

    @Test(arguments: trees) func becomesTree(text: String, tree: String) {
        #expect(ShellTranscript.of(text) == tree)
    }

    static let failures: [(String, ShellSyntaxError)] = [
        ("echo 'a", .unterminated(construct: "quote", offset: 5)),
        ("echo hello there 'a", .unterminated(construct: "quote", offset: 17)),
        ("echo \"a", .unterminated(construct: "quote", offset: 5)),
        ("echo $'a", .unterminated(construct: "quote", offset: 5)),
        ("echo `a", .unterminated(construct: "backtick", offset: 5)),
        ("echo $(a", .unterminated(construct: "parenthesis", offset: 6)),
        ("echo ${a", .unterminated(construct: "'${'", offset: 5)),
        ("echo $((1", .unterminated(construct: "arithmetic", offset: 8)),
        ("(a", .unterminated(construct: "parenthesis", offset: 0)),
        ("a=(b", .unterminated(construct: "array", offset: 2)),
        ("[[ a", .unterminated(construct: "'[['", offset: 0)),
        ("cat <<E\na", .unterminated(construct: "here-document 'E'", offset: 6)),
        ("cat <<E", .unterminated(construct: "here-document 'E'", offset: 6)),
        ("a )", .unexpected(token: "')'", offset: 2)),
        ("; a", .unexpected(token: "';'", offset: 0)),
        ("a ;; b", .unexpected(token: "';;'", offset: 2)),
        ("a | | b", .unexpected(token: "'|'", offset: 4)),
        ("a &&", .missing(expected: "command", offset: 4)),
        ("a |", .missing(expected: "command", offset: 3)),
        ("{ a; ", .missing(expected: "'}'", offset: 5)),
        ("if a; then b", .missing(expected: "'fi'", offset: 12)),
        ("if a; b; fi", .unexpected(token: "'fi'", offset: 9)),
        ("then", .unexpected(token: "'then'", offset: 0)),
        ("for 1 in a; do b; done", .missing(expected: "variable name after 'for'", offset: 5)),
        ("while a; do done", .unexpected(token: "'done'", offset: 12)),
        ("a >", .missing(expected: "redirection target", offset: 3)),
        ("a > > b", .unexpected(token: "'>'", offset: 4)),
        ("a (b)", .unexpected(token: "'b'", offset: 3)),
        ("a\u{0}b", .zeroByte(offset: 1)),
        // Where shells disagree, the text is refused rather than read one way.
        ("a &>b c", .unexpected(token: "word after '&>'", offset: 6)),
        ("cat <<E\n\\\nE\nrm a\nE\n", .unexpected(token: "here-document delimiter on a continued line", offset: 10)),
        ("cat <<EF\nE\\\nF\nrm a\nEF\n", .unexpected(token: "here-document delimiter on a continued line", offset: 12)),
        ("echo $(cat <<E)\nrm a\nE\n", .unterminated(construct: "here-document 'E'", offset: 13)),
        ("echo $(( echo \"))\"; rm a; echo \") ) \" ) )", .unexpected(token: "quoted parenthesis between '((' and '))'", offset: 8)),
        ("ls @('|`rm`|')", .unexpected(token: "quote or expansion in a pattern", offset: 5)),
    ]

    @Test(arguments: failures) func failsWithPlace(text: String, failure: ShellSyntaxError) {
        #expect(throws: failure) { try ShellParser.parse(text) }
    }

    @Test func errorsReadAsSentences() {
        #expect(ShellSyntaxError.unterminated(construct: "quote", offset: 17).description == "unterminated quote at byte 17")
        #expect(ShellSyntaxError.missing(expected: "'fi'", offset: 3).description == "missing 'fi' at byte 3")
    }

    @Test func boundsHold() {
        let longest = "echo " + String(repeating: "a", count: ShellBounds.lengthMaximumBytes - 5)
        #expect(throws: Never.self) { try ShellParser.parse(longest) }
        #expect(throws: ShellSyntaxError.tooLong(lengthBytes: ShellBounds.lengthMaximumBytes + 1)) { try ShellParser.parse(longest + "a") }
        for (open, close) in [
            ("$(", ")"), ("( ", ")"), ("{ ", "; }"), ("\"$(", ")\""), ("${a:-", "}"), ("<(", ")"), ("if a; then ", "; fi"),
        ] {
            let deepest = ShellBounds.depthMaximum
            func nested(_ levels: Int) -> String { String(repeating: open, count: levels) + "a" + String(repeating: close, count: levels) }
            #expect(throws: Never.self, "\(open)") { try ShellParser.parse(nested(deepest / 2 - 1)) }
            #expect(throws: ShellSyntaxError.self, "\(open)") { try ShellParser.parse(nested(deepest + 1)) }
        }
    }
}
