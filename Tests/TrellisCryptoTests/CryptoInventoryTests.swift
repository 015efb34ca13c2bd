// The inventory of cryptography: nothing of the registry is missing, and the versions are those that are built with.

import Foundation
import Testing
import TrellisCrypto

@Suite struct CryptoInventoryTests {
    @Test func everyAlgorithmIsListedOnce() {
        let assets = CryptoInventory.assets
        let names = assets.map(\.name)
        #expect(Set(names).count == names.count)
        for scheme in SignatureScheme.all {
            let asset = assets.first { $0.name == scheme.name }
            #expect(asset?.primitive == .signature)
            #expect(asset?.quantumCategory == (scheme.isPostQuantum ? scheme.securityCategory : 0))
        }
        for name in MLKEM.ParameterSet.allCases.map(\.name) + [CompositeKEM.name, XWing.name] {
            #expect(assets.contains { $0.name == name && $0.primitive == .kem })
        }
        #expect(assets.allSatisfy { !$0.providers.isEmpty })
        #expect(assets.first { $0.name == SignatureScheme.mlDSA65Ed25519.name }?.providers == [.kernels, .library])
    }

    @Test func theVersionIsTheOneThatIsPinned() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let pins = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: root.appendingPathComponent("Package.resolved"))) as? [String: Any])
        let pin = try #require((pins["pins"] as? [[String: Any]])?.first { $0["identity"] as? String == CryptoProvider.library.rawValue })
        let state = try #require(pin["state"] as? [String: Any])
        #expect(state["version"] as? String == CryptoProvider.library.version)
    }
}
