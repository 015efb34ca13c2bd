// Redirections and the bodies of here-documents, which are read when the line that announces them ends.

extension ShellParser {
    /// The redirection at the cursor, or nil. `<(` and `>(` open words, not redirections.
    mutating func parseRedirection() throws(ShellSyntaxError) -> ShellRedirection? {
        let start = position
        var descriptor: String?
        if let name = takeDescriptor() { descriptor = name }
        guard let (kind, length) = redirectionOperator() else {
            position = start
            return nil
        }
        position += length
        let stripsTabs = kind == .hereDocument && length == 3
        skipBlanks()
        guard let byte = peek(), !endsWord(byte) || isProcessSubstitution() else {
            throw isAtEnd ? .missing(expected: "redirection target", offset: position) : unexpectedHere()
        }
        if kind == .hereDocument { return try announceHereDocument(descriptor: descriptor, stripsTabs: stripsTabs) }
        return ShellRedirection(descriptor: descriptor, kind: kind, target: try parseWord(), hereDocument: nil)
    }

    /// Digits or `{name}` directly before a redirection operator.
    private mutating func takeDescriptor() -> String? {
        var length = 0
        if peek() == UInt8(ascii: "{") {
            length = 1
            while let byte = peek(length), Self.isNameByte(byte) { length += 1 }
            guard length > 1, peek(length) == UInt8(ascii: "}") else { return nil }
            length += 1
        } else {
            while let byte = peek(length), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { length += 1 }
        }
        guard length > 0, let next = peek(length), next == UInt8(ascii: "<") || next == UInt8(ascii: ">") else { return nil }
        let descriptor = text(bytes[position..<position + length])
        position += length
        return descriptor
    }

    private func redirectionOperator() -> (ShellRedirection.Kind, Int)? {
        if starts(with: "&>>") { return (.outputAndError, 3) }
        if starts(with: "&>") { return (.outputAndError, 2) }
        if starts(with: "<<<") { return (.hereString, 3) }
        if starts(with: "<<-") { return (.hereDocument, 3) }
        if starts(with: "<<") { return (.hereDocument, 2) }
        if starts(with: "<>") { return (.readWrite, 2) }
        if starts(with: "<&") { return (.duplicateInput, 2) }
        if starts(with: ">>") { return (.append, 2) }
        if starts(with: ">|") { return (.clobber, 2) }
        if starts(with: ">&") { return (.duplicateOutput, 2) }
        if isProcessSubstitution() { return nil }
        if peek() == UInt8(ascii: "<") { return (.input, 1) }
        if peek() == UInt8(ascii: ">") { return (.output, 1) }
        return nil
    }

    private mutating func announceHereDocument(descriptor: String?, stripsTabs: Bool) throws(ShellSyntaxError) -> ShellRedirection {
        let offset = position
        let word = try parseWord()
        var delimiter: [UInt8] = []
        var isQuoted = false
        for part in word.parts {
            switch part {
            case .literal(let text): delimiter += Array(text.utf8)
            case .quoted(let text):
                isQuoted = true
                delimiter += Array(text.utf8)
            case .doubleQuoted(let parts):
                isQuoted = true
                for case .literal(let text) in parts { delimiter += Array(text.utf8) }
            default: throw .unexpected(token: "expansion in a here-document delimiter", offset: offset)
            }
        }
        let index = hereDocuments.count
        hereDocuments.append(ShellWord(parts: []))
        pendingHereDocuments.append(
            PendingHereDocument(index: index, delimiter: delimiter, isQuoted: isQuoted, stripsTabs: stripsTabs, offset: offset))
        return ShellRedirection(descriptor: descriptor, kind: .hereDocument, target: word, hereDocument: index)
    }

    /// Reads the bodies announced on the line that just ended.
    mutating func readHereDocuments() throws(ShellSyntaxError) {
        guard !pendingHereDocuments.isEmpty else { return }
        let pending = pendingHereDocuments
        pendingHereDocuments = []
        for document in pending {
            let body = try takeHereDocument(document)
            let word: ShellWord
            if document.isQuoted {
                word = ShellWord(parts: [.quoted(text(body))])
            } else {
                try enter()
                defer { depth -= 1 }
                var nested = ShellParser(bytes: body, depth: depth)
                nested.hereDocuments = hereDocuments
                nested.assignmentCounts = assignmentCounts
                word = ShellWord(parts: [.doubleQuoted(try nested.parseQuotedText(endingAt: nil))])
                hereDocuments = nested.hereDocuments
                assignmentCounts = nested.assignmentCounts
                if let open = nested.pendingHereDocuments.first {
                    throw .unterminated(construct: "here-document '\(text(open.delimiter))'", offset: document.offset)
                }
            }
            if hereDocuments.indices.contains(document.index) { hereDocuments[document.index] = word }
        }
    }

    private mutating func takeHereDocument(_ document: PendingHereDocument) throws(ShellSyntaxError) -> [UInt8] {
        var body: [UInt8] = []
        /// The line so far when it began on an earlier one; more than the delimiter's length is not kept.
        var continued: [UInt8]?
        while !isAtEnd {
            let start = position
            let end = bytes[start...].firstIndex(of: newline) ?? bytes.count
            position = min(end + 1, bytes.count)
            var line = bytes[start..<end]
            if document.stripsTabs { line = line.drop { $0 == UInt8(ascii: "\t") } }
            // Shells differ on whether a backslash before the delimiter's line, or within it, joins the two.
            let isEnd = line.elementsEqual(document.delimiter)
            if let head = continued, isEnd || (head + line).elementsEqual(document.delimiter) {
                throw .unexpected(token: "here-document delimiter on a continued line", offset: start)
            }
            if isEnd { return body }
            let isContinued = !document.isQuoted && line.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
            continued = isContinued ? Array(((continued ?? []) + line.dropLast()).suffix(document.delimiter.count + 1)) : nil
            body += line
            body.append(newline)
        }
        throw .unterminated(construct: "here-document '\(text(document.delimiter))'", offset: document.offset)
    }
}
