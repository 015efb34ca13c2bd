// Programs that read, write, move and delete files, and the filters that stand in pipes.

extension CommandWalker {
    static let fileHandlers: [(String, Handler)] = [
        ("rm unlink rmdir shred srm wipe trash trash-put rimraf del-cli", { $0.runDelete($1, $2) }),
        ("mv rename", { $0.runMove($2) }),
        ("cp install ln", { $0.runCopy($1, $2) }),
        ("tee sponge", { $0.runTee($2) }),
        (
            "touch mkdir mkfifo mknod",
            { walker, _, invocation in
                for field in Arguments(invocation.arguments, valued: "m d r t mode date reference").operands { walker.noteWrite(field) }
                return .none
            }
        ),
        (
            "truncate",
            { walker, _, invocation in
                for field in Arguments(invocation.arguments, valued: "s r size reference").operands {
                    walker.noteDelete(field)
                    walker.noteWrite(field)
                }
                return .none
            }
        ),
        ("dd", { $0.runDd($2) }),
        ("sed gsed", { $0.runSed($2) }),
        ("chmod", { $0.runChmod($2) }),
        (
            "chown chgrp chattr setfacl",
            { walker, program, invocation in
                let arguments = Arguments(invocation.arguments, valued: "m x from reference")
                walker.notePermissions(
                    Array(arguments.operands.dropFirst(program == "setfacl" ? 0 : 1)), isRecursive: arguments.has("R", "recursive"))
                return .none
            }
        ),
        ("tar bsdtar", { $0.runTar($2) }),
        (
            "unzip 7z 7za cpio",
            { walker, _, invocation in
                let arguments = Arguments(invocation.arguments, valued: "d x")
                for field in arguments.values(of: "d") { walker.noteWrite(field) }
                walker.noteOperands(arguments.operands)
                return .none
            }
        ),
        (
            """
            cat tac head tail sort uniq grep egrep fgrep rg zgrep less more cut tr nl rev column strings xxd od hexdump base64 \
            base32 jq yq gzip gunzip zcat bzip2 xz zstd diff cmp comm paste fold expand fmt iconv openssl gpg md5sum sha1sum \
            sha256sum sha512sum
            """,
            { $0.runFilter($1, $2) }
        ),
        (
            """
            mkfs mke2fs fdisk sfdisk cfdisk parted sgdisk gdisk wipefs mkswap blkdiscard hdparm cryptsetup lvremove vgremove \
            pvremove lvcreate vgcreate pvcreate mdadm zpool zfs badblocks flashrom fsck e2fsck resize2fs dmsetup
            """,
            { $0.runDeviceTool($1, $2) }
        ),
    ]

