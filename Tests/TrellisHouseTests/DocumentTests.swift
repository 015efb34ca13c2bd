// Documents hold what they promise: links lead somewhere, files they name exist, and nothing tells of the machine it was written on.

import Testing

@Suite struct DocumentTests {
    private static let documents = Repository.files.filter { $0.name.hasSuffix(".md") }

    @Test func theDocumentsAreThere() {
        for path in [
            "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "THREAT_MODEL.md", "LICENSE", "docs/README.md", ".ci/run",
        ] {
            #expect(Repository.exists(path), "\(path) is missing")
        }
    }

    @Test func relativeLinksLeadSomewhere() {
        for document in Self.documents {
            for link in Self.links(document.text) where !link.contains("://") && !link.hasPrefix("#") && !link.hasPrefix("mailto:") {
                let path = Self.resolve(String(link.prefix { $0 != "#" }), from: document.folder)
                #expect(Repository.exists(path), "\(document.path): the link to \(link) leads nowhere")
            }
        }
    }

    @Test func namedFilesExist() {
        let roots = ["Sources/", "Tests/", "docs/", "Scripts/", "Fuzz/", "Examples/", "Benchmarks/", ".ci/"]
        for document in Self.documents {
            for name in Self.code(document.text) where roots.contains(where: { name.hasPrefix($0) }) {
                guard !name.contains(where: { " *<{…".contains($0) }) else { continue }
                #expect(Repository.exists(name), "\(document.path) names \(name), which does not exist")
            }
        }
    }

    @Test func everyDocumentIsReachable() {
        let index = Self.documents.filter { ["README.md", "docs/README.md"].contains($0.path) }
        let linked = Set(
            index.flatMap { file in Self.links(file.text).map { Self.resolve(String($0.prefix { $0 != "#" }), from: file.folder) } })
        for document in Self.documents where document.path.hasPrefix("docs/") && document.path != "docs/README.md" {
            #expect(linked.contains(document.path), "docs/README.md does not link to \(document.path)")
        }
    }

    @Test func nothingTellsOfTheMachine() {
        // Spelt in parts, so that this file does not hold what it forbids.
        let banned = [
            "/wo" + "rk/", "../sha" + "red", "file" + "://", "instead" + "Of", "pypi" + ".org", "registry.npm" + "js.org",
            "proxy.golang" + ".org",
            "files.pytho" + "nhosted", "/opt/" + "swift",
        ]
        for file in Repository.files where file.path != ".ci/run" && file.path != "LICENSE" {
            for word in banned where file.text.contains(word) {
                Issue.record("\(file.path) holds '\(word)': committed text knows no machine, no neighbouring folder and no registry")
            }
        }
    }

    /// Targets of Markdown links, outside of code blocks.
    private static func links(_ markdown: String) -> [String] {
        prose(markdown).flatMap { line in
            line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
                rest.firstIndex(of: ")").map { String(rest[..<$0]) }
            }
        }
    }

    /// What stands between single backticks.
    private static func code(_ markdown: String) -> [String] {
        prose(markdown).flatMap { line in
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            return stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) }
        }
    }

    private static func prose(_ markdown: String) -> [Substring] {
        var isFenced = false
        return markdown.split(separator: "\n").filter { line in
            if line.hasPrefix("```") { isFenced.toggle() }
            return !isFenced
        }
    }

    private static func resolve(_ link: String, from folder: String) -> String {
        var parts = folder.split(separator: "/")
        for part in link.split(separator: "/") {
            if part == ".." {
                _ = parts.popLast()
            } else if part != "." {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
