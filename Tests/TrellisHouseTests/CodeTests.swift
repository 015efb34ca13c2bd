// What no file under Sources may do, however convenient: trap, silence the compiler, grow without end. Each exception is listed with the
// reason why nobody outside can reach it.

import Testing

@Suite struct CodeTests {
    /// A place that may break a rule, and why.
    private struct Exception {
        let path: String
        /// The trimmed line.
        let line: String
        let reason: String
    }

    private static func check(_ found: [(file: RepositoryFile, token: SwiftToken)], _ exceptions: [Exception], _ advice: String) {
        var unused = exceptions
        for (file, token) in found {
            let line = file.lines[token.line - 1].trimmingSpaces
            if exceptions.contains(where: { $0.path == file.path && $0.line == line }) {
                unused.removeAll { $0.path == file.path && $0.line == line }
                continue
            }
            Issue.record("\(file.path):\(token.line): \(line)\n\(advice)")
        }
        for exception in unused {
            Issue.record(
                "Tests/TrellisHouseTests/CodeTests.swift: \(exception.path) needs no exception any more: remove '\(exception.line)'")
        }
    }

    private static func places(_ sequences: [[String]]) -> [(file: RepositoryFile, token: SwiftToken)] {
        SourceTokens.all.flatMap { file, tokens in sequences.flatMap { tokens.occurrences(of: $0) }.map { (file, $0) } }
    }

    @Test func nothingIsUnwrappedByForce() {
        let found = SourceTokens.all.flatMap { file, tokens in tokens.forceUnwraps.map { (file, $0) } }
        let constant = "a constant header name in the source is valid or the first test of the API fails"
        Self.check(
            found,
            [
                Exception(
                    path: "Sources/TrellisAPI/Exchange.swift",
                    line: #"static let idempotencyKey = HTTPField.Name("Idempotency-Key")!"#, reason: constant),
                Exception(
                    path: "Sources/TrellisAPI/Exchange.swift", line: #"static let lastEventID = HTTPField.Name("Last-Event-ID")!"#,
                    reason: constant),
                Exception(
                    path: "Sources/TrellisAPI/RecordBatch.swift", line: "return Nonce(bytes)!", reason: "sixteen bytes, made one line above"
                ),
            ],
            "A '!', 'try!' or 'as!' traps. Use guard, '??', or throw an error that says what was expected.")
    }

    /// Mistakes are planted in simulations, never in a validator.
    @Test func onlyTheSimulatorPlantsMistakes() {
        for file in Repository.sources where file.text.contains("$planted.") && file.target != "TrellisSimulator" {
            #expect(file.path == "Sources/TrellisModel/Mutation.swift", "\(file.path) plants a mistake in the protocol")
        }
    }

    @Test func nothingTrapsOnPurpose() {
        let names = ["fatalError", "preconditionFailure", "precondition", "assertionFailure", "assert", "abort"]
        let library = "a fact of the standard, whatever bytes come in"
        Self.check(
            Self.places(names.map { [$0, "("] }),
            [
                Exception(
                    path: "Sources/TrellisCrypto/KeyDerivation.swift",
                    line: #"preconditionFailure("HKDF gives at most 255 digests")"#, reason: "lengths are constants of the callers"),
                Exception(
                    path: "Sources/TrellisCrypto/HashSuite.swift",
                    line: #"preconditionFailure("SHA-256 and SHA-384 give 32 and 48 bytes")"#, reason: library),
                Exception(
                    path: "Sources/TrellisCrypto/HashSuite.swift",
                    line: #"precondition(name.utf8CodeUnitCount <= 255, "a domain has at most 255 bytes")"#,
                    reason: "domains are constants in the source"),
                Exception(
                    path: "Sources/TrellisSimulator/Simulation+Phases.swift",
                    line: #"guard let nonce = Nonce(random.bytes(Nonce.size)) else { preconditionFailure("a nonce has 16 bytes") }"#,
                    reason: "the simulator's own bytes"),
            ],
            "A validator that traps on data can be stopped by whoever sends the data. Throw, or return nil.")
    }

    @Test func theCompilerIsNotSilenced() {
        Self.check(
            Self.places([["@unchecked"], ["nonisolated", "(", "unsafe", ")"], ["unsafeBitCast"], ["@preconcurrency"]]),
            [
                Exception(
                    path: "Sources/TrellisNode/Inbox.swift", line: "final class Inbox: @unchecked Sendable {",
                    reason: "all state is guarded by one condition variable"),
                Exception(
                    path: "Sources/TrellisNode/ReplicaThread.swift", line: "private final class Shared: @unchecked Sendable {",
                    reason: "all state is guarded by one condition variable"),
                Exception(
                    path: "Sources/TrellisStorage/CRC32C.swift",
                    line: "private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {", reason: "written once, then only read"
                ),
                Exception(
                    path: "Sources/TrellisCrypto/SecretBytes.swift",
                    line: "private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer",
                    reason: "written only while it is made and when it is zeroed"),
                Exception(
                    path: "Sources/TrellisCrypto/AlignedBuffer.swift",
                    line: "nonisolated(unsafe) let address: UnsafeMutableRawPointer",
                    reason: "written only while a key is made and when it is zeroed"),
            ],
            "Let the compiler prove it: a value, an actor, or a Mutex. If it truly cannot, add an exception with the reason.")
    }

    @Test func nothingIsLeftToDo() {
        for file in Repository.files where file.isSwift && file.folder != "Tests/TrellisHouseTests" {
            for (index, line) in file.lines.enumerated() {
                for word in ["TODO", "FIXME", "XXX", "HACK"] where line.containsWord(word) && !line.contains("\"") {
                    Issue.record("\(file.path):\(index + 1): '\(word)': do it, or write an issue")
                }
            }
        }
    }

    @Test func filesAreOfReadableSize() {
        for file in Repository.files where file.isSwift {
            #expect(
                file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines: split it at a noun (Type+Aspect.swift); 400 at most")
        }
    }

    @Test func filesSayWhatLivesInThem() {
        for file in Repository.files where file.isSwift && file.path != "Package.swift" {
            #expect(
                file.lines.first?.hasPrefix("// ") == true,
                "\(file.path) must open with one to three sentences after // that say what lives here and what may not")
        }
    }

    @Test func noFileIsDead() {
        let declares: Set = ["struct", "class", "enum", "protocol", "actor", "extension", "func", "typealias", "var", "let"]
        for (file, tokens) in SourceTokens.all {
            #expect(tokens.contains { declares.contains($0.string) }, "\(file.path) declares nothing: remove it")
        }
        for file in Repository.files where file.name != ".gitkeep" {
            #expect(!file.text.isEmpty, "\(file.path) is empty: remove it")
        }
    }
}

extension Substring {
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Whether `word` stands in it between characters that are no letters or digits.
    fileprivate func containsWord(_ word: String) -> Bool {
        split { !$0.isLetter && !$0.isNumber }.contains { $0 == word }
    }
}
