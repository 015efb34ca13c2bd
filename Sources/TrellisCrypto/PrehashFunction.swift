// The hash functions that FIPS 204 §5.4 and FIPS 205 §10.2.2 approve for signing a message's digest instead of the message.

internal import CTrellisKernels

/// A hash function with a number under 2.16.840.1.101.3.4.2, its raw value.
package enum PrehashFunction: UInt8, CaseIterable, Sendable {
    case sha256 = 1
    case sha384, sha512, sha224, sha512Over224, sha512Over256, sha3With224, sha3With256, sha3With384, sha3With512, shake128, shake256

    /// By NIST ACVP's name, such as "SHA2-512/256" or "SHAKE-128".
    package init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    package var name: String {
        switch self {
        case .sha224: "SHA2-224"
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        case .sha512Over224: "SHA2-512/224"
        case .sha512Over256: "SHA2-512/256"
        case .sha3With224: "SHA3-224"
        case .sha3With256: "SHA3-256"
        case .sha3With384: "SHA3-384"
        case .sha3With512: "SHA3-512"
        case .shake128: "SHAKE-128"
        case .shake256: "SHAKE-256"
        }
    }

    /// The object identifier in DER.
    package var identifier: [UInt8] { [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, rawValue] }

    /// The digest; SHAKE128 gives 32 bytes, SHAKE256 64.
    package func digest(_ message: [UInt8]) -> [UInt8] {
        switch self {
        case .sha224: Self.sha256(message, from: Self.initial224, count: 28)
        case .sha256: Self.sha256(message, from: Self.initial256, count: 32)
        case .sha384: Self.sha512(message, from: Self.initial384, count: 48)
        case .sha512: Self.sha512(message, from: Self.initial512, count: 64)
        case .sha512Over224: Self.sha512(message, from: Self.initial512Over224, count: 28)
        case .sha512Over256: Self.sha512(message, from: Self.initial512Over256, count: 32)
        case .sha3With224: Self.sha3(message, count: 28)
        case .sha3With256: Self.sha3(message, count: 32)
        case .sha3With384: Self.sha3(message, count: 48)
        case .sha3With512: Self.sha3(message, count: 64)
        case .shake128: SHAKE.output(.shake128, message, count: 32)
        case .shake256: SHAKE.output(.shake256, message, count: 64)
        }
    }

    /// SHA3 with `count` bytes of output: the capacity is twice that (FIPS 202 §6.1).
    private static func sha3(_ message: [UInt8], count: Int) -> [UInt8] {
        var sponge = tk_sponge()
        tk_sponge_init(&sponge, 200 - 2 * count, UInt8(truncatingIfNeeded: TK_SHA3_SUFFIX))
        tk_sponge_absorb(&sponge, message, message.count)
        tk_sponge_finish(&sponge)
        var digest = [UInt8](repeating: 0, count: count)
        tk_sponge_squeeze(&sponge, &digest, count)
        return digest
    }

    private static func sha256(_ message: [UInt8], from initial: [UInt32], count: Int) -> [UInt8] {
        var hash = tk_sha256()
        tk_sha256_resume(&hash, initial, 0)
        tk_sha256_update(&hash, message, message.count)
        var digest = [UInt8](repeating: 0, count: 32)
        tk_sha256_end(&hash, &digest)
        return Array(digest.prefix(count))
    }

    private static func sha512(_ message: [UInt8], from initial: [UInt64], count: Int) -> [UInt8] {
        var hash = tk_sha512()
        tk_sha512_resume(&hash, initial, 0)
        tk_sha512_update(&hash, message, message.count)
        var digest = [UInt8](repeating: 0, count: 64)
        tk_sha512_end(&hash, &digest)
        return Array(digest.prefix(count))
    }

    // The states that hashing begins with, FIPS 180-4 §5.3.

    private static let initial224: [UInt32] = [
        0xc105_9ed8, 0x367c_d507, 0x3070_dd17, 0xf70e_5939, 0xffc0_0b31, 0x6858_1511, 0x64f9_8fa7, 0xbefa_4fa4,
    ]
    private static let initial256: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private static let initial384: [UInt64] = [
        0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17, 0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511, 0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4,
    ]
    private static let initial512: [UInt64] = [
        0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
    ]
    private static let initial512Over224: [UInt64] = [
        0x8c3d_37c8_1954_4da2, 0x73e1_9966_89dc_d4d6, 0x1dfa_b7ae_32ff_9c82, 0x679d_d514_582f_9fcf,
        0x0f6d_2b69_7bd4_4da8, 0x77e3_6f73_04c4_8942, 0x3f9d_85a8_6a1d_36c8, 0x1112_e6ad_91d6_92a1,
    ]
    private static let initial512Over256: [UInt64] = [
        0x2231_2194_fc2b_f72c, 0x9f55_5fa3_c84c_64c2, 0x2393_b86b_6f53_b151, 0x9638_7719_5940_eabd,
        0x9628_3ee2_a88e_ffe3, 0xbe5e_1e25_5386_3992, 0x2b01_99fc_2c85_b8aa, 0x0eb7_2ddc_81c5_2ca2,
    ]
}
