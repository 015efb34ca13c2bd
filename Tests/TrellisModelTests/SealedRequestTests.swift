// What is sealed comes back for its recipients, under the same circumstances, and for nobody else; and answers likewise.

import Testing
import TrellisCrypto
import TrellisModel

@Suite struct SealedRequestTests {
    private static let chain = HashSuite.sha256.hash([1])
    private static let nonce = Nonce(idempotencyKey: "k")

    private struct Made {
        let reply: CompositeKEM.PrivateKey
        let keys: [CompositeKEM.PrivateKey]
        let request: SealedRequest
        let proposal: Proposal
    }

    private func make(text: String = "rm -rf /", isOutcomeSealed: Bool = false) throws -> Made {
        let reply = try CompositeKEM.PrivateKey.generate()
        let keys = try (0..<3).map { _ in try CompositeKEM.PrivateKey.generate() }
        let request = SealedRequest(kind: "command", text: text, fields: ["cwd": "/home"], replyKey: reply.publicKey)
        let proposal = try request.sealed(
            for: [2: keys[2].publicKey, 0: keys[0].publicKey], chain: Self.chain, nonce: Self.nonce, fields: ["agent": "a"],
            isOutcomeSealed: isOutcomeSealed)
        return Made(reply: reply, keys: keys, request: request, proposal: proposal)
    }

    @Test func recipientsReadItAndNobodyElse() throws {
        let made = try make()
        #expect(made.proposal.sealed?.recipients == [0, 2])
        #expect(try Proposal(wireBytes: made.proposal.wireBytes, suite: .sha256) == made.proposal)
        #expect(made.proposal.wireBytes.first == EntryKind.extendedProposal.rawValue)
        for key in [made.keys[0], made.keys[2]] {
            let opened = try SealedRequest(opening: made.proposal, with: [made.keys[1], key], chain: Self.chain)
            #expect(opened == made.request)
            #expect(opened.allFields(with: made.proposal.fields) == ["agent": "a", "cwd": "/home"])
        }
        #expect(throws: EnvelopeError.notARecipient) {
            try SealedRequest(opening: made.proposal, with: [made.keys[1]], chain: Self.chain)
        }
        #expect("\(made.request)" == "SealedRequest" && String(reflecting: made.request) == "SealedRequest")
    }

    /// Whatever stands in the clear is bound to the envelope, and so is the chain.
    @Test func nothingAroundItCanChange() throws {
        let made = try make()
        let sealed = try #require(made.proposal.sealed)
        func changed(
            nonce: Nonce = Self.nonce, council: String = "default", kind: String = SealedContent.kind, agent: String = "a",
            recipients: [ValidatorIndex] = [0, 2], outcome: Bool = false, envelope: [UInt8]? = nil
        ) -> Proposal {
            let content = SealedContent(recipients: recipients, isOutcomeSealed: outcome, envelope: envelope ?? sealed.envelope)
            return Proposal(nonce: nonce, council: council, kind: kind, text: "", fields: ["agent": agent], sealed: content)
        }
        #expect(changed() == made.proposal)
        var wrongTag = sealed.envelope
        wrongTag[wrongTag.count - 1] ^= 1
        let others = [
            changed(nonce: Nonce(idempotencyKey: "l")), changed(council: "legal"), changed(kind: "text"), changed(agent: "b"),
            changed(recipients: [0, 1]), changed(recipients: [0, 1, 2]), changed(outcome: true), changed(envelope: wrongTag),
        ]
        for other in others {
            #expect(throws: EnvelopeError.authenticationFailed) {
                try SealedRequest(opening: other, with: made.keys, chain: Self.chain)
            }
        }
        #expect(throws: EnvelopeError.authenticationFailed) {
            try SealedRequest(opening: made.proposal, with: made.keys, chain: HashSuite.sha256.hash([2]))
        }
        for length in stride(from: 0, to: sealed.envelope.count, by: 97) {
            let cut = changed(envelope: Array(sealed.envelope.prefix(length)))
            #expect(throws: EnvelopeError.self) { try SealedRequest(opening: cut, with: made.keys, chain: Self.chain) }
        }
    }

    /// The size of what is sealed tells its size to the next 256 bytes, and reasons have one size.
    @Test func sizesSayLittle() throws {
        let sizes = try ["ls", "ls -la", String(repeating: "x", count: 90)].map { try make(text: $0).proposal.sealed?.envelope.count }
        #expect(Set(sizes).count == 1)
        let reply = try CompositeKEM.PrivateKey.generate()
        let place = SealedReason.Place(chain: Self.chain, proposal: Self.chain, council: 1, seat: 2)
        for reason in ["", "short", String(repeating: "é", count: 400)] {
            let sealed = try SealedReason(.reject, reason, to: reply.publicKey, for: place)
            #expect(sealed.text.utf8.count == SealedReason.textSize)
            let opened = try #require(SealedReason.open(sealed.text, with: reply, for: place))
            #expect(opened.verdict == .reject && opened.reason == reason.truncated(utf8: Vote.reasonMaximum))
            let other = SealedReason.Place(chain: Self.chain, proposal: Self.chain, council: 1, seat: 3)
            #expect(SealedReason.open(sealed.text, with: reply, for: other) == nil)
        }
    }

    @Test func whatWouldNotComeBackIsNotSealed() throws {
        let key = try CompositeKEM.PrivateKey.generate().publicKey
        func seal(_ request: SealedRequest, fields: [String: String] = [:]) throws {
            _ = try request.sealed(for: [0: key], chain: Self.chain, nonce: Self.nonce, fields: fields)
        }
        let long = String(repeating: "x", count: Proposal.textMaximum + 1)
        #expect(throws: EnvelopeError.self) { try seal(SealedRequest(kind: "text", text: long, replyKey: key)) }
        #expect(throws: EnvelopeError.self) { try seal(SealedRequest(kind: "text", text: "", replyKey: [1])) }
        let twice = SealedRequest(kind: "text", text: "", fields: ["agent": "a"], replyKey: key)
        #expect(throws: EnvelopeError.self) { try seal(twice, fields: ["agent": "b"]) }
        #expect(throws: EnvelopeError.recipientCount(0)) {
            try twice.sealed(for: [:], chain: Self.chain, nonce: Self.nonce)
        }
    }

    @Test func oneSectionAtLeastAndEachOnce() throws {
        let plain = Proposal(nonce: Self.nonce, kind: "text", text: "")
        let sealed = try make().proposal
        let sections = Array(
            sealed.wireBytes.dropFirst(Proposal(nonce: Self.nonce, kind: "sealed", text: "", fields: ["agent": "a"]).wireBytes.count))
        #expect(sections.prefix(2) == [1, 1])
        func read(_ sections: [UInt8], text: String = "") throws {
            let head = Proposal(nonce: Self.nonce, kind: "text", text: text).wireBytes
            _ = try Proposal(wireBytes: [EntryKind.extendedProposal.rawValue] + head.dropFirst() + sections, suite: .sha256)
        }
        #expect(throws: Never.self) { try read(sections) }
        #expect(throws: WireError.self) { try read([0]) }
        #expect(throws: WireError.self) { try read([1, 9, 0, 0, 0, 0, 0]) }
        #expect(throws: WireError.self) { try read([2] + sections.dropFirst() + sections.dropFirst()) }
        #expect(throws: WireError.self) { try read(sections, text: "beside") }
        #expect(throws: WireError.self) { try Proposal(wireBytes: plain.wireBytes + sections, suite: .sha256) }
    }
}