    private mutating func runDelete(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: program == "shred" ? "n s iterations size" : "")
        let isRecursive =
            program == "rm" || program == "srm"
            ? arguments.has("r", "R", "recursive") : ["wipe", "rimraf", "del-cli", "trash"].contains(program)
        let isForced = program == "rm" && arguments.has("f", "force")
        for field in arguments.operands { noteDelete(field, isRecursive: isRecursive, isForced: isForced) }
        return .none
    }

    private mutating func runMove(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "t S target-directory suffix")
        var sources = arguments.operands[...]
        var targets = arguments.values(of: "t", "target-directory")
        if targets.isEmpty, let last = sources.popLast() { targets = [last] }
        let isDiscarded = targets.contains { scope(of: $0).scope == .harmless }
        for source in sources {
            noteRead(source)
            if isDiscarded { noteDelete(source, isRecursive: true) } else { noteWrite(source) }
        }
        for target in targets { noteWrite(target) }
        return .none
    }

    private mutating func runCopy(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "t S target-directory suffix m o g mode owner group")
        var sources = arguments.operands[...]
        var targets = arguments.values(of: "t", "target-directory")
        if program == "install", arguments.has("d", "directory") {
            targets = Array(sources)
            sources = []
        } else if targets.isEmpty, sources.count > 1, let last = sources.popLast() {
            targets = [last]
        }
        for source in sources {
            if program == "ln" { notePath(source) } else { noteRead(source) }
        }
        for target in targets { noteWrite(target) }
        return .none
    }

    private mutating func runTee(_ invocation: Invocation) -> Stream {
        for field in Arguments(invocation.arguments).operands {
            noteWrite(field)
            remember(field.literal, holds: invocation.input)
        }
        return invocation.input
    }

    private mutating func runDd(_ invocation: Invocation) -> Stream {
        var writesFile = false
        for field in invocation.arguments {
            if field.knownPrefix.hasPrefix("of=") {
                writesFile = true
                noteWrite(field.dropping(prefix: "of="))
            } else if field.knownPrefix.hasPrefix("if=") {
                noteRead(field.dropping(prefix: "if="))
            }
        }
        return writesFile ? .none : .opaque(isFromNetwork: invocation.input.isFromNetwork)
    }

    private mutating func runSed(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "e f l expression file line-length")
        let hasScript = !arguments.values(of: "e", "f", "expression", "file").isEmpty
        for field in arguments.operands.dropFirst(hasScript ? 0 : 1) {
            if arguments.has("i", "in-place") { noteWrite(field) } else { noteRead(field) }
        }
        return .opaque(isFromNetwork: invocation.input.isFromNetwork)
    }

    private mutating func runChmod(_ invocation: Invocation) -> Stream {
        var modes: [Field] = []
        // `-x` and `-R` look alike: letters that are permissions make a mode.
        let rest = invocation.arguments.filter { field in
            let isMode = field.knownPrefix.hasPrefix("-") && field.literal?.dropFirst().allSatisfy { "rwxXst".contains($0) } == true
            if isMode { modes.append(field) }
            return !isMode
        }
        let arguments = Arguments(rest, valued: "reference")
        var operands = arguments.operands[...]
        if modes.isEmpty, let mode = operands.popFirst() { modes.append(mode) }
        notePermissions(Array(operands), isRecursive: arguments.has("R", "recursive"))
        facts.set(.unsafePermissions, if: modes.contains { Self.isUnsafe(mode: $0.text) })
        return .none
    }

    /// Writable by everyone, or set-user-id, or not readable here.
    private static func isUnsafe(mode: String) -> Bool {
        let digits = mode.utf8.map { Int($0) - 48 }
        if digits.allSatisfy({ (0...7).contains($0) }), digits.count >= 3, digits.count <= 5 {
            let isSpecial = digits.count > 3 && (digits[digits.count - 4] & 6) != 0
            return isSpecial || (digits.last ?? 0) & 2 != 0
        }
        return mode.split(separator: ",").contains { clause in
            let who = clause.prefix { "ugoa".contains($0) }
            let grants = clause.drop { "ugoa".contains($0) }
            guard grants.first == "+" || grants.first == "=" else { return mode.contains("$") }
            if grants.contains("s") { return true }
            return grants.contains("w") && (who.contains("o") || who.contains("a"))
        }
    }

    private mutating func runTar(_ invocation: Invocation) -> Stream {
        var fields = Array(invocation.arguments)
        // The old style: letters without a dash.
        if let first = fields.first?.literal, !first.hasPrefix("-"), first.utf8.allSatisfy({ (97...122).contains($0) }) {
            fields[0] = Field("-" + first)
        }
        let arguments = Arguments(
            fields, valued: "f C T X I file directory files-from exclude checkpoint-action to-command use-compress-program rsh-command")
        for field in arguments.values(of: "checkpoint-action") where field.knownPrefix.hasPrefix("exec=") {
            _ = walk(field: field.dropping(prefix: "exec="), input: .none)
        }
        for field in arguments.values(of: "I", "to-command", "use-compress-program", "rsh-command") { _ = walk(field: field, input: .none) }
        let extracts = arguments.has("x", "extract", "get")
        let archives = arguments.values(of: "f", "file")
        for field in archives where field.literal != "-" {
            if extracts || arguments.has("t", "list") { noteRead(field) } else { noteWrite(field) }
        }
        for field in arguments.values(of: "C", "directory") {
            if extracts { noteWrite(field) } else { notePath(field) }
        }
        for field in arguments.operands where !extracts { noteRead(field) }
        return .opaque(isFromNetwork: invocation.input.isFromNetwork)
    }

    /// Filters read their operands, or pass on what comes in.
    private mutating func runFilter(_ program: String, _ invocation: Invocation) -> Stream {
        let patterns: Set<String> = ["grep", "egrep", "fgrep", "rg", "zgrep", "jq", "yq", "tr"]
        let valued: [String: String] = [
            "grep": "e f m A B C include exclude exclude-dir", "rg": "e f g t T A B C m glob type", "sort": "o k t S T",
            "head": "n c lines bytes",
            "tail": "n c lines bytes", "cut": "d f c b", "jq": "f from-file", "openssl": "in out inkey key keyout pass",
        ]
        if program == "openssl" { return runOpenSSL(invocation) }
        let arguments = Arguments(invocation.arguments, valued: valued[program] ?? "")
        let hasPattern = patterns.contains(program) && arguments.values(of: "e", "f", "from-file").isEmpty
        let operands = arguments.operands.dropFirst(hasPattern && !arguments.has("arg", "args") ? 1 : 0)
        for field in operands where field.literal != "-" { noteRead(field) }
        for field in arguments.values(of: "o") where program == "sort" { noteWrite(field) }
        if program == "grep" || program == "rg", arguments.has("l", "files-with-matches", "L") {
            return .paths(operands.isEmpty ? [Field("./…")] : operands.map { Self.inside($0) })
        }
        let passes: Set<String> = ["cat", "tac", "head", "tail", "sort", "uniq", "grep", "egrep", "fgrep", "tr", "cut"]
        switch invocation.input {
        case .paths where passes.contains(program) && operands.isEmpty && program != "cut" && program != "tr": return invocation.input
        case .text where program == "cat" && operands.isEmpty: return invocation.input
        default: return .opaque(isFromNetwork: invocation.input.isFromNetwork)
        }
    }

    private static func inside(_ field: Field) -> Field {
        var result = field
        if !field.hasGlob { result.append("/…") }
        return result
    }

    private mutating func runOpenSSL(_ invocation: Invocation) -> Stream {
        let fields = Array(invocation.arguments)
        for (option, value) in zip(fields, fields.dropFirst()) {
            switch option.literal {
            case "-in", "-inkey", "-key", "-CAkey": noteRead(value)
            case "-out", "-keyout": noteWrite(value)
            case "-connect": noteHost(Self.host(ofURL: value))
            default: break
            }
        }
        return .opaque(isFromNetwork: invocation.input.isFromNetwork)
    }

    private mutating func runDeviceTool(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments)
        let reads: Set<String> = ["list", "status", "luksDump", "get", "print"]
        let isReading = arguments.has("l", "list", "detail", "D", "n") || arguments.operands.contains { reads.contains($0.literal ?? "") }
        facts.set(.deviceWrite, if: !isReading)
        for field in arguments.operands where looksLikePath(field) { notePath(field) }
        return .none
    }
}
