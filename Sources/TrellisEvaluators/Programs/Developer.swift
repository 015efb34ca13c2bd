// git and package managers: the tools of everyday work, and the few of their commands that lose work or bring in foreign code.

extension CommandWalker {
    static let developerHandlers: [(String, Handler)] = [
        ("git", { $0.runGit($2) }),
        ("gh glab", { $0.runForge($2) }),
        (
            "apt apt-get aptitude yum dnf microdnf zypper apk pacman yay brew snap flatpak port dpkg rpm nix-env emerge pkg choco winget",
            { $0.runSystemPackages($1, $2) }
        ),
        (
            "pip pip3 pipx uv poetry npm yarn pnpm cargo gem bundle go composer conda mamba dotnet mvn gradle mix cabal luarocks",
            { $0.runProjectPackages($1, $2) }
        ),
        ("prisma rails rake sequelize alembic knex", { $0.runMigration($1, $2) }),
    ]

    // MARK: - git

    private mutating func runGit(_ invocation: Invocation) -> Stream {
        facts.set(.git)
        let globals = Arguments(invocation.arguments, valued: "C c git-dir work-tree namespace exec-path config-env", stopsAtOperand: true)
        for setting in globals.values(of: "c") { noteGitSetting(setting.text) }
        guard let verb = globals.operands.first else { return .opaque(isFromNetwork: false) }
        guard let verb = verb.literal else {
            facts.set(.dynamic)
            return .opaque(isFromNetwork: false)
        }
        let outer = directory
        if let place = globals.values(of: "C").first {
            notePath(place)
            directory = place.literal.map { $0.isAbsolutePath || directory == nil || directory == "." ? $0 : (directory ?? ".") + "/" + $0 }
        }
        defer { directory = outer }
        let rest = globals.operands.dropFirst()
        switch verb {
        case "push": notePush(rest)
        case "clone", "fetch", "pull", "ls-remote", "submodule", "remote", "lfs", "svn": noteGitTransfer(verb, rest)
        case "clean", "reset", "checkout", "restore", "switch", "stash", "branch", "tag", "rm", "worktree": noteGitDiscard(verb, rest)
        case "filter-branch", "filter-repo", "update-ref", "replace", "reflog", "gc", "prune": noteGitRewrite(verb, rest)
        case "config":
            noteGitSetting(rest.filter { !$0.knownPrefix.hasPrefix("-") }.map(\.text).joined(separator: "="))
        case "rebase", "bisect":
            for command in Arguments(rest, valued: "x exec onto s X").values(of: "x", "exec") { _ = walk(field: command, input: .none) }
            if verb == "bisect", rest.first?.literal == "run" { return run(invocation.running(rest.dropFirst())) }
        case "add":
            for field in Arguments(rest).operands { noteRead(field) }
        case "ls-files", "diff", "status": return .paths([Field("./…")])
        default: break
        }
        return .opaque(isFromNetwork: false)
    }

    /// `key=value`: some settings are commands.
    private mutating func noteGitSetting(_ setting: String) {
        let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        let key = parts[0].lowercased()
        let commands: Set<String> = [
            "core.pager", "core.editor", "core.sshcommand", "core.fsmonitor", "core.askpass", "diff.external", "sequence.editor",
            "credential.helper",
        ]
        if key.hasPrefix("alias.") {
            if parts[1].hasPrefix("!") { _ = walk(field: Field(String(parts[1].dropFirst())), input: .none) }
        } else if commands.contains(key) || key.hasPrefix("filter.") || key.hasPrefix("pager.") {
            _ = walk(field: Field(parts[1].hasPrefix("!") ? String(parts[1].dropFirst()) : parts[1]), input: .none)
        } else if key == "core.hookspath" {
            facts.set(.persistence)
        } else if key == "http.sslverify", parts[1] == "false" {
            facts.set(.securityControl)
        }
    }

    private mutating func notePush(_ rest: ArraySlice<Field>) {
        facts.set(.gitPush)
        noteNetwork()
        let arguments = Arguments(rest, valued: "o push-option repo receive-pack exec")
        if let target = arguments.operands.first, let host = Self.host(ofRemotePath: target) { noteHost(host) }
        let references = arguments.operands.dropFirst()
        let isForced =
            arguments.short.contains("f")
            || arguments.long.contains { $0 == "force" || $0.hasPrefix("force-with-lease") || $0 == "mirror" || $0 == "prune" }
        let deletes = arguments.has("d", "delete") || references.contains { $0.text.hasPrefix(":") }
        facts.set(.force, if: isForced)
        facts.set(.gitHistoryRewrite, if: isForced || deletes || references.contains { $0.text.hasPrefix("+") })
    }

