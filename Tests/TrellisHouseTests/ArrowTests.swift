// Every import against the map of the house, and Package.swift against every import: no arrow that the map forbids, none that is used
// without being declared, none that is declared without being used.

import Testing

@Suite struct ArrowTests {
    @Test func everyFolderIsARoomOfTheMap() {
        let folders = Set(Repository.files.filter { $0.path.hasPrefix("Sources/") && !$0.text.isEmpty }.map(\.target))
        #expect(folders == House.names, "Tests/TrellisHouseTests/Rooms.swift lists every folder of Sources, and nothing else")
    }

    @Test func everyImportIsAllowed() {
        for (file, tokens) in SourceTokens.all {
            guard let room = House.rooms.first(where: { $0.name == file.target }) else { continue }
            for (module, line) in tokens.imports {
                let isAllowed = room.rooms.contains(module) || room.libraries.contains(module) || room.system.contains(module)
                #expect(
                    isAllowed,
                    """
                    \(file.path):\(line): \(room.name) may not import \(module). Move the code to a room that may, or pass the value in; \
                    widen Tests/TrellisHouseTests/Rooms.swift only when the architecture changes.
                    """)
            }
        }
    }

    @Test func onlyOneRoomImportsACryptoLibrary() {
        for room in House.rooms where room.name != "TrellisCrypto" {
            #expect(room.libraries.isDisjoint(with: ["Crypto", "CryptoExtras", "_CryptoExtras"]), "\(room.name): use TrellisCrypto")
        }
    }

    @Test func theMapHasNoCircle() {
        var settled: Set<String> = []
        var open = House.rooms
        while !open.isEmpty {
            let ready = open.filter { $0.rooms.isSubset(of: settled) }
            guard !ready.isEmpty else {
                Issue.record("these rooms see one another in a circle: \(open.map(\.name))")
                return
            }
            settled.formUnion(ready.map(\.name))
            open.removeAll { room in ready.contains { $0.name == room.name } }
        }
    }

    @Test func thePackageDeclaresExactlyWhatRoomsImport() throws {
        let declared = try Manifest().dependencies
        for room in House.rooms {
            let imported = SourceTokens.all.filter { $0.file.target == room.name }.flatMap { $0.tokens.imports.map(\.module) }
            let used = Set(imported).filter { House.names.contains($0) || House.libraries.contains($0) }
            let listed = try #require(declared[room.name], "Package.swift has no target \(room.name)")
            for missing in used.subtracting(listed).sorted() {
                Issue.record("Package.swift: \(room.name) imports \(missing): add it to the target's dependencies")
            }
            for spare in listed.subtracting(used).sorted()
            where !Self.bundles.contains(where: { $0.contains(spare) && !$0.isDisjoint(with: used) }) {
                Issue.record("Package.swift: \(room.name) does not import \(spare): remove it from the target's dependencies")
            }
        }
    }

    /// Products that Package.swift names together.
    private static let bundles: [Set<String>] = [["NIOCore", "NIOPosix"], ["Hummingbird", "HummingbirdCore"]]

    @Test func testsImportOnlyWhatTheyDeclare() throws {
        let declared = try Manifest().dependencies
        for file in Repository.tests {
            let listed = try #require(declared[file.target], "Package.swift has no target \(file.target)")
            for (module, line) in SwiftLexer.tokens(of: file.text).imports
            where (House.names.contains(module) || House.libraries.contains(module)) && !listed.contains(module) {
                Issue.record("\(file.path):\(line): add \(module) to the dependencies of \(file.target) in Package.swift")
            }
        }
    }
}

/// What Package.swift says of each target, read from its text.
private struct Manifest {
    /// Rooms and products by target.
    private(set) var dependencies: [String: Set<String>] = [:]

    init() throws {
        let file = try #require(Repository.files.first { $0.path == "Package.swift" })
        let tokens = SwiftLexer.tokens(of: file.text)
        var constants: [String: Set<String>] = [:]
        for index in tokens.indices {
            let token = tokens[index]
            switch token.string {
            case "let" where token.line == tokens[index + 1].line:
                let end = tokens[(index + 1)...].firstIndex { ["let", "func"].contains($0.string) } ?? tokens.endIndex
                constants[tokens[index + 1].string] = Self.products(tokens[index..<end])
            case "room", "tests", "executableTarget":
                guard tokens[index + 1].string == "(", tokens[index - 1].string != "func" else { continue }
                let call = Self.call(tokens[(index + 1)...])
                guard let name = call.first(where: { $0.kind == .text })?.string, House.names.contains(name) else { continue }
                var listed = Self.products(call)
                for word in call where word.kind == .word { listed.formUnion(constants[word.string] ?? []) }
                let rooms = call.filter { $0.kind == .text && House.names.contains($0.string) }.map(\.string)
                if token.string == "tests" {
                    dependencies[name + "Tests"] = listed.union(rooms)
                } else {
                    dependencies[name] = listed.union(rooms).subtracting([name])
                }
            default: continue
            }
        }
        dependencies["TrellisHouseTests"] = []
    }

    /// The texts behind `name:`.
    private static func products(_ tokens: ArraySlice<SwiftToken>) -> Set<String> {
        Set(
            tokens.indices.dropFirst(2).filter {
                tokens[$0].kind == .text && tokens[$0 - 1].string == ":" && tokens[$0 - 2].string == "name"
            }
            .map { tokens[$0].string }
        ).intersection(House.libraries)
    }

    /// The tokens up to the parenthesis that closes the first one.
    private static func call(_ tokens: ArraySlice<SwiftToken>) -> ArraySlice<SwiftToken> {
        var depth = 0
        for index in tokens.indices where tokens[index].kind == .mark {
            if tokens[index].string == "(" { depth += 1 }
            if tokens[index].string == ")" { depth -= 1 }
            if depth == 0 { return tokens[tokens.startIndex...index] }
        }
        return tokens
    }
}
