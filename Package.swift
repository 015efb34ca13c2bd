// swift-tools-version: 6.2
// The map of the house: every room is a target, and a target's dependencies are the only arrows it may use.
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
]
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let structuredFields: Target.Dependency = .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "trellis",
    products: [
        .executable(name: "trellis", targets: ["trellis"]),
        .library(name: "TrellisVerify", targets: ["TrellisVerify"]),
        .library(name: "TrellisClient", targets: ["TrellisClient"]),
        .library(name: "TrellisNode", targets: ["TrellisNode"]),
        .library(name: "TrellisCrypto", targets: ["TrellisCrypto"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-structured-headers.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        // The arithmetic of lattices and hashes, in C.
        room("CTrellisKernels"),
        // TPMs, over tpm2-tss if it is there, in C.
        room("CTrellisTPM"),
        // The only room that imports a crypto library, or the kernels.
        room("TrellisCrypto", ["CTrellisKernels", crypto, cryptoExtras]),
        // Pure rooms: no sockets, no dispatch, no clock, no randomness, no file system.
        room("TrellisJSON"),
        room("TrellisModel", ["TrellisCrypto"]),
        room("TrellisConsensus", ["TrellisCrypto", "TrellisModel"]),
        room("TrellisLedger", ["TrellisCrypto", "TrellisModel"]),
        room("TrellisVerify", ["TrellisCrypto", "TrellisModel"]),
        room("TrellisAudit", ["TrellisJSON", "TrellisCrypto", "TrellisModel"]),
        room("TrellisOptimizer"),
        room("TrellisAccess", ["TrellisCrypto", "TrellisModel", structuredFields]),
        // Rims: each wraps one kind of effect.
        room("TrellisStorage"),
        room("TrellisTPM", ["CTrellisTPM", "TrellisCrypto"]),
        room("TrellisTransport", ["TrellisCrypto", "TrellisModel", logging] + nio),
        room("TrellisEvaluators", ["TrellisCrypto", "TrellisModel", yams, httpClient, nioHTTP1, nioSSL] + nio),
        // What a validator must not forget, on whatever disk it is given: no sockets, no clock, no randomness.
        room(
            "TrellisReplica", ["TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisLedger", "TrellisVerify", "TrellisStorage"]),
        room(
            "TrellisNode",
            [
                "TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisLedger", "TrellisVerify", "TrellisReplica",
                "TrellisAccess", "TrellisAudit", "TrellisTPM", "TrellisStorage", "TrellisTransport", "TrellisEvaluators",
                "TrellisOptimizer", logging, yams,
            ]),
        room(
            "TrellisAPI",
            [
                "TrellisAudit",
                "TrellisJSON", "TrellisCrypto", "TrellisModel", "TrellisLedger", "TrellisVerify", "TrellisAccess", "TrellisOptimizer",
                "TrellisNode", logging,
                httpTypes, nioHTTPTypes,
            ] + hummingbird + nio),
        room("TrellisClient", ["TrellisCrypto", "TrellisModel", "TrellisVerify", "TrellisAccess", httpClient, nioHTTP1] + nio),
        room(
            "TrellisMCP",
            ["TrellisJSON", "TrellisCrypto", "TrellisModel", "TrellisVerify", "TrellisAccess", "TrellisClient", logging, httpTypes]
                + hummingbird + nio),
        room(
            "TrellisSimulator",
            [
                "TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisLedger", "TrellisVerify", "TrellisStorage", "TrellisReplica",
                "TrellisOptimizer",
            ]),
        .executableTarget(
            name: "trellis",
            dependencies: [
                "TrellisCrypto", "TrellisModel", "TrellisLedger", "TrellisVerify", "TrellisAccess", "TrellisEvaluators", "TrellisNode",
                "TrellisAPI",
                "TrellisClient", "TrellisMCP",
                "TrellisAudit", "TrellisOptimizer", "TrellisSimulator", "TrellisConformance", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // What outsiders check us with: published vectors and commit-rule cases, run against the code.
        room("TrellisConformance", ["TrellisCrypto", "TrellisModel", "TrellisConsensus", "TrellisAudit"]),

        tests("TrellisCrypto", ["TrellisCrypto", "TrellisConformance"], resources: [.copy("Vectors")]),
        tests("TrellisModel", ["TrellisModel", "TrellisCrypto"], resources: [.copy("Vectors")]),
        tests(
            "TrellisConsensus", ["TrellisConsensus", "TrellisModel", "TrellisCrypto", "TrellisConformance"],
            resources: [.copy("Cases"), .copy("Transcripts")]),
        tests("TrellisLedger", ["TrellisLedger", "TrellisModel", "TrellisCrypto", "TrellisVerify"], resources: [.copy("Vectors")]),
        tests("TrellisVerify", ["TrellisVerify", "TrellisLedger", "TrellisModel", "TrellisCrypto"]),
        tests("TrellisAudit", ["TrellisAudit", "TrellisModel", "TrellisCrypto", "TrellisConformance"], resources: [.copy("Vectors")]),
        tests("TrellisOptimizer", ["TrellisOptimizer"]),
        tests("TrellisAccess", ["TrellisAccess", "TrellisModel", "TrellisCrypto"]),
        tests("TrellisStorage", ["TrellisStorage", "TrellisModel", "TrellisCrypto"]),
        tests(
            "TrellisReplica", ["TrellisReplica", "TrellisStorage", "TrellisConsensus", "TrellisLedger", "TrellisModel", "TrellisCrypto"]),
        tests("TrellisTransport", ["TrellisTransport", "TrellisModel", "TrellisCrypto", logging] + nio),
        tests(
            "TrellisEvaluators",
            ["TrellisEvaluators", "TrellisNode", "TrellisModel", "TrellisLedger", "TrellisCrypto", logging, nioHTTP1, nioSSL] + nio),
        tests(
            "TrellisSimulator",
            [
                "TrellisSimulator", "TrellisConsensus", "TrellisReplica", "TrellisStorage", "TrellisOptimizer", "TrellisModel",
                "TrellisCrypto",
            ]),
        tests(
            "TrellisNode",
            [
                "trellis", "TrellisAudit", "TrellisTPM", "TrellisNode", "TrellisAccess", "TrellisEvaluators", "TrellisOptimizer",
                "TrellisClient", "TrellisConsensus", "TrellisVerify", "TrellisModel", "TrellisCrypto", logging,
            ]),
        tests(
            "TrellisAPI",
            [
                "TrellisAudit",
                "TrellisAPI", "TrellisAccess", "TrellisJSON", "TrellisNode", "TrellisClient", "TrellisLedger", "TrellisVerify",
                "TrellisModel", "TrellisOptimizer",
                "TrellisCrypto", logging, httpClient, nioHTTP1,
            ] + nio),
        tests("TrellisMCP", ["TrellisMCP", "TrellisAccess", "TrellisJSON", httpTypes]),
        tests("TrellisHouse", []),
    ],
    swiftLanguageModes: [.v6]
)
