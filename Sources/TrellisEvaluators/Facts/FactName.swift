// The catalogue of facts: every name a policy may ask for, its type and what it means. `docs/policy.md` lists the same names.

/// A fact about a proposal's text, most of them about command lines. The raw value is the name used in policies.
public enum FactName: String, CaseIterable, Sendable {
    // What the command is.
    case programs
    case commandCount = "command_count"
    case lengthBytes = "length_bytes"
    case parseError = "parse_error"
    case dynamic
    case inlineCode = "inline_code"
    case hiddenCharacters = "hidden_characters"
    case forkBomb = "fork_bomb"
    case privileged
    // Any text.
    case words
    case lines
    case links
    case secrets
    case instructsReader = "instructs_reader"
    case json
    case malformedJSON = "malformed_json"
    // Capabilities.
    case requestedCapabilities = "requested_capabilities"
    case usedCapabilities = "used_capabilities"
    case undeclaredCapabilities = "undeclared_capabilities"
    case unknownCapabilities = "unknown_capabilities"
    // Files.
    case paths
    case systemPaths = "system_paths"
    case writes
    case systemWrites = "system_writes"
    case deletes
    case recursive
    case force
    case rootDeletes = "root_deletes"
    case systemDeletes = "system_deletes"
    case outsideDeletes = "outside_deletes"
    case unresolvedDeletes = "unresolved_deletes"
    case workingDirectoryDelete = "working_directory_delete"
    case deviceWrite = "device_write"
    case permissionChange = "permission_change"
    case unsafePermissions = "unsafe_permissions"
    case secretPaths = "secret_paths"
    case readsSecrets = "reads_secrets"
    // Network.
    case network
    case hosts
    case remoteHosts = "remote_hosts"
    case urls
    case uploads
    case exfiltration
    case pipesToShell = "pipes_to_shell"
    case executesDownload = "executes_download"
    case reverseShell = "reverse_shell"
    case remoteExecution = "remote_execution"
    // The machine.
    case processControl = "process_control"
    case serviceControl = "service_control"
    case hostShutdown = "host_shutdown"
    case persistence
    case accountChange = "account_change"
    case securityControl = "security_control"
    case kernelChange = "kernel_change"
    case packageInstall = "package_install"
    case systemPackages = "system_packages"
    case unverifiedPackage = "unverified_package"
    // Containers, clusters, clouds, databases, git.
    case container
    case containerPrivileged = "container_privileged"
    case containerDelete = "container_delete"
    case infrastructureChange = "infrastructure_change"
    case infrastructureDelete = "infrastructure_delete"
    case database
    case databaseDestructive = "database_destructive"
    case git
    case gitPush = "git_push"
    case gitDiscard = "git_discard"
    case gitHistoryRewrite = "git_history_rewrite"

    /// The type of a fact, which decides the operators a policy may use on it.
    public enum Kind: Sendable, Equatable { case flag, count, list }

    /// The type of this fact's value.
    public var kind: Kind {
        switch self {
        case .programs, .parseError, .paths, .systemPaths, .writes, .systemWrites, .deletes, .rootDeletes, .systemDeletes, .outsideDeletes,
            .unresolvedDeletes, .secretPaths, .hosts, .remoteHosts, .urls, .inlineCode, .links, .secrets, .requestedCapabilities,
            .usedCapabilities, .undeclaredCapabilities,
            .unknownCapabilities:
            .list
        case .commandCount, .lengthBytes, .words, .lines: .count
        default: .flag
        }
    }
}

/// The value of a fact.
public enum FactValue: Sendable, Equatable {
    case flag(Bool)
    case count(Int)
    /// In order of first appearance, without repetitions.
    case list([String])

    /// What a bare `{ fact: name }` asks: true, above zero, or not empty.
    public var isTrue: Bool {
        switch self {
        case .flag(let value): value
        case .count(let value): value > 0
        case .list(let values): !values.isEmpty
        }
    }
}
