// Containers, clusters, clouds and databases: programs that act on systems larger than the machine.

extension CommandWalker {
    static let serviceHandlers: [(String, Handler)] = [
        ("docker podman nerdctl", { $0.runContainer($2) }),
        ("docker-compose podman-compose", { $0.runCompose($2.arguments, $2) }),
        ("kubectl oc k3s k9s", { $0.runCluster($2) }),
        (
            """
            helm terraform tofu terragrunt pulumi cdk ansible ansible-playbook salt nomad consul argocd flux eksctl serverless sls \
            vercel netlify fly flyctl heroku railway wrangler firebase
            """,
            { $0.runDeployment($1, $2) }
        ),
        ("aws gcloud gsutil az doctl oci s3cmd mc rclone linode-cli hcloud ibmcloud b2", { $0.runCloud($1, $2) }),
        (
            "psql mysql mariadb sqlite3 sqlite mongosh mongo redis-cli valkey-cli clickhouse-client cqlsh sqlcmd duckdb bq",
            { $0.runDatabase($1, $2) }
        ),
        (
            "dropdb createdb pg_dump pg_dumpall pg_restore mysqldump mongodump mongorestore mysqladmin dropuser",
            { $0.runDatabaseTool($1, $2) }
        ),
    ]

    // MARK: - Containers

    private static let runOptions = """
        v volume mount e env env-file p publish w workdir u user name network net h hostname l label m memory cpus entrypoint platform \
        pull restart \
        add-host cap-add cap-drop device dns gpus ipc pid security-opt shm-size tmpfs ulimit userns \
        link log-driver log-opt expose ip stop-signal cidfile c
        """

    private mutating func runContainer(_ invocation: Invocation) -> Stream {
        facts.set(.container)
        let globals = Arguments(invocation.arguments, valued: "H c host context config log-level l", stopsAtOperand: true)
        if let host = globals.values(of: "H", "host").first {
            facts.set(.remoteExecution)
            noteURL(host)
        }
        var verbs = globals.operands[...]
        let groups: Set<String> = ["container", "image", "volume", "network", "system", "builder", "buildx"]
        let group = verbs.first?.literal.flatMap { groups.contains($0) ? $0 : nil }
        if group != nil { verbs = verbs.dropFirst() }
        let rest = verbs.dropFirst()
        switch verbs.first?.literal {
        case "compose": return runCompose(rest, invocation)
        case "run", "create", "exec": return runInContainer(rest, invocation)
        case "pull", "push", "login", "search":
            noteNetwork()
            if verbs.first?.literal == "push" { noteUpload() }
        case "build":
            let arguments = Arguments(rest, valued: "t f tag file build-arg target platform cache-from secret ssh progress output")
            noteOperands(arguments.operands)
        case "prune": facts.set(.containerDelete)
        case "rm", "remove": facts.set(.containerDelete, if: group == "volume" || Arguments(rest).has("v", "volumes"))
        case "cp":
            for field in Arguments(rest).operands where !field.text.contains(":") { noteWrite(field) }
        case nil where !globals.operands.isEmpty: facts.set(.dynamic)
        default: break
        }
        return .opaque(isFromNetwork: false)
    }

    private mutating func runInContainer(_ rest: ArraySlice<Field>, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(rest, valued: Self.runOptions, stopsAtOperand: true)
        for (name, value) in arguments.values {
            switch name {
            case "v", "volume": noteMount(source: String(value.text.prefix { $0 != ":" }), value)
            case "mount":
                for part in value.text.split(separator: ",") where part.hasPrefix("source=") || part.hasPrefix("src=") {
                    noteMount(source: String(part.drop { $0 != "=" }.dropFirst()), value)
                }
            case "pid", "network", "net", "ipc", "userns": facts.set(.containerPrivileged, if: value.literal == "host")
            case "cap-add", "security-opt", "device": facts.set(.containerPrivileged)
            case "env-file": noteRead(value)
            default: break
            }
        }
        facts.set(.containerPrivileged, if: arguments.has("privileged"))
        var command = arguments.operands.dropFirst()
        if let entrypoint = arguments.values(of: "entrypoint").first, entrypoint.literal != "" { command = [entrypoint] + command }
        guard !command.isEmpty else { return .opaque(isFromNetwork: false) }
        let outer = directory
        defer { directory = outer }
        return run(invocation.running(command))
    }

    /// A directory of the host given to a container.
    private mutating func noteMount(source: String, _ value: Field) {
        var field = Field(source)
        if source.hasPrefix("~") { field.startsAtHome = value.startsAtHome }
        guard source.contains("/") || source == "." || source.hasPrefix("~") else { return }
        let place = notePath(field)
        let isReadOnly = value.text.hasSuffix(":ro")
        let isCritical = place.scope == .root || place.path.hasSuffix("docker.sock") || SecretPath.contains(place.path)
        facts.set(.containerPrivileged, if: isCritical || (place.scope == .system && !isReadOnly))
    }

