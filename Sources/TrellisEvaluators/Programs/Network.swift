// Programs that reach other machines: transfers, remote shells and raw sockets.

extension CommandWalker {
    static let networkHandlers: [(String, Handler)] = [
        ("curl", { $0.runCurl($2) }),
        ("wget wget2", { $0.runWget($2) }),
        ("http https xh", { $0.runHTTPie($2) }),
        (
            "aria2c axel lynx w3m links",
            { walker, _, invocation in
                for field in Arguments(invocation.arguments, valued: "o d").operands { walker.noteURL(field) }
                return .opaque(isFromNetwork: true)
            }
        ),
        ("ssh mosh", { $0.runSSH($2) }),
        ("scp sftp", { $0.runCopyBetweenHosts($1, $2) }),
        ("rsync", { $0.runRsync($2) }),
        ("nc ncat netcat socat telnet", { $0.runSocket($1, $2) }),
        (
            "ftp lftp tftp nmap masscan zmap ping ping6 traceroute dig nslookup host whois mtr arp-scan hping3 tcpdump ss netstat",
            { $0.runProbe($1, $2) }
        ),
        (
            "mail mailx sendmail mutt msmtp",
            { walker, _, invocation in
                walker.noteNetwork()
                walker.noteUpload()
                walker.noteOperands(invocation.arguments)
                return .none
            }
        ),
    ]

    private mutating func runCurl(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(
            invocation.arguments,
            valued: """
                o d F T X H u A e b c D x m K r w y Y z C E t U P Q output data data-raw data-binary data-urlencode data-ascii json \
                form form-string \
                upload-file request header user user-agent referer cookie cookie-jar dump-header proxy max-time connect-timeout config \
                range \
                write-out retry retry-delay retry-max-time resolve cacert cert key url max-redirs limit-rate unix-socket \
                output-dir interface noproxy
                """)
        let urls = arguments.operands + arguments.values(of: "url")
        var isRemote = false
        for url in urls { if noteURL(url) { isRemote = true } }
        noteNetwork()
        var isUpload = false
        for (name, value) in arguments.values {
            switch name {
            case "d", "data", "data-binary", "data-urlencode", "data-ascii", "json", "F", "form":
                isUpload = true
                guard let at = value.text.firstIndex(of: "@") else { continue }
                let file = value.text[value.text.index(after: at)...].prefix { $0 != ";" }
                if name == "F" || name == "form" || name == "data-urlencode" || at == value.text.startIndex, file != "-" {
                    noteRead(Field(String(file)))
                }
            case "T", "upload-file":
                isUpload = true
                noteRead(value)
            case "data-raw", "form-string": isUpload = true
            case "X", "request":
                if let method = value.literal, ["POST", "PUT", "PATCH", "DELETE"].contains(method.uppercased()) { isUpload = true }
            case "o", "output": if value.literal != "-" { noteDownload(to: value) }
            case "c", "cookie-jar", "D", "dump-header": noteWrite(value)
            case "K", "config", "key", "E", "cert", "b", "cookie": if looksLikePath(value) { noteRead(value) }
            default: break
            }
        }
        if arguments.has("O", "remote-name") { for url in urls { noteDownload(to: Field(url.text.pathComponents.last ?? "index.html")) } }
        // Headers and addresses can carry what a substitution read.
        noteUpload(if: isRemote && (isUpload || urls.contains { $0.literal == nil && !$0.text.hasPrefix("$") }))
        let isSaved = !arguments.values(of: "o", "output").isEmpty || arguments.has("O", "remote-name")
        return isSaved ? .none : .opaque(isFromNetwork: true)
    }

    private mutating func noteDownload(to file: Field) {
        noteWrite(file)
        remember(file.literal, holds: .opaque(isFromNetwork: true))
    }

    private mutating func runWget(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(
            invocation.arguments,
            valued:
                """
                O o a P U e i t T w Q l A R D output-document directory-prefix post-data post-file body-data body-file method \
                header user-agent user password tries timeout
                """
        )
        var isRemote = false
        for url in arguments.operands { if noteURL(url) { isRemote = true } }
        noteNetwork()
        for file in arguments.values(of: "post-file", "body-file") { noteRead(file) }
        noteUpload(if: isRemote && !arguments.values(of: "post-data", "post-file", "body-data", "body-file").isEmpty)
        let outputs = arguments.values(of: "O", "output-document")
        if outputs.contains(where: { $0.literal == "-" }) { return .opaque(isFromNetwork: true) }
        for output in outputs { noteDownload(to: output) }
        for directory in arguments.values(of: "P", "directory-prefix") { notePath(directory) }
        if outputs.isEmpty, !arguments.has("spider") {
            for url in arguments.operands { noteDownload(to: Field(url.text.pathComponents.last ?? "index.html")) }
        }
        return .none
    }

    private mutating func runHTTPie(_ invocation: Invocation) -> Stream {
        let operands = Arguments(invocation.arguments, valued: "a o auth output").operands
        let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        let method = operands.first?.literal.flatMap { methods.contains($0) ? $0 : nil }
        let rest = method == nil ? operands[...] : operands.dropFirst()
        guard let url = rest.first else { return .none }
        let isRemote = noteURL(url)
        let sends =
            method.map { !["GET", "HEAD", "OPTIONS"].contains($0) }
            ?? rest.dropFirst().contains { $0.text.contains("=") && !$0.text.contains("==") }
        noteUpload(if: isRemote && sends)
        return .opaque(isFromNetwork: true)
    }

    // MARK: - Remote shells and copies

