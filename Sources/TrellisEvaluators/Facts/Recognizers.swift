// Small recognisers over text and syntax that need no walk: characters that hide, functions that multiply, names of secrets.

/// Characters that make a command read differently from how it runs.
enum HiddenCharacters {
    static func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        // Controls, soft hyphen, zero-width and bidirectional marks, line separators, invisible operators, tags; not what emoji are
        // joined with.
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x115F...0x1160, 0x180E, 0x200B...0x200C, 0x200E...0x200F, 0x2028...0x202E,
            0x2060...0x206F, 0x3164,
            0xFEFF, 0xFFA0, 0xFFF9...0xFFFB, 0xE0000...0xE0FFF:
            true
        // Blanks that look like a space and are none to the shell.
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}

/// Functions that start more copies of themselves than they end.
enum ForkBomb {
    /// True when `name`'s body calls it twice in one pipeline, or in the background.
    static func multiplies(_ name: String, in command: ShellCommand) -> Bool {
        statements(of: command.body).contains { statement in
            ([statement.first] + statement.rest.map(\.pipeline)).contains { pipeline in
                let calls = pipeline.commands.count { isCall($0, to: name) }
                return calls >= 2 || (calls >= 1 && statement.isBackground) || pipeline.commands.contains { multiplies(name, in: $0) }
            }
        }
    }

    private static func isCall(_ command: ShellCommand, to name: String) -> Bool {
        guard case .simple(_, let words) = command.body else { return false }
        return words.first?.bareText == name
    }

    private static func statements(of body: ShellCommandBody) -> [ShellStatement] {
        switch body {
        case .subshell(let statements), .group(let statements), .forEach(_, _, let statements), .forArithmetic(_, let statements):
            statements
        case .conditional(let blocks), .loop(let blocks): blocks.flatMap { $0 }
        case .choice(_, let branches): branches.flatMap(\.body)
        case .function(_, let command): statements(of: command.body)
        case .simple, .arithmetic, .test: []
        }
    }
}

/// Paths whose contents are credentials.
enum SecretPath {
    private static let directories: Set<String> = [".ssh", ".gnupg", ".aws", ".azure", ".kube", ".password-store"]
    private static let names: Set<String> = [
        ".env", ".netrc", ".pgpass", ".npmrc", ".pypirc", ".git-credentials", ".vault-token", ".htpasswd", ".my.cnf", "shadow", "gshadow",
        "sudoers", "credentials", "credentials.json", "secrets.yaml", "secrets.yml", "secrets.json", "id_rsa", "id_dsa", "id_ecdsa",
        "id_ed25519", "environ", "master.key", "keystore.jks", "service-account.json", "application_default_credentials.json", "wallet.dat",
        ".bash_history", ".zsh_history", ".mysql_history", ".psql_history",
    ]
    private static let harmless: Set<String> = ["known_hosts", "config", "authorized_keys"]
    private static let suffixes = [".pem", ".key", ".p12", ".pfx", ".kdbx", ".jks", ".keytab", ".ovpn"]
    private static let samples: Set<String> = ["example", "sample", "template", "dist", "defaults", "test"]

    static func contains(_ path: String) -> Bool {
        let parts = path.pathComponents
        guard let last = parts.last, !last.hasSuffix(".pub") else { return false }
        for part in parts.dropLast() where fits(part, directories) {
            // `.kube/config` and `.docker/config.json` are credentials; `.ssh/config` is not.
            return !(part == ".ssh" && harmless.contains(last))
        }
        if parts.count >= 2, parts[parts.count - 2] == ".docker", last == "config.json" { return true }
        if last == "environ" { return parts.first == "proc" }
        if fits(last, names) || fits(last, directories) { return true }
        if last.hasPrefix(".env.") { return !samples.contains(String(last.dropFirst(5))) }
        return suffixes.contains { last.hasSuffix($0) && last.utf8.count > $0.utf8.count }
    }

    /// The component is one of the names, or a glob that is meant for one.
    private static func fits(_ component: String, _ names: Set<String>) -> Bool {
        if names.contains(component) { return true }
        let letters = component.utf8.count { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }
        guard letters >= 2, letters < component.utf8.count || component.contains("["), component.utf8.count <= 64 else { return false }
        let pattern = GlobPattern(component)
        return names.contains { pattern.matches($0) }
    }
}
