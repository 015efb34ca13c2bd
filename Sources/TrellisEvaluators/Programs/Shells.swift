// Shells, built-ins and interpreters: programs whose arguments or input are themselves programs.

extension CommandWalker {
    private static let shellNames: Set<String> = ["sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"]

    static func isShell(_ program: String?) -> Bool { program.map(shellNames.contains) ?? false }

    static let shellHandlers: [(String, Handler)] = [
        (shellNames.joined(separator: " "), { $0.runShell($2) }),
        ("eval", { $0.runEval($2) }),
        ("source .", { $0.runSource($2) }),
        ("python pypy perl ruby node nodejs php lua luajit deno bun Rscript osascript tclsh julia", { $0.runInterpreter($1, $2) }),
        ("awk gawk mawk nawk", { $0.runAwk($1, $2) }),
        ("trap alias", { $0.runDeferred($1, $2) }),
        ("cd pushd", { $0.changeDirectory($2) }),
        (
            "popd",
            { walker, _, _ in
                walker.directory = nil
                return .none
            }
        ),
        (
            "export declare typeset local readonly",
            { walker, _, invocation in
                if invocation.arguments.allSatisfy({ $0.knownPrefix.hasPrefix("-") }) { walker.sightings.environment += 1 }
                return .opaque(isFromNetwork: false)
            }
        ),
        (
            "printenv",
            { walker, _, invocation in
                walker.sightings.environment += 1
                return .opaque(isFromNetwork: false)
            }
        ),
        (
            "set",
            { walker, _, invocation in
                if invocation.arguments.isEmpty { walker.sightings.environment += 1 }
                return .opaque(isFromNetwork: false)
            }
        ),
        ("echo", { $0.echo($2) }),
        ("printf", { $0.printFormat($2) }),
        ("pwd", { walker, _, _ in walker.directory.map { .text($0) } ?? .opaque(isFromNetwork: false) }),
        (
            "mktemp",
            { walker, _, invocation in
                let isPlain = invocation.arguments.allSatisfy { ["-d", "-q", "-t", "--directory"].contains($0.literal) }
                return isPlain ? .text("/tmp/tmp.XXXXXXXXXX") : .opaque(isFromNetwork: false)
            }
        ),
        (
            """
            true false : test [ exit return break continue shift wait jobs fg bg umask type which hash id whoami uname hostname \
            date uptime sleep seq basename dirname realpath readlink stat ls dir file du df wc cal arch nproc free lscpu tty \
            getconf locale ulimit times history
            """,
            { $0.runHarmless($1, $2) }
        ),
    ]

    /// Parses and walks a command given as one argument; what cannot be known is dynamic.
    mutating func walk(field: Field, input: Stream, environment: [String: [String]] = [:]) -> Stream {
        facts.set(.pipesToShell, if: field.isFromNetwork)
        guard let text = field.literal, !field.isAlternative else {
            facts.set(.dynamic)
            // The known words of it still count: `sh -c "rm -rf $DIR"`.
            let source = Self.source(of: field)
            return source.contains(where: { $0 != " " }) && field.pieces.count > 1
                ? walk(text: source, keepsVariables: false, input: input) : .opaque(isFromNetwork: field.isFromNetwork)
        }
        let outer = (variables, directory)
        variables = environment
        let counts = assignmentCounts
        assignmentCounts = [:]
        let script = walk(text: text, keepsVariables: true, input: input)
        (variables, directory) = outer
        assignmentCounts = counts
        return script
    }

