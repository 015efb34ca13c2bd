// Many signatures at once: those of ML-DSA share the lanes of the vector registers and, if asked, the cores.

internal import CTrellisKernels

/// One signature to check.
public struct SignatureCheck: Sendable {
    public let key: any VerifyingKey
    public let message: [UInt8]
    public let context: Domain
    public let signature: [UInt8]

    public init(key: any VerifyingKey, message: [UInt8], context: Domain, signature: [UInt8]) {
        self.key = key
        self.message = message
        self.context = context
        self.signature = signature
    }

    var isValid: Bool { key.isValid(signature, for: message, context: context) }
}

public enum SignatureBatch {
    /// Whether each signature is valid, in the order of `checks`. What is wrong with one does not touch the others.
    public static func areValid(_ checks: [SignatureCheck]) -> [Bool] {
        var valid = [Bool](repeating: false, count: checks.count)
        var places: [MLDSA.ParameterSet: [Int]] = [:]
        for (place, check) in checks.enumerated() {
            if let native = check.key as? NativeLatticeVerifyingKey {
                places[native.key.parameters, default: []].append(place)
            } else {
                valid[place] = check.isValid
            }
        }
        for (parameters, places) in places {
            let results = lanes(parameters, places.map { checks[$0] })
            for (place, result) in zip(places, results) { valid[place] = result }
        }
        return valid
    }

    /// The same on up to `cores` cores.
    public static func areValid(_ checks: [SignatureCheck], cores: Int) async -> [Bool] {
        let share = max((checks.count + max(cores, 1) - 1) / max(cores, 1), fewestPerCore)
        guard checks.count > share else { return areValid(checks) }
        return await withTaskGroup(of: (Int, [Bool]).self) { group in
            for start in stride(from: 0, to: checks.count, by: share) {
                group.addTask { (start, areValid(Array(checks[start..<min(start + share, checks.count)]))) }
            }
            var valid = [Bool](repeating: false, count: checks.count)
            for await (start, results) in group {
                for (offset, result) in results.enumerated() { valid[start + offset] = result }
            }
            return valid
        }
    }

    /// Below this a task costs more than it spares.
    private static let fewestPerCore = 8

    /// Checks of keys of one parameter set, in lanes.
    private static func lanes(_ parameters: MLDSA.ParameterSet, _ checks: [SignatureCheck]) -> [Bool] {
        var arena = CheckArena(checks)
        return arena.withChecks { pointers in
            let valid = [UInt8](unsafeUninitializedCapacity: pointers.count) { buffer, count in
                buffer.initialize(repeating: 0)
                tk_mldsa_verify_batch(parameters.code, pointers.baseAddress, pointers.count, buffer.baseAddress)
                count = pointers.count
            }
            return valid.map { $0 == 1 }
        }
    }
}

/// The contexts, messages and signatures of checks, end to end in one buffer, so that all of them can be pointed into at once.
private struct CheckArena {
    private let checks: [SignatureCheck]
    private var bytes: [UInt8] = []

    init(_ checks: [SignatureCheck]) {
        self.checks = checks
        bytes.reserveCapacity(checks.reduce(1) { $0 + $1.context.bytes.count + $1.message.count + $1.signature.count })
        for check in checks {
            bytes += check.context.bytes
            bytes += check.message
            bytes += check.signature
        }
        // An address even if all are empty.
        bytes.append(0)
    }

    mutating func withChecks<Result>(_ body: (UnsafeBufferPointer<tk_mldsa_check>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            let pointers = checks.map { check in
                var pointer = tk_mldsa_check()
                pointer.verifyingKey = UnsafeRawPointer((check.key as? NativeLatticeVerifyingKey)?.key.expanded.address)
                pointer.context = next
                pointer.contextLength = check.context.bytes.count
                pointer.message = next.map { $0 + pointer.contextLength }
                pointer.messageLength = check.message.count
                pointer.signature = pointer.message.map { $0 + pointer.messageLength }
                pointer.signatureLength = check.signature.count
                next = pointer.signature.map { $0 + pointer.signatureLength }
                return pointer
            }
            // The keys stay alive: `checks` holds them.
            return withExtendedLifetime(checks) { pointers.withUnsafeBufferPointer(body) }
        }
    }
}
