// Pure rooms compute and do nothing else: the same inputs give the same outputs on every machine, today and in ten years. What a validator
// keeps on disk may ask the disk it is given besides, and the simulator takes its time and its randomness from its seed alone.

import Testing

@Suite struct PurityTests {
    private static let pureRooms: Set = [
        "TrellisJSON", "TrellisModel", "TrellisConsensus", "TrellisLedger", "TrellisVerify", "TrellisAudit", "TrellisOptimizer",
        "TrellisAccess",
    ]
    private static let diskRooms: Set = ["TrellisReplica"]
    private static let seededRooms: Set = ["TrellisSimulator"]

    /// Words that reach for the world, and what to do instead.
    private static let bannedWords: [String: String] = [
        "Date": "take the time as an input (Moment)", "ContinuousClock": "take the time as an input (Moment)",
        "SuspendingClock": "take the time as an input (Moment)", "clock_gettime": "take the time as an input (Moment)",
        "DispatchTime": "take the time as an input (Moment)", "SystemRandomNumberGenerator": "take randomness as an input",
        "randomElement": "choose by a rule", "arc4random": "take randomness as an input",
        "UUID": "take identifiers as an input", "FileManager": "ask the rim for bytes", "FileHandle": "ask the rim for bytes",
        "fopen": "ask the rim for bytes", "ProcessInfo": "take settings as an input", "getenv": "take settings as an input",
        "Task": "return an effect", "TaskGroup": "return an effect", "async": "return an effect", "await": "return an effect",
        "actor": "be a value", "Thread": "return an effect", "DispatchQueue": "return an effect", "NSLock": "be a value",
        "Mutex": "be a value", "Atomic": "be a value", "print": "return what there is to say", "debugPrint": "return what there is to say",
        "dump": "return what there is to say", "readLine": "take it as an input", "sleep": "return an effect", "Locale": "compare bytes",
        "TimeZone": "compute in UTC",
    ]
    private static let bannedSequences: [[String]] = [[".", "random", "(", "in"], [".", "shuffled", "(", ")"], [".", "now", "("]]

    @Test func pureRoomsReachForNothing() {
        for (file, tokens) in SourceTokens.all where Self.pureRooms.union(Self.diskRooms).union(Self.seededRooms).contains(file.target) {
            for token in tokens where token.kind == .word {
                guard let instead = Self.bannedWords[token.string] else { continue }
                Issue.record("\(file.path):\(token.line): '\(token.string)' has no place in \(file.target), which is pure: \(instead)")
            }
            for sequence in Self.bannedSequences {
                for token in tokens.occurrences(of: sequence) {
                    Issue.record("\(file.path):\(token.line): '\(sequence.joined())' has no place in \(file.target), which is pure")
                }
            }
        }
    }

    /// Keys need randomness; nothing in the cryptography needs a clock, a file or a task.
    @Test func cryptographyTouchesNoFileAndNoClock() {
        let banned: Set = [
            "Date", "ContinuousClock", "clock_gettime", "FileManager", "FileHandle", "fopen", "ProcessInfo", "Task", "print",
        ]
        for (file, tokens) in SourceTokens.all where file.target == "TrellisCrypto" {
            for token in tokens where token.kind == .word && banned.contains(token.string) {
                Issue.record("\(file.path):\(token.line): '\(token.string)' has no place in TrellisCrypto: bytes in, bytes out")
            }
        }
    }
}
