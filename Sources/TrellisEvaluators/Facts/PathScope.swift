// Where a path lies: the file system's root, a home, a system directory, the working directory, or somewhere else.
// Decided on text alone; no file system is consulted, so symbolic links are not seen.

/// A path argument, normalised, with the scope it falls in.
struct PathScope: Equatable {
    enum Scope: Equatable {
        /// The whole file system, a whole home, or an expansion that may leave just a slash.
        case root
        /// In a directory that belongs to the machine rather than to a project.
        case system
        /// Above or beside the working directory.
        case outside
        case workingDirectory
        case inside
        case temporary
        /// Not knowable before the command runs.
        case unresolved
        /// `/dev/null` and its like.
        case harmless
    }

    var path: String
    var scope: Scope

    static let systemDirectories = [
        "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root", "run", "sbin",
        "snap",
        "srv", "sys", "usr", "var", "Applications", "Library", "System", "Users", "Volumes", "private",
    ]
    /// System directories in which projects are nevertheless kept.
    private static let projectRoots = [
        ["home"], ["root"], ["srv"], ["opt"], ["mnt"], ["media"], ["Users"], ["Volumes"], ["usr", "src"], ["var", "www"],
        ["var", "lib", "jenkins"],
    ]
    private static let harmlessDevices: Set<String> = ["null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr"]

    /// - Parameters:
    ///   - directory: where the command runs at this point: absolute, or relative to an unknown start, or nil when not knowable.
    ///   - base: where the proposal says it runs, absolute, if it says so.
    init(_ field: Field, directory: String?, base: String?) {
        path = field.text
        let known = field.knownPrefix
        let isWhole = field.literal != nil
        if known.isEmpty, !isWhole {
            scope = Self.scopeOfUnresolved(field)
            return
        }
        // An unknown tail leaves the directory it is in.
        let text = isWhole ? known : String(known[...(known.lastIndex(of: "/") ?? known.startIndex)])
        let home = field.startsAtHome
        guard home || text.isAbsolutePath || directory != nil else {
            scope = .unresolved
            return
        }
        let (isAbsolute, isHome, climbs, parts) = Self.normalise(text, startsAtHome: home, directory: directory)
        let rendered = parts.joined(separator: "/")
        if isWhole {
            path = isHome ? (parts.isEmpty ? "~" : "~/" + rendered) : isAbsolute ? "/" + rendered : parts.isEmpty ? "." : rendered
        }
        scope = Self.classify(
            parts: parts, isAbsolute: isAbsolute, isHome: isHome, climbs: climbs, base: base?.pathComponents)
        // `/tmp/$name` may be all of /tmp; `build/$name` stays where it is.
        if !isWhole, scope == .temporary || scope == .outside || (scope == .workingDirectory && !text.contains("/")) { scope = .unresolved }
        if !isWhole, scope == .workingDirectory { scope = .inside }
    }

    private static func scopeOfUnresolved(_ field: Field) -> Scope {
        var rest = ""
        var isGuarded = false
        for piece in field.pieces {
            switch piece {
            case .text(let text): rest += text
            case .unresolved(_, let guarded): isGuarded = isGuarded || guarded
            }
        }
        // With an empty expansion only a slash and wildcards are left: the root.
        let isSlash = rest.contains("/") && rest.allSatisfy { "/*.".contains($0) }
        return isSlash && !isGuarded ? .root : .unresolved
    }

    /// Resolves `.`, `..`, doubled slashes and a final `/*`, which names all of the directory before it.
    private static func normalise(_ text: String, startsAtHome: Bool, directory: String?) -> (Bool, Bool, Int, [String]) {
        var isAbsolute = text.isAbsolutePath
        var isHome = startsAtHome
        var raw = text.pathComponents
        if startsAtHome, !isAbsolute { raw = Array(raw.dropFirst()) }
        if !isAbsolute, !isHome, let directory {
            isAbsolute = directory.isAbsolutePath
            isHome = directory.hasPrefix("~")
            raw = directory.pathComponents.dropFirst(isHome ? 1 : 0) + raw
        }
        while let last = raw.last, isWildcard(last) { raw.removeLast() }
        var parts: [String] = []
        var climbs = 0
        for part in raw where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil, !isAbsolute {
                climbs += 1
                // Above a home lie the other homes.
                if isHome {
                    isHome = false
                    isAbsolute = true
                    parts = ["home"]
                }
            }
        }
        return (isAbsolute, isHome, climbs, parts)
    }

    private static func isWildcard(_ component: String) -> Bool {
        component == "*" || component == "**" || component == ".*" || component == ".[!.]*" || component == ".??*" || component == "?*"
    }

    private static func classify(parts: [String], isAbsolute: Bool, isHome: Bool, climbs: Int, base: [String]?) -> Scope {
        if isHome {
            guard !parts.isEmpty else { return .root }
            guard let base, let home = homeDirectory(of: base) else { return .outside }
            return classify(parts: home + parts, isAbsolute: true, isHome: false, climbs: 0, base: base)
        }
        guard isAbsolute else {
            if climbs > 0 { return .outside }
            return parts.isEmpty ? .workingDirectory : .inside
        }
        guard let first = parts.first, parts != ["root"], parts != ["home"], !(["home", "Users"].contains(first) && parts.count == 2) else {
            // A home may itself be where the command runs; deleting all of it is no better for that.
            return .root
        }
        if let base, isProject(base), parts.starts(with: base) { return parts.count == base.count ? .workingDirectory : .inside }
        if let base, let home = homeDirectory(of: base), parts.starts(with: home) { return .outside }
        if parts.starts(with: ["tmp"]), parts.count > 1 { return .temporary }
        if parts.starts(with: ["var", "tmp"]) || parts.starts(with: ["dev", "shm"]), parts.count > 2 { return .temporary }
        if first == "dev", let device = parts.dropFirst().first, harmlessDevices.contains(device) || device == "fd" { return .harmless }
        if parts.count == 1 && first != "tmp" { return .system }
        let pattern = GlobPattern(first)
        if systemDirectories.contains(where: { $0 == first || pattern.matches($0) }) { return .system }
        return .outside
    }

    private static func homeDirectory(of base: [String]) -> [String]? {
        if base.first == "root" { return ["root"] }
        guard let first = base.first, ["home", "Users"].contains(first), base.count >= 2 else { return nil }
        return Array(base.prefix(2))
    }

    /// A base in which files may be deleted as the project's own.
    private static func isProject(_ base: [String]) -> Bool {
        guard let first = base.first else { return false }
        if !systemDirectories.contains(first) { return true }
        return projectRoots.contains { base.starts(with: $0) && base.count > $0.count }
    }
}

extension String {
    /// The parts between slashes, empty ones left out. By scalars, so that a combining mark cannot hide a slash.
    var pathComponents: [String] { unicodeScalars.split(separator: "/").map { String($0) } }

    var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }
}
