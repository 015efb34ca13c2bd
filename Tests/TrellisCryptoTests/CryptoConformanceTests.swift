// The published vectors: our own committed few always, a whole folder of them when TRELLIS_VECTORS names one.

import Foundation
import Testing
import TrellisConformance

@Suite struct CryptoConformanceTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_VECTORS"] != nil))
    func theFolderInTheEnvironmentAgrees() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_VECTORS"])
        let report = try CryptoConformance.run(directory: folder)
        print(report.text)
        #expect(report.lines == [])
        #expect(report.passed > 0)
    }
}