    private mutating func noteGitTransfer(_ verb: String, _ rest: ArraySlice<Field>) {
        let arguments = Arguments(rest, valued: "b o j depth branch origin reference u upload-pack c config")
        if verb == "submodule", arguments.operands.first?.literal == "foreach" {
            for field in arguments.operands.dropFirst() { _ = walk(field: field, input: .none) }
            return
        }
        let quiet: Set<String> = ["-v", "get-url", "status", "init"]
        if verb == "remote" || verb == "submodule", rest.first.map({ quiet.contains($0.literal ?? "") }) ?? true { return }
        if verb != "remote" { noteNetwork() }
        for field in arguments.operands where Self.host(ofRemotePath: field) != nil {
            if field.text.contains("://") {
                noteURL(field, isContacted: verb != "remote")
            } else {
                noteHost(Self.host(ofRemotePath: field) ?? "")
            }
            // `ext::` runs a command.
            if field.text.hasPrefix("ext::") { _ = walk(field: field.dropping(prefix: "ext::"), input: .none) }
        }
        if verb == "clone", arguments.operands.count > 1, let target = arguments.operands.last { noteWrite(target) }
    }

    private mutating func noteGitDiscard(_ verb: String, _ rest: ArraySlice<Field>) {
        let arguments = Arguments(rest, valued: "b B s source m e exclude")
        let first = arguments.operands.first?.literal
        switch verb {
        case "clean":
            guard arguments.has("f", "force"), !arguments.has("n", "dry-run") else { return }
            facts.append("untracked files", to: .deletes)
            facts.set(.recursive, if: arguments.has("d"))
            facts.set(.force)
            facts.set(.gitDiscard)
        case "reset":
            guard arguments.long.contains("hard") else { return }
            facts.set(.gitDiscard)
            facts.set(.gitHistoryRewrite)
        case "checkout", "switch":
            let names = rest.dropLast().contains { $0.literal == "--" } || arguments.operands.contains { $0.literal == "." }
            facts.set(.gitDiscard, if: names || arguments.has("f", "force", "discard-changes"))
        case "restore": facts.set(.gitDiscard, if: !arguments.has("S", "staged") || arguments.has("W", "worktree"))
        case "stash": facts.set(.gitDiscard, if: first == "drop" || first == "clear")
        case "branch", "tag":
            // Only branches keep unmerged work from being deleted with -d.
            let deletes = arguments.short.contains("D") || (arguments.has("d", "delete") && (verb == "tag" || arguments.has("f", "force")))
            facts.set(.gitDiscard, if: deletes)
        case "worktree": facts.set(.gitDiscard, if: first == "remove" && arguments.has("f", "force"))
        default:
            if arguments.long.contains("cached") { return }
            for field in arguments.operands { noteDelete(field, isRecursive: arguments.has("r"), isForced: arguments.has("f", "force")) }
        }
    }

    private mutating func noteGitRewrite(_ verb: String, _ rest: ArraySlice<Field>) {
        let arguments = Arguments(rest, valued: "tree-filter index-filter msg-filter env-filter commit-filter m")
        for filter in arguments.values(of: "tree-filter", "index-filter", "msg-filter", "env-filter", "commit-filter") {
            _ = walk(field: filter, input: .none)
        }
        let first = arguments.operands.first?.literal
        switch verb {
        case "reflog": facts.set(.gitHistoryRewrite, if: first == "expire" || first == "delete")
        case "gc": facts.set(.gitHistoryRewrite, if: rest.contains { $0.text.hasPrefix("--prune=") && $0.text != "--prune=auto" })
        default: facts.set(.gitHistoryRewrite)
        }
    }

    /// GitHub's and GitLab's own commands.
    private mutating func runForge(_ invocation: Invocation) -> Stream {
        noteNetwork()
        let arguments = Arguments(invocation.arguments, valued: "R X f F H b t repo method field raw-field body title")
        let words = arguments.operands.prefix(3).compactMap(\.literal)
        let verb = words.dropFirst().first ?? ""
        let method = arguments.values(of: "X", "method").first?.literal?.uppercased()
        facts.set(.infrastructureDelete, if: verb == "delete" || method == "DELETE")
        let changes: Set<String> = ["merge", "create", "edit", "close", "archive", "rename", "set", "transfer", "run", "disable", "enable"]
        let isHarmlessCreate = verb == "create" && ["pr", "issue", "mr"].contains(words.first ?? "")
        facts.set(.infrastructureChange, if: (changes.contains(verb) && !isHarmlessCreate) || (method.map { $0 != "GET" } ?? false))
        if words.prefix(2) == ["auth", "token"] { noteSecret() }
        return .opaque(isFromNetwork: true)
    }

    // MARK: - Packages

