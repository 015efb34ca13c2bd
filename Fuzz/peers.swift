// Everything that a peer sends: handshake messages, frames, messages with blocks, certificates, evidence and answers to who is far behind.
// The first byte of an input chooses the reader, the rest is what it reads. Nothing may trap; what is read is written again as it was; and
// nothing invented passes for signed. Behind the signatures the core itself is fed, with keys that accept anything.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

private let suite = FuzzCommittee.suite
private let keys = FuzzCommittee.keys
private let strict = FuzzCommittee.strict
private let credulous = FuzzCommittee.credulous

private let contexts = (FuzzHandshake.initiator, FuzzHandshake.responder)
private let trafficKey = SecretBytes([UInt8](repeating: 7, count: 32))

@_cdecl("LLVMFuzzerInitialize")
public func begin(_ count: UnsafePointer<Int32>?, _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>?>?>?) -> Int32 {
    writeCorpus(seeds)
}

private var seeds: [(String, [UInt8])] {
    let genesis = (0..<4).map { Block.genesis(author: $0, committee: credulous).reference }
    let record = Transaction(Record(nonce: Nonce(idempotencyKey: "1"), data: [1, 2, 3]))
    func block(_ author: ValidatorIndex, _ round: Round, _ parents: [BlockReference], _ payload: Payload) -> Block {
        let ordered = parents.filter { $0.author == author } + parents.filter { $0.author != author }
        let prefix = BlockPrefix(epoch: 0, round: round, author: author, timestamp: 1000, scheme: .ed25519)
        let attestations = round > 1 ? [Attestation(index: 1, checkpoint: suite.hash([2]))] : []
        let header = BlockHeader(prefix: prefix, parents: ordered, payloadRoot: payload.root, attestations: attestations)
        return Block(header: header, payload: payload, signature: [UInt8](repeating: 5, count: 64), committee: credulous)
    }
    let first = (0..<4).map { block($0, 1, genesis, .empty) }
    let second = (0..<4).map { block($0, 2, first.map(\.reference), Payload([record])) }
    let checkpoint = Checkpoint(
        chain: strict.chain, epoch: 0, index: 1, commit: suite.hash([3]), logSize: 1, logRoot: suite.hash([4]), state: suite.hash([5]),
        timestamp: 1000)
    let certificate = CheckpointCertificate(checkpoint: checkpoint, proofs: second.prefix(3).map { AttestationProof($0, suite: suite) })
    let messages: [(String, PeerMessage)] = [
        ("blocks", .blocks([first[1], second[1]].map(\.encoded))), ("heartbeat", .heartbeat(Heartbeat(round: 7, certified: 1))),
        ("fetch", .fetch(first.map(\.reference))), ("rounds", .fetchRounds(from: 3)), ("certificate", .certificate(certificate)),
        ("recall", .recall(nonce: 9)), ("let-pass", .letPass(4)), ("recalled", .recalled(nonce: 9, newest: first[2].encoded)),
        ("commits", .catchUp(.commits(CertifiedCommits(certificate: certificate, commits: [])))),
        ("fetch-commits", .catchUp(.fetchCommits(after: 0))), ("committed", .catchUp(.committed([first[1].encoded]))),
    ]
    let course: [UInt8] = messages.enumerated().reduce([2]) { course, entry in
        let bytes = entry.element.1.wireBytes
        return course + [UInt8(1 + entry.offset % 3), UInt8(bytes.count & 255), UInt8(bytes.count >> 8)] + bytes
    }
    var hello: [UInt8] = []
    if let record = try? InitiatorHandshake.begin(context: contexts.0, responder: 1).hello { hello = record.bytes }
    let reply = [HandshakeMessage.reply.rawValue] + [UInt8](repeating: 3, count: contexts.0.bodySize(of: .reply))
    return messages.map { ($0.0, [0] + $0.1.wireBytes) } + [
        ("course", course), ("block", [1] + first[1].encoded), ("hello", [3] + hello), ("reply", [4] + reply),
        ("frame", [5, 16] + [UInt8](repeating: 1, count: 48)), ("encoding", [6] + second[2].encoded),
    ]
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 7 {
    case 0: message(bytes)
    case 1: signed(bytes)
    case 2: steps(bytes)
    case 3: responder(bytes)
    case 4: initiator(bytes)
    case 5: frame(bytes)
    default:
        if let block = try? Block(wireBytes: bytes, committee: strict) { require(block.encoded == bytes, "a block has two encodings") }
    }
    return 0
}

