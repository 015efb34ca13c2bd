// How the hybrid KEMs make one secret of two, so that it holds while either does.

import Crypto

enum HybridSecret {
    /// SHA3-256(mlkemSS ‖ curveSS ‖ curveCT ‖ curvePK ‖ label), as draft-ietf-lamps-pq-composite-kem and draft-connolly-cfrg-xwing-kem have it.
    static func combine(
        _ latticeSecret: SecretBytes, _ curveSecret: SecretBytes, ciphertext: [UInt8], publicKey: [UInt8], label: [UInt8]
    ) -> SecretBytes {
        var hash = SHA3_256()
        latticeSecret.withBytes { hash.update(bufferPointer: $0) }
        curveSecret.withBytes { hash.update(bufferPointer: $0) }
        hash.update(data: ciphertext)
        hash.update(data: publicKey)
        hash.update(data: label)
        return hash.finalize().withUnsafeBytes { SecretBytes($0) }
    }
}

extension SecretBytes {
    /// What an elliptic-curve key agreement gave.
    convenience init(_ secret: SharedSecret) {
        self.init(copying: secret.withUnsafeBytes { $0.count }) { storage in secret.withUnsafeBytes { storage.copyMemory(from: $0) } }
    }
}
