// What a validator takes over in bulk from a peer when it is far behind, and the proofs of a handshake whose beginning was true. The first
// byte of an input chooses the reader, the rest is what it reads. Nothing may trap, what is read is written again as it was, what was taken
// over works, and nobody is let in on an invented proof.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel

@testable import TrellisTransport

private let suite = FuzzCommittee.suite
private let credulous = FuzzCommittee.credulous

private let contexts = (FuzzHandshake.initiator, FuzzHandshake.responder)

@_cdecl("LLVMFuzzerInitialize")
public func begin(_ count: UnsafePointer<Int32>?, _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>?>?>?) -> Int32 {
    writeCorpus(seeds)
}

/// Two commits, and the blocks below them.
private let history: (commits: [Commit], blocks: [Block]) = {
    var parents = (0..<4).map { Block.genesis(author: $0, committee: credulous).reference }
    var commits: [Commit] = []
    var blocks: [Block] = []
    var previous = Commit.origin(chain: credulous.chain, suite: suite)
    let proposal = Proposal(nonce: Nonce(idempotencyKey: "1"), council: Council.defaultName, kind: "command", text: "ls", fields: [:])
    for round in Round(1)...2 {
        let payload =
            round == 2 ? Payload([Transaction(proposal), Transaction(Record(nonce: Nonce(idempotencyKey: "2"), data: [1]))]) : .empty
        let next = (ValidatorIndex(0)..<4).map { author in
            let ordered = parents.filter { $0.author == author } + parents.filter { $0.author != author }
            let prefix = BlockPrefix(epoch: 0, round: round, author: author, timestamp: 1000 * round, scheme: .ed25519)
            let header = BlockHeader(prefix: prefix, parents: ordered, payloadRoot: payload.root, attestations: [])
            return Block(header: header, payload: payload, signature: [UInt8](repeating: 5, count: 64), committee: credulous)
        }
        let commit = Commit(
            index: round, leader: next[0].reference, blocks: next.map(\.reference), timestamp: 1000 * round, previous: previous,
            suite: suite)
        previous = commit.digest
        commits.append(commit)
        blocks += next
        parents = next.map(\.reference)
    }
    return (commits, blocks)
}()

private func ledger(_ committee: Committee) -> Ledger {
    var ledger = Ledger(committee: committee)
    for (place, commit) in history.commits.enumerated() {
        _ = try? ledger.execute(commit, payloads: history.blocks[4 * place..<4 * place + 4].map(\.payload)) { _ in false }
    }
    return ledger
}

private var seeds: [(String, [UInt8])] {
    guard let foundation = Foundation(commits: history.commits, headers: history.blocks.map(\.header), committee: credulous) else {
        fatalError("no foundation")
    }
    let snapshot = ledger(credulous).snapshot
    let proof = [UInt8](repeating: 9, count: contexts.0.bodySize(of: .initiatorProof))
    return [
        ("ledger", [0] + snapshot), ("adaptive", [1] + ledger(FuzzCommittee.adaptive).snapshot),
        ("foundation", [2] + foundation.wireBytes), ("state", [3] + TravellingState(ledger: snapshot, foundation: foundation).wireBytes),
        ("initiator-proof", [4, HandshakeMessage.initiatorProof.rawValue] + proof),
        ("responder-proof", [5, HandshakeMessage.responderProof.rawValue] + proof),
        ("confirmation", [6] + [UInt8](repeating: 9, count: contexts.0.bodySize(of: .confirmation))),
    ]
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 7 {
    case 0: snapshot(bytes, credulous)
    case 1: snapshot(bytes, FuzzCommittee.adaptive)
    case 2: foundation(bytes)
    case 3: state(bytes)
    case 4: proof(bytes, of: .initiator)
    case 5: proof(bytes, of: .responder)
    default: confirmation(bytes)
    }
    return 0
}

private func snapshot(_ bytes: [UInt8], _ committee: Committee) {
    guard var ledger = try? Ledger(committee: committee, snapshot: bytes) else { return }
    // The first version is read, and never written.
    require(bytes[0] == 1 || ledger.snapshot == bytes, "a snapshot has two encodings")
    let last = ledger.lastCommit
    guard last.index < .max else { return }
    let commit = Commit(
        index: last.index + 1, leader: history.commits[0].leader, blocks: [], timestamp: .max, previous: last.digest, suite: suite)
    let execution = try? ledger.execute(commit, payloads: []) { _ in false }
    require(execution != nil, "a ledger that was taken over refuses the next commit")
    _ = try? Ledger(committee: committee, snapshot: ledger.snapshot)
}

private func foundation(_ bytes: [UInt8]) {
    var decoder = WireDecoder(bytes, suite: suite)
    guard let foundation = try? Foundation(from: &decoder, committee: credulous), (try? decoder.finish()) != nil else { return }
    require(foundation.wireBytes == bytes, "a foundation has two encodings")
    guard let last = foundation.commits.last else { return }
    if (try? foundation.verify(checkpoint(of: last), credulous)) != nil {
        var recovered = Recovered(commits: foundation.commits)
        recovered.vertices = foundation.vertices
        var core = Core(committee: credulous, own: 0, pacing: Pacing(), recovered: recovered)
        _ = core.step(.tick, now: Moment(monotonic: 1000, wall: 1000))
    }
}

private func checkpoint(of commit: Commit) -> Checkpoint {
    Checkpoint(
        chain: credulous.chain, epoch: 0, index: commit.index, commit: commit.digest, logSize: 0, logRoot: suite.hash([4]),
        state: suite.hash([5]), timestamp: commit.timestamp)
}

private func state(_ bytes: [UInt8]) {
    guard let last = history.commits.last, let state = try? TravellingState(wireBytes: bytes, of: checkpoint(of: last), credulous) else {
        return
    }
    require(state.wireBytes == bytes, "a state has two encodings")
    snapshot(state.ledger, credulous)
}

/// Hello and reply are true; then comes what was invented.
private func proof(_ bytes: [UInt8], of role: HandshakeRole) {
    guard var (initiator, hello) = try? InitiatorHandshake.begin(context: contexts.0, responder: 1) else { return }
    var responder = ResponderHandshake(context: contexts.1)
    guard case .send(let reply)? = try? responder.receive(hello), let record = try? HandshakeRecord(bytes: bytes) else { return }
    if role == .initiator {
        require((try? responder.receive(record)) == nil, "an invented initiator's proof is answered")
    } else if case .send? = try? initiator.receive(reply) {
        require((try? initiator.receive(record)) == nil, "an invented responder's proof ends a handshake")
    }
}

private func confirmation(_ bytes: [UInt8]) {
    guard var (initiator, hello) = try? InitiatorHandshake.begin(context: contexts.0, responder: 1) else { return }
    var responder = ResponderHandshake(context: contexts.1)
    guard case .send(let reply)? = try? responder.receive(hello), case .send(let proof)? = try? initiator.receive(reply),
        case .send? = try? responder.receive(proof)
    else { fatalError("a true handshake stops") }
    require((try? responder.receive(HandshakeRecord(.confirmation, bytes))) == nil, "an invented confirmation ends a handshake")
}
