// Tells a data directory from an older copy of itself: a counter in a TPM's non-volatile memory, one for this validator of this chain, and a
// file beside the high-water mark that says where it stood.
//
// Counted is at every start and then every few minutes in which something was signed, never in the way of signing, since such memory wears
// out. The file is written first, one ahead, then the TPM counts: whatever stops the process in between, the file is at the count or one
// ahead of it. Any other relation means that this is not the directory that was used last, or not its TPM: the mark may be an old one, and
// the validator asks the others what it signed, as after `trellis repair --restored`.
//
// What is left: a copy put back within the time between two counts, by a crash of that very time. Signing only above a reserved stretch of
// rounds would close that, too, and would stop a network for good whose validators lose power together: nobody might sign the rounds that
// all had reserved. And whoever puts the TPM's memory back with the disk (a snapshot of a virtual machine with its TPM) is not noticed.

import TrellisCrypto
import TrellisModel
import TrellisStorage
import TrellisTPM

struct MarkCounter: Sendable {
    private static let domain = Domain("trellis/mark-counter/1")
    /// The range that the owner of a TPM gives out (TCG Registry of Reserved TPM 2.0 Handles and Localities).
    private static let indices: ClosedRange<UInt32> = 0x0180_0000...0x01BF_FFFF

    /// Of the counter: follows from chain and validator, so that each has its own.
    let index: UInt32
    private let disk: any Disk

    init(_ disk: any Disk, _ validator: ValidatorIndex, of committee: Committee) {
        let digest = HashSuite.sha256.tagged(Self.domain, [committee.chain.bytes, Array("\(validator)".utf8)])
        let number = digest.bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        index = Self.indices.lowerBound + number % UInt32(Self.indices.count)
        self.disk = disk
    }

    /// Whether the directory is bound to a counter.
    static func isBound(_ disk: any Disk) throws(StorageError) -> Bool { try disk.exists(StoreLayout.highWaterCounter) }

    /// Why the directory may be an older copy; nil if it is not.
    func doubt(_ module: any TrustedModule) throws -> String? {
        let binding = try MarkBinding(disk: disk, path: StoreLayout.highWaterCounter)
        let counted = try module.value(of: index)
        switch (binding, counted) {
        case (nil, nil): return nil
        // The process was stopped while the counter was made.
        case (let binding?, _) where binding.index == index && binding.value == 0: return nil
        case (nil, let counted?): return "the TPM has counted to \(counted) for this validator, the data directory not at all"
        case (let binding?, nil): return "the data directory has a count of \(binding.value), the TPM none"
        case (let binding?, let counted?):
            guard binding.index == index, binding.value == counted || binding.value &- 1 == counted else {
                return "the data directory has a count of \(binding.value), the TPM one of \(counted)"
            }
            return nil
        }
    }

    /// Counts: copies made before are old from now on.
    func advance(_ module: any TrustedModule) throws {
        var counted = try module.value(of: index)
        if counted == nil {
            // A new counter begins where the TPM says.
            try MarkBinding(index: index, value: 0).write(disk: disk, path: StoreLayout.highWaterCounter)
            counted = try module.increment(index)
        }
        guard let counted else { return }
        try MarkBinding(index: index, value: counted + 1).write(disk: disk, path: StoreLayout.highWaterCounter)
        _ = try module.increment(index)
    }
}
