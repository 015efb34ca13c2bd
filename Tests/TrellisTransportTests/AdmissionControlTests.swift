// The limits for strangers, the outbound queue and addresses, in simulated time.

import NIOCore
import Testing

@testable import TrellisTransport

/// The control, by reference.
private final class Door {
    private var control: AdmissionControl

    init(_ limits: AdmissionLimits) { control = AdmissionControl(limits: limits) }

    var demandsCookies: Bool { control.demandsCookies }
    var halfOpen: Int { control.halfOpen }
    func admit(_ address: [UInt8], now: UInt64) -> Bool { control.admit(address, now: now) }
    func release(_ address: [UInt8]) { control.release(address) }
}

@Suite struct AdmissionControlTests {
    let here: [UInt8] = [1]
    let there: [UInt8] = [2]

    @Test func anAddressHasABurstAndThenARate() {
        let control = Door(AdmissionLimits(burstPerAddress: 3, ratePerAddress: 2))
        for _ in 0..<3 {
            #expect(control.admit(here, now: 1000))
            control.release(here)
        }
        #expect(!control.admit(here, now: 1000))
        #expect(control.admit(there, now: 1000))
        #expect(!control.admit(here, now: 1499))
        #expect(control.admit(here, now: 1500))
        control.release(here)
        #expect(!control.admit(here, now: 1500))
        // A clock that stands or jumps far changes no more than the burst.
        #expect(!control.admit(here, now: 0))
        for _ in 0..<3 { #expect(control.admit(here, now: .max)) }
        #expect(!control.admit(here, now: .max))
    }

    @Test func unfinishedHandshakesAreLimitedForEachAddressAndInAll() {
        let control = Door(AdmissionLimits(halfOpen: 3, halfOpenPerAddress: 2, cookiesFrom: 2))
        #expect(control.admit(here, now: 0))
        #expect(!control.demandsCookies)
        #expect(control.admit(here, now: 0))
        #expect(control.demandsCookies)
        #expect(!control.admit(here, now: 0))
        #expect(control.admit(there, now: 0))
        #expect(!control.admit(there, now: 0))
        control.release(here)
        #expect(control.halfOpen == 2)
        #expect(control.admit(there, now: 0))
        control.release([9])
        #expect(control.halfOpen == 3)
    }

    @Test func addressesAreForgottenWhenTheyAreIdle() {
        let control = Door(AdmissionLimits(burstPerAddress: 1, ratePerAddress: 1, addresses: 2))
        #expect(control.admit(here, now: 0))
        #expect(control.admit(there, now: 0))
        control.release(there)
        #expect(!control.admit([3], now: 999))
        #expect(control.admit([3], now: 1000))
        #expect(!control.admit([4], now: 1000))
    }

    @Test func addressesAreTakenByHostOrNetwork() throws {
        func key(_ host: String) throws -> [UInt8] { Switchboard.limitedAddress(try SocketAddress(ipAddress: host, port: 1)) }
        #expect(try key("192.0.2.7") == [192, 0, 2, 7])
        #expect(try key("::ffff:192.0.2.7") == [192, 0, 2, 7])
        #expect(try key("2001:db8:1:2:3:4:5:6") == [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2])
        #expect(try key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::1"))
        #expect(Switchboard.limitedAddress(nil) == [])
    }

    @Test func peerAddressesAreRead() {
        #expect(PeerAddress("localhost:7000") == PeerAddress(host: "localhost", port: 7000))
        #expect(PeerAddress("[::1]:7000")?.description == "[::1]:7000")
        for text in ["", ":", "host", "host:", ":1", "host:65536", "host:-1", "::1:7000", "[]:1"] { #expect(PeerAddress(text) == nil) }
    }
}

@Suite struct OutboundQueueTests {
    @Test func itIsBoundedInBytesAndKeepsOrder() {
        let queue = OutboundQueue(bytesMaximum: 10)
        #expect(queue.offer([1]) == .refused)
        queue.open()
        #expect(queue.offer([1, 2, 3, 4, 5]) == .queuedFirst)
        #expect(queue.offer([6, 7, 8, 9, 10]) == .queued)
        #expect(queue.offer([11]) == .refused)
        #expect(queue.next(3) == .init(bytes: [1, 2, 3], isLast: false))
        #expect(queue.offer([11, 12, 13]) == .queued)
        #expect(queue.next(3) == .init(bytes: [4, 5], isLast: true))
        #expect(queue.next(5)?.bytes == [6, 7, 8, 9, 10])
        #expect(queue.next(5)?.bytes == [11, 12, 13])
        #expect(queue.next(5) == nil)
        #expect(queue.offer([]) == .queuedFirst)
        #expect(queue.next(5)?.isLast == true)
        #expect(queue.offer([1, 2]) == .queued)
        #expect(queue.next(1)?.isLast == false)
        #expect(queue.offer([3]) == .queued)
        #expect(queue.close() == 2)
        #expect(queue.offer([1]) == .refused)
        #expect(!queue.isOpen)
    }

    @Test func manyMessagesPassInOrder() {
        let queue = OutboundQueue(bytesMaximum: 1 << 20)
        queue.open()
        var next = 0
        for number in 0..<2000 {
            _ = queue.offer([UInt8(number % 251)])
            if number % 3 != 0, let piece = queue.next(100) {
                #expect(piece.bytes == [UInt8(next % 251)])
                next += 1
            }
        }
        while let piece = queue.next(100) {
            #expect(piece.bytes == [UInt8(next % 251)])
            next += 1
        }
        #expect(next == 2000)
        #expect(queue.close() == 0)
    }
}