    private mutating func runCompose(_ fields: some Sequence<Field>, _ invocation: Invocation) -> Stream {
        facts.set(.container)
        let globals = Arguments(fields, valued: "f p file project-name env-file profile project-directory", stopsAtOperand: true)
        for file in globals.values(of: "env-file") { noteRead(file) }
        let rest = globals.operands.dropFirst()
        switch globals.operands.first?.literal {
        case "exec", "run": return runInContainer(rest, invocation)
        case "down": facts.set(.containerDelete, if: Arguments(rest, valued: "t rmi").has("v", "volumes"))
        case "rm": facts.set(.containerDelete, if: Arguments(rest).has("v"))
        case "pull", "push": noteNetwork()
        default: break
        }
        return .opaque(isFromNetwork: false)
    }

    // MARK: - Clusters and clouds

    private mutating func runCluster(_ invocation: Invocation) -> Stream {
        noteNetwork()
        let list = Array(invocation.arguments)
        let arguments = Arguments(
            list.prefix { $0.literal != "--" },
            valued:
                """
                n f l o c namespace filename selector output container context kubeconfig cluster replicas p patch type as grace- \
                period timeout
                """
        )
        let words = arguments.operands.compactMap(\.literal)
        switch words.first {
        case "delete", "drain": facts.set(.infrastructureDelete)
        case "exec", "debug", "run":
            facts.set(.remoteExecution)
            guard let marker = list.firstIndex(where: { $0.literal == "--" }), marker + 1 < list.count else {
                return .opaque(isFromNetwork: true)
            }
            let outer = directory
            directory = "~"
            defer { directory = outer }
            return run(invocation.running(list[(marker + 1)...]))
        case "get", "describe":
            if words.dropFirst().contains(where: { $0 == "secret" || $0 == "secrets" || $0.hasPrefix("secret/") }), words.first == "get",
                !arguments.values(of: "o", "output").isEmpty
            {
                noteSecret()
            }
        case "logs", "top", "explain", "version", "cluster-info", "api-resources", "api-versions", "diff", "wait", "auth", "events",
            "port-forward", "proxy", "completion", "kustomize", nil:
            break
        case "config":
            facts.set(
                .infrastructureChange,
                if: words.dropFirst().first.map { ["set-context", "set-cluster", "set-credentials", "delete-context"].contains($0) }
                    ?? false)
        case "rollout": facts.set(.infrastructureChange, if: words.dropFirst().first.map { !["status", "history"].contains($0) } ?? false)
        default:
            facts.set(.infrastructureChange, if: !arguments.has("dry-run"))
            facts.set(.infrastructureDelete, if: words.first == "scale" && arguments.values(of: "replicas").contains { $0.literal == "0" })
        }
        return .opaque(isFromNetwork: true)
    }

    private mutating func runDeployment(_ program: String, _ invocation: Invocation) -> Stream {
        let words = invocation.arguments.compactMap(\.literal)
        let verbs = words.filter { !$0.hasPrefix("-") }
        let deletes: Set<String> = ["destroy", "uninstall", "delete", "rm", "remove", "down", "purge", "stop-job"]
        let changes: Set<String> = [
            "apply", "up", "deploy", "install", "upgrade", "rollback", "import", "taint", "untaint", "run", "sync", "scale", "restart",
            "publish", "state", "promote", "--prod", "secrets", "config:set",
        ]
        let isCheck = words.contains("--check") || words.contains("--dry-run")
        facts.set(
            .infrastructureDelete,
            if: !isCheck && verbs.prefix(2).contains(where: { deletes.contains($0) || $0.hasSuffix(":destroy") || $0.hasSuffix(":reset") })
                || words.contains("-destroy"))
        let playbook = program == "ansible-playbook" || program == "ansible" || program == "salt"
        facts.set(
            .infrastructureChange,
            if: !isCheck && (playbook || verbs.prefix(2).contains(where: changes.contains) || words.contains("--prod")))
        noteOperands(invocation.arguments)
        if program == "ansible", let module = Arguments(invocation.arguments, valued: "m a i u e l").values(of: "a").first {
            facts.set(.remoteExecution)
            _ = walk(field: module, input: .none)
        }
        return .opaque(isFromNetwork: false)
    }

