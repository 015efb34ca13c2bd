// The repository as files and text: what the other tests of this folder read. Nothing is judged here.

import Foundation

/// A file of the repository.
struct RepositoryFile: Sendable {
    /// Relative to the root, with `/` between names.
    let path: String
    let text: String

    var name: String { String(path.split(separator: "/").last ?? "") }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    /// The room or test target it belongs to: the folder under `Sources` or `Tests`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var isSwift: Bool { name.hasSuffix(".swift") }
    /// Lines, without the empty piece behind a last newline.
    var lines: [Substring] {
        let pieces = text.split(separator: "\n", omittingEmptySubsequences: false)
        return pieces.last?.isEmpty == true ? Array(pieces.dropLast()) : Array(pieces)
    }
}

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let folders = ["Sources", "Tests", "docs", "Examples", "Scripts", "Fuzz", "Benchmarks", ".ci"]
    private static let rootFiles = [
        "Package.swift", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "THREAT_MODEL.md", "LICENSE", ".gitignore",
        ".swift-format",
    ]

    /// Every text file that is committed, by path.
    static let files: [RepositoryFile] = {
        var paths = rootFiles
        for folder in folders {
            let names = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
            while let name = names?.nextObject() as? String { paths.append("\(folder)/\(name)") }
        }
        return paths.filter { !$0.contains("__pycache__") }.sorted().compactMap { path in
            guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path) else { return nil }
            return RepositoryFile(path: path, text: String(decoding: data, as: UTF8.self))
        }
    }()

    static let sources = files.filter { $0.isSwift && $0.path.hasPrefix("Sources/") }
    static let tests = files.filter { $0.isSwift && $0.path.hasPrefix("Tests/") }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) }
}