    private mutating func runSystemPackages(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: program == "rpm" ? "" : "o c t C")
        let reads: Set<String> = [
            "list", "search", "show", "info", "policy", "depends", "rdepends", "query", "why", "outdated", "leaves", "deps", "config",
            "doctor", "provides", "repolist", "--version",
        ]
        let verb = arguments.operands.first?.literal ?? ""
        let letters = arguments.short
        let isQuery =
            switch program {
            case "dpkg": !letters.isDisjoint(with: "lLsSpI") || arguments.has("list", "status", "listfiles", "print-architecture")
            case "rpm": letters.contains("q")
            case "pacman", "yay": letters.contains("Q") || (letters.contains("S") && !letters.isDisjoint(with: "si"))
            default:
                reads.contains(verb) || (verb.isEmpty && arguments.operands.isEmpty) || arguments.has("simulate", "dry-run", "just-print")
            }
        guard !isQuery else { return .opaque(isFromNetwork: false) }
        if verb != "remove", verb != "purge", verb != "autoremove", verb != "uninstall", verb != "clean" { noteNetwork() }
        let installs: Set<String> = [
            "install", "add", "reinstall", "localinstall", "upgrade", "dist-upgrade", "full-upgrade", "groupinstall", "in",
        ]
        facts.set(.packageInstall, if: installs.contains(verb) || ["dpkg", "rpm", "pacman", "yay", "emerge", "nix-env"].contains(program))
        facts.set(.systemPackages)
        let unverified = arguments.has(
            "allow-unauthenticated", "force-yes", "no-gpg-check", "nogpgcheck", "nosignature", "allow-untrusted", "dangerous")
        facts.set(.unverifiedPackage, if: unverified || arguments.operands.contains { Self.isForeignSource($0.text) })
        noteOperands(arguments.operands.filter { looksLikePath($0) })
        return .none
    }

    private mutating func runProjectPackages(_ program: String, _ invocation: Invocation) -> Stream {
        let valued =
            """
            r c i e t requirement constraint index-url extra-index-url registry target prefix editable git branch tag find-links \
            trusted-host manifest-path C directory D
            """
        // `-D` of npm and `-e` of pip differ; only installs care.
        let arguments = Arguments(
            invocation.arguments, valued: program == "npm" || program == "yarn" || program == "pnpm" ? "registry prefix C" : valued)
        var verbs = arguments.operands.prefix(2).compactMap(\.literal)
        if program == "uv", verbs.first == "pip" || verbs.first == "tool" { verbs.removeFirst() }
        let installs: Set<String> = [
            "install", "i", "add", "ci", "get", "update", "upgrade", "sync", "restore", "require", "inject", "dlx", "global", "exec",
            "create",
        ]
        let verb = verbs.first ?? (program == "yarn" || program == "bundle" || program == "pnpm" ? "install" : "")
        let isRun = program == "go" && verb == "run" && verbs.dropFirst().first?.contains("@") == true
        noteOperands(arguments.operands.dropFirst())
        if program == "npm", verb == "publish" || verb == "unpublish" { return notePublish(verb) }
        if ["cargo", "gem", "poetry", "yarn", "pnpm"].contains(program), ["publish", "push", "yank"].contains(verb) {
            return notePublish(verb)
        }
        if ["run", "exec", "dlx", "x"].contains(verb), let place = invocation.arguments.firstIndex(where: { $0.literal == verb }) {
            // `poetry run rm`: a program that is known by itself.
            let rest = Arguments(invocation.arguments[(place + 1)...], stopsAtOperand: true).operands
            if let name = rest.first?.programName, Self.knows(name) { return run(invocation.running(rest)) }
        }
        guard installs.contains(verb) || isRun, !["go", "cargo", "dotnet", "mvn", "gradle"].contains(program) || verb != "exec" else {
            return .opaque(isFromNetwork: false)
        }
        if program == "npm" || program == "pnpm" || program == "bundle", verb == "exec" { return .opaque(isFromNetwork: false) }
        facts.set(.packageInstall)
        noteNetwork()
        let isGlobal = ["npm", "pnpm", "yarn"].contains(program) && (arguments.has("g", "global") || verb == "global")
        facts.set(.systemPackages, if: isGlobal || arguments.has("break-system-packages"))
        let hasSource =
            !arguments.values(of: "index-url", "extra-index-url", "i", "registry", "git", "trusted-host", "find-links").isEmpty
            && program != "npm"
        let hasRegistry = !arguments.values(of: "registry").isEmpty
        facts.set(
            .unverifiedPackage, if: hasSource || hasRegistry || arguments.operands.dropFirst().contains { Self.isForeignSource($0.text) })
        for url in arguments.values(of: "index-url", "extra-index-url", "registry", "git") { noteURL(url) }
        return .none
    }

    private mutating func notePublish(_ verb: String) -> Stream {
        noteNetwork()
        facts.set(.infrastructureChange)
        facts.set(.infrastructureDelete, if: verb == "unpublish" || verb == "yank")
        return .none
    }

    /// A package named by where it lies rather than by its name in a registry.
    static func isForeignSource(_ text: String) -> Bool {
        text.contains("://") || text.hasPrefix("git+") || text.hasPrefix("github:") || text.hasPrefix("git@")
    }

    private mutating func runMigration(_ program: String, _ invocation: Invocation) -> Stream {
        let words = invocation.arguments.compactMap(\.literal)
        let destructive: Set<String> = [
            "db:drop", "db:reset", "db:purge", "db:migrate:reset", "db:truncate_all", "reset", "db:drop:all", "migrate:rollback",
        ]
        let isDowngrade = program == "alembic" && words.first == "downgrade"
        let isForcedPush = program == "prisma" && words.contains("--accept-data-loss")
        facts.set(.database, if: words.contains { $0.hasPrefix("db:") || $0 == "migrate" || $0 == "db" } || program == "alembic")
        facts.set(.databaseDestructive, if: isDowngrade || isForcedPush || words.contains(where: destructive.contains))
        return .none
    }
}
