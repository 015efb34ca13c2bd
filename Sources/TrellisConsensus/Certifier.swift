// Collects attestations of checkpoints from block headers until a quorum agrees on one, and compares them with what this validator
// executed itself. Counted per author once, whether or not those headers ever commit (PROTOCOL §7).

import TrellisCrypto
import TrellisModel

struct Certifier: Sendable {
    /// Indices kept per author beyond the newest certified one.
    private static let heardMaximum = 4 * Limits.attestationsMaximum
    private static let aheadMaximum = 4

    /// Attestations kept per author of what is certified: a second root for one of these is proof, too.
    private static let settledMaximum = 8

    private struct Heard: Sendable {
        var digest: Digest
        var proof: AttestationProof
    }

    private let committee: Committee
    private var heard: [UInt64: [ValidatorIndex: Heard]] = [:]
    private var heardByAuthor: [ValidatorIndex: [UInt64]] = [:]
    /// The newest of what was certified, by author, ascending.
    private var settled: [ValidatorIndex: [(index: UInt64, heard: Heard)]] = [:]
    private var own: [UInt64: Checkpoint] = [:]
    /// The newest checkpoint this validator executed.
    private(set) var newest: Checkpoint?
    private(set) var certificate: CheckpointCertificate?
    /// Of commits still to be executed here, ascending: the next ones, and the newest.
    private var ahead: [CheckpointCertificate] = []

    enum Finding: Sendable, Equatable {
        case certified(CheckpointCertificate)
        /// A quorum attests another root than our own for this index.
        case diverged(index: UInt64, own: Digest, quorum: Digest)
        /// An author attested two roots for one index.
        case conflictingAttestations(Evidence)
    }

    init(committee: Committee) { self.committee = committee }

    var certifiedIndex: UInt64 { certificate?.checkpoint.index ?? 0 }

    /// Whether the newest own checkpoint still lacks a quorum of attestations.
    var isWaiting: Bool { newest.map { $0.index > certifiedIndex } ?? false }

    mutating func executed(_ checkpoint: Checkpoint) -> [Finding] {
        newest = checkpoint
        guard checkpoint.index > certifiedIndex else { return [] }
        own[checkpoint.index] = checkpoint
        let awaited = ahead.first { $0.checkpoint.index == checkpoint.index }
        ahead.removeAll { $0.checkpoint.index <= checkpoint.index }
        if let awaited { return accept(awaited) }
        return settle(checkpoint.index)
    }

    mutating func heard(_ block: Block) -> [Finding] {
        var findings = conflicts(with: block)
        guard block.header.attestations.contains(where: { $0.index > certifiedIndex }) else { return findings }
        let proof = AttestationProof(block, suite: committee.suite)
        for attestation in block.header.attestations where attestation.index > certifiedIndex {
            if let known = heard[attestation.index]?[block.author] {
                if known.digest != attestation.checkpoint, let evidence = Evidence(.conflictingAttestations, known.proof, proof) {
                    findings.append(.conflictingAttestations(evidence))
                }
                continue
            }
            remember(attestation, proof, of: block.author)
            findings.append(contentsOf: settle(attestation.index))
        }
        return findings
    }

    /// Other roots than the author attested before, for what is certified meanwhile.
    private func conflicts(with block: Block) -> [Finding] {
        guard let settled = settled[block.author] else { return [] }
        return block.header.attestations.compactMap { attestation in
            guard attestation.index <= certifiedIndex,
                let known = settled.last(where: { $0.index == attestation.index })?.heard, known.digest != attestation.checkpoint
            else { return nil }
            let proof = AttestationProof(block, suite: committee.suite)
            return Evidence(.conflictingAttestations, known.proof, proof).map { .conflictingAttestations($0) }
        }
    }

    private mutating func remember(_ attestation: Attestation, _ proof: AttestationProof, of author: ValidatorIndex) {
        heard[attestation.index, default: [:]][author] = Heard(digest: attestation.checkpoint, proof: proof)
        heardByAuthor[author, default: []].append(attestation.index)
        while heardByAuthor[author, default: []].count > Self.heardMaximum {
            let oldest = heardByAuthor[author, default: []].removeFirst()
            heard[oldest]?[author] = nil
            if heard[oldest]?.isEmpty == true { heard[oldest] = nil }
        }
    }

    private mutating func settle(_ index: UInt64) -> [Finding] {
        guard let checkpoint = own[index], let attested = heard[index] else { return [] }
        let ownDigest = checkpoint.digest(committee.suite)
        var stakes: [Digest: Stake] = [:]
        for (author, entry) in attested { stakes[entry.digest, default: 0] += committee.stakes[author] }
        let quorum = committee.stakes.quorum - (Mutation.isPlanted(.certifiedTooEarly) ? 1 : 0)
        guard let winner = stakes.first(where: { $0.value >= quorum }) else { return [] }
        guard winner.key == ownDigest else { return [.diverged(index: index, own: ownDigest, quorum: winner.key)] }
        let proofs = attested.values.filter { $0.digest == ownDigest }.map(\.proof)
        let certificate = CheckpointCertificate(checkpoint: checkpoint, proofs: proofs)
        adopt(certificate)
        return [.certified(certificate)]
    }

    /// Takes a certificate that a peer sent and that was verified. True when it is newer than ours and matches what we executed.
    mutating func accept(_ certificate: CheckpointCertificate) -> [Finding] {
        let index = certificate.checkpoint.index
        guard index > certifiedIndex else { return [] }
        guard let checkpoint = own[index] else {
            if index > newest?.index ?? 0, !ahead.contains(where: { $0.checkpoint.index == index }) {
                ahead.insert(certificate, at: ahead.firstIndex { $0.checkpoint.index > index } ?? ahead.count)
                if ahead.count > Self.aheadMaximum { ahead.remove(at: ahead.count - 2) }
            }
            return []
        }
        guard certificate.checkpoint == checkpoint else {
            return [
                .diverged(
                    index: index, own: checkpoint.digest(committee.suite), quorum: certificate.checkpoint.digest(committee.suite))
            ]
        }
        adopt(certificate)
        return [.certified(certificate)]
    }

    private mutating func adopt(_ certificate: CheckpointCertificate) {
        self.certificate = certificate
        let index = certificate.checkpoint.index
        own = own.filter { $0.key > index }
        for (at, entries) in heard.filter({ $0.key <= index }).sorted(by: { $0.key < $1.key }) {
            for (author, entry) in entries { settle(at, entry, of: author) }
        }
        heard = heard.filter { $0.key > index }
        for author in heardByAuthor.keys { heardByAuthor[author]?.removeAll { $0 <= index } }
    }

    private mutating func settle(_ index: UInt64, _ entry: Heard, of author: ValidatorIndex) {
        settled[author, default: []].append((index, entry))
        if settled[author, default: []].count > Self.settledMaximum { settled[author]?.removeFirst() }
    }
}
