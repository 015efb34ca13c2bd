// Programs that run the command line in their arguments: sudo, env, timeout, nohup, xargs, find -exec and their kin.

extension CommandWalker {
    /// How a wrapper's own arguments end and the wrapped command begins.
    private struct Shape: Sendable {
        /// Options with a value.
        var valued = ""
        /// Operands before the command, such as the duration of `timeout`.
        var operands = 0
        var takesAssignments = false
        var isPrivileged = false
    }

    private static let shapes: [String: Shape] = [
        "sudo": Shape(
            valued: "u g h p C D R T r t user group host prompt close-from chdir chroot command-timeout role type", takesAssignments: true,
            isPrivileged: true),
        "doas": Shape(valued: "u C", isPrivileged: true),
        "pkexec": Shape(valued: "user", isPrivileged: true),
        "env": Shape(valued: "u C unset chdir", takesAssignments: true),
        "nohup": Shape(), "setsid": Shape(), "command": Shape(), "builtin": Shape(), "busybox": Shape(), "toybox": Shape(),
        "unbuffer": Shape(),
        "exec": Shape(valued: "a"), "caffeinate": Shape(valued: "t w"), "time": Shape(valued: "f o format output"),
        "nice": Shape(valued: "n adjustment"), "ionice": Shape(valued: "c n p class classdata"),
        "chrt": Shape(valued: "p T P D", operands: 1),
        "timeout": Shape(valued: "k s kill-after signal", operands: 1), "stdbuf": Shape(valued: "i o e input output error"),
        "taskset": Shape(valued: "p", operands: 1), "numactl": Shape(valued: "N m C i p"), "prlimit": Shape(valued: "p pid"),
        "chroot": Shape(valued: "userspec groups", operands: 1, isPrivileged: true),
        "nsenter": Shape(valued: "t S G target", isPrivileged: true), "unshare": Shape(valued: "S G R w"),
        "strace": Shape(valued: "e o p s u E a I O P"), "ltrace": Shape(valued: "e o p s u"), "gdb": Shape(valued: "x ex p c"),
        "firejail": Shape(), "proxychains": Shape(valued: "f"), "proxychains4": Shape(valued: "f"), "torsocks": Shape(),
        "catchsegv": Shape(),
        "systemd-run": Shape(valued: "p u M H E unit property setenv slice on-calendar on-active uid gid", isPrivileged: true),
        "runuser": Shape(valued: "u g G", isPrivileged: true), "setpriv": Shape(isPrivileged: true), "fakeroot": Shape(),
        "dumb-init": Shape(),
        "tini": Shape(), "faketime": Shape(operands: 1), "xvfb-run": Shape(valued: "n s e f"), "dbus-run-session": Shape(),
        "watch": Shape(valued: "n interval"),
        "entr": Shape(), "hyperfine": Shape(valued: "w r m M prepare warmup runs export-json export-markdown"),
        "flock": Shape(valued: "w E c timeout command", operands: 1),
        "screen": Shape(valued: "S c h L"),
    ]

    static let wrapperHandlers: [(String, Handler)] = [
        (
            shapes.keys.filter { !["watch", "hyperfine", "flock", "env", "exec", "command"].contains($0) }.joined(separator: " "),
            { $0.unwrap($1, $2) }
        ),
        ("env", { $0.runEnv($1, $2) }),
        (
            "exec command",
            { walker, program, invocation in
                // `command -v name` only looks a program up; `exec` alone only redirects.
                let isLookup = program == "command" && ["-v", "-V", "-pv"].contains(invocation.arguments.first?.literal)
                return isLookup || invocation.arguments.isEmpty ? .opaque(isFromNetwork: false) : walker.unwrap(program, invocation)
            }
        ),
        ("watch hyperfine", { $0.runShellWords($1, $2) }),
        (
            "flock",
            { walker, program, invocation in
                let arguments = Arguments(invocation.arguments, valued: "w E timeout", stopsAtOperand: true)
                let rest = Arguments(arguments.operands.dropFirst(), valued: "c command", stopsAtOperand: true)
                for text in rest.values(of: "c", "command") { _ = walker.walk(field: text, input: .none) }
                return rest.operands.isEmpty ? .none : walker.run(invocation.running(rest.operands))
            }
        ),
        ("su", { $0.runSu($2) }),
        ("npx bunx pnpx uvx", { $0.runPackageCommand($2) }),
        (
            "script tmux",
            { walker, _, invocation in
                let arguments = Arguments(invocation.arguments, valued: "c command t s n L S")
                let texts = arguments.values(of: "c", "command") + arguments.operands.filter { $0.text.contains(" ") }
                for text in texts { _ = walker.walk(field: text, input: .none) }
                return .none
            }
        ),
        ("xargs parallel", { $0.runXargs($1, $2) }),
        ("find fd fdfind", { $0.runFind($1, $2) }),
    ]

