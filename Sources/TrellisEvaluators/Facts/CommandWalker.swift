// The walk over a parsed script: every command at every level is visited once, in order, with what is known of variables,
// the working directory and the data flowing through pipes. It gathers facts and never judges them.

/// Walks one command line and gathers its facts.
struct CommandWalker {
    var facts = ShellFacts()
    /// Where the proposal says it runs, absolute.
    let base: String?
    /// Where the command at hand runs: absolute, relative to an unknown start, or nil when not knowable.
    var directory: String?
    /// Variables with knowable values.
    var variables: [String: [String]] = [:]
    var assignmentCounts: [String: Int] = [:]
    var hereDocuments: [ShellWord] = []
    /// Levels of strings and wrappers entered, counted with the parser's own nesting.
    var depth = 0
    /// Above zero inside anything that may not run, or not in order.
    var conditionalDepth = 0
    var work = 0
    var commandCount = 0
    /// How often network access, upload and secrets were seen, to tell what happened within a substitution.
    var sightings = Sightings()
    /// Files written so far, by their last name, with what is known of their contents: to notice when one of them is run.
    var written: [String: Stream] = [:]

    struct Sightings {
        var network = 0
        var uploads = 0
        var secrets = 0
        var environment = 0
    }

    private init(workingDirectory: String?) {
        base = workingDirectory.flatMap { $0.isAbsolutePath ? "/" + $0.pathComponents.joined(separator: "/") : nil }
        directory = base ?? "."
    }

    static func facts(of command: String, workingDirectory: String?) -> ShellFacts {
        var walker = CommandWalker(workingDirectory: workingDirectory)
        walker.facts.set(.lengthBytes, to: command.utf8.count)
        walker.facts.set(.hiddenCharacters, if: command.unicodeScalars.contains(where: HiddenCharacters.contains))
        _ = walker.walk(text: command, keepsVariables: true, input: .none)
        walker.facts.set(.commandCount, to: walker.commandCount)
        let sentEnvironment = walker.sightings.environment > 0 && walker.sightings.uploads > 0
        walker.facts.set(.exfiltration, if: sentEnvironment || (walker.facts.has(.readsSecrets) && walker.facts.has(.uploads)))
        return walker.facts
    }

    /// Parses and walks a text: the proposal itself, or a command given as a string.
    mutating func walk(text: String, keepsVariables: Bool, input: Stream) -> Stream {
        guard charge(text.utf8.count), depth < ShellBounds.depthMaximum else { return .opaque(isFromNetwork: false) }
        let script: ShellScript
        do {
            script = try ShellParser.parse(text, depth: depth)
        } catch {
            facts.append(error.description, to: .parseError)
            return .opaque(isFromNetwork: false)
        }
        let outer = (variables, assignmentCounts, hereDocuments)
        if !keepsVariables { variables = [:] }
        assignmentCounts = keepsVariables ? assignmentCounts.merging(script.assignmentCounts, uniquingKeysWith: +) : script.assignmentCounts
        for name in script.assignmentCounts.keys where (assignmentCounts[name] ?? 0) > 1 { variables[name] = nil }
        hereDocuments = script.hereDocuments
        depth += 1
        let output = walk(script.statements, input: input)
        depth -= 1
        hereDocuments = outer.2
        if !keepsVariables { (variables, assignmentCounts) = (outer.0, outer.1) }
        return output
    }

    /// Spends work; false once the bound is reached, which is itself a fact.
    mutating func charge(_ units: Int) -> Bool {
        guard work < ShellBounds.workMaximum else { return false }
        work += units
        if work >= ShellBounds.workMaximum { facts.append(ShellSyntaxError.tooMuchWork.description, to: .parseError) }
        return work < ShellBounds.workMaximum
    }

    // MARK: - Statements

