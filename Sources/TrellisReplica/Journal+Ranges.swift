// What the journal keeps for validators that are far behind: where its commits are, and now and then the certificate of one of them, at which
// a range can end (PROTOCOL §8).

package import TrellisConsensus
import TrellisCrypto
package import TrellisModel
package import TrellisStorage

/// Positions of commits, without gaps, and of certificates; both ascending.
package struct JournalRanges {
    private var firstCommit: UInt64 = 1
    private var commits: [LogPosition] = []
    private(set) var certificates: [(index: UInt64, position: LogPosition)] = []
    /// The first commit all of whose blocks are held.
    fileprivate(set) var firstWhole: UInt64 = 1

    /// 0 where there is none.
    var lastCommit: UInt64 { firstCommit + UInt64(commits.count) - 1 }
    var lastCertified: UInt64 { certificates.last?.index ?? 0 }

    /// A commit that does not follow the last one begins the list anew: what lies below is of before a state was installed.
    mutating func note(commit index: UInt64, at position: LogPosition) {
        if index > firstCommit, index - firstCommit < UInt64(commits.count) {
            // Decided once more, since the journal was cut.
            commits.removeLast(commits.count - Int(index - firstCommit))
        } else if index != firstCommit + UInt64(commits.count) {
            commits = []
            firstCommit = index
        }
        commits.append(position)
    }

    mutating func note(certificate index: UInt64, at position: LogPosition) {
        if index > lastCertified { certificates.append((index, position)) }
    }

    func position(of index: UInt64) -> LogPosition? {
        guard index >= firstCommit, index - firstCommit < UInt64(commits.count) else { return nil }
        return commits[Int(index - firstCommit)]
    }

    /// Whether a commit is there with all its blocks.
    package func isWhole(_ index: UInt64) -> Bool { index >= firstWhole && position(of: index) != nil }

    /// The commits above `index`, up to `last`, of which certificates are kept.
    func certified(after index: UInt64, upTo last: UInt64) -> [UInt64] {
        certificates[certificates.firstPlace { $0.index > index }...].prefix { $0.index <= last }.map(\.index)
    }

    func certificate(of index: UInt64) -> LogPosition? {
        let place = certificates.firstPlace { $0.index >= index }
        return place < certificates.count && certificates[place].index == index ? certificates[place].position : nil
    }

    mutating func prune(before first: LogPosition) {
        let count = commits.firstIndex { $0 >= first } ?? commits.count
        commits.removeFirst(count)
        firstCommit += UInt64(count)
        certificates.removeAll { $0.position < first }
        firstWhole = max(firstWhole, firstCommit)
    }
}

