// `trellis crypto`: that what it prints is what there is.

import Foundation
import Testing
import TrellisCrypto

@Suite struct CryptoCommandTests {
    /// The schema itself is Scripts/check-bom.py's; here, that what is there hangs together.
    @Test func theInventoryIsCycloneDX() async throws {
        try await withFolder { folder in
            let result = try await TrellisProcess.run(["crypto", "bom"], in: folder)
            #expect(result.code == 0)
            let bom = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            #expect(bom["bomFormat"] as? String == "CycloneDX" && bom["specVersion"] as? String == "1.7")
            let components = try #require(bom["components"] as? [[String: Any]])
            let assets = components.filter { $0["type"] as? String == "cryptographic-asset" }
            #expect(assets.compactMap { $0["name"] as? String } == CryptoInventory.assets.map(\.name))
            let dependencies = try #require(bom["dependencies"] as? [[String: Any]])
            let provided = Set(dependencies.flatMap { $0["provides"] as? [String] ?? [] })
            #expect(provided == Set(assets.compactMap { $0["bom-ref"] as? String }))
            #expect(try await TrellisProcess.run(["crypto", "bom"], in: folder).output == result.output)
        }
    }

    @Test func compactCertificatesAreMeasured() async throws {
        try await withFolder { folder in
            let result = try await TrellisProcess.run(
                ["crypto", "compact-certificate", "--validators", "4,30", "--scheme", "Ed25519", "--strength", "64"], in: folder)
            #expect(result.code == 0, "\(result.error)")
            #expect(result.output.split(separator: "\n").count == 8)
            let usage = try await TrellisProcess.run(["crypto", "compact-certificate", "--validators", "3,x"], in: folder)
            #expect(usage.code == 2)
        }
    }
}
