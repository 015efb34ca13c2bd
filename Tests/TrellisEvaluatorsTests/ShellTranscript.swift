// A parsed script written out so that a person can compare it: words apart by commas, parts and nesting by brackets.
@testable import TrellisEvaluators

struct ShellTranscript {
    let hereDocuments: [ShellWord]

    static func of(_ text: String) -> String {
        do {
            let script = try ShellParser.parse(text)
            return ShellTranscript(hereDocuments: script.hereDocuments).list(script.statements)
        } catch {
            return "error: \(error)"
        }
    }

    func list(_ statements: [ShellStatement]) -> String {
        statements.map { statement in
            let rest = statement.rest.map { ($0.joint == .and ? " && " : " || ") + pipeline($0.pipeline) }.joined()
            return pipeline(statement.first) + rest + (statement.isBackground ? " &" : "")
        }.joined(separator: " ; ")
    }

    func pipeline(_ pipeline: ShellPipeline) -> String { pipeline.commands.map(command).joined(separator: " | ") }

    func command(_ command: ShellCommand) -> String {
        let redirections = command.redirections.map { redirection in
            let body = redirection.hereDocument.map { "=" + word(hereDocuments[$0]) } ?? ""
            return " \(redirection.descriptor ?? "")\(redirection.kind):\(word(redirection.target))\(body)"
        }
        return body(command.body) + redirections.joined()
    }

    func body(_ body: ShellCommandBody) -> String {
        switch body {
        case .simple(let assignments, let words):
            let settings = assignments.map { "\($0.name)\($0.isPlain ? "=" : "+=")\(word($0.value)) " }.joined()
            return settings + "[" + words.map(word).joined(separator: ", ") + "]"
        case .subshell(let statements): return "(" + list(statements) + ")"
        case .group(let statements): return "{" + list(statements) + "}"
        case .conditional(let blocks): return "if<" + blocks.map(list).joined(separator: " > ") + ">"
        case .loop(let blocks): return "loop<" + blocks.map(list).joined(separator: " > ") + ">"
        case .forEach(let name, let words, let body):
            return "for<\(name) in \(words.map { $0.map(word).joined(separator: ", ") } ?? "@") > \(list(body))>"
        case .forArithmetic(let header, let body): return "for<((\(word(header)))) > \(list(body))>"
        case .choice(let subject, let branches):
            let rendered = branches.map { $0.patterns.map(word).joined(separator: "|") + ": " + list($0.body) }
            return "case<\(word(subject)) > \(rendered.joined(separator: " > "))>"
        case .function(let name, let body): return "function<\(name) > \(command(body))>"
        case .arithmetic(let expression): return "((\(word(expression))))"
        case .test(let words): return "test<" + words.map(word).joined(separator: ", ") + ">"
        }
    }

    func word(_ word: ShellWord) -> String { word.parts.map(part).joined() }

    func part(_ part: ShellWordPart) -> String {
        switch part {
        case .literal(let text): text
        case .quoted(let text): "‹\(text)›"
        case .doubleQuoted(let parts): "«" + parts.map(self.part).joined() + "»"
        case .parameter(let parameter): "${" + expansion(parameter) + "}"
        case .substitution(let statements): "$(" + list(statements) + ")"
        case .process(let statements, let isOutput): (isOutput ? ">(" : "<(") + list(statements) + ")"
        case .arithmetic(let parts): "$((" + parts.map(self.part).joined() + "))"
        case .array(let words): "(" + words.map(word).joined(separator: ", ") + ")"
        }
    }

    func expansion(_ parameter: ShellParameter) -> String {
        (parameter.isIndirectOrLength ? "!" : "") + parameter.name + parameter.operation + parameter.operand.map(part).joined()
    }
}
