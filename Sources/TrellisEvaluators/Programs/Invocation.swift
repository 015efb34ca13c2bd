// One program with its arguments, and the table that says which handler knows it.

/// A simple command after expansion.
struct Invocation {
    /// The program and its arguments; never empty when run.
    var fields: [Field]
    var input: Stream = .none
    /// Assignments written before the command.
    var environment: [String: [String]] = [:]

    var arguments: ArraySlice<Field> { fields.dropFirst() }

    /// The same surroundings with another command line, as wrappers leave it.
    func running(_ fields: some Sequence<Field>) -> Invocation {
        Invocation(fields: Array(fields), input: input, environment: environment)
    }
}

extension CommandWalker {
    typealias Handler = @Sendable (inout CommandWalker, _ program: String, Invocation) -> Stream

    private static let handlers: [String: Handler] = {
        var table: [String: Handler] = [:]
        for (names, handler) in wrapperHandlers + shellHandlers + fileHandlers + networkHandlers + developerHandlers + machineHandlers
            + serviceHandlers
        {
            for name in names.split(separator: " ") { table[String(name)] = handler }
        }
        return table
    }()

    /// True when a program has a handler of its own.
    static func knows(_ program: String) -> Bool { handlers[program] != nil }

    /// Runs a command line on paper: finds its program and hands it to the handler that knows it.
    mutating func run(_ invocation: Invocation) -> Stream {
        guard let first = invocation.fields.first else { return .none }
        guard charge(64 + 8 * invocation.fields.count), depth < ShellBounds.depthMaximum else {
            facts.append(ShellSyntaxError.tooMuchWork.description, to: .parseError)
            return .opaque(isFromNetwork: false)
        }
        depth += 1
        defer { depth -= 1 }
        guard let program = first.programName else { return runUnknown(invocation) }
        // `time -f …` is a reserved word to bash, and a program with options to others.
        if program.hasPrefix("-") { return run(invocation.running([Field("time")] + invocation.fields)) }
        facts.append(program, to: .programs)
        noteLoaderVariables(invocation)
        noteWrittenProgram(program)
        if let handler = Self.handlers[program] { return handler(&self, program, invocation) }
        // `mkfs.ext4`, `python3.12` and the like.
        let stem = String(program.prefix { !"0123456789.".contains($0) })
        if stem != program, !stem.isEmpty, let handler = Self.handlers[stem] { return handler(&self, stem, invocation) }
        noteOperands(invocation.arguments)
        return .opaque(isFromNetwork: false)
    }

    /// A program or script that was itself written in the same text.
    mutating func noteWrittenProgram(_ name: String) {
        guard let contents = written[name] else { return }
        // Looked at once: a script may run itself.
        written[name] = nil
        switch contents {
        case .text(let text): _ = walk(field: Field(text), input: .none)
        case .opaque(isFromNetwork: true): facts.set(.executesDownload)
        case .opaque, .paths, .none: facts.set(.dynamic)
        }
    }

    /// The program's name is not knowable. When a known program follows, as in `$SUDO rm -rf /`, it is examined too.
    private mutating func runUnknown(_ invocation: Invocation) -> Stream {
        facts.set(.dynamic)
        facts.set(.pipesToShell, if: invocation.fields.first?.isFromNetwork ?? false)
        if invocation.fields.count > 1, let next = invocation.fields[1].programName, Self.handlers[next] != nil {
            return run(invocation.running(invocation.arguments))
        }
        noteOperands(invocation.arguments)
        return .opaque(isFromNetwork: false)
    }

    /// Variables that make a program load or run something else.
    private mutating func noteLoaderVariables(_ invocation: Invocation) {
        let loaders: Set<String> = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "PROMPT_COMMAND", "PYTHONSTARTUP"]
        facts.set(.dynamic, if: !loaders.isDisjoint(with: invocation.environment.keys))
        for name in ["GIT_SSH_COMMAND", "PAGER", "EDITOR", "GIT_PAGER", "GIT_EDITOR", "MANPAGER", "ENV"] {
            for value in invocation.environment[name] ?? [] { _ = walk(text: value, keepsVariables: false, input: .none) }
        }
    }

    /// The fields as one text, as programs do that hand their arguments to a shell; nil when some of it is not knowable.
    func joined(_ fields: some Sequence<Field>) -> String? {
        var texts: [String] = []
        for field in fields {
            guard let literal = field.literal else { return nil }
            // `~` was expanded before the text is joined, but reads the same afterwards.
            texts.append(literal)
        }
        return texts.joined(separator: " ")
    }
}
