// What holds for the C of the kernels: short files, no allocation, no I/O, no clock, nothing included but its own headers and a few of
// the language's.

import Testing

@Suite struct KernelTests {
    private static let files = Repository.files.filter { $0.target == "CTrellisKernels" && !$0.text.isEmpty }

    /// The headers of the language, of its compilers, and of valgrind for the taint test.
    private static let headers: Set<String> = [
        "stdint.h", "stddef.h", "string.h", "stdatomic.h", "stdalign.h", "immintrin.h", "cpuid.h", "arm_neon.h", "valgrind/memcheck.h",
    ]

    @Test func filesAreShort() {
        for file in Self.files where file.lines.count > 400 {
            Issue.record("\(file.path) has \(file.lines.count) lines: divide it")
        }
    }

    @Test func filesSayWhatLivesInThem() {
        for file in Self.files where !file.text.hasPrefix("//") {
            Issue.record("\(file.path): begin with a comment that says what lives here")
        }
    }

    @Test func filesIncludeOnlyTheirOwnAndTheLanguages() {
        let own = Set(Self.files.map(\.name))
        for file in Self.files {
            for (number, line) in file.lines.enumerated() where line.trimmingSpaces.hasPrefix("#include") {
                let name = line.split(whereSeparator: { "<>\"".contains($0) }).dropFirst().first.map(String.init) ?? ""
                if own.contains(name) || Self.headers.contains(name) { continue }
                Issue.record("\(file.path):\(number + 1): \(name) is neither ours nor the language's")
            }
        }
    }

    @Test func nothingIsAllocatedOrPrinted() {
        let banned = ["malloc(", "calloc(", "realloc(", "free(", "alloca(", "printf(", "abort(", "exit(", "rand(", "getenv(", "time("]
        for file in Self.files {
            for (number, line) in file.lines.enumerated() {
                for call in banned where line.contains(" \(call)") || line.hasPrefix(call) {
                    Issue.record("\(file.path):\(number + 1): \(call)…) has no place here")
                }
            }
        }
    }
}