private func message(_ bytes: [UInt8]) {
    guard let message = try? PeerMessage(wireBytes: bytes, committee: strict) else { return }
    require(message.wireBytes == bytes, "a message has two encodings")
    switch message {
    case .certificate(let certificate): require((try? certificate.verify(strict)) == nil, "an invented certificate verifies")
    case .blocks(let blocks): for block in blocks { signed(block) }
    case .catchUp(let message):
        if case .commits = message { require((try? message.checked(strict)) == nil, "invented commits are certified") }
        _ = try? message.checked(credulous)
    default: break
    }
}

private func signed(_ bytes: [UInt8]) {
    require((try? VerifiedBlock(wireBytes: bytes, committee: strict)) == nil, "an invented block is signed")
    if let evidence = try? Evidence(wireBytes: bytes, suite: suite) {
        require(evidence.wireBytes == bytes, "evidence has two encodings")
        require((try? evidence.verify(strict)) == nil, "invented evidence verifies")
    }
}

/// Messages one after another, each behind a byte for its sender and two for its length, into one core.
private func steps(_ bytes: [UInt8]) {
    var core = Core(committee: credulous, own: 0, pacing: Pacing())
    var rest = bytes[...]
    var now: UInt64 = 1000
    while rest.count > 3 {
        let sender = ValidatorIndex(rest[rest.startIndex] % 4)
        let size = Int(rest[rest.startIndex + 1]) + 256 * Int(rest[rest.startIndex + 2])
        let part = Array(rest.dropFirst(3).prefix(size))
        rest = rest.dropFirst(3 + size)
        now += 100
        var inputs = [Input.tick]
        if let message = try? PeerMessage(wireBytes: part, committee: credulous), let read = read(message, sender) { inputs = [read] }
        while !inputs.isEmpty {
            for effect in core.step(inputs.removeFirst(), now: Moment(monotonic: now, wall: now)) {
                switch effect {
                case .seal(let header, let payload):
                    inputs.append(
                        .sealed(Block(header: header, payload: payload, signature: [UInt8](repeating: 0, count: 64), committee: credulous)))
                case .execute: inputs.append(.executed(nil, nextDeadline: nil))
                default: break
                }
            }
        }
    }
}

private func read(_ message: PeerMessage, _ sender: ValidatorIndex) -> Input? {
    switch message {
    case .blocks(let blocks):
        return .blocks(blocks.compactMap { try? VerifiedBlock(wireBytes: $0, committee: credulous) }, from: sender)
    case .heartbeat(let heartbeat): return .heartbeat(heartbeat, from: sender)
    case .fetch(let references): return .fetch(references, from: sender)
    case .fetchRounds(let round): return .fetchRounds(round, from: sender)
    case .certificate(let certificate): return .certificate(certificate)
    case .recall(let nonce): return .recall(nonce: nonce, from: sender)
    case .recalled(let nonce, let newest):
        return .recalled(nonce: nonce, try? VerifiedBlock(wireBytes: newest, committee: credulous), from: sender)
    case .letPass(let round): return .letPass(round, from: sender)
    case .catchUp(let message): return (try? message.checked(credulous)).map { .catchUp($0, from: sender) }
    }
}

private func responder(_ bytes: [UInt8]) {
    var machine = ResponderHandshake(context: contexts.1)
    guard let record = try? HandshakeRecord(bytes: bytes), let step = try? machine.receive(record) else { return }
    if case .finished = step { fatalError("an invented hello ends a handshake") }
    if case .finished? = try? machine.receive(record) { fatalError("an invented proof ends a handshake") }
}

private func initiator(_ bytes: [UInt8]) {
    guard var machine = try? InitiatorHandshake.begin(context: contexts.0, responder: 1).machine,
        let record = try? HandshakeRecord(bytes: bytes), let step = try? machine.receive(record)
    else { return }
    if case .finished = step { fatalError("an invented reply ends a handshake") }
    if case .finished? = try? machine.receive(record) { fatalError("an invented proof ends a handshake") }
}

private func frame(_ bytes: [UInt8]) {
    var opener = FrameOpener(key: trafficKey, sender: .responder, framesMaximum: 8)
    guard let kind = bytes.first else { return }
    require((try? opener.open(kind: kind, body: Array(bytes.dropFirst()))) == nil, "an invented frame is authentic")
    var decoder = WireDecoder(bytes, suite: suite)
    if let length = try? decoder.u32(), let size = try? FrameLayout.check(length: length, limit: FrameLayout.lengthMaximum) {
        require(size <= FrameLayout.lengthMaximum, "a length beyond the bound passes")
    }
}
