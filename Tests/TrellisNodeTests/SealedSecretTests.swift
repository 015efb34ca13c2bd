// A marked secret through everything: sealed to three of four validators, judged, decided, opened. Then it is looked for, in several forms, on
// every validator's disk, in what they said when they ran and when they crashed, and in all that went over the API's and the peers' sockets.

import Foundation
import Synchronization
import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisVerify

/// Passes bytes on between whoever connects and a port of this machine, and keeps them.
private final class RecordingProxy: Sendable {
    let port: Int
    private let socket: ListeningSocket
    private let recorded = Mutex<[UInt8]>([])

    init(to target: Int, at port: Int) throws {
        self.port = port
        socket = try ListeningSocket(port: port)
        Thread.detachNewThread { [self] in
            while let client = socket.accept() {
                guard let server = try? Socket.connected(to: target, patience: 60) else { continue }
                // Both ends live for as long as bytes go either way.
                let pair = (client, server)
                Thread.detachNewThread { [self] in copy(pair.0, pair.1) }
                Thread.detachNewThread { [self] in copy(pair.1, pair.0) }
            }
        }
    }

    private func copy(_ from: Socket, _ to: Socket) {
        while let bytes = from.receiveSome() {
            recorded.withLock { $0 += bytes }
            guard to.send(bytes) else { break }
        }
        from.shutDown()
        to.shutDown()
    }

    var bytes: [UInt8] { recorded.withLock { $0 } }
}

/// A text in the forms in which it may lie about.
private struct Marked {
    let text: String
    private let forms: [Data]

    init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        // In base64 it depends on where it begins; first and last digits depend on the neighbours.
        let base64 = (0..<3).map { shift in
            let encoded = Data([UInt8](repeating: 0, count: shift) + bytes).base64EncodedString()
            return Data(encoded.dropFirst(shift == 0 ? 0 : 4).prefix((bytes.count - 3) / 3 * 4).utf8)
        }
        let hex = Hex.encode(bytes)
        forms = [Data(bytes), Data(bytes.reversed()), Data(hex.utf8), Data(hex.uppercased().utf8)] + base64
    }

    func isIn(_ data: Data) -> Bool { forms.contains { data.range(of: $0) != nil } }
    func isIn(_ bytes: [UInt8]) -> Bool { isIn(Data(bytes)) }
    func isIn(_ text: String) -> Bool { isIn(Data(text.utf8)) }

    /// The files below a folder that hold it.
    func files(in folder: String) throws -> [String] {
        let paths = FileManager.default.enumerator(atPath: folder)?.allObjects.compactMap { $0 as? String } ?? []
        return paths.filter { path in FileManager.default.contents(atPath: "\(folder)/\(path)").map(isIn) ?? false }
    }
}

extension SystemTests {
    @Suite struct SealedSecretTests {
        private static func word() -> String {
            String((0..<24).map { _ in Character(Unicode.Scalar(UInt8.random(in: 97...122))) })
        }

        @Test func aSealedSecretIsNowhere() async throws {
            let secret = Marked(Self.word())
            let plain = Marked(Self.word())
            for word in [secret, plain] {
                let quoted = "x\(word.text)y"
                #expect(word.isIn(quoted) && word.isIn(Data(quoted.utf8).base64EncodedString()) && !word.isIn("nothing"))
            }
            try await ProcessNetwork.with(starts: false) { network in
                let ports = try Ports.free(5)
                let api = try RecordingProxy(to: network.apiPort, at: ports)
                let peers = try (0..<4).map { try RecordingProxy(to: network.peerPort + $0, at: ports + 1 + $0) }
                for index in 0..<4 {
                    for other in 0..<4 where other != index {
                        try Files.edit(
                            network.configuration(index), "validator-\(other): 127.0.0.1:\(network.peerPort + other)",
                            "validator-\(other): 127.0.0.1:\(ports + 1 + other)")
                    }
                }
                try await network.start([0, 1, 2, 3])
                let client = try TrellisClient(endpoints: ["http://127.0.0.1:\(ports)"], genesis: network.genesis)
                do {
                    try await propose(secret, plain, client)
                } catch {
                    try? await client.shutdown()
                    throw error
                }
                try await client.shutdown()
                try await network.settled([0, 1, 2, 3])

                // One falls with a fault, of which the runtime tells at length; the others end as they should.
                var said: [String] = []
                for (index, signal) in [(0, SIGSEGV), (1, SIGTERM), (2, SIGTERM), (3, SIGTERM)] {
                    let process = try network.process(index)
                    process.kill(signal)
                    if signal == SIGSEGV {
                        // The runtime tells of a fault and lets the process fault again, which a signal from outside does not.
                        try await eventually("a crash is told of", within: 120) { process.error.contains("Backtrace took") }
                        process.kill(SIGKILL)
                    }
                    _ = try await process.end()
                    said += [process.output, process.error]
                }
                let wire = [api.bytes] + peers.map(\.bytes)
                // Of two validators one calls the other: one of the four is called by nobody.
                #expect(wire.count { $0.count > 1000 } == 4)
                // What was proposed in the clear is found, so that finding nothing says something.
                #expect(plain.isIn(wire[0]))
                #expect(try !plain.files(in: network.directory).isEmpty)
                #expect(!wire.contains { secret.isIn($0) })
                #expect(try secret.files(in: network.directory) == [])
                #expect(!said.contains { secret.isIn($0) })
            }
        }

        private func propose(_ secret: Marked, _ plain: Marked, _ client: TrellisClient) async throws {
            let text = "rm -rf /srv/\(secret.text)"
            let clear = try await client.propose(ProposalDraft(text: "rm -rf /srv/\(plain.text)"))
            #expect(clear.outcome == .rejected)
            let keys = try await client.sealingKeys()
            #expect(keys.keys.map(\.validator) == [0, 1, 2, 3])
            for isOutcomeSealed in [false, true] {
                let draft = ProposalDraft(text: text, fields: ["purpose": "about \(secret.text)"])
                let sealed = try draft.sealed(with: keys, to: [0, 1, 3], clear: ["agent": "builder"], isOutcomeSealed: isOutcomeSealed)
                let answer = try await client.propose(sealed)
                #expect(answer.proven.outcome == (isOutcomeSealed ? .sealed : .rejected))
                #expect(answer.opened.outcome == .rejected && answer.proven.receipt.allVotesSigned)
                let seats = answer.opened.ballots[0].seats
                #expect(seats[2].verdict == .abstain && seats[2].reason == SealedContent.notRecipient)
                // The reasons name what was proposed, and only here.
                #expect(seats.contains { $0.verdict == .reject && $0.reason.contains(secret.text) })
                #expect(!secret.isIn(answer.proven.json) && !secret.isIn(answer.proven.receipt.report().joined(separator: "\n")))
                let state = try await client.validators[0].proposal(sealed.identifier)
                #expect(state.value.fields == ["agent": "builder"] && state.value.kind == "sealed" && !secret.isIn(state.json))
            }
            _ = try await client.propose(ProposalDraft(text: "ls"))
        }
    }
}
