// How single observations become facts: a path read, written or deleted; a host contacted; a secret seen.

extension CommandWalker {
    func scope(of field: Field) -> PathScope { PathScope(field, directory: directory, base: base) }

    // MARK: - Paths

    /// A path the command uses, for whatever purpose.
    @discardableResult
    mutating func notePath(_ field: Field) -> PathScope {
        let place = scope(of: field)
        guard place.scope != .harmless, !place.path.isEmpty else { return place }
        facts.append(place.path, to: .paths)
        if place.scope == .system || place.scope == .root { facts.append(place.path, to: .systemPaths) }
        return place
    }

    mutating func noteRead(_ field: Field) {
        let place = notePath(field)
        if noteSocket(place.path) { return }
        guard SecretPath.contains(place.path) else { return }
        facts.append(place.path, to: .secretPaths)
        noteSecret()
    }

    mutating func noteSecret() {
        facts.set(.readsSecrets)
        sightings.secrets += 1
    }

    mutating func noteWrite(_ field: Field) {
        let place = notePath(field)
        guard place.scope != .harmless else { return }
        if noteSocket(place.path) {
            facts.set(.reverseShell)
            sightings.uploads += 1
            facts.set(.uploads)
            return
        }
        facts.append(place.path, to: .writes)
        remember(place.path, holds: .opaque(isFromNetwork: false))
        let parts = place.path.pathComponents
        if place.scope == .system || place.scope == .root { facts.append(place.path, to: .systemWrites) }
        if place.path.isAbsolutePath, parts.first == "dev", place.scope == .system { facts.set(.deviceWrite) }
        if place.path.hasPrefix("/proc/sys") || place.path.hasPrefix("/sys/") || place.path.hasPrefix("/proc/sysrq") {
            facts.set(.kernelChange)
        }
        facts.set(.persistence, if: Self.isStartupFile(parts))
    }

    /// Files that are run or trusted at a later login, boot or commit.
    private static func isStartupFile(_ parts: [String]) -> Bool {
        guard let last = parts.last else { return false }
        let files: Set<String> = [
            ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".zshenv", ".bash_login", ".bash_logout", ".xinitrc",
            "authorized_keys",
            "crontab", "rc.local", "ld.so.preload", ".forward",
        ]
        if files.contains(last) { return true }
        let text = "/" + parts.joined(separator: "/") + "/"
        return [
            "/etc/cron", "/etc/systemd/", "/etc/init.d/", "/etc/profile", "/var/spool/cron", "/.config/autostart/", "/.config/systemd/",
            "/.git/hooks/", "/LaunchAgents/", "/LaunchDaemons/",
        ]
        .contains { text.contains($0) }
    }

    mutating func noteDelete(_ field: Field, isRecursive: Bool = false, isForced: Bool = false) {
        let place = notePath(field)
        guard place.scope != .harmless else { return }
        facts.append(place.path, to: .deletes)
        facts.set(.recursive, if: isRecursive)
        facts.set(.force, if: isForced)
        switch place.scope {
        case .root: facts.append(place.path, to: .rootDeletes)
        case .system:
            facts.append(place.path, to: .systemDeletes)
            facts.set(.deviceWrite, if: place.path.isAbsolutePath && place.path.pathComponents.first == "dev")
        case .outside: facts.append(place.path, to: .outsideDeletes)
        case .unresolved: facts.append(place.path, to: .unresolvedDeletes)
        case .workingDirectory: facts.set(.workingDirectoryDelete)
        case .inside, .temporary, .harmless: break
        }
        if place.path.pathComponents.last == ".git" {
            facts.set(.gitHistoryRewrite)
        }
    }

    mutating func notePermissions(_ fields: [Field], isRecursive: Bool) {
        facts.set(.permissionChange)
        facts.set(.recursive, if: isRecursive)
        for field in fields {
            let place = notePath(field)
            if place.scope == .system || place.scope == .root { facts.append(place.path, to: .systemWrites) }
        }
    }

    /// Arguments of a program without a handler of its own: whatever looks like a path is one that is read.
    mutating func noteOperands(_ fields: some Sequence<Field>) {
        for field in fields {
            var field = field
            let prefix = field.knownPrefix
            if prefix.hasPrefix("-") {
                guard let equals = prefix.firstIndex(of: "=") else { continue }
                field = field.dropping(prefix: String(prefix[...equals]))
            }
            if prefix.contains("://") {
                noteURL(field, isContacted: false)
            } else if looksLikePath(field) {
                noteRead(field)
            }
        }
    }

    func looksLikePath(_ field: Field) -> Bool {
        if field.startsAtHome { return true }
        let text = field.knownPrefix
        guard !text.isEmpty, text.utf8.count <= 4_096, !text.contains(" ") else { return false }
        return text.contains("/") || SecretPath.contains(text) || text == "." || text == ".."
    }

    // MARK: - Network

    /// `/dev/tcp/host/port`, which bash opens as a socket.
    private mutating func noteSocket(_ path: String) -> Bool {
        guard path.hasPrefix("/dev/tcp/") || path.hasPrefix("/dev/udp/") else { return false }
        noteHost(path.pathComponents.dropFirst(2).first ?? "")
        return true
    }

    mutating func noteNetwork() {
        facts.set(.network)
        sightings.network += 1
    }

    mutating func noteHost(_ host: String) {
        noteNetwork()
        guard !host.isEmpty else { return }
        facts.append(host, to: .hosts)
        if !Self.isLoopback(host) { facts.append(host, to: .remoteHosts) }
    }

    static func isLoopback(_ host: String) -> Bool {
        let isDotted127 = host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
        return host == "localhost" || host == "::1" || host == "[::1]" || host == "0.0.0.0" || isDotted127 || host.hasSuffix(".localhost")
    }

    /// Returns true when the host is another machine, or not known to be this one.
    @discardableResult
    mutating func noteURL(_ field: Field, isContacted: Bool = true) -> Bool {
        let host = Self.host(ofURL: field)
        facts.append(field.text, to: .urls)
        if isContacted { noteHost(host) }
        return !Self.isLoopback(host)
    }

    mutating func noteUpload(if isRemote: Bool = true) {
        guard isRemote else { return }
        facts.set(.uploads)
        sightings.uploads += 1
    }

    /// The host of `scheme://user@host:port/path`, of a URL without a scheme, or the unknown expansion that stands for it.
    static func host(ofURL field: Field) -> String {
        var rest = Substring(field.text)
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.hasPrefix("[") { return String(rest.prefix { $0 != "]" }.dropFirst()) }
        return String(rest.prefix { $0 != ":" }).lowercased()
    }

    /// The host of `user@host:path` as scp, rsync and git write it; nil for a local path.
    static func host(ofRemotePath field: Field) -> String? {
        let text = field.text
        if text.contains("://") { return host(ofURL: field) }
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return nil }
        let head = text[..<colon]
        return String(head.split(separator: "@").last ?? head)
    }
}