    /// Walks statements in order and returns what the last of them writes.
    mutating func walk(_ statements: [ShellStatement], input: Stream = .none) -> Stream {
        var outputs: [Stream] = []
        for statement in statements {
            if statement.isBackground { conditionalDepth += 1 }
            outputs.append(walk(statement.first, input: input))
            let directoryAfterFirst = directory
            for (_, pipeline) in statement.rest {
                // What stands after `&&` or `||` may not run.
                conditionalDepth += 1
                outputs.append(walk(pipeline, input: input))
                conditionalDepth -= 1
            }
            if statement.isBackground { conditionalDepth -= 1 }
            if directory != directoryAfterFirst { directory = nil }
        }
        let written = outputs.filter { if case .none = $0 { false } else { true } }
        guard written.count == 1, let only = written.first else {
            return written.isEmpty ? .none : .opaque(isFromNetwork: written.contains { $0.isFromNetwork })
        }
        return only
    }

    private mutating func walk(_ pipeline: ShellPipeline, input: Stream) -> Stream {
        guard pipeline.commands.count > 1 else {
            return pipeline.commands.first.map { walk($0, input: input) } ?? .none
        }
        var stream = input
        let before = sightings
        for command in pipeline.commands {
            let outer = (variables, directory)
            if case .none = stream {} else if stream.isFromNetwork { sightings.network += 1 }
            stream = walk(command, input: stream)
            (variables, directory) = outer
            // Between two stages something always flows, even when it is not known.
            if case .none = stream { stream = .opaque(isFromNetwork: false) }
        }
        let sendsSecrets = sightings.secrets > before.secrets && sightings.network > before.network && facts.has(.remoteHosts)
        facts.set(.exfiltration, if: sendsSecrets && sightings.uploads > before.uploads)
        return stream
    }

    /// A list whose effects on variables and directory end with it.
    mutating func walkSubshell(_ statements: [ShellStatement], input: Stream = .none) -> Stream {
        let outer = (variables, directory)
        let output = walk(statements, input: input)
        (variables, directory) = outer
        return output
    }

    private mutating func walkConditional(_ blocks: [[ShellStatement]], input: Stream = .none) -> Stream {
        conditionalDepth += 1
        var isFromNetwork = false
        let start = directory
        defer { if directory != start { directory = nil } }
        for block in blocks { if walk(block, input: input).isFromNetwork { isFromNetwork = true } }
        conditionalDepth -= 1
        return .opaque(isFromNetwork: isFromNetwork)
    }

    // MARK: - Commands

    private mutating func walk(_ command: ShellCommand, input: Stream) -> Stream {
        guard charge(64) else { return .opaque(isFromNetwork: false) }
        var input = input
        var capturesOutput = false
        for redirection in command.redirections {
            if let replaced = walk(redirection) { input = replaced }
            if redirection.redirectsOutput { capturesOutput = true }
        }
        let output = walk(command.body, input: input)
        guard capturesOutput else { return output }
        for redirection in command.redirections where redirection.redirectsOutput { remember(redirection.target.bareText, holds: output) }
        return .none
    }

    private mutating func walk(_ body: ShellCommandBody, input: Stream) -> Stream {
        switch body {
        case .simple(let assignments, let words): return walkSimple(assignments, words, input: input)
        case .subshell(let statements): return walkSubshell(statements, input: input)
        case .group(let statements): return walk(statements, input: input)
        case .conditional(let blocks), .loop(let blocks): return walkConditional(blocks, input: input)
        case .forEach(let name, let words, let body):
            let values = (words ?? []).flatMap { expand($0) }
            let literals = values.compactMap(\.literal)
            let isKnown = words != nil && literals.count == values.count && !values.isEmpty && values.count <= 64
            variables[name] = isKnown && assignmentCounts[name] == 1 ? literals : nil
            let output = walkConditional([body], input: input)
            variables[name] = nil
            return output
        case .forArithmetic(let header, let body):
            _ = expand(header)
            return walkConditional([body], input: input)
        case .choice(let subject, let branches):
            _ = expand(subject)
            for pattern in branches.flatMap(\.patterns) { _ = expand(pattern) }
            return walkConditional(branches.map(\.body), input: input)
        case .function(let name, let body):
            facts.set(.forkBomb, if: ForkBomb.multiplies(name, in: body))
            let outer = (variables, directory)
            conditionalDepth += 1
            _ = walk(body, input: .none)
            conditionalDepth -= 1
            (variables, directory) = outer
            return .none
        case .arithmetic(let word):
            _ = expand(word)
            return .none
        case .test(let words):
            for word in words { _ = expand(word) }
            return .none
        }
    }

