// The loads: closed loops (so many requests in flight), open loops (so many a second, whether or not answers come), and single proposals.

import Foundation
import TrellisClient
import TrellisCrypto

/// What one load gave.
struct BenchSample: Sendable {
    var operations = 0
    var seconds = 0.0
    /// Milliseconds from when a request was due to its answer.
    var latencies: [Double] = []
    var failures = 0

    var rate: Double { seconds > 0 ? Double(operations) / seconds : 0 }

    func percentile(_ percent: Double) -> Double { SpeedSample(latencies).percentile(percent) }
}

struct BenchLoad: Sendable {
    let clients: [UnverifiedClient]
    let recordBytes: Int

    /// Requests of `batch` records each, `inFlight` at a time over all validators, until `seconds` have passed.
    func closed(batch: Int, inFlight: Int, seconds: Double) async throws -> BenchSample {
        let start = ContinuousClock.now
        let end = start.advanced(by: .seconds(seconds))
        var total = await withTaskGroup(of: BenchSample.self) { group in
            for worker in 0..<inFlight {
                let client = clients[worker % clients.count]
                group.addTask {
                    var sample = BenchSample()
                    while ContinuousClock.now < end { await submit(batch, client, due: .now, &sample) }
                    return sample
                }
            }
            return await group.reduce(into: BenchSample()) { $0.add($1) }
        }
        total.seconds = Self.seconds(since: start)
        return total
    }

    /// `rate` records a second in requests of `batch`, sent when they are due.
    func open(rate: Double, batch: Int, seconds: Double) async throws -> BenchSample {
        let start = ContinuousClock.now
        let interval = Double(batch) / rate
        let count = Int(seconds / interval)
        var total = await withTaskGroup(of: BenchSample.self) { group in
            for number in 0..<count {
                let due = start.advanced(by: .seconds(Double(number) * interval))
                try? await Task.sleep(until: due, clock: .continuous)
                let client = clients[number % clients.count]
                group.addTask {
                    var sample = BenchSample()
                    await submit(batch, client, due: due, &sample)
                    return sample
                }
            }
            return await group.reduce(into: BenchSample()) { $0.add($1) }
        }
        total.seconds = Self.seconds(since: start)
        return total
    }

    private func submit(_ batch: Int, _ client: UnverifiedClient, due: ContinuousClock.Instant, _ sample: inout BenchSample) async {
        let records = (0..<batch).map { _ in
            SecretBytes(random: 8).withBytes { Array($0) } + [UInt8](repeating: 0x5A, count: recordBytes - 8)
        }
        do {
            let done = try await client.submitRecords(records, wait: .decided, timeout: 60)
            guard done.isReached else {
                sample.failures += 1
                return
            }
            sample.operations += batch
            sample.latencies.append(Self.seconds(since: due) * 1000)
        } catch {
            sample.failures += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Proposals one after another; milliseconds until each is at `finality`.
    static func proposals(_ client: UnverifiedClient, count: Int, _ finality: UnverifiedClient.Finality) async throws -> BenchSample {
        var sample = BenchSample()
        let start = ContinuousClock.now
        for number in 0..<count {
            let due = ContinuousClock.now
            let draft = ProposalDraft(text: "ls -la build-\(number)")
            let reply = try await client.propose(draft, wait: finality, timeout: 60)
            guard reply.isComplete else {
                sample.failures += 1
                continue
            }
            sample.operations += 1
            sample.latencies.append(seconds(since: due) * 1000)
        }
        sample.seconds = seconds(since: start)
        return sample
    }

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    }
}

extension BenchSample {
    mutating func add(_ other: BenchSample) {
        operations += other.operations
        latencies += other.latencies
        failures += other.failures
    }
}
