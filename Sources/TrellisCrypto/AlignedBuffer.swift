// A buffer as the kernels want it for expanded keys: on a cache line, never moved, zeroed at the end. And random bytes from the system.

internal import CTrellisKernels

/// Bytes at an address that is a multiple of 64. Written while it is made, only read once it is shared.
final class AlignedBuffer: Sendable {
    nonisolated(unsafe) let address: UnsafeMutableRawPointer
    private let count: Int

    /// Calls `body` with the address, which is valid that long: the buffer outlives the call.
    func withAddress<Result>(_ body: (UnsafeMutableRawPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(address) }
    }

    init(count: Int) {
        self.count = count
        address = .allocate(byteCount: count, alignment: 64)
        address.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }

    deinit {
        tk_zero(address, count)
        address.deallocate()
    }
}

/// The system's generator, a word at a time.
enum SystemRandom {
    static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var generator = SystemRandomNumberGenerator()
        var offset = 0
        while offset < buffer.count {
            withUnsafeBytes(of: generator.next()) { word in
                let count = min(word.count, buffer.count - offset)
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: word[..<count]))
                offset += count
            }
        }
    }

    static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
