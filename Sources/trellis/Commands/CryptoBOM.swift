// `trellis crypto bom`: the algorithms of this build and what serves each, as a CycloneDX 1.7 inventory of cryptography (CBOM).

import ArgumentParser
import Foundation
import TrellisCrypto

struct CryptoBOM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bom", abstract: "Print an inventory of this build's cryptography: CycloneDX 1.7, JSON.",
        discussion: """
            Lists every algorithm that the build has, with its parameter set, what it is used for, its NIST category against quantum \
            computers (0 for none), and the component that serves it. The same build prints the same bytes. Scripts/check-bom.py holds it \
            against the published schema. Exit code: 0.
            """)

    func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.print([UInt8](try encoder.encode(CycloneDX(CryptoInventory.assets))))
    }
}

/// The parts of a CycloneDX 1.7 document (ECMA-424) that an inventory of cryptography needs.
private struct CycloneDX: Encodable {
    struct Component: Encodable {
        let type: String
        let reference: String
        let name: String
        var version: String?
        var description: String?
        var packageURL: String?
        var cryptoProperties: CryptoProperties?

        enum CodingKeys: String, CodingKey {
            case type, name, version, description, cryptoProperties
            case reference = "bom-ref"
            case packageURL = "purl"
        }
    }

    struct CryptoProperties: Encodable {
        let assetType = "algorithm"
        let algorithmProperties: AlgorithmProperties
    }

    struct AlgorithmProperties: Encodable {
        let primitive: String
        let algorithmFamily: String?
        let parameterSetIdentifier: String
        let executionEnvironment = "software-plain-ram"
        let cryptoFunctions: [String]
        let nistQuantumSecurityLevel: Int
    }

    struct Dependency: Encodable {
        let ref: String
        var dependsOn: [String]?
        var provides: [String]?
    }

    struct Metadata: Encodable {
        let component: Component
    }

    let bomFormat = "CycloneDX"
    let specVersion = "1.7"
    let version = 1
    let metadata: Metadata
    let components: [Component]
    let dependencies: [Dependency]

    init(_ assets: [CryptoAsset]) {
        let product = Component(
            type: "application", reference: "trellis", name: "trellis", version: Trellis.configuration.version)
        metadata = Metadata(component: product)
        let providers = CryptoProvider.allCases
        components =
            providers.map { provider in
                Component(
                    type: "library", reference: provider.rawValue, name: provider.rawValue,
                    version: provider.version ?? product.version, packageURL: provider.packageURL)
            } + assets.map { Self.component($0) }
        dependencies =
            [Dependency(ref: product.reference, dependsOn: providers.map(\.rawValue))]
            + providers.map { provider in
                Dependency(
                    ref: provider.rawValue,
                    provides: assets.filter { $0.providers.contains(provider) }.map { Self.reference($0) })
            }
    }

    private static func reference(_ asset: CryptoAsset) -> String { "algorithm/\(asset.name)" }

    private static func component(_ asset: CryptoAsset) -> Component {
        Component(
            type: "cryptographic-asset", reference: reference(asset), name: asset.name, description: asset.purpose,
            cryptoProperties: CryptoProperties(
                algorithmProperties: AlgorithmProperties(
                    primitive: asset.primitive.rawValue, algorithmFamily: asset.family, parameterSetIdentifier: asset.parameterSet,
                    cryptoFunctions: asset.primitive.functions, nistQuantumSecurityLevel: asset.quantumCategory)))
    }
}