    private mutating func walkSimple(_ assignments: [ShellAssignment], _ words: [ShellWord], input: Stream) -> Stream {
        commandCount += 1
        let before = sightings
        var environment: [String: [String]] = [:]
        for assignment in assignments {
            let values = expandAssigned(assignment.value)
            if words.isEmpty {
                assign(assignment, values)
            } else if let values {
                environment[assignment.name] = values
            }
        }
        let fields = words.flatMap { expand($0) }
        guard !fields.isEmpty else { return .none }
        let output = run(Invocation(fields: fields, input: input, environment: environment))
        let readWithin = sightings.secrets > before.secrets || sightings.environment > before.environment
        facts.set(.exfiltration, if: readWithin && sightings.uploads > before.uploads)
        return output
    }

    /// Remembers a value only when the variable can have no other at any later point.
    private mutating func assign(_ assignment: ShellAssignment, _ values: [String]?) {
        let isCertain = assignment.isPlain && conditionalDepth == 0 && assignmentCounts[assignment.name] == 1
        variables[assignment.name] = isCertain ? values : nil
    }

    // MARK: - Redirections

    /// Notes what a redirection reads or writes; returns the standard input it provides, if it does.
    private mutating func walk(_ redirection: ShellRedirection) -> Stream? {
        switch redirection.kind {
        case .hereDocument:
            guard let index = redirection.hereDocument, hereDocuments.indices.contains(index) else { return nil }
            return stream(of: expand(hereDocuments[index]))
        case .hereString: return stream(of: expand(redirection.target))
        case .duplicateInput, .duplicateOutput:
            for field in expand(redirection.target) {
                let text = field.text
                // `>&2`, `<&3` and `>&-` name descriptors; anything else is a file.
                if redirection.kind == .duplicateOutput, !text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (48...57).contains($0) }) {
                    noteWrite(field)
                }
            }
            return nil
        case .input:
            let fields = expand(redirection.target)
            var isFromNetwork = false
            for field in fields {
                if field.isFromNetwork { isFromNetwork = true }
                noteRead(field)
            }
            return .opaque(isFromNetwork: isFromNetwork)
        case .output, .append, .clobber, .readWrite, .outputAndError:
            for field in expand(redirection.target) { noteWrite(field) }
            return nil
        }
    }

    /// Keeps what a file holds, for the case that it is run later in the same text.
    mutating func remember(_ path: String?, holds contents: Stream) {
        guard let path, let name = path.pathComponents.last, path.pathComponents.first != "dev" else { return }
        if case .none = contents { written[name] = .text("") } else { written[name] = contents }
    }

    private func stream(of fields: [Field]) -> Stream {
        let texts = fields.compactMap(\.literal)
        return texts.count == fields.count
            ? .text(texts.joined(separator: " ")) : .opaque(isFromNetwork: fields.contains(where: \.isFromNetwork))
    }
}

extension ShellRedirection {
    /// True when standard output goes to this target.
    var redirectsOutput: Bool {
        switch kind {
        case .output, .append, .clobber: descriptor == nil || descriptor == "1"
        case .outputAndError: true
        default: false
        }
    }
}

extension Stream {
    var isFromNetwork: Bool {
        switch self {
        case .opaque(let isFromNetwork): isFromNetwork
        case .none, .text, .paths: false
        }
    }
}