    /// A command text in which unknown pieces are written as variables that are never set.
    private static func source(of field: Field) -> String {
        field.pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .unresolved: "${UNKNOWN}"
            }
        }.joined()
    }

    // MARK: - Shells

    private mutating func runShell(_ invocation: Invocation) -> Stream {
        // `+x` switches an option off.
        let fields = invocation.arguments.filter { !($0.knownPrefix.hasPrefix("+") && $0.knownPrefix.utf8.count <= 4) }
        let arguments = Arguments(fields, valued: "o O rcfile init-file", stopsAtOperand: true)
        if arguments.short.contains("c") {
            guard let command = arguments.operands.first else { return .none }
            var environment = invocation.environment
            for (index, value) in arguments.operands.dropFirst().enumerated() {
                if let literal = value.literal { environment[String(index)] = [literal] }
            }
            let rest = arguments.operands.dropFirst(2)
            let values = rest.compactMap(\.literal)
            if values.count == rest.count {
                environment["@"] = values
                environment["*"] = values
            }
            return walk(field: command, input: invocation.input, environment: environment)
        }
        if let script = arguments.operands.first, !arguments.short.contains("s") {
            facts.set(.pipesToShell, if: script.isFromNetwork)
            noteRun(script)
            return .opaque(isFromNetwork: false)
        }
        return runInput(of: invocation)
    }

    /// A shell that reads its commands from standard input.
    mutating func runInput(of invocation: Invocation) -> Stream {
        switch invocation.input {
        case .none: return .opaque(isFromNetwork: false)
        case .text(let text): return walk(field: Field(text), input: .none, environment: invocation.environment)
        case .paths, .opaque:
            facts.set(.pipesToShell)
            return .opaque(isFromNetwork: false)
        }
    }

    /// A script file that is run.
    private mutating func noteRun(_ script: Field) {
        noteRead(script)
        guard let literal = script.literal else { return }
        noteWrittenProgram(literal.pathComponents.last ?? literal)
        let isStream = literal == "-" || literal == "/dev/stdin" || literal.hasPrefix("/dev/fd/") || literal.hasPrefix("/proc/self/fd/")
        facts.set(.pipesToShell, if: isStream)
    }

    private mutating func runEval(_ invocation: Invocation) -> Stream {
        guard !invocation.arguments.isEmpty else { return .none }
        var whole = Field()
        for (index, field) in invocation.arguments.enumerated() {
            if index > 0 { whole.append(" ") }
            whole.append(field)
        }
        guard whole.literal != nil, !whole.isAlternative else { return walk(field: whole, input: invocation.input) }
        return walk(text: whole.text, keepsVariables: true, input: invocation.input)
    }

    private mutating func runSource(_ invocation: Invocation) -> Stream {
        variables = [:]
        guard let script = invocation.arguments.first else { return .none }
        facts.set(.pipesToShell, if: script.isFromNetwork)
        facts.set(.dynamic, if: script.literal == nil)
        noteRun(script)
        return .none
    }

    /// `trap 'command' SIGNAL` and `alias name='command'`.
    private mutating func runDeferred(_ program: String, _ invocation: Invocation) -> Stream {
        for field in program == "trap" ? invocation.arguments.prefix(1) : invocation.arguments {
            var command = field
            if program == "alias" {
                guard let equals = field.knownPrefix.firstIndex(of: "=") else { continue }
                command = field.dropping(prefix: String(field.knownPrefix[...equals]))
            }
            if command.literal == "-" || command.literal == "" || command.knownPrefix.hasPrefix("-") { continue }
            _ = walk(field: command, input: .none)
        }
        return .none
    }

    private mutating func changeDirectory(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments)
        guard let target = arguments.operands.first else {
            directory = "~"
            return .none
        }
        guard let literal = target.literal, literal != "-", !target.hasGlob else {
            directory = nil
            return .none
        }
        if literal.isAbsolutePath || target.startsAtHome {
            directory = literal
        } else {
            directory = directory.map { $0 == "." ? literal : $0 + "/" + literal }
        }
        // A path this long is no directory.
        if (directory?.utf8.count ?? 0) > 4_096 { directory = nil }
        notePath(Field(directory ?? "."))
        return .none
    }

    // MARK: - Output that is known

    private mutating func echo(_ invocation: Invocation) -> Stream {
        let fields = invocation.arguments.drop { ["-n", "-e", "-E", "-ne", "-en"].contains($0.literal) }
        guard let text = joined(fields), !text.contains("\\") else {
            return .opaque(isFromNetwork: fields.contains(where: \.isFromNetwork))
        }
        return fields.contains(where: { $0.hasGlob }) ? .paths(Array(fields)) : .text(text + "\n")
    }

    private mutating func printFormat(_ invocation: Invocation) -> Stream {
        guard let format = invocation.arguments.first?.literal else { return .opaque(isFromNetwork: false) }
        let rest = invocation.arguments.dropFirst()
        let isFromNetwork = rest.contains(where: \.isFromNetwork)
        if ["%s", "%s\\n", "%s\\0", "%s "].contains(format) {
            let texts = rest.compactMap(\.literal)
            return texts.count == rest.count ? .text(texts.joined(separator: "\n")) : .opaque(isFromNetwork: isFromNetwork)
        }
        let isPlain = !format.contains("%") && !format.replacing("\\n", with: "").contains("\\")
        return isPlain ? .text(format.replacing("\\n", with: "\n")) : .opaque(isFromNetwork: isFromNetwork)
    }

    /// Programs that show names and numbers but not the contents of files.
    private mutating func runHarmless(_ program: String, _ invocation: Invocation) -> Stream {
        let operands = Arguments(invocation.arguments).operands
        for field in operands where looksLikePath(field) { notePath(field) }
        if program == "history" { facts.set(.securityControl, if: Arguments(invocation.arguments).has("c", "w")) }
        guard program == "ls" else { return .opaque(isFromNetwork: false) }
        guard !operands.isEmpty else { return .paths([Field("./…")]) }
        return .paths(
            operands.map { field in
                var listed = field
                if !field.hasGlob { listed.append("/…") }
                return listed
            })
    }

    // MARK: - Interpreters

    private mutating func runInterpreter(_ program: String, _ invocation: Invocation) -> Stream {
        let fields = Array(invocation.arguments)
        let inlineFlags: Set<String> =
            switch program {
            case "python", "pypy": ["-c"]
            case "node", "nodejs": ["-e", "--eval", "-p", "--print", "-pe"]
            case "php": ["-r"]
            case "deno", "bun": ["eval", "-e"]
            default: ["-e", "-E"]
            }
        if program == "python", let module = fields.firstIndex(where: { $0.literal == "-m" }), module + 1 < fields.count {
            return runPythonModule(Array(fields[(module + 1)...]), invocation)
        }
        if program == "deno" || program == "bun", let verb = fields.first?.literal, ["install", "add", "i", "x", "create"].contains(verb) {
            facts.set(.packageInstall)
            noteNetwork()
        }
        for field in fields {
            guard let prefix = field.literal, prefix.hasPrefix("-") || prefix == "eval" else { break }
            let isCluster = !prefix.hasPrefix("--") && prefix.hasSuffix("e") && ["perl", "ruby"].contains(program)
            if inlineFlags.contains(prefix) || isCluster {
                facts.append(program, to: .inlineCode)
                noteOperands(fields)
                return .opaque(isFromNetwork: false)
            }
        }
        let operands = Arguments(fields, valued: program == "python" ? "W X" : "r require loader import I", stopsAtOperand: true).operands
        guard let script = operands.first, script.literal != "-" else {
            switch invocation.input {
            case .none: return .opaque(isFromNetwork: false)
            case .text: facts.append(program, to: .inlineCode)
            case .paths, .opaque: facts.set(.pipesToShell)
            }
            return .opaque(isFromNetwork: false)
        }
        noteRun(script)
        noteOperands(operands.dropFirst())
        noteFrameworkCommand(script, operands)
        return .opaque(isFromNetwork: false)
    }

    private mutating func runPythonModule(_ fields: [Field], _ invocation: Invocation) -> Stream {
        guard let module = fields.first?.literal else {
            facts.set(.dynamic)
            return .opaque(isFromNetwork: false)
        }
        if ["pip", "pipx", "uv", "poetry"].contains(module) { return run(invocation.running(fields)) }
        noteOperands(fields.dropFirst())
        return .opaque(isFromNetwork: false)
    }

    /// `manage.py flush` and its like, which empty a database.
    private mutating func noteFrameworkCommand(_ script: Field, _ operands: [Field]) {
        guard script.literal?.pathComponents.last == "manage.py", let verb = operands.dropFirst().first?.literal else { return }
        if ["flush", "reset_db", "sqlflush"].contains(verb) { facts.set(.databaseDestructive) }
        if ["flush", "reset_db", "migrate", "dbshell", "loaddata"].contains(verb) { facts.set(.database) }
    }

    /// awk can run commands; its programs are otherwise filters.
    private mutating func runAwk(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "F v f assign file field-separator")
        let hasFile = !arguments.values(of: "f", "file").isEmpty
        if !hasFile, let text = arguments.operands.first?.text,
            text.contains("system(") || text.contains("system (") || text.contains("getline") || text.contains("| \"")
                || text.contains("|\"")
        {
            facts.append(program, to: .inlineCode)
        }
        noteOperands(arguments.operands.dropFirst(hasFile ? 0 : 1))
        return .opaque(isFromNetwork: invocation.input.isFromNetwork)
    }
}