    /// Skips a wrapper's options and operands and runs the rest.
    private mutating func unwrap(_ program: String, _ invocation: Invocation) -> Stream {
        let shape = Self.shapes[program] ?? Shape()
        if shape.isPrivileged { facts.set(.privileged) }
        let arguments = Arguments(invocation.arguments, valued: shape.valued, stopsAtOperand: true)
        var rest = arguments.operands[...]
        if shape.takesAssignments { rest = rest.drop { Self.isAssignment($0) } }
        if program == "sudo", arguments.has("e", "edit") {
            for field in rest { noteWrite(field) }
            return .none
        }
        if program == "sudo" || program == "doas", rest.isEmpty, arguments.has("s", "i", "shell", "login") {
            return run(invocation.running([Field("sh")]))
        }
        rest = rest.dropFirst(shape.operands)
        guard !rest.isEmpty else { return .opaque(isFromNetwork: false) }
        return run(invocation.running(rest))
    }

    private static func isAssignment(_ field: Field) -> Bool {
        guard let equals = field.knownPrefix.firstIndex(of: "=") else { return false }
        return ShellParser.isName(field.knownPrefix[..<equals])
    }

    private mutating func runEnv(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "u C S unset chdir split-string", stopsAtOperand: true)
        var inner = invocation
        var rest = arguments.operands[...]
        while let field = rest.first, Self.isAssignment(field) {
            let parts = field.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            inner.environment[String(parts[0])] = field.literal == nil ? nil : [String(parts.last ?? "")]
            rest = rest.dropFirst()
        }
        for text in arguments.values(of: "S", "split-string") {
            guard let literal = text.literal, let tail = joined(rest) else {
                facts.set(.dynamic)
                continue
            }
            return walk(text: literal + " " + tail, keepsVariables: false, input: invocation.input)
        }
        guard !rest.isEmpty else {
            sightings.environment += 1
            return .opaque(isFromNetwork: false)
        }
        if let directory = arguments.values(of: "C", "chdir").first { self.directory = directory.literal }
        return run(Invocation(fields: Array(rest), input: inner.input, environment: inner.environment))
    }

    /// `watch` and `hyperfine`: the operands are handed to a shell.
    private mutating func runShellWords(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: Self.shapes[program]?.valued ?? "", stopsAtOperand: program == "watch")
        if program == "hyperfine" {
            for field in arguments.operands + arguments.values(of: "prepare") { _ = walk(field: field, input: .none) }
            return .opaque(isFromNetwork: false)
        }
        guard let text = joined(arguments.operands) else { return run(invocation.running(arguments.operands)) }
        return walk(text: text, keepsVariables: false, input: .none)
    }

    private mutating func runSu(_ invocation: Invocation) -> Stream {
        facts.set(.privileged)
        let arguments = Arguments(invocation.arguments, valued: "c s g G w command shell group")
        let commands = arguments.values(of: "c", "command")
        for field in commands { _ = walk(field: field, input: .none) }
        if commands.isEmpty { return run(invocation.running([Field("sh")])) }
        return .opaque(isFromNetwork: false)
    }

    /// `npx` and its like fetch a package and run its command.
    private mutating func runPackageCommand(_ invocation: Invocation) -> Stream {
        facts.set(.packageInstall)
        noteNetwork()
        let arguments = Arguments(invocation.arguments, valued: "p c package call from with python", stopsAtOperand: true)
        for text in arguments.values(of: "c", "call") { _ = walk(field: text, input: .none) }
        let sources = arguments.operands.prefix(1) + arguments.values(of: "p", "package", "from", "with")
        facts.set(.unverifiedPackage, if: sources.contains { Self.isForeignSource($0.text) })
        return arguments.operands.isEmpty ? .none : run(invocation.running(arguments.operands))
    }

    // MARK: - xargs and find

    private mutating func runXargs(_ program: String, _ invocation: Invocation) -> Stream {
        let valued =
            program == "xargs" ? "I d a E L n P s delimiter arg-file max-args max-procs max-lines" : "j I a jobs arg-file results joblog"
        let arguments = Arguments(invocation.arguments, valued: valued, stopsAtOperand: true)
        var command = arguments.operands
        var items = invocation.input.fields
        for file in arguments.values(of: "a", "arg-file") {
            noteRead(file)
            items = [.unresolved("<\(file.text)>")]
        }
        if program == "parallel", let marker = command.firstIndex(where: { $0.literal == ":::" }) {
            items = Array(command[(marker + 1)...])
            command = Array(command[..<marker])
        }
        if command.isEmpty { command = [Field("echo")] }
        if items.isEmpty { items = [.unresolved("<input>")] }
        guard charge(items.count * command.count) else { return .opaque(isFromNetwork: false) }
        let placeholder = arguments.values(of: "I").first?.literal ?? (arguments.has("i") || program == "parallel" ? "{}" : nil)
        if let placeholder, !placeholder.isEmpty, command.contains(where: { $0.text.contains(placeholder) }) {
            command = command.flatMap { Self.substitute(items, for: placeholder, in: $0) }
        } else {
            command += items
        }
        // `xargs sh` runs what it reads as file names, `xargs $program` what no one knows.
        facts.set(.pipesToShell, if: invocation.input.isFromNetwork && Self.isShell(command.first?.programName))
        return run(Invocation(fields: command, input: .none, environment: invocation.environment))
    }

    /// `field` once for each item that may stand for the placeholder in it.
    private static func substitute(_ items: [Field], for placeholder: String, in field: Field) -> [Field] {
        guard let literal = field.literal, literal.contains(placeholder) else { return [field] }
        let pieces = literal.split(separator: placeholder, omittingEmptySubsequences: false).map(String.init)
        return items.prefix(ShellBounds.alternativesMaximum).map { item in
            var result = Field()
            for (index, piece) in pieces.prefix(64).enumerated() {
                if index > 0 { result.append(item) }
                result.append(piece)
            }
            return result
        }
    }

    private mutating func runFind(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Array(invocation.arguments)
        if program != "find" { return runFd(invocation) }
        let globals = arguments.prefix { ["-H", "-L", "-P"].contains($0.literal) }.count
        let roots = arguments.dropFirst(globals).prefix { field in
            let prefix = field.knownPrefix
            return !(prefix.hasPrefix("-") || prefix == "(" || prefix == "!" || prefix == ")")
        }
        let starts = roots.isEmpty ? [Field(".")] : Array(roots)
        for start in starts { notePath(start) }
        let expression = Array(arguments.dropFirst(globals + roots.count))
        let found = Self.found(in: starts, by: expression)
        var index = 0
        while index < expression.count {
            let option = expression[index].literal ?? ""
            index += 1
            switch option {
            case "-delete": for field in found { noteDelete(field, isRecursive: true) }
            case "-exec", "-execdir", "-ok", "-okdir":
                let end = expression[index...].firstIndex { $0.literal == ";" || $0.literal == "+" } ?? expression.count
                let command = expression[index..<end].flatMap { Self.substitute(found, for: "{}", in: $0) }
                let outer = facts.has(.deletes)
                if charge(command.count) { _ = run(Invocation(fields: command)) }
                if !outer, facts.has(.deletes) { facts.set(.recursive) }
                index = min(end + 1, expression.count)
            case "-fprint", "-fprintf", "-fls", "-fprint0":
                if index < expression.count { noteWrite(expression[index]) }
                index += 1
            default: break
            }
        }
        return .paths(found)
    }

    /// What a find expression selects, as shapes of paths: the starting points themselves when nothing narrows it.
    private static func found(in starts: [Field], by expression: [Field]) -> [Field] {
        var patterns: [String] = []
        for branch in expression.split(whereSeparator: { $0.literal == "-o" || $0.literal == "-or" || $0.literal == "," }) {
            if branch.contains(where: { $0.literal == "-prune" }) { continue }
            guard let pattern = narrowing(Array(branch)), pattern != "*" else { return starts }
            patterns.append(pattern)
        }
        guard !patterns.isEmpty else { return starts }
        return starts.flatMap { start in
            patterns.prefix(ShellBounds.alternativesMaximum).map { pattern in
                var field = start
                field.append("/" + pattern)
                return field
            }
        }
    }

    /// The file name that one branch of an expression asks for; nil when it could be any.
    private static func narrowing(_ branch: [Field]) -> String? {
        var isNegated = false
        var pattern: String?
        for (index, field) in branch.enumerated() {
            let value = index + 1 < branch.count ? branch[index + 1].literal : nil
            switch field.literal {
            case "!", "-not":
                isNegated = true
                continue
            case "-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex":
                if !isNegated { pattern = pattern ?? value?.pathComponents.last ?? "…" }
            case "-mtime", "-atime", "-ctime", "-mmin", "-amin", "-cmin", "-size", "-newer", "-user", "-group", "-perm", "-samefile",
                "-inum", "-empty":
                if !isNegated { pattern = pattern ?? "…" }
            default: break
            }
            isNegated = false
        }
        return pattern
    }

    private mutating func runFd(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(
            invocation.arguments, valued: "e t d E S o extension type max-depth exclude size owner", stopsAtOperand: false)
        let list = Array(invocation.arguments)
        let found = arguments.operands.dropFirst().isEmpty ? [Field("./…")] : arguments.operands.dropFirst().map { $0 }
        if let marker = list.firstIndex(where: { ["-x", "-X", "--exec", "--exec-batch"].contains($0.literal) }) {
            var command = list[(marker + 1)...].flatMap { Self.substitute([Field("./…")], for: "{}", in: $0) }
            if !list[(marker + 1)...].contains(where: { $0.text.contains("{") }) { command.append(Field("./…")) }
            _ = run(Invocation(fields: command))
        }
        return .paths(Array(found))
    }
}
