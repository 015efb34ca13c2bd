// The map of the house: which room may look at which, which libraries each may use, and which parts of the system. A line here is a
// decision; Package.swift and every import are held to it.

struct Room: Sendable {
    let name: String
    /// Rooms it may import.
    let rooms: Set<String>
    /// Products of other packages it may import.
    let libraries: Set<String>
    /// Modules of the toolchain it may import.
    let system: Set<String>

    init(_ name: String, sees rooms: Set<String> = [], libraries: Set<String> = [], system: Set<String> = []) {
        self.name = name
        self.rooms = rooms
        self.libraries = libraries
        self.system = system
    }
}

///     CTrellisKernels <- Crypto <- Model <- { Consensus, Ledger, Verify } <- { Storage, Transport, Evaluators } <- Node <- API <- trellis
///     Storage <- Replica <- Node
///     JSON <- { Audit, API, MCP }; Audit sees Crypto and Model;   Access <- { Node, API, Client, MCP, trellis }
///     Optimizer <- { Node, Simulator }; it sees nothing
///     CTrellisTPM <- TPM, which sees Crypto; { Audit, TPM } <- Node
///     Verify <- Client <- MCP <- trellis
///
/// A room may look to the left; some may look at less.
enum House {
    private static let pure: Set = ["TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisLedger", "TrellisVerify"]
    private static let rims: Set = ["TrellisStorage", "TrellisTransport", "TrellisEvaluators"]
    private static let sockets: Set = ["NIOCore", "NIOPosix", "NIOHTTP1"]
    private static let machine: Set = ["Glibc", "Musl", "Darwin", "Synchronization"]

    static let rooms: [Room] = [
        Room("CTrellisKernels"),
        Room("CTrellisTPM"),
        Room("TrellisCrypto", sees: ["CTrellisKernels"], libraries: ["Crypto", "CryptoExtras"], system: machine.union(["Foundation"])),

        Room("TrellisJSON"),
        Room("TrellisModel", sees: ["TrellisCrypto"], system: ["FoundationEssentials"]),
        Room("TrellisConsensus", sees: ["TrellisCrypto", "TrellisModel"]),
        Room("TrellisLedger", sees: ["TrellisCrypto", "TrellisModel"]),
        Room("TrellisVerify", sees: ["TrellisCrypto", "TrellisModel"], system: ["FoundationEssentials"]),
        Room("TrellisAudit", sees: ["TrellisJSON", "TrellisCrypto", "TrellisModel"]),
        // It sees no other room, so that it can name nothing that safety rests on. Of the system it takes exp and log.
        Room("TrellisOptimizer", system: ["Glibc", "Musl", "Darwin"]),
        Room(
            "TrellisAccess", sees: ["TrellisCrypto", "TrellisModel"], libraries: ["RawStructuredFieldValues"],
            system: ["FoundationEssentials"]),

        Room("TrellisStorage", sees: pure, system: machine),
        Room("TrellisTPM", sees: ["CTrellisTPM", "TrellisCrypto"], system: ["Synchronization"]),
        Room("TrellisTransport", sees: pure, libraries: sockets.union(["Logging"]), system: machine),
        Room(
            "TrellisEvaluators", sees: pure, libraries: sockets.union(["Yams", "AsyncHTTPClient", "NIOSSL"]),
            system: machine.union(["FoundationEssentials"])),

        // It takes the disk, and what must be random, from outside: a simulated validator runs it as a node does.
        Room("TrellisReplica", sees: pure.union(["TrellisStorage"])),
        Room(
            "TrellisNode",
            sees: pure.union(rims).union(["TrellisReplica", "TrellisAccess", "TrellisAudit", "TrellisOptimizer", "TrellisTPM"]),
            libraries: ["Logging", "Yams"],
            system: machine.union(["Foundation", "Dispatch"])),
        Room(
            "TrellisAPI",
            sees: [
                "TrellisJSON", "TrellisAudit", "TrellisCrypto", "TrellisModel", "TrellisLedger", "TrellisVerify", "TrellisAccess",
                "TrellisOptimizer",
                "TrellisNode",
            ],
            libraries: sockets.union(["Logging", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOHTTPTypes"]),
            system: ["FoundationEssentials", "Synchronization"]),
        Room(
            "TrellisClient", sees: ["TrellisCrypto", "TrellisModel", "TrellisVerify", "TrellisAccess"],
            libraries: sockets.union(["AsyncHTTPClient"]),
            system: machine.union(["FoundationEssentials"])),
        Room(
            "TrellisMCP", sees: ["TrellisJSON", "TrellisCrypto", "TrellisModel", "TrellisVerify", "TrellisAccess", "TrellisClient"],
            libraries: ["NIOCore", "NIOPosix", "Logging", "Hummingbird", "HummingbirdCore", "HTTPTypes"],
            system: machine.union(["FoundationEssentials"])),
        Room(
            "TrellisSimulator", sees: pure.union(["TrellisStorage", "TrellisReplica", "TrellisOptimizer"]),
            system: ["Glibc", "Musl", "Darwin"]),
        Room("TrellisConformance", sees: ["TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisAudit"], system: ["Foundation"]),
        Room(
            "trellis",
            sees: pure.union([
                "TrellisAccess", "TrellisEvaluators", "TrellisNode", "TrellisAPI", "TrellisClient", "TrellisMCP", "TrellisAudit",
                "TrellisOptimizer", "TrellisSimulator",
                "TrellisConformance",
            ]),
            libraries: ["ArgumentParser", "Logging"], system: machine.union(["Foundation", "Dispatch"])),
    ]

    static let names = Set(rooms.map(\.name))
    static let libraries = rooms.reduce(into: Set<String>()) { $0.formUnion($1.libraries) }
}
