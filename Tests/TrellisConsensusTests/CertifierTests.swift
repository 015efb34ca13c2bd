// Attestations, certificates, and what happens when a quorum attests another state than ours.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct CertifierTests {
    let test: TestCommittee

    init() throws { test = try TestCommittee() }

    func checkpoint(_ commit: Commit, entries: UInt64 = 1) -> Checkpoint {
        Checkpoint(
            chain: test.committee.chain, epoch: 0, index: commit.index, commit: commit.digest, logSize: entries,
            logRoot: HashSuite.sha256.hash([9]), state: HashSuite.sha256.hash([8]), timestamp: commit.timestamp)
    }

    /// A validator that has executed commits up to the leader of round 2, with a checkpoint at the first.
    func executed() -> Driver {
        var driver = Driver(test)
        let test = self
        driver.execute = { commit, _ in commit.index == 1 ? test.checkpoint(commit) : nil }
        driver.deliver(self.test.grid([1, 2, 3], to: 4))
        return driver
    }

    func attesting(_ digest: Digest, _ authors: [ValidatorIndex], round: Round = 5) -> [Block] {
        let below = test.grid([1, 2, 3], to: round - 1).filter { $0.round == round - 1 }.map(\.reference)
        return authors.map { test.block($0, round, below, attestations: [Attestation(index: 1, checkpoint: digest)]) }
    }

    @Test func anExecutedCheckpointIsAttestedOnce() throws {
        var driver = executed()
        let digest = checkpoint(driver.commits[0]).digest(.sha256)
        let attested = driver.published.flatMap(\.header.attestations)
        #expect(driver.published.count == 1)
        #expect(attested == [Attestation(index: 1, checkpoint: digest)])
        for _ in 0..<10 { driver.pass(300) }
        #expect(driver.published.flatMap(\.header.attestations).count == 1)
    }

    @Test func aConflictInTheJournalIsReportedAfterARestart() throws {
        let (one, other) = (HashSuite.sha256.hash([1]), HashSuite.sha256.hash([2]))
        let first = attesting(one, [1, 2, 3])
        let second = test.block(
            1, 6, first.map(\.reference), attestations: [Attestation(index: 1, checkpoint: other)])
        let recovered = Recovered(blocks: test.grid([1, 2, 3], to: 4) + first + [second])
        var core = Core(committee: test.committee, own: 0, pacing: Pacing(), recovered: recovered)
        func conflicts(_ effects: [Effect]) -> [ValidatorIndex] {
            effects.compactMap { if case .conflictingAttestations(let evidence) = $0 { evidence.author } else { nil } }
        }
        #expect(conflicts(core.step(.tick, now: Moment(monotonic: 1, wall: 5000))) == [1])
        #expect(conflicts(core.step(.tick, now: Moment(monotonic: 2, wall: 5001))).isEmpty)
    }

    @Test func aQuorumOfAttestationsIsACertificate() throws {
        var driver = executed()
        let digest = checkpoint(driver.commits[0]).digest(.sha256)
        driver.deliver(attesting(digest, [1]))
        #expect(driver.core.certificate == nil)
        driver.deliver(attesting(digest, [2]))
        let certificate = try #require(driver.core.certificate)
        #expect(try certificate.verify(test.committee) == 3)
        #expect(certificate.proofs.map(\.prefix.author) == [0, 1, 2])
        // Who is behind is given it.
        driver.sent = []
        driver.step(.heartbeat(Heartbeat(round: 5, certified: 0), from: 3))
        #expect(driver.sent.contains { $0.message == .certificate(certificate) && $0.to == 3 })
    }

    @Test func anotherRootForWhatIsCertifiedIsProof() throws {
        var driver = executed()
        let digest = checkpoint(driver.commits[0]).digest(.sha256)
        let first = attesting(digest, [1, 2, 3])
        driver.deliver(first)
        #expect(driver.core.certificate != nil)
        for (author, root) in [(ValidatorIndex(2), digest), (1, HashSuite.sha256.hash([66]))] {
            let attestation = Attestation(index: 1, checkpoint: root)
            driver.deliver([test.block(author, 6, first.map(\.reference), attestations: [attestation])])
        }
        #expect(driver.accused == [1])
    }

    @Test func aCertificateFromAPeerEndsTheWait() throws {
        var first = executed()
        first.deliver(attesting(checkpoint(first.commits[0]).digest(.sha256), [1, 2]))
        let certificate = try #require(first.core.certificate)
        var second = executed()
        second.step(.certificate(certificate))
        #expect(second.core.certificate == certificate)
        // What is certified needs no attestation.
        var third = Driver(test)
        third.answersSeals = false
        third.deliver(test.grid([1, 2, 3], to: 4))
        third.deliver(attesting(certificate.checkpoint.digest(.sha256), [1, 2, 3]))
        third.answersSeals = true
        third.step(.executed(certificate.checkpoint, nextDeadline: nil))
        #expect(third.core.certificate?.checkpoint == certificate.checkpoint)
        for _ in 0..<10 { third.pass(300) }
        #expect(third.published.flatMap(\.header.attestations).isEmpty)
    }

    @Test func aQuorumForAnotherStateHalts() throws {
        var driver = executed()
        let other = HashSuite.sha256.hash([66])
        driver.deliver(attesting(other, [1, 2]))
        #expect(!driver.isDiverged)
        driver.deliver(attesting(other, [3]))
        #expect(driver.isDiverged)
        #expect(driver.core.isHalted)
        #expect(driver.core.step(.submit([test.record(1)]), now: Moment(monotonic: 99_999, wall: 99_999_999)).isEmpty)
    }

    @Test func aCertificateForAnotherStateHalts() throws {
        var driver = executed()
        let other = checkpoint(driver.commits[0], entries: 2)
        driver.step(.certificate(CheckpointCertificate(checkpoint: other, proofs: [])))
        #expect(driver.isDiverged)
        #expect(driver.core.isHalted)
    }
}
