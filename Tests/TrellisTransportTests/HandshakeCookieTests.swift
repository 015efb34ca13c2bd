// Cookies: given without memory, good for one address, one hello and a short while.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite struct HandshakeCookieTests {
    let here: [UInt8] = [10, 0, 0, 1]
    let elsewhere: [UInt8] = [10, 0, 0, 2]

    func responder(_ keys: CookieKeys, _ address: [UInt8]) throws -> ResponderHandshake {
        ResponderHandshake(context: try Fixture.context(1), demand: CookieDemand(keys: keys, address: address))
    }

    @Test func underLoadAHandshakeTakesOneMoreRound() throws {
        let keys = CookieKeys(bucket: 5)
        var (dialer, hello) = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1)
        var asking = try responder(keys, here)
        let retry = try asking.receive(hello).record
        #expect(retry.message == .retry)
        let again = try dialer.receive(retry).record
        #expect(again.body != hello.body)
        // Stateless: another machine with the same secrets takes it up.
        var listener = try responder(keys, here)
        let proof = try dialer.receive(try listener.receive(again).record).record
        let (dialerKeys, confirmation) = try dialer.receive(try listener.receive(proof).record).result
        guard case .finished(let listenerKeys, nil) = try listener.receive(confirmation) else {
            Issue.record("not finished")
            return
        }
        #expect(dialerKeys.send == listenerKeys.receive)
    }

    @Test func aCookieIsForOneAddressOneHelloAndAShortWhile() throws {
        var keys = CookieKeys(bucket: 5)
        var (dialer, hello) = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1)
        var asking = try responder(keys, here)
        let again = try dialer.receive(try asking.receive(hello).record).record
        func outcome(_ keys: CookieKeys, _ address: [UInt8], _ record: HandshakeRecord) throws -> HandshakeMessage? {
            var machine = try responder(keys, address)
            do throws(HandshakeError) {
                guard case .send(let answer) = try machine.receive(record) else { return nil }
                return answer.message
            } catch {
                #expect(error == .cookieRefused)
                return nil
            }
        }
        #expect(try outcome(keys, here, again) == .reply)
        #expect(try outcome(keys, elsewhere, again) == nil)
        keys.rotate(to: 6)
        #expect(try outcome(keys, here, again) == .reply)
        keys.rotate(to: 7)
        #expect(try outcome(keys, here, again) == nil)
        keys.rotate(to: 6)
        #expect(try outcome(keys, here, again) == nil)
        #expect(try outcome(CookieKeys(bucket: 5), here, again) == nil)
        // The cookie of one hello does not serve another.
        let cookie = Array(again.body.dropLast(48).suffix(48))
        let context = try Fixture.context(0)
        let other = Hello(context: context, publicKey: try CompositeKEM.PrivateKey.generate().publicKey).with(cookie: cookie)
        #expect(try outcome(CookieKeys(bucket: 5), here, try other.record(context: context, responder: 1)) == nil)
    }

    @Test func neitherSideGoesInCircles() throws {
        let keys = CookieKeys(bucket: 1)
        var (dialer, hello) = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1)
        var listener = try responder(keys, here)
        let retry = try listener.receive(hello).record
        #expect(throws: HandshakeError.cookieRefused) { try listener.receive(hello) }
        _ = try dialer.receive(retry)
        #expect(throws: HandshakeError.secondCookieDemanded) { try dialer.receive(retry) }
    }

    @Test func aRetryOfAnotherSizeIsRefused() throws {
        for count in [0, 1, 47, 49] {
            var (dialer, _) = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1)
            let retry = HandshakeRecord(.retry, [UInt8](repeating: 1, count: count))
            #expect(throws: HandshakeError.wrongSize(message: "retry", expected: 48, actual: count)) { try dialer.receive(retry) }
        }
    }
}