    private mutating func runCloud(_ program: String, _ invocation: Invocation) -> Stream {
        noteNetwork()
        let words = invocation.arguments.compactMap(\.literal).filter { !$0.hasPrefix("-") }.prefix(6)
        let flags = Set(invocation.arguments.compactMap(\.literal).filter { $0.hasPrefix("-") })
        guard !flags.contains("--dryrun"), !flags.contains("--dry-run"), !flags.contains("--help") else {
            return .opaque(isFromNetwork: true)
        }
        func starts(_ verbs: [String]) -> Bool {
            words.contains { word in verbs.contains { word == $0 || word.hasPrefix($0 + "-") } }
        }
        let deletes =
            starts(["delete", "terminate", "remove", "rm", "rb", "purge", "destroy", "deregister", "deletefile"])
            || flags.contains("--delete")
        facts.set(.infrastructureDelete, if: deletes)
        facts.set(
            .infrastructureChange,
            if: starts([
                "create", "put", "update", "run", "start", "stop", "modify", "attach", "detach", "set", "add", "mb", "reboot", "deploy",
                "invoke", "import", "enable",
                "disable", "grant", "restart", "scale", "reset", "restore", "sync", "move", "mv",
            ]))
        if starts([
            "get-secret-value", "get-parameter", "get-parameters", "print-access-token", "get-access-token", "show-secret",
            "get-session-token", "get-login-password",
        ])
            || (words.contains("secrets") && words.contains("access")) || (words.contains("keyvault") && words.contains("secret"))
        {
            noteSecret()
        }
        facts.set(.remoteExecution, if: starts(["ssh", "send-command", "execute-command", "start-session"]))
        for command in Arguments(invocation.arguments, valued: "command").values(of: "command") { _ = walk(field: command, input: .none) }
        let remote = invocation.arguments.last { !$0.knownPrefix.hasPrefix("-") }
        if starts(["cp", "copy", "sync", "put", "upload", "mv"]), let remote, remote.text.contains(":") { noteUpload() }
        noteOperands(invocation.arguments.filter { !$0.knownPrefix.contains("://") })
        return .opaque(isFromNetwork: true)
    }

    // MARK: - Databases

    private mutating func runDatabase(_ program: String, _ invocation: Invocation) -> Stream {
        facts.set(.database)
        let arguments = Arguments(
            invocation.arguments,
            valued: "c e h p U d f u Q q P n a host port username dbname command execute file eval query user password variable set v b")
        for host in arguments.values(of: "h", "host") { noteHost(host.text) }
        for operand in arguments.operands where operand.knownPrefix.contains("://") { noteURL(operand) }
        var statements: [Field] = arguments.values(of: "c", "command", "e", "execute", "Q", "q", "query")
        switch program {
        case "sqlite3", "sqlite", "duckdb":
            for field in arguments.operands.prefix(1) { noteRead(field) }
            statements += arguments.operands.dropFirst()
        case "mongo", "mongosh": statements = arguments.values(of: "eval")
        case "redis-cli", "valkey-cli":
            noteRedis(arguments.operands.first?.literal)
            return .opaque(isFromNetwork: false)
        case "bq":
            facts.set(.databaseDestructive, if: arguments.operands.first?.literal == "rm")
            statements += arguments.operands.dropFirst()
        default: break
        }
        if case .text(let text) = invocation.input { statements.append(Field(text)) }
        for statement in statements { noteStatements(statement, isScript: program.hasPrefix("mongo")) }
        for field in arguments.values(of: "f", "file") { noteRead(field) }
        return .opaque(isFromNetwork: false)
    }

    private mutating func noteStatements(_ field: Field, isScript: Bool) {
        if isScript {
            let destructive = ["dropDatabase", ".drop(", "deleteMany({})", "remove({})", "dropUser", "shutdownServer"]
            facts.set(.databaseDestructive, if: destructive.contains { field.text.contains($0) })
            return
        }
        let script = SQLScript(field.text)
        facts.set(.databaseDestructive, if: script.isDestructive)
        for command in script.shellCommands { _ = walk(field: Field(command), input: .none) }
        facts.set(.dynamic, if: field.knownPrefix.isEmpty && field.literal == nil)
    }

    private mutating func noteRedis(_ verb: String?) {
        let destructive: Set<String> = ["FLUSHALL", "FLUSHDB", "SHUTDOWN", "SWAPDB", "DEBUG", "CONFIG", "REPLICAOF", "SLAVEOF"]
        facts.set(.databaseDestructive, if: verb.map { destructive.contains($0.uppercased()) } ?? false)
    }

    private mutating func runDatabaseTool(_ program: String, _ invocation: Invocation) -> Stream {
        facts.set(.database)
        let arguments = Arguments(invocation.arguments, valued: "h U p d f n t host username port dbname file")
        for host in arguments.values(of: "h", "host") { noteHost(host.text) }
        let drops =
            program == "dropdb" || program == "dropuser" || arguments.has("c", "clean", "drop")
            || arguments.operands.contains { $0.literal == "drop" }
        facts.set(.databaseDestructive, if: drops && !program.hasSuffix("dump") && program != "pg_dumpall" && program != "createdb")
        for field in arguments.values(of: "f", "file") { if program.contains("dump") { noteWrite(field) } else { noteRead(field) } }
        return .opaque(isFromNetwork: false)
    }
}
