// What is a message of JSON-RPC, what is none, and under which code that is said.

import Testing
import TrellisJSON

@testable import TrellisMCP

@Suite struct MessageTests {
    private func message(_ text: String) throws(Fault) -> Message { try Message(parsing: Array(text.utf8)) }

    private func fault(_ text: String) -> Fault? {
        do throws(Fault) {
            _ = try message(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func requestsNotificationsAndResponsesAreTold() throws {
        #expect(
            try message(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == .request(id: .integer(1), method: "ping", parameters: .object([])))
        #expect(
            try message(#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":true}}"#)
                == .request(id: "a", method: "m", parameters: .members(["x": .bool(true)])))
        #expect(try message(#"{"jsonrpc":"2.0","method":"n"}"#) == .notification(method: "n", parameters: .object([])))
        #expect(try message(#"{"jsonrpc":"2.0","id":7,"result":{}}"#) == .response)
        #expect(try message(#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":""}}"#) == .response)
    }

    @Test(arguments: ["", "{", "nul", "{\"a\":1,\"a\":2}", "\"\u{1}\"", String(repeating: "[", count: 10_000)])
    func noJSON(text: String) { #expect(fault(text)?.code == -32700) }

    @Test(arguments: [
        "[]", "1", "{}", #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"jsonrpc":"2.0","id":1,"method":2}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
    ])
    func noMessage(text: String) { #expect(fault(text)?.code == -32600) }

    @Test func faultsAreAnsweredUnderTheirRequest() {
        #expect(fault(#"{"jsonrpc":"2.0","id":5,"method":2}"#)?.answer()["id"] == .integer(5))
        #expect(fault("{")?.answer()["id"] == .null)
        #expect(Fault.unknownMethod("x").answer(to: "k")["error"]?["code"] == .integer(-32601))
    }
}
