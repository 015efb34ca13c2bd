// Cuts what comes over standard input into lines, each bounded, however it is divided into reads.

struct LineReader {
    enum Line: Equatable {
        case text([UInt8])
        /// Longer than the bound: its bytes are gone, the next line is read as ever.
        case tooLong
    }

    private let limit: Int
    private var line: [UInt8] = []
    private var isSkipping = false

    init(limit: Int) { self.limit = limit }

    /// The lines that end in `bytes`, without their line feeds; white lines are left out.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [Line] {
        var lines: [Line] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let ended = end() { lines.append(ended) }
            } else if !isSkipping {
                if line.count < limit {
                    line.append(byte)
                } else {
                    isSkipping = true
                    line = []
                }
            }
        }
        return lines
    }

    /// The line that ends here, if there is one.
    mutating func end() -> Line? {
        defer {
            line.removeAll(keepingCapacity: line.count < 1 << 16)
            isSkipping = false
        }
        if isSkipping { return .tooLong }
        return line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } ? nil : .text(line)
    }
}
