// Which vector instructions the kernels use on this machine.

internal import CTrellisKernels

public enum Processor {
    /// What the kernels may use; each level includes those before it.
    public enum Level: String, Sendable, CaseIterable {
        case portable, avx2, avx512

        fileprivate var code: Int32 {
            switch self {
            case .portable: Int32(TK_CPU_PORTABLE.rawValue)
            case .avx2: Int32(TK_CPU_AVX2.rawValue)
            case .avx512: Int32(TK_CPU_AVX512.rawValue)
            }
        }
    }

    /// The level in force: what the processor offers, or less if `limit` said so.
    public static var level: Level {
        let code = tk_cpu_level()
        return Level.allCases.first { $0.code == code } ?? .portable
    }

    /// Uses at most this level from now on, in the whole process.
    public static func limit(to level: Level) { tk_cpu_limit(level.code) }
}
