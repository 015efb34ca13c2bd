// A TPM 2.0 over tpm2-tss, behind the C of CTrellisTPM: one connection, one call at a time.

internal import CTrellisTPM
import Synchronization
public import TrellisCrypto

/// A connection to a TPM 2.0.
public final class TPM: TrustedModule {
    /// What a register's number may be.
    public static let registers = 0...23

    private let connection: Mutex<OpaquePointer?>

    /// Connects to the TPM behind a TCTI: "device:/dev/tpmrm0", "swtpm:path=/run/swtpm.sock".
    ///
    /// - Throws: `TPMError.unavailable` where there is no tpm2-tss, `lost`.
    public init(tcti: String) throws(TPMError) {
        var opened: OpaquePointer?
        let result = tt_open(tcti, &opened)
        guard result == TT_OK else {
            let error = Self.error(result, opened)
            tt_close(opened)
            throw error
        }
        connection = Mutex(opened)
    }

    deinit { connection.withLock { tt_close($0) } }

    private static func error(_ result: tt_result, _ tpm: OpaquePointer?) -> TPMError {
        let text = String(cString: tt_error(tpm))
        return switch result {
        case TT_UNAVAILABLE: .unavailable(text)
        case TT_LOST: .lost(text)
        default: .refused(text)
        }
    }

    private func call(_ body: (OpaquePointer?) -> tt_result) throws(TPMError) {
        let error = connection.withLock { tpm in
            let result = body(tpm)
            return result == TT_OK ? nil : Self.error(result, tpm)
        }
        if let error { throw error }
    }

    private func checked(_ pcr: Int) throws(TPMError) -> UInt32 {
        guard Self.registers.contains(pcr) else { throw .refused("there is no register \(pcr)") }
        return UInt32(pcr)
    }

    public func extend(_ pcr: Int, by digest: Digest) throws(TPMError) {
        let pcr = try checked(pcr)
        guard digest.count == TT_DIGEST else { throw .refused("the digest is not of SHA-256") }
        let bytes = digest.bytes
        try call { tt_extend($0, pcr, bytes) }
    }

    public func register(_ pcr: Int) throws(TPMError) -> Digest {
        let pcr = try checked(pcr)
        var value = [UInt8](repeating: 0, count: TT_DIGEST)
        try call { tt_read($0, pcr, &value) }
        guard let digest = Digest(value) else { throw .refused("the register is not of SHA-256") }
        return digest
    }

    public func counts() throws(TPMError) -> (resets: UInt32, restarts: UInt32) {
        var counts: (resets: UInt32, restarts: UInt32) = (0, 0)
        try call { tt_counts($0, &counts.resets, &counts.restarts) }
        return counts
    }

    public func quote(_ pcr: Int, nonce: [UInt8]) throws(TPMError) -> ModuleQuote {
        let pcr = try checked(pcr)
        var quote = tt_quote()
        try call { tt_make_quote($0, pcr, nonce, nonce.count, &quote) }
        func bytes(_ field: UnsafeRawBufferPointer, _ count: Int) -> [UInt8] { Array(field.prefix(count)) }
        let x = withUnsafeBytes(of: quote.x) { bytes($0, quote.coordinate_size) }
        let y = withUnsafeBytes(of: quote.y) { bytes($0, quote.coordinate_size) }
        guard let key = try? DeviceKey(x: x, y: y) else { throw .refused("its key is no point") }
        return ModuleQuote(
            attest: withUnsafeBytes(of: quote.attest) { bytes($0, quote.attest_size) },
            signature: withUnsafeBytes(of: quote.signature) { bytes($0, quote.signature_size) }, key: key)
    }

    public func value(of counter: UInt32) throws(TPMError) -> UInt64? {
        var value: UInt64 = 0
        var isMissing = false
        try call { tpm in
            let result = tt_counter_read(tpm, counter, &value)
            isMissing = result == TT_MISSING
            return isMissing ? TT_OK : result
        }
        return isMissing ? nil : value
    }

    public func increment(_ counter: UInt32) throws(TPMError) -> UInt64 {
        try call { tpm in
            let result = tt_counter_increment(tpm, counter)
            guard result == TT_MISSING else { return result }
            let defined = tt_counter_define(tpm, counter)
            return defined == TT_OK ? tt_counter_increment(tpm, counter) : defined
        }
        guard let value = try value(of: counter) else { throw .refused("the counter vanished") }
        return value
    }
}