extension Array {
    /// The first place from which on `condition` holds, where it holds for everything after what it holds for; else the end.
    func firstPlace(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Journal {
    /// Keeps the certificate, if the last one that is kept is old enough.
    package func keep(_ certificate: CheckpointCertificate) throws(StorageError) {
        let index = certificate.checkpoint.index
        guard index >= ranges.lastCertified + retention.certificateEvery else { return }
        var encoder = WireEncoder()
        encoder.u64(index)
        certificate.encode(to: &encoder)
        let positions = try log.append([TrellisStorage.Record(kind: Kind.certificate.rawValue, payload: encoder.bytes)])
        for position in positions { ranges.note(certificate: index, at: position) }
    }

    /// The index with which a commit's record begins, and a certificate's.
    func index(of record: TrellisStorage.Record) throws(WireError) -> UInt64 {
        var decoder = WireDecoder(record.payload, suite: committee.suite)
        return try decoder.u64()
    }

    /// Notes which commits' blocks are all held: what was removed may have been blocks of a commit that was not.
    func findFirstWhole() throws {
        while let commit = try commit(ranges.firstWhole), !commit.blocks.allSatisfy(isHeld) { ranges.firstWhole += 1 }
    }

    func commit(_ index: UInt64) throws -> Commit? {
        guard let position = ranges.position(of: index) else { return nil }
        _ = try log.commit(sync: false)
        return try Commit(wireBytes: try log.read(position).payload, suite: committee.suite)
    }

    /// The commits after `index` up to one that is certified, as many as fit a message; nil where they are not held, or none is certified.
    ///
    /// - Parameter newest: the newest certificate there is.
    package func certifiedCommits(after index: UInt64, newest: CheckpointCertificate?) throws -> CertifiedCommits? {
        let most = UInt64(CertifiedCommits.commitsMaximum)
        guard index < .max - most, ranges.isWhole(index + 1) else { return nil }
        var ends = Set(ranges.certified(after: index, upTo: index + most))
        if let newest = newest?.checkpoint.index, newest > index, newest <= index + most { ends.insert(newest) }
        guard let last = ends.max() else { return nil }
        var room = committee.limits.messageBytes - committee.limits.certificateBytes - 1024
        var commits: [Commit] = []
        var fitting = 0
        for next in index + 1...last {
            guard let commit = try commit(next) else { break }
            room -= commit.wireBytes.count + 4
            guard room >= 0 else { break }
            commits.append(commit)
            if ends.contains(next) { fitting = commits.count }
        }
        guard fitting > 0, let certificate = try certificate(of: commits[fitting - 1].index, newest) else { return nil }
        return CertifiedCommits(certificate: certificate, commits: Array(commits[..<fitting]))
    }

    private func certificate(of index: UInt64, _ newest: CheckpointCertificate?) throws -> CheckpointCertificate? {
        guard let position = ranges.certificate(of: index) else { return newest }
        _ = try log.commit(sync: false)
        var decoder = WireDecoder(try log.read(position).payload, suite: committee.suite)
        _ = try decoder.u64()
        return try CheckpointCertificate(from: &decoder)
    }

    /// The encoded blocks that are held of these, as many as fit one message. Who gets them relies on their digests alone.
    package func readCommitted(_ references: [BlockReference]) throws(StorageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var room = committee.limits.messageBytes - 1024
        for reference in references.prefix(PeerMessage.fetchMaximum) {
            guard let bytes = try encoded(reference) else { continue }
            room -= bytes.count + 4
            guard room >= 0 else { break }
            found.append(bytes)
        }
        return found
    }

    /// What others need to go on from a commit; nil where too little is held, also in `base`, on which this validator began.
    package func foundation(of index: UInt64, on base: Foundation?) throws -> Foundation? {
        guard let commits = try commits(downFrom: index, on: base) else { return nil }
        let known = Dictionary(
            zip(base.map { Foundation.blocks($0.commits, committee) } ?? [], base?.headers ?? []), uniquingKeysWith: { first, _ in first })
        var headers: [BlockHeader] = []
        for block in Foundation.blocks(commits, committee) {
            guard let header = try header(block) ?? known[block] else { return nil }
            headers.append(header)
        }
        return Foundation(commits: commits, headers: headers, committee: committee)
    }

    /// The commits that a foundation at `index` has.
    private func commits(downFrom index: UInt64, on base: Foundation?) throws -> [Commit]? {
        var commits: [Commit] = []
        var next = index
        while let commit = try commit(next) ?? base?.commits.first(where: { $0.index == next }) {
            commits.append(commit)
            if Foundation.reaches(commit, below: commits[0], committee) { return commits.reversed() }
            next -= 1
        }
        return nil
    }

    /// Where a recovery must start that goes on from the last commit; nil where it needs more than is held.
    func startOfLastCommit() throws -> LogPosition? {
        let last = ranges.lastCommit
        guard let commits = try commits(downFrom: last, on: nil), Foundation.blocks(commits, committee).allSatisfy(isHeld) else {
            return nil
        }
        return try foundationStart(of: last)
    }

    /// The first position that a foundation at `index` needs; nil where it needs more than is held.
    package func foundationStart(of index: UInt64) throws -> LogPosition? {
        guard let commits = try commits(downFrom: index, on: nil), let first = commits.first, let last = commits.last else { return nil }
        let blocks = position(above: Foundation.floor(last.leader.round, committee))
        return min(blocks, ranges.position(of: first.index) ?? blocks)
    }
}