    private mutating func runSSH(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "b c D E e F I i J L l m O o p Q R S W w", stopsAtOperand: true)
        for option in arguments.values(of: "o") where option.knownPrefix.lowercased().hasPrefix("proxycommand") {
            let command = option.text.drop { $0 != "=" && $0 != " " }.dropFirst()
            _ = walk(field: Field(String(command)), input: .none)
        }
        guard let target = arguments.operands.first else { return .none }
        noteHost(Self.host(ofRemotePath: target) ?? target.text.split(separator: "@").last.map(String.init) ?? "")
        let command = arguments.operands.dropFirst()
        guard !command.isEmpty || !invocation.input.fields.isEmpty else { return .opaque(isFromNetwork: true) }
        facts.set(.remoteExecution)
        let outer = (variables, directory)
        (variables, directory) = ([:], "~")
        if command.isEmpty {
            if case .text(let script) = invocation.input { _ = walk(text: script, keepsVariables: false, input: .none) }
            if case .opaque = invocation.input { facts.set(.pipesToShell) }
        } else {
            if case .opaque = invocation.input { noteUpload() }
            var whole = Field()
            for (index, field) in command.enumerated() {
                if index > 0 { whole.append(" ") }
                whole.append(field)
            }
            _ = walk(field: whole, input: invocation.input)
        }
        (variables, directory) = outer
        return .opaque(isFromNetwork: true)
    }

    private mutating func runCopyBetweenHosts(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "c D F i J l o P S X b R s B")
        noteTransfer(arguments.operands)
        if program == "sftp" { noteUpload(if: arguments.has("b")) }
        return .none
    }

    /// Sources and a target, any of which may name another host.
    private mutating func noteTransfer(_ operands: [Field]) {
        guard let target = operands.last else { return }
        noteNetwork()
        let targetHost = Self.host(ofRemotePath: target)
        if let targetHost { noteHost(targetHost) } else { noteWrite(target) }
        for source in operands.dropLast() {
            if let host = Self.host(ofRemotePath: source) { noteHost(host) } else { noteRead(source) }
        }
        noteUpload(if: operands.count > 1 && targetHost.map { !Self.isLoopback($0) } ?? false)
    }

    private mutating func runRsync(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(
            invocation.arguments,
            valued:
                """
                e f B M T rsh exclude include filter exclude-from include-from files-from bwlimit timeout port rsync-path log-file \
                compare-dest link-dest backup-dir chmod
                """
        )
        for command in arguments.values(of: "e", "rsh", "rsync-path") { _ = walk(field: command, input: .none) }
        let operands = arguments.operands
        let isRemote = operands.contains { Self.host(ofRemotePath: $0) != nil }
        if isRemote {
            noteTransfer(operands)
        } else {
            for source in operands.dropLast() { noteRead(source) }
            if let target = operands.last, operands.count > 1 { noteWrite(target) }
        }
        if arguments.long.contains(where: { $0.hasPrefix("del") || $0 == "remove-source-files" }), let target = operands.last {
            if let host = Self.host(ofRemotePath: target) {
                facts.append("\(host):\(target.text.drop { $0 != ":" }.dropFirst())", to: .outsideDeletes)
                facts.append(target.text, to: .deletes)
                facts.set(.recursive)
            } else {
                noteDelete(target, isRecursive: true)
            }
        }
        return .none
    }

    // MARK: - Sockets

    private mutating func runSocket(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "e c p s w i q x X exec sh-exec source-port")
        let isListening = arguments.has("l", "listen")
        if program == "socat" {
            for field in arguments.operands { noteSocatAddress(field.text) }
        } else if let host = arguments.operands.first, !isListening {
            noteHost(host.text)
        }
        noteNetwork()
        let runs =
            program != "socat" && program != "telnet"
            && (arguments.has("e", "exec", "sh-exec") || (program == "ncat" && arguments.has("c")))
        facts.set(.reverseShell, if: runs)
        let isProbe = arguments.has("z")
        if case .none = invocation.input {} else if !isProbe { noteUpload(if: facts.has(.remoteHosts) || program == "socat") }
        return .opaque(isFromNetwork: true)
    }

    private mutating func noteSocatAddress(_ address: String) {
        let parts = address.split(separator: ":", maxSplits: 2).map(String.init)
        guard let kind = parts.first?.uppercased() else { return }
        if kind.hasPrefix("EXEC") || kind.hasPrefix("SYSTEM") || kind.hasPrefix("SHELL") { facts.set(.reverseShell) }
        let isClient = ["TCP", "TCP4", "TCP6", "UDP", "UDP4", "OPENSSL", "SSL", "TCP-CONNECT", "UDP-CONNECT", "OPENSSL-CONNECT"].contains(
            kind)
        if isClient, parts.count > 1 { noteHost(parts[1]) }
        if kind == "OPEN" || kind == "CREATE", parts.count > 1 { noteWrite(Field(String(parts[1].prefix { $0 != "," }))) }
    }

    private mutating func runProbe(_ program: String, _ invocation: Invocation) -> Stream {
        if program == "ss" || program == "netstat" { return .opaque(isFromNetwork: false) }
        noteNetwork()
        let operands = Arguments(invocation.arguments, valued: "p c i W w t m s oN oX e u").operands
        for field in operands {
            let text = field.text
            // A name server is written @server; record types and the like have no dot.
            if text.contains(".") || text.contains(":") || text == "localhost" {
                noteHost(text.hasPrefix("@") ? String(text.dropFirst()) : Self.host(ofURL: field))
            }
        }
        // Names looked up can carry data out.
        noteUpload(if: operands.contains { $0.literal == nil } && ["dig", "nslookup", "host", "ping"].contains(program))
        return .opaque(isFromNetwork: true)
    }
}
