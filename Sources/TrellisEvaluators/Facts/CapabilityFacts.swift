// What a proposal would be able to do, in one vocabulary for commands and for requests: the capabilities that it asks for, those that its
// command uses, and those that it uses without asking.

/// What an agent may be allowed. The raw value is the name in policies and proposals.
public enum Capability: String, CaseIterable, Sendable {
    case writeFiles = "write-files"
    case deleteFiles = "delete-files"
    case readSecrets = "read-secrets"
    case network
    case upload
    case install
    case execute
    case processes
    case services
    case privileges
    case accounts
    case database
    case infrastructure
    case remote
    case publish
}

enum CapabilityFacts {
    /// Adds what is asked for in the field `capabilities` or in `/capabilities` of a JSON text, and what the command's facts show.
    static func add(to facts: inout ShellFacts, input: EvaluationInput, json: JSONValue?) {
        var asked: [String] = []
        if let field = input.fields["capabilities"] {
            asked += field.split { $0 == "," || $0 == " " || $0 == "\n" }.map(String.init)
        }
        if case .array(let values)? = json?.value(at: "/capabilities") { asked += values.compactMap(\.text) }
        for name in asked.prefix(256) {
            facts.append(name, to: .requestedCapabilities)
            if Capability(rawValue: name) == nil { facts.append(name, to: .unknownCapabilities) }
        }
        let used = used(facts)
        for capability in used {
            facts.append(capability.rawValue, to: .usedCapabilities)
            if !asked.contains(capability.rawValue) { facts.append(capability.rawValue, to: .undeclaredCapabilities) }
        }
    }

    /// Which facts of a command show which capability.
    private static let evidence: [(Capability, [FactName])] = [
        (.writeFiles, [.writes, .permissionChange, .deviceWrite]), (.deleteFiles, [.deletes, .gitDiscard]),
        (.readSecrets, [.readsSecrets]), (.network, [.network]), (.upload, [.uploads]), (.install, [.packageInstall, .systemPackages]),
        (.execute, [.inlineCode, .dynamic, .executesDownload, .pipesToShell]), (.processes, [.processControl]),
        (.services, [.serviceControl, .hostShutdown, .persistence]), (.privileges, [.privileged, .securityControl, .kernelChange]),
        (.accounts, [.accountChange]), (.database, [.database]),
        (.infrastructure, [.infrastructureChange, .infrastructureDelete, .container]),
        (.remote, [.remoteExecution, .reverseShell]), (.publish, [.gitPush]),
    ]

    private static func used(_ facts: ShellFacts) -> [Capability] {
        evidence.filter { _, names in names.contains { facts.has($0) } }.map(\.0)
    }
}
